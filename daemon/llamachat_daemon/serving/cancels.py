"""Cancels that came before their attempt: remembered for a while, so that the attempt ends as soon as it comes."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

CANCEL_MEMORY_S: Final = 60.0
"""How long such a cancel is remembered, in seconds."""

MAX_REMEMBERED_CANCELS: Final = 1024
"""Such cancels kept for one principal; the oldest is forgotten first."""


class EarlyCancels:
    """A pure data structure: the caller brings the time (seconds, monotonic)."""

    def __init__(self) -> None:
        self._until: dict[str, OrderedDict[str, float]] = {}

    def remember(self, principal: str, attempt_id: str, now: float) -> None:
        """The principal has cancelled an attempt that is not known yet."""
        mine = self._until.setdefault(principal, OrderedDict())
        mine.pop(attempt_id, None)
        mine[attempt_id] = now + CANCEL_MEMORY_S
        while len(mine) > MAX_REMEMBERED_CANCELS:
            mine.popitem(last=False)

    def take(self, principal: str, attempt_id: str, now: float) -> bool:
        """Whether the attempt was cancelled before it came; forgets it."""
        mine = self._until.get(principal)
        until = mine.pop(attempt_id, None) if mine else None
        return until is not None and now < until
