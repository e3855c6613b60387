"""How the nodes were over the last minutes: what they said of themselves anyway, kept for the charts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from llamachat.fleet import NodeSnapshot

KEPT_S: Final = 300.0
"""Charts go back so far, in seconds."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A node at one moment: `at` is seconds since the epoch, `memory` and `load` are shares of the whole (0 to 1); None
    is what the node did not know, or had too little work to measure."""

    at: float
    requests_per_second: float
    latency_ms: float | None
    tokens_per_second: float | None
    memory: float | None
    load: float
    queue: int


class NodesHistory:
    """The last samples of every node, oldest first."""

    def __init__(self) -> None:
        self._samples: dict[str, deque[Sample]] = {}

    def note(self, nodes: Iterable[NodeSnapshot]) -> None:
        """Takes in what is new in these snapshots, and forgets nodes that are not among them."""
        kept: dict[str, deque[Sample]] = {}
        for node in nodes:
            samples = kept[node.name] = self._samples.get(node.name) or deque()
            sample = _sample(node)
            if sample is None or (samples and samples[-1].at >= sample.at):
                continue
            samples.append(sample)
            while samples[0].at < sample.at - KEPT_S:
                samples.popleft()
        self._samples = kept

    def of(self, name: str) -> tuple[Sample, ...]:
        """The samples of one node."""
        return tuple(self._samples.get(name, ()))


def _sample(node: NodeSnapshot) -> Sample | None:
    status = node.status
    if status is None or node.status_at is None:
        return None
    memory = status.memory
    return Sample(
        at=node.status_at,
        requests_per_second=status.requests_per_second,
        latency_ms=status.latency_ms,
        tokens_per_second=status.tokens_per_second,
        memory=memory.used / memory.total if memory.total else None,
        load=status.load,
        queue=status.queue.depth,
    )
