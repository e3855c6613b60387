"""Shift+Enter inside tmux: asked for as long as the terminal is the program's."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key

from llamachat.tui.app import LlamachatApp
from llamachat.tui.modified_keys import ASK, LET_GO, asking, named
from tests.integration.daemons import eventually


class Recorded:
    """A driver that writes down what it is told."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, data: str) -> None:
        self.written.append(data)

    def flush(self) -> None:
        pass

    def start_application_mode(self) -> None:
        self.write("start")

    def stop_application_mode(self) -> None:
        self.write("stop")


def test_it_is_asked_for_once_the_terminal_is_taken_and_let_go_before_it_is_given_back():
    kind: Any = asking(Recorded)  # type: ignore[arg-type]
    driver = kind()
    driver.start_application_mode()
    driver.stop_application_mode()
    driver.start_application_mode()
    assert driver.written == ["start", ASK, LET_GO, "stop", "start", ASK]


@pytest.mark.parametrize(
    ("term", "tmux", "asks"),
    [("screen", "/tmp/tmux-0/default,1,0", True), ("tmux-256color", None, True), ("xterm-256color", None, False)],
)
def test_only_tmux_is_asked(monkeypatch: pytest.MonkeyPatch, term: str, tmux: str | None, asks: bool):
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("TMUX", raising=False)
    if tmux is not None:
        monkeypatch.setenv("TMUX", tmux)
    app = object.__new__(LlamachatApp)
    assert (app.get_driver_class().__name__ == "Asking") == asks


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        ("\x1b[27;2;13~", "shift+enter"), ("\x1b[27;5;13~", "ctrl+enter"), ("\x1b[13;2u", "shift+enter"),
        ("\x1b[13;5u", "ctrl+enter"), ("\r", "enter"), ("\n", "ctrl+j"),
    ],
)  # fmt: skip
def test_a_key_has_one_name_in_whatever_form_it_comes(sent: str, key: str):
    [event] = [named(event) for event in XTermParser().feed(sent) if isinstance(event, Key)]
    assert event.key == key


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[list[str]]:
    """The command of a tmux server of our own, which tells keys apart for programs that ask."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    command = ["tmux", "-S", str(tmp_path / "s"), "-f", "/dev/null"]
    subprocess.run([*command, "new-session", "-d", "-x80", "-y24", "exec cat"], check=True)
    subprocess.run([*command, "set", "-s", "extended-keys", "on"], check=True)
    yield command
    subprocess.run([*command, "kill-server"], check=True)


def test_in_tmux_shift_and_enter_begin_a_new_line(tmux: list[str], tmp_path: Path):
    def shown() -> str:
        return subprocess.run([*tmux, "capture-pane", "-p"], check=True, capture_output=True, text=True).stdout

    def press(*keys: str) -> None:
        subprocess.run([*tmux, "send-keys", *keys], check=True)

    (tmp_path / "config.toml").touch()
    places = f"LLAMACHAT_CONFIG={tmp_path}/config.toml LLAMACHAT_DATA_DIR={tmp_path}/data"
    program = f"{places} {sys.executable} -m llamachat --node ws://127.0.0.1:1/chat"
    subprocess.run([*tmux, "respawn-pane", "-k", program], check=True)
    eventually(lambda: "Type your message" in shown())
    press("first", "S-Enter", "second", "S-Tab", "Tab", "C-j", "third")
    eventually(lambda: "third" in shown())
    lines = [line for line in shown().splitlines() if any(word in line for word in ("first", "second", "third"))]
    assert len(lines) == 3
    press("C-q")
