"""When the chat screen draws answers that grow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from textual.screen import Screen
from textual.timer import Timer

from llamachat.tui.answers import LiveAnswer

DRAW_INTERVAL_S: Final = 0.1
"""Shortest time between two redraws of a growing answer: ten a second keep a slow link usable."""


class AnswerDrawing:
    """Collects the states of answers and has the last of each drawn: at once when an answer begins or ends, and else at
    most every `DRAW_INTERVAL_S`."""

    def __init__(self, screen: Screen[None], draw: Callable[[list[LiveAnswer]], Awaitable[None]]) -> None:
        self._screen = screen
        self._draw_all = draw
        self._stale: dict[str, LiveAnswer] = {}  # those that came on since they were last drawn
        self._timer: Timer | None = None

    @property
    def is_settled(self) -> bool:
        """Whether everything that has come is drawn."""
        return self._timer is None and not self._stale

    def changed(self, answer: LiveAnswer) -> None:
        """An answer came on."""
        self._stale[answer.message_id] = answer
        if self._timer is None:
            self._timer = self._screen.set_timer(DRAW_INTERVAL_S, self._may_go_on)
            self._screen.call_next(self._draw)
        elif answer.ended is not None:
            self._screen.call_next(self._draw)

    async def _may_go_on(self) -> None:
        self._timer = None
        if self._stale:
            self._timer = self._screen.set_timer(DRAW_INTERVAL_S, self._may_go_on)
            await self._draw()

    async def _draw(self) -> None:
        stale, self._stale = self._stale, {}
        await self._draw_all(list(stale.values()))
