"""A hybrid logical clock: stamps that order writes of machines whose clocks disagree.

After S. Kulkarni et al., "Logical Physical Clocks", 2014: the physical clock leads, a counter breaks ties, and a stamp
that was seen is never fallen behind. Written so that comparing the strings compares the stamps.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final

MAX_AHEAD_MS: Final = 24 * 3600 * 1000
"""A stamp further in the future than this, in milliseconds, is refused: one wrong clock would win for ever."""

_PATTERN: Final = re.compile(r"(\d{13})-(\d{4})-([A-Za-z0-9_-]{1,64})")
_MAX_COUNTER: Final = 9_999


def parse(stamp: str) -> tuple[int, int, str]:
    """Milliseconds since the epoch, counter, writer.

    Raises:
        ValueError: not a stamp.
    """
    match = _PATTERN.fullmatch(stamp)
    if match is None or not stamp.isascii():
        raise ValueError(f"{stamp[:80]!r} is not a stamp of the form <13 digits>-<4 digits>-<writer>.")
    return int(match[1]), int(match[2]), match[3]


def is_acceptable(stamp: str, now_ms: int) -> bool:
    """Whether it is a stamp, and not more than `MAX_AHEAD_MS` ahead of `now_ms`."""
    try:
        return parse(stamp)[0] <= now_ms + MAX_AHEAD_MS
    except ValueError:
        return False


class Clock:
    """Makes stamps for one writer, each larger than all it made or saw before."""

    def __init__(self, writer: str, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        """Raises ValueError when `writer` is not an id."""
        parse(f"{0:013d}-{0:04d}-{writer}")
        self._writer = writer
        self._now_ms = now_ms
        self._last = (0, 0)

    def observe(self, stamp: str) -> None:
        """Takes note of another writer's stamp, unless it is not acceptable."""
        if is_acceptable(stamp, self._now_ms()):
            physical, counter, _ = parse(stamp)
            self._last = max(self._last, (physical, counter))

    def stamp(self) -> str:
        """The next stamp."""
        physical, counter = max((self._now_ms(), -1), self._last)
        counter += 1
        if counter > _MAX_COUNTER:
            physical, counter = physical + 1, 0
        self._last = (physical, counter)
        return f"{physical:013d}-{counter:04d}-{self._writer}"
