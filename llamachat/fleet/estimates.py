"""What the router expected, beside what came true."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from statistics import median

from llamachat.store import Estimate


def slowness(estimates: Iterable[Estimate]) -> float | None:
    """Median of actual over expected: above 1 the node is slower than expected. None without estimates."""
    ratios = [each.actual_ms / each.expected_ms for each in estimates if each.expected_ms > 0]
    return median(ratios) if ratios else None


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
