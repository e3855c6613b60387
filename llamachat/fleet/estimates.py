"""What the router expected, beside what came true."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Estimate:
    """One attempt that began to answer: the time to its first text, in milliseconds, as expected and as it was;
    `at` is when that text came, seconds since the epoch."""

    node: str
    model: str
    at: float
    expected_ms: float
    actual_ms: float


class Estimates:
    """The newest estimates, oldest first."""

    def __init__(self, keep: int) -> None:
        self._kept: deque[Estimate] = deque(maxlen=keep)

    def add(self, estimate: Estimate) -> None:
        """Keeps one more."""
        self._kept.append(estimate)

    def of(self, node: str | None = None) -> tuple[Estimate, ...]:
        """Those of one node, or all."""
        return tuple(estimate for estimate in self._kept if node is None or estimate.node == node)

    def ratio(self, node: str) -> float | None:
        """Median of actual over expected: above 1 the node is slower than expected. None without estimates."""
        ratios = [e.actual_ms / e.expected_ms for e in self._kept if e.node == node and e.expected_ms > 0]
        return median(ratios) if ratios else None
