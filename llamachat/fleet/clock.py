"""A clock that stands still while this process does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


class RunningClock:
    """Seconds during which the client's own loop ran.

    After Ctrl+Z, an external editor or a stalled machine, every peer seems to have been silent for long, though it was
    us who did not listen. Between two ticks this clock goes on by `2 × tick_s` at most, so silence measured with it
    counts only time in which a frame would have been noticed.
    """

    def __init__(self, tick_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._tick_s = tick_s
        self._monotonic = monotonic
        self._last = monotonic()
        self._total = 0.0

    def now(self) -> float:
        """Seconds since the clock was made, never going back."""
        return self._total + min(self._monotonic() - self._last, 2 * self._tick_s)

    def tick(self) -> None:
        """Says that the loop runs."""
        self._total = self.now()
        self._last = self._monotonic()

    async def run(self) -> None:
        """Ticks until cancelled."""
        while True:
            await asyncio.sleep(self._tick_s)
            self.tick()
