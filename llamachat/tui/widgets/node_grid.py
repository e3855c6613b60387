"""The cards of all nodes, in order of priority, in as many columns as fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from textual.containers import Container
from textual.events import Resize
from textual.geometry import Offset
from textual.message import Message

from llamachat.tui.nodes_cards import CARD_LINES, Card
from llamachat.tui.removing import removed
from llamachat.tui.widgets.node_card import NodeCard

CARD_WIDTH: Final = 38
"""A card needs so many cells to say what it has to."""

MAX_COLUMNS: Final = 4
NARROW: Final = 80
"""In a terminal with fewer columns, nodes are lines instead of cards."""


def columns(width: int, cards: int) -> int:
    """How many cards stand side by side in a terminal of that width; 0 for lines."""
    if width < NARROW:
        return 0
    return max(1, min(MAX_COLUMNS, width // CARD_WIDTH, cards))


class NodeGrid(Container):
    """Shows cards, moves the focus among them, and says when one was dragged to the place of another."""

    DEFAULT_CSS = f"""
    NodeGrid {{ layout: grid; grid-rows: {CARD_LINES + 2}; height: auto; }}
    NodeGrid.-lines {{ grid-rows: 1; }}
    """

    @dataclass
    class Moved(Message):
        """The node is to stand where another one stands now: at this place, counted from 0."""

        node: str
        place: int

    def __init__(self) -> None:
        super().__init__()
        self._columns = 1
        self._under: NodeCard | None = None

    @property
    def cards(self) -> list[NodeCard]:
        """In order of priority."""
        return [child for child in self.children if isinstance(child, NodeCard)]

    @property
    def focused(self) -> NodeCard | None:
        """The card with the focus."""
        return next((card for card in self.cards if card.has_focus), None)

    async def show(self, cards: Sequence[Card]) -> None:
        """Shows these, in this order; a card that was there keeps its place on the screen and the focus."""
        widgets = {widget.node: widget for widget in self.cards}
        wanted = [card.node for card in cards]
        gone = [widget for node, widget in widgets.items() if node not in wanted]
        if gone:
            await removed(self.remove_children(gone))
        new = [NodeCard(card) for card in cards if card.node not in widgets]
        for card in cards:
            if card.node in widgets:
                widgets[card.node].show(card)
        if new:
            await self.mount_all(new)
        if [widget.node for widget in self.cards] != wanted:
            self.sort_children(key=lambda widget: wanted.index(widget.node) if isinstance(widget, NodeCard) else 0)
        self._arrange()

    def on_resize(self, event: Resize) -> None:
        """More or fewer columns fit."""
        self._arrange()

    def _arrange(self) -> None:
        wanted = columns(self.app.size.width, len(self.children))
        self._columns = max(1, wanted)
        self.set_class(not wanted, "-lines")
        self.styles.grid_size_columns = self._columns
        for card in self.cards:
            card.set_class(not wanted, "-line")

    def move_focus(self, right: int, down: int) -> bool:
        """Moves the focus by columns and rows; whether there was a card to move it to."""
        cards = self.cards
        focused = self.focused
        if focused is None:
            return False
        place = cards.index(focused) + right + down * self._columns
        last = len(cards) - 1
        if place > last and down and cards.index(focused) // self._columns < last // self._columns:
            place = last  # the last row is shorter
        if not 0 <= place <= last:
            return False
        cards[place].focus()
        return True

    def on_node_card_dragged(self, event: NodeCard.Dragged) -> None:
        """Marks the card that the dragged one is held over, and moves it there in the end."""
        event.stop()
        under = self._at(event.at)
        if under is not self._under and self._under is not None:
            self._under.remove_class("-under")
        self._under = under
        if under is None or under is event.card:
            return
        under.set_class(not event.dropped, "-under")
        if event.dropped:
            self._under = None
            self.post_message(self.Moved(event.card.node, self.cards.index(under)))

    def _at(self, place: Offset) -> NodeCard | None:
        return next((card for card in self.cards if card.region.contains_point(place)), None)
