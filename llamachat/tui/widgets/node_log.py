"""The log of a node as it is written, with a search."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, RichLog

from llamachat.tui.formatting import number

KEPT_LINES: Final = 2000
"""Of a log on the screen; older lines are forgotten."""


class NodeLog(Vertical):
    """Shows the lines that hold what is searched for, in whatever case; `search_key` leads to where that is written."""

    DEFAULT_CSS = """
    NodeLog RichLog {
        height: 1fr; overflow-y: auto; scrollbar-size-vertical: 1; border: round $secondary; background: $surface;
    }
    NodeLog RichLog:focus { border: heavy $primary; }
    NodeLog Input { border: none; height: 1; padding: 0 1; background: $panel; }
    NodeLog Input:focus { border: none; text-style: bold; }
    """

    def __init__(self, search_key: str) -> None:
        super().__init__()
        self._search_key = search_key
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)

    def compose(self) -> ComposeResult:
        """The lines, and below them what is searched for."""
        log = RichLog(max_lines=KEPT_LINES, wrap=True, markup=False, highlight=False)
        log.tooltip = f"The log as the node writes it; the last {number(KEPT_LINES)} lines are kept here."
        yield log
        yield Input(placeholder=f"{self._search_key} search", id="search")

    def clear(self) -> None:
        """Forgets everything."""
        self._lines.clear()
        self.query_one(RichLog).clear()
        self._count()

    def add(self, lines: Iterable[str]) -> None:
        """Adds lines at the end; whoever has scrolled up stays there."""
        log = self.query_one(RichLog)
        for line in lines:
            self._lines.append(line)
            if self._is_wanted(line):
                log.write(Text(line), scroll_end=log.is_vertical_scroll_end)
        self._count()

    def tell(self, sentence: str) -> None:
        """Says why there is nothing more."""
        self.query_one(RichLog).write(Text(sentence, "bold"))

    def search(self) -> None:
        """Lets the person write what to search for."""
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Searches while it is written."""
        event.stop()
        log = self.query_one(RichLog)
        log.clear()
        for line in filter(self._is_wanted, self._lines):
            log.write(Text(line))
        self._count()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Goes back to the lines, to scroll among them."""
        event.stop()
        self.query_one(RichLog).focus()

    def _is_wanted(self, line: str) -> bool:
        return self.query_one(Input).value.casefold() in line.casefold()

    def _count(self) -> None:
        wanted = sum(map(self._is_wanted, self._lines))
        whole = f"{wanted} of {len(self._lines)} lines" if self.query_one(Input).value else f"{len(self._lines)} lines"
        self.query_one(RichLog).border_title = whole
