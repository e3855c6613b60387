"""The last line of the screen: the node that answers, and how it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

_BETWEEN = " │ "


@dataclass(frozen=True, slots=True)
class Fact:
    """A few words for the bar; where there is no room for all, those with the largest `rank` are left out first."""

    text: str
    rank: int


def fit(facts: Sequence[Fact], width: int) -> str:
    """The facts in their order, without those that do not fit into `width` cells."""
    kept = [fact for fact in facts if fact.text]
    while kept and cell_len(_BETWEEN.join(fact.text for fact in kept)) > width:
        worst = max(kept, key=lambda fact: fact.rank)
        kept.remove(worst)
    return _BETWEEN.join(fact.text for fact in kept)


class StatusBar(Static):
    """Facts in one line, drawn again only when what they say changes."""

    DEFAULT_CSS = """
    StatusBar { height: 1; width: 1fr; padding: 0 1; background: $panel; color: $text; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)
        self._facts: tuple[Fact, ...] = ()
        self._shown = ""
        self.tooltip = "The node that answers, attempts waiting there, its load and memory, and the way to it."

    def show(self, facts: Sequence[Fact]) -> None:
        """Shows these facts."""
        self._facts = tuple(facts)
        self._draw()

    def on_resize(self, event: Resize) -> None:
        """More or fewer facts may fit."""
        self._draw()

    def _draw(self) -> None:
        text = fit(self._facts, self.content_size.width)
        if text != self._shown:
            self._shown = text
            self.update(Content(text), layout=False)
