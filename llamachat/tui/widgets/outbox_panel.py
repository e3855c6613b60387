"""The questions that wait to be sent: one line above the composer, which opens into a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click, Resize
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from llamachat.tui.actions import bindings
from llamachat.tui.waiting import WaitingRow, summary

Wish = Literal["edit", "up", "down", "send", "drop"]

_WHY_SHARE: Final = 0.5
"""Share of a row's width that the reason may take from the question's words."""


class _List(OptionList):
    """The open list. Its keys are actions of their own; Enter edits."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("outbox")

    def action_outbox(self, wish: Wish) -> None:
        """Asks for something to be done with the highlighted question."""
        option = self.highlighted_option
        if option is not None and option.id is not None:
            self.post_message(OutboxPanel.Wanted(wish, option.id))


class OutboxPanel(Vertical):
    """Rows in, wishes out; not there at all while nothing waits."""

    DEFAULT_CSS = """
    OutboxPanel { height: auto; display: none; background: $panel; }
    OutboxPanel.-some { display: block; }
    OutboxPanel #waiting { height: 1; padding: 0 1; color: $text; text-wrap: nowrap; text-overflow: ellipsis; }
    OutboxPanel _List, OutboxPanel _List:focus {
        display: none; height: auto; max-height: 6; border: none; padding: 0; background: $panel;
    }
    OutboxPanel.-open { border: round $secondary; padding: 0; }
    OutboxPanel.-open:focus-within { border: heavy $primary; }
    OutboxPanel.-open #waiting { display: none; }
    OutboxPanel.-open _List, OutboxPanel.-open _List:focus { display: block; }
    OutboxPanel #nothing { display: none; padding: 0 1; height: auto; }
    OutboxPanel.-open.-nothing #nothing { display: block; }
    """

    @dataclass
    class Wanted(Message):
        """The user wants something done with a waiting question."""

        wish: Wish
        item_id: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: tuple[WaitingRow, ...] = ()
        self._hint = self._closes = ""
        # Kept by name: what waits may change while the program leaves, and these are taken down before the panel.
        self._line = Static("", id="waiting", markup=False)
        self._options = _List(markup=False)

    def compose(self) -> ComposeResult:
        """The line, the list, and what is said when it has become empty."""
        yield self._line
        yield self._options
        yield Static("Nothing waits any more.", id="nothing")

    @property
    def is_open(self) -> bool:
        """Whether the list is shown."""
        return self.has_class("-open")

    @property
    def item_ids(self) -> list[str]:
        """What is listed, in order."""
        return [row.item_id for row in self._rows]

    def show(self, rows: Sequence[WaitingRow], hint: str, *, closes: str) -> None:
        """Shows these, which keys do what with them, and which `closes` the list; draws only what changed."""
        rows = tuple(rows)
        if (rows, hint, closes) == (self._rows, self._hint, self._closes):
            return
        self._rows, self._hint, self._closes = rows, hint, closes
        self._draw()

    def open(self) -> None:
        """Opens the list and goes there."""
        self.add_class("-open")
        self._draw()
        self._options.focus()

    def close(self) -> None:
        """Back to one line."""
        self.remove_class("-open")
        self._draw()

    def highlight(self, item_id: str) -> None:
        """Puts the bar on that question."""
        if item_id in self.item_ids:
            self._options.highlighted = self.item_ids.index(item_id)

    def on_resize(self, event: Resize) -> None:
        """Rows are cut to the width."""
        self._draw()

    def on_click(self, event: Click) -> None:
        """A click on the line opens the list."""
        if not self.is_open:
            self.open()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click on a question edits it."""
        event.stop()
        if event.option_id:
            self.post_message(self.Wanted("edit", event.option_id))

    def _draw(self) -> None:
        self.set_class(bool(self._rows) or self.is_open, "-some")
        self.set_class(not self._rows, "-nothing")
        if not self.is_open:
            self._line.update(Content(f"▸ {summary(self._rows)}"), layout=False)
            self.tooltip = "Questions that wait to be sent. A click, or its key, opens the list."
            return
        self.border_title = f"{len(self._rows)} waiting" if self._rows else "Waiting questions"
        self.border_subtitle = self._hint if self._rows else self._closes
        options = self._options
        kept = options.highlighted_option.id if options.highlighted_option else None
        width = max(10, options.scrollable_content_region.width or self.size.width - 2)
        options.clear_options()
        options.add_options([Option(row_line(row, width), id=row.item_id) for row in self._rows])
        options.display = bool(self._rows)
        if self._rows:
            self.highlight(kept if kept in self.item_ids else self._rows[0].item_id)


def row_line(row: WaitingRow, width: int) -> Content:
    """`1  Why is the sky blue?        after the running answer`, in exactly `width` cells at most."""
    chat = f" [{row.chat}]" if row.chat else ""
    words = Content.assemble((f"{row.place} ", "bold"), row.text, chat)
    why = Content(f"  {row.why}").truncate(max(int(width * _WHY_SHARE), width - words.cell_length), ellipsis=True)
    words = words.truncate(max(0, width - why.cell_length), ellipsis=True)
    gap = " " * max(0, width - words.cell_length - why.cell_length)
    return Content.assemble(words, gap, why)
