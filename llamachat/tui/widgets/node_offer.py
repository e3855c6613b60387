"""A node that could be added: one line."""

from __future__ import annotations

from textual.content import Content
from textual.events import Click
from textual.widgets import Static

from llamachat.fleet.discovery import Offer
from llamachat.tui.nodes_words import offer_line


class NodeOffer(Static, can_focus=True):
    """Enter or a click adds the node; nothing is added by itself."""

    DEFAULT_CSS = """
    NodeOffer { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    NodeOffer:focus { text-style: bold reverse; }
    """

    def __init__(self, offer: Offer) -> None:
        super().__init__(Content(offer_line(offer)))
        self.offer = offer
        self.tooltip = "A node that your nodes or this computer name. It is connected to only when you add it."

    async def on_click(self, event: Click) -> None:
        """Adds it."""
        self.focus()
        await self.run_action("screen.open")
