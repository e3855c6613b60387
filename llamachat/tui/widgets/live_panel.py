"""The panel beside the conversation that says how answers come about."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.widgets import Static


class LivePanel(VerticalScroll, can_focus=True):
    """Lines in, nothing out."""

    BORDER_TITLE = "Live"

    DEFAULT_CSS = """
    LivePanel {
        width: 30; height: 1fr; border: round $secondary; background: $surface; padding: 0 1;
        scrollbar-size-vertical: 1; scrollbar-gutter: stable;
        &:focus { border: heavy $primary; }
        Static { width: 1fr; height: auto; }
    }
    """

    @dataclass
    class Resized(Message):
        """It can be seen, and has another width."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: Content | None = None
        self._text = Static("", markup=False)
        self._text.tooltip = "Which node answers and why, where the time goes, what was used, what happened lately."

    def compose(self) -> ComposeResult:
        """One text."""
        yield self._text

    @property
    def room(self) -> int:
        """Cells in a line."""
        return self.scrollable_content_region.width

    def on_resize(self, event: Resize) -> None:
        """Lines are made for a width."""
        self.post_message(self.Resized())

    def show(self, content: Content) -> None:
        """Shows this, when it is not shown already."""
        if self._shown is not None and content.plain == self._shown.plain and content.spans == self._shown.spans:
            return
        is_as_tall = self._shown is not None and content.plain.count("\n") == self._shown.plain.count("\n")
        self._shown = content
        self._text.update(content, layout=not is_as_tall)
