"""Waits for the key that an action is to have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click, Key
from textual.screen import ModalScreen
from textual.widgets import Static

from llamachat.tui import keymap


class KeyScreen(ModalScreen[str | None]):
    """Ends with the key that is pressed, or None when that is Escape. No action is started by a key meanwhile.

    Args:
        label: the name of the action.
        add: whether the key is a further one.
        standing: the keymap that holds otherwise.
    """

    BINDINGS: ClassVar[list[BindingType]] = []

    DEFAULT_CSS = """
    KeyScreen { align: center middle; }
    KeyScreen Vertical {
        width: 58; max-width: 95%; height: auto; border: round $primary; background: $surface; padding: 1 2;
    }
    KeyScreen Static { width: 1fr; height: auto; }
    """

    def __init__(self, label: str, *, add: bool, standing: Mapping[str, str]) -> None:
        super().__init__(name="key")
        self._label = label
        self._add = add
        self._standing = dict(standing)

    def compose(self) -> ComposeResult:
        """What is waited for."""
        what = "Press a further key for" if self._add else "Press the key for"
        with Vertical() as box:
            box.border_title = Content("A key")
            yield Static(Content.assemble(f"{what} ", (self._label, "bold"), "."))
            yield Static("Esc leaves everything as it is.", markup=False)

    def on_mount(self) -> None:
        """Keys that start something before a screen sees them start nothing now."""
        self.app.set_keymap(keymap.nothing())

    def on_unmount(self) -> None:
        """They do again."""
        self.app.set_keymap(self._standing)

    def on_key(self, event: Key) -> None:
        """That is the key."""
        event.stop()
        event.prevent_default()
        self.dismiss(None if event.key == "escape" else event.key)

    def on_click(self, event: Click) -> None:
        """A click beside the box leaves everything as it is."""
        if event.widget is self:
            self.dismiss(None)
