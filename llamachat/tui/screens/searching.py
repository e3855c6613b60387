"""The search over all conversations."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from llamachat.base.text import printable
from llamachat.store import QueryError, SearchHit, StoreError
from llamachat.tui.finding import NOTHING, SYNTAX, hit_lines
from llamachat.tui.services import Services

SEARCH_PAUSE_S: Final = 0.15
"""The search begins once the typing has paused for so long."""

MAX_HITS: Final = 50
"""Hits that are listed."""


class SearchScreen(ModalScreen[SearchHit | None]):
    """Its result is the hit that is to be opened, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "dismiss", "Close"),
        ("down", "move(1)", "Next hit"),
        ("up", "move(-1)", "Hit before"),
        ("pagedown", "move(5)", "Further on"),
        ("pageup", "move(-5)", "Further back"),
    ]
    AUTO_FOCUS = "Input"

    DEFAULT_CSS = """
    SearchScreen { align: center middle; }
    SearchScreen #search {
        width: 96; max-width: 95%; height: 90%; border: round $primary; background: $surface; padding: 0 1;
    }
    SearchScreen OptionList { height: 1fr; border: none; padding: 0; background: $surface; scrollbar-size-vertical: 1; }
    SearchScreen #said { width: 1fr; height: auto; color: $text; padding: 0 1; }
    """

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self._hits: list[SearchHit] = []
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """What is searched for, what is said about it, and the hits."""
        with Vertical(id="search") as panel:
            panel.border_title = "Search all conversations"
            panel.border_subtitle = "↑↓ choose  Enter opens  Esc closes"
            yield Input(placeholder="Search …")
            yield Static(SYNTAX, id="said", markup=False)
            options = OptionList(markup=False)
            options.can_focus = False
            yield options

    def on_input_changed(self, event: Input.Changed) -> None:
        """Searches once the typing pauses."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(SEARCH_PAUSE_S, self._search)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Opens the hit under the bar."""
        event.stop()
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
            await self._search()
        highlighted = self.query_one(OptionList).highlighted
        if highlighted is not None:
            self.dismiss(self._hits[highlighted])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click opens a hit."""
        event.stop()
        self.dismiss(self._hits[event.option_index])

    def action_move(self, by: int) -> None:
        """Moves the bar while one goes on typing."""
        options = self.query_one(OptionList)
        if self._hits:
            options.highlighted = min(max((options.highlighted or 0) + by, 0), len(self._hits) - 1)

    async def _search(self) -> None:
        self._timer = None
        text = self.query_one(Input).value
        self._hits, said = [], SYNTAX
        if text.strip():
            zone = self._services.zone
            try:
                self._hits = await self._services.store.read(
                    lambda store: store.search(text, limit=MAX_HITS, tz=zone, typing=True)
                )
                said = f"{len(self._hits)}{' or more' * (len(self._hits) == MAX_HITS)} found" if self._hits else NOTHING
            except (QueryError, StoreError) as error:
                said = printable(str(error))
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(hit_lines(hit, self._services.zone)) for hit in self._hits])
        options.highlighted = 0 if self._hits else None
        self.query_one("#said", Static).update(said)
