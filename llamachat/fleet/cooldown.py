"""Nodes that failed with a model are left alone with it for a while."""

from __future__ import annotations


class Cooldowns:
    """Per node and model: the first failure costs `first` seconds, each further one in a row twice as much, up to
    `cap`; an answer that begins clears it. Times are those of the caller's clock."""

    def __init__(self, first: float, cap: float) -> None:
        self._first = first
        self._cap = cap
        self._failures: dict[tuple[str, str | None], tuple[int, float]] = {}

    def failed(self, node: str, model: str | None, now: float) -> float:
        """Notes a failure; returns until when the node is out."""
        count = self._failures.get((node, model), (0, 0.0))[0] + 1
        until = now + min(self._cap, self._first * 2.0 ** min(count - 1, 10))
        self._failures[node, model] = (count, until)
        return until

    def succeeded(self, node: str, model: str | None) -> None:
        """Forgets the failures of this node with this model."""
        self._failures.pop((node, model), None)

    def forget(self, node: str) -> None:
        """Forgets everything about a node that left the fleet."""
        for key in [key for key in self._failures if key[0] == node]:
            del self._failures[key]

    def until(self, node: str, model: str | None, now: float) -> float | None:
        """Until when the node is out for this model; None when it is not."""
        until = self._failures.get((node, model), (0, now))[1]
        return until if until > now else None
