"""Tokens per second over the last seconds of work."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

WINDOW_SECONDS: Final = 5.0


class Rates:
    """Remembers the steps that make up the last `WINDOW_SECONDS` of work (not of time: pauses do not count)."""

    def __init__(self) -> None:
        self._steps: deque[tuple[float, int, int]] = deque()
        self._seconds = 0.0

    def add(self, seconds: float, decoded: int, prefilled: int) -> None:
        """A step of so many seconds brought so many tokens after the first ones and read so many of prompts."""
        self._steps.append((seconds, decoded, prefilled))
        self._seconds += seconds
        while self._seconds - self._steps[0][0] > WINDOW_SECONDS:
            self._seconds -= self._steps.popleft()[0]

    @property
    def decode(self) -> float | None:
        """Tokens of running answers per second, of the steps that brought any."""
        return _rate((seconds, decoded) for seconds, decoded, _ in self._steps)

    @property
    def prefill(self) -> float | None:
        """Prompt tokens per second of the steps that read any."""
        return _rate((seconds, prefilled) for seconds, _, prefilled in self._steps)


def _rate(steps: Iterable[tuple[float, int]]) -> float | None:
    useful = [(seconds, tokens) for seconds, tokens in steps if tokens]
    seconds = sum(step[0] for step in useful)
    return sum(step[1] for step in useful) / seconds if seconds else None
