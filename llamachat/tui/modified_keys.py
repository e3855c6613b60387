"""Keys that tmux tells apart only for programs that ask for it, such as Shift+Enter and Enter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from textual.driver import Driver
from textual.events import Key

ASK: Final = "\x1b[>4;1m"
"""xterm's modifyOtherKeys 1: keys that have no bytes of their own are told with their modifiers. tmux heeds it with
`extended-keys on`; all other keys stay what they are."""

LET_GO: Final = "\x1b[>4;0m"


def named(event: Key) -> Key:
    """The key under the name that it has everywhere. In the form of xterm, Textual calls Ctrl+Enter `ctrl+` and a
    carriage return, to which nothing can be bound."""
    return Key(event.key.replace("\r", "enter"), None) if "\r" in event.key else event


def is_tmux(env: Mapping[str, str]) -> bool:
    """Whether the terminal is tmux: the program runs inside it, or over SSH in one that says so."""
    return "TMUX" in env or env.get("TERM", "").startswith("tmux")


def asking(driver: type[Driver]) -> type[Driver]:
    """A driver that asks for it while the terminal is the program's, which it is not while an editor has it."""
    base: Any = driver

    class Asking(base):  # type: ignore[misc]
        def start_application_mode(self) -> None:
            super().start_application_mode()
            self.write(ASK)
            self.flush()

        def stop_application_mode(self) -> None:
            self.write(LET_GO)
            super().stop_application_mode()

    return Asking
