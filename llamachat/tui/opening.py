"""What is on the screen while the program is still being loaded: the outlines of the chat, at once.

Most of the time until the chat is there goes into loading code. This needs hardly any, so that a person sees at once
that the program has begun, and can type; what is typed waits and ends up in the composer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

if TYPE_CHECKING:
    from llamachat.config import Settings
    from llamachat.tui.services import Services

TABS: Final = {"chat": "Chat", "nodes": "Nodes", "settings": "Settings"}
"""The tabs in their order: the mode of the app, and its name on the screen."""

PLACEHOLDER: Final = "Type your message…"
"""What an empty composer says."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known before the core is there, and how it comes.

    Attributes:
        settings: those that hold at first.
        config_file: where they come from.
        open: loads and starts the core; raises `StoreError`. Called once, when something can be seen.
    """

    settings: Settings
    config_file: Path | None
    open: Callable[[], Awaitable[Services]]


class OpeningScreen(Screen[None]):
    """The outlines of the chat screen: the bar with the tabs, and an empty composer."""

    # Textual declares it as an attribute of instances.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-normal"), (120, "-wide")]  # noqa: RUF012

    DEFAULT_CSS = """
    OpeningScreen #tabs { height: 1; background: $primary 30%; color: $text; padding: 0 1; }
    OpeningScreen #room { height: 1fr; }
    OpeningScreen #outline {
        height: 3; border: heavy $primary; background: $surface; color: $text-muted; padding: 0 1;
    }
    OpeningScreen.-normal #outline { margin: 0 0 0 28; }
    OpeningScreen.-wide #outline { margin: 0 30 0 28; }
    OpeningScreen #foot { height: 1; background: $panel; }
    """

    def compose(self) -> ComposeResult:
        """Bar, room, composer, foot."""
        chat, *others = TABS.values()
        rest = "".join(f" {name} " for name in others)
        bar = Content.assemble(("llamachat", "bold"), "  ", (f"[{chat}]", "bold reverse"), rest)
        yield Static(bar, id="tabs", markup=False)
        yield Static("", id="room", markup=False)
        yield Static(PLACEHOLDER, id="outline", markup=False)
        yield Static("", id="foot", markup=False)
