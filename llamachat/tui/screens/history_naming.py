"""A name is asked for: a conversation's title, or a new folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from llamachat.store import given_name
from llamachat.store.titles import MAX_GIVEN_CHARACTERS


class NameScreen(ModalScreen[str | None]):
    """Its result is the name on one line, or None when it is to stay as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", "Leave as it was")]
    AUTO_FOCUS = "Input"

    DEFAULT_CSS = """
    NameScreen { align: center middle; }
    NameScreen #naming {
        width: 70; max-width: 95%; height: auto; border: round $primary; background: $surface; padding: 0 1;
    }
    NameScreen #note { width: 1fr; height: auto; color: $text-muted; }
    NameScreen #note.-wrong { color: $text-error; text-style: bold; }
    """

    def __init__(self, heading: str, name: str, *, note: str, refuse: Callable[[str], str] = lambda _name: "") -> None:
        """`refuse` says why a name cannot be; empty when it can."""
        super().__init__()
        self._refuse = refuse
        self._heading = heading
        self._name_now = name
        self._note = note

    def compose(self) -> ComposeResult:
        """The name, and what the keys do."""
        with Vertical(id="naming") as panel:
            panel.border_title = self._heading
            yield Input(self._name_now, select_on_focus=True, max_length=MAX_GIVEN_CHARACTERS)
            yield Static(self._note, id="note", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter ends it with the name, if there is one."""
        event.stop()
        name = given_name(event.value)
        reason = self._refuse(name) if name else "Type a name first, or leave it as it was with Esc."
        if not reason:
            self.dismiss(name)
            return
        note = self.query_one("#note", Static)
        note.update(Content(reason))
        note.add_class("-wrong")
