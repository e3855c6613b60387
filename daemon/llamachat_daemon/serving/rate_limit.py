"""How many requests a minute a principal may make. Pure data; the clock is the caller's."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MINUTE_S: Final = 60.0

_ROUNDING: Final = 1e-6  # requests; more than what seconds since the start of a machine lose as floats


@dataclass(slots=True)
class _Bucket:
    """`used` of the minute's requests were not given back yet at the time `at`."""

    used: float
    at: float


class RateLimit:
    """A token bucket for each principal: `per_minute` requests at once after a quiet minute, then one whenever a
    `per_minute`th of a minute has passed. 0 is no limit; the limit may be changed at any time.

    A bucket rather than a window over the last minute: it takes two numbers whatever the limit is, where a window
    keeps the time of every request, and whoever has used it up waits for one request to come back, not for a minute to
    end. In exchange, one minute may see up to twice `per_minute`, when it begins with a full bucket.

    A principal whose bucket is full again is forgotten, so no more are kept than were served in about the last minute.

    Args:
        per_minute: the limit.
        clock: seconds, never going back.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()  # whoever was served longest ago comes first

    def __len__(self) -> int:
        """How many principals are remembered."""
        return len(self._buckets)

    def wait_s(self, principal: str) -> float:
        """Seconds until the principal's next request may be served; 0.0 when it may be now."""
        if not self.per_minute:
            return 0.0
        missing = self._used(principal, self._clock()) + 1.0 - self.per_minute
        return missing * MINUTE_S / self.per_minute if missing > _ROUNDING else 0.0

    def count(self, principal: str) -> None:
        """A request of the principal is served."""
        if not self.per_minute:
            self._buckets.clear()
            return
        now = self._clock()
        used = self._used(principal, now)
        self._buckets[principal] = _Bucket(used + 1.0, now)
        self._buckets.move_to_end(principal)
        while self._used(first := next(iter(self._buckets)), now) == 0.0:
            del self._buckets[first]

    def _used(self, principal: str, now: float) -> float:
        """Of the limit as it is now: what was served under a higher one counts as a full use of it."""
        bucket = self._buckets.get(principal)
        if bucket is None:
            return 0.0
        return max(0.0, min(bucket.used, self.per_minute) - (now - bucket.at) * self.per_minute / MINUTE_S)
