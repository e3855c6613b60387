"""Nodes that take no more questions of this client for a while, because it has asked too many a minute."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RateLimited:
    """`until` is when the node takes the next question, seconds since the epoch; `awaited`: a turn waits for that."""

    node: str
    until: float
    awaited: bool


class RateLimits:
    """By what each node said last. Times are those of the caller's clock."""

    def __init__(self) -> None:
        self._limits: dict[str, tuple[float, float]] = {}  # when it was said, and until when it holds

    def refused(self, node: str, now: float, until: float) -> None:
        """The node has refused a question until then."""
        self._limits[node] = (now, until)

    def began(self, node: str, asked_at: float) -> None:
        """The node answers what it was asked then; if that was after it refused one, the limit has lifted."""
        if node in self._limits and self._limits[node][0] < asked_at:
            del self._limits[node]

    def forget(self, node: str) -> None:
        """Forgets everything about a node that left the fleet."""
        self._limits.pop(node, None)

    def hold(self, now: float) -> dict[str, float]:
        """The nodes that take no question now, and until when."""
        self._limits = {node: limit for node, limit in self._limits.items() if limit[1] > now}
        return {node: until for node, (_, until) in self._limits.items()}
