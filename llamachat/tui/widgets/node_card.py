"""A node among the others: a card, or one line in a narrow terminal."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import RenderResult
from textual.content import Content
from textual.events import Blur, Click, Focus, MouseDown, MouseMove, MouseUp
from textual.geometry import Offset, Region
from textual.message import Message
from textual.widget import Widget

from llamachat.tui.nodes_cards import CARD_LINES, Card, frame, summary

_TONES = {"good": "$success", "warning": "$warning", "bad": "$error", "calm": "$text-muted"}


class NodeCard(Widget, can_focus=True):
    """Draws what it is shown, only when that looks different; the mouse can drag it to another place."""

    DEFAULT_CSS = f"""
    NodeCard {{ width: 1fr; height: {CARD_LINES + 2}; background: $surface; color: $foreground; }}
    NodeCard:focus {{ text-style: bold; }}
    NodeCard.-line {{ height: 1; padding: 0 1; }}
    NodeCard.-line:focus {{ text-style: bold reverse; }}
    NodeCard.-under {{ background: $panel; text-style: underline; }}
    """

    @dataclass
    class Opened(Message):
        """The person wants to see more of this node."""

        node: str

    @dataclass
    class Dragged(Message):
        """The card is held over a place of the screen; with `dropped`, let go of there."""

        card: NodeCard
        at: Offset
        dropped: bool

    def __init__(self, card: Card) -> None:
        super().__init__()
        self.tooltip = (
            "Load and memory of the machine; requests and tokens a second, and the median time to a first token, "
        )
        self.tooltip += (
            "over its last minute; attempts waiting and running. Two clicks open it; drag it to change the order."
        )
        self._card = card
        self._drawn: list[str] = []
        self._is_dragged = False
        self._moved = False

    @property
    def node(self) -> str:
        """The name of its node."""
        return self._card.node

    def show(self, card: Card) -> None:
        """Shows this, if it is not what is drawn already."""
        self._card = card
        drawn, lines = self._drawn, self._lines()
        if len(drawn) != len(lines):
            self.refresh()
        elif drawn != lines:  # line by line: over a slow link a whole card is much
            self.refresh(*(Region(0, row, self.size.width, 1) for row, line in enumerate(lines) if line != drawn[row]))

    def render(self) -> RenderResult:
        """The lines, with the tone of the state in its mark and the name of a lost node struck through."""
        lines = self._drawn = self._lines()
        content = Content("\n".join(lines))
        state = self._card.state
        badge = f"{state.mark} {state.word}" if not self.has_class("-line") else state.mark
        at = lines[0].rfind(badge) if badge != state.mark else lines[0].find(badge)
        if at >= 0:
            content = content.stylize(f"{_TONES[state.tone]} bold", at, at + len(badge))
        name_at = lines[0].find(self._card.name)
        if self._card.is_lost and name_at >= 0:
            content = content.stylize("strike", name_at, name_at + len(self._card.name))
        return content

    def _lines(self) -> list[str]:
        width = self.content_size.width
        if self.has_class("-line"):
            return [summary(self._card, width)]
        return frame(self._card, width, focused=self.has_focus)

    def on_focus(self, event: Focus) -> None:
        """Its frame becomes heavy."""
        self.refresh()

    def on_blur(self, event: Blur) -> None:
        """Its frame becomes light."""
        self.refresh()

    # ── the mouse ───────────────────────────────────────────────────────────────────────────────────────────────────

    def on_mouse_down(self, event: MouseDown) -> None:
        """Takes hold of the card."""
        self._is_dragged, self._moved = True, False
        self.capture_mouse()

    def on_mouse_move(self, event: MouseMove) -> None:
        """Says where it is held."""
        if self._is_dragged:
            self._moved = True
            self.post_message(self.Dragged(self, event.screen_offset, dropped=False))

    def on_mouse_up(self, event: MouseUp) -> None:
        """Lets go of it."""
        if self._is_dragged:
            self._is_dragged = False
            self.release_mouse()
            if self._moved:
                self.post_message(self.Dragged(self, event.screen_offset, dropped=True))

    def on_click(self, event: Click) -> None:
        """Two clicks open it."""
        if event.chain == 2:
            self.post_message(self.Opened(self.node))
