"""What the front counts and measures: totals since the start, rates of the last minute, events, and the machine.

Memory is bounded whatever the traffic: rates are kept in one bucket a second, latencies and events in rings.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal

from llamachat.protocol import Gpu, NodeEvent, Totals, Usage
from llamachat_daemon.serving.machine import Machine, MachineMemory

Outcome = Literal["completed", "failed", "cancelled"]

WINDOW_SECONDS: Final = 60
MAX_LATENCIES: Final = 1024
"""Latest times to first token that the median is taken of; at 17 requests a second they still span the minute."""

MAX_EVENTS: Final = 256
TTFT_BUCKETS_MS: Final = (50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000)
"""Upper bounds of the histogram of times to first token, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts per bucket of `TTFT_BUCKETS_MS` and one beyond, and the sum of all values in milliseconds."""

    counts: tuple[int, ...]
    sum_ms: float


class Telemetry:
    """One per daemon. Every method belongs to the event loop's thread."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, machine: Machine | None = None) -> None:
        self._clock = clock
        self._machine = machine or Machine()
        self._totals = {"requests": 0, "completed": 0, "failed": 0, "cancelled": 0}
        self._tokens = {"prompt_tokens": 0, "cached_tokens": 0, "completion_tokens": 0}
        self._cost = 0.0
        self._requests: deque[tuple[int, int]] = deque()
        self._latencies: deque[tuple[float, float]] = deque(maxlen=MAX_LATENCIES)
        self._histogram = [0] * (len(TTFT_BUCKETS_MS) + 1)
        self._ttft_sum = 0.0
        self._events: deque[NodeEvent] = deque(maxlen=MAX_EVENTS)
        self._events_ever = 0

    def request(self) -> None:
        """A request for an answer was accepted."""
        self._totals["requests"] += 1
        second = int(self._clock())
        if self._requests and self._requests[-1][0] == second:
            self._requests[-1] = (second, self._requests[-1][1] + 1)
        else:
            self._requests.append((second, 1))
            self._forget(second)

    def first_token(self, ttft_ms: float) -> None:
        """An answer began `ttft_ms` after its request arrived."""
        self._latencies.append((self._clock(), ttft_ms))
        bucket = sum(ttft_ms > bound for bound in TTFT_BUCKETS_MS)
        self._histogram[bucket] += 1
        self._ttft_sum += ttft_ms

    def finished(self, usage: Usage | None, outcome: Outcome, cost: float = 0.0) -> None:
        """An answer ended; `usage` is None where it never began, `cost` is in the operator's currency."""
        self._totals[outcome] += 1
        self._cost += cost
        if usage is not None:
            for name in self._tokens:
                self._tokens[name] += getattr(usage, name)

    def event(self, kind: str, text: str) -> None:
        """Something happened that a person watching the node wants to know."""
        self._events.append(NodeEvent(time.time(), kind, text))
        self._events_ever += 1

    def totals(self) -> Totals:
        """Counts since the start."""
        return Totals(**self._totals, **self._tokens, cost=self._cost)

    def requests_per_second(self) -> float:
        """Mean over the last minute."""
        self._forget(int(self._clock()))
        return sum(count for _, count in self._requests) / WINDOW_SECONDS

    def latency_ms(self) -> float | None:
        """Median time to first token of the last minute; None without one."""
        since = self._clock() - WINDOW_SECONDS
        recent = [ttft for at, ttft in self._latencies if at > since]
        return median(recent) if recent else None

    def time_to_first_token(self) -> Histogram:
        """All times to first token since the start."""
        return Histogram(tuple(self._histogram), self._ttft_sum)

    def events_since(self, seen: int) -> tuple[int, list[NodeEvent]]:
        """The events after the first `seen` ones, as far as they are still kept, and the number to ask with next."""
        missed = min(max(self._events_ever - seen, 0), len(self._events))
        return self._events_ever, list(self._events)[len(self._events) - missed :]

    def read_load(self) -> float:
        """Load of the machine's processors, 0 to 1."""
        return self._machine.load()

    def read_memory(self, pids: Iterable[int]) -> MachineMemory:
        """Memory of the machine, and of the processes `pids` together, in bytes."""
        return self._machine.memory(pids)

    def read_gpus(self) -> list[Gpu]:
        """The NVIDIA cards; empty without one or without its driver."""
        return self._machine.gpus()

    def _forget(self, second: int) -> None:
        while self._requests and self._requests[0][0] <= second - WINDOW_SECONDS:
            self._requests.popleft()
