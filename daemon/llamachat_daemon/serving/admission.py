"""Who may wait, and who is next: one bounded queue, fair between principals. Pure data, no clock, no I/O.

Principals take turns (round robin), each with its own attempts in the order of arrival, so that somebody with sixty
questions delays somebody with one by a single answer. Whoever has as many running as is allowed lets others pass.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

DURATION_WEIGHT: Final = 0.2
"""Weight of the newest answer in the running mean of how long answers take."""

MIN_RETRY_S: Final = 1.0
MAX_RETRY_S: Final = 60.0
"""Bounds of what a refused client is told to wait, in seconds."""


class QueueFull(Exception):
    """As many attempts wait as may."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One waiting attempt."""

    key: int
    principal: str
    model: str


class FairQueue:
    """Waiting attempts. `limit` bounds them all together; `parallel` is how many of one principal run at once."""

    def __init__(self, limit: int, parallel: int) -> None:
        self.limit = limit
        self.parallel = parallel
        # In the order in which principals take their next turn; a principal without entries is not in it.
        self._turns: OrderedDict[str, OrderedDict[int, Entry]] = OrderedDict()
        self._depth = 0

    @property
    def depth(self) -> int:
        """How many wait."""
        return self._depth

    def push(self, entry: Entry) -> None:
        """Adds an attempt behind those of its principal.

        Raises:
            QueueFull: `limit` attempts wait already.
        """
        if self._depth >= self.limit:
            raise QueueFull
        self._turns.setdefault(entry.principal, OrderedDict())[entry.key] = entry
        self._depth += 1

    def remove(self, key: int, principal: str) -> bool:
        """Takes an attempt out; False when it does not wait here."""
        waiting = self._turns.get(principal)
        if waiting is None or key not in waiting:
            return False
        del waiting[key]
        self._depth -= 1
        if not waiting:
            del self._turns[principal]
        return True

    def order(self, running: Mapping[str, int]) -> list[Entry]:
        """All that wait, in the order in which they will start if nothing else happens.

        `running` counts the running attempts of each principal. Those of principals at their limit come last.
        """
        started = dict(running)
        lines = [list(waiting.values()) for waiting in self._turns.values()]
        ordered: list[Entry] = []
        held: list[Entry] = []
        while lines:
            for line in lines:
                entry = line.pop(0)
                if started.get(entry.principal, 0) < self.parallel:
                    started[entry.principal] = started.get(entry.principal, 0) + 1
                    ordered.append(entry)
                else:
                    held.append(entry)
            lines = [line for line in lines if line]
        return ordered + held

    def take(self, running: Mapping[str, int], has_room: Callable[[str], bool]) -> Entry | None:
        """The next attempt that may start, taken out, or None. `has_room` says whether a model has a free slot."""
        for entry in self.order(running):
            if running.get(entry.principal, 0) < self.parallel and has_room(entry.model):
                self.remove(entry.key, entry.principal)
                if entry.principal in self._turns:
                    self._turns.move_to_end(entry.principal)
                return entry
        return None


class Pace:
    """How long answers take here, for estimates: a running mean of their durations in seconds."""

    def __init__(self) -> None:
        self._mean: float | None = None

    def ended(self, duration: float) -> None:
        """Takes in one answer's time from start to end."""
        self._mean = duration if self._mean is None else self._mean + DURATION_WEIGHT * (duration - self._mean)

    def eta_ms(self, position: int, slots: int) -> float | None:
        """Milliseconds until the attempt at this position starts, None before the first answer has ended."""
        return None if self._mean is None else 1000.0 * position * self._mean / max(1, slots)

    def retry_after(self, slots: int) -> float:
        """Seconds until a place in a full queue is likely to be free."""
        mean = MIN_RETRY_S if self._mean is None else self._mean
        return min(MAX_RETRY_S, max(MIN_RETRY_S, mean / max(1, slots)))
