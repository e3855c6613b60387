"""A text that is changed before it goes on: the same keys as the composer's, over the conversation."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from llamachat.tui.widgets.composer import Composer


class EditScreen(ModalScreen[str | None]):
    """Its result is the changed text, or None when it is to stay as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", "Leave as it was")]
    AUTO_FOCUS = "Composer"

    DEFAULT_CSS = """
    EditScreen { align: center middle; }
    EditScreen #editing {
        width: 90; max-width: 95%; height: auto; border: round $primary; background: $surface; padding: 0 1;
    }
    EditScreen #note { width: 1fr; height: auto; color: $text-muted; }
    EditScreen Composer { max-height: 14; }
    """

    def __init__(self, title: str, note: str, text: str, *, blink: bool) -> None:
        super().__init__()
        self._title = title
        self._note = note
        self._text = text
        self._blink = blink

    def compose(self) -> ComposeResult:
        """The text, and what the keys do."""
        with Vertical(id="editing") as panel:
            panel.border_title = self._title
            yield Composer(blink=self._blink)
            yield Static(self._note, id="note", markup=False)

    def on_mount(self) -> None:
        """The cursor stands at the end of the text."""
        composer = self.query_one(Composer)
        composer.load_text(self._text)
        composer.move_cursor(composer.document.end)

    def on_composer_sent(self, event: Composer.Sent) -> None:
        """Enter ends it with the text."""
        event.stop()
        self.dismiss(event.text)
