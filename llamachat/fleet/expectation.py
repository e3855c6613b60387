"""The expected time to the first token at one node. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from llamachat.fleet.limits import FleetLimits
from llamachat.fleet.snapshot import NodeSnapshot
from llamachat.protocol import BackendStatus, ModelInfo


@dataclass(frozen=True, slots=True)
class Expectation:
    """Where the time is expected to go, in milliseconds; `warm` tokens of the conversation are in the node's memory,
    `cold` have to be read, `ahead` others wait before this turn."""

    round_trip_ms: float
    queue_ms: float
    load_ms: float
    prefill_ms: float
    ahead: int
    warm: int
    cold: int
    doubt: float = 1.0

    @property
    def total_ms(self) -> float:
        """All of it, times the doubt about a node with a warning."""
        return (self.round_trip_ms + self.queue_ms + self.load_ms + self.prefill_ms) * self.doubt

    def words(self) -> str:
        """What weighs, for people."""
        parts = [f"{self.total_ms / 1000:.1f} s to a first token"]
        if self.queue_ms:
            parts.append(f"{self.ahead} waiting" if self.ahead else "all slots busy")
        if self.load_ms:
            parts.append(f"{self.load_ms / 1000:.1f} s to load the model")
        if self.warm:
            parts.append(f"{self.warm} tokens warm")
        return ", ".join(parts)


def expect(
    node: NodeSnapshot,
    model: ModelInfo,
    *,
    chat_id: str,
    prompt_tokens: int,
    in_flight: int,
    limits: FleetLimits,
) -> Expectation:
    """What a turn of `prompt_tokens` may expect, with `in_flight` turns of this client at the node already: its last
    status may be older than they are."""
    status = node.status
    warm = min(max(status.resident.get(chat_id, 0), 0), prompt_tokens) if status is not None else 0
    cold = max(prompt_tokens - warm, 1)
    rate = status.prefill_tokens_per_second if status is not None else None
    if rate is None or rate <= 0:
        rate = limits.assumed_prefill_rate
    queue_ms, ahead = _queue(node, in_flight, limits)
    return Expectation(
        round_trip_ms=node.rtt_ms or 0.0,
        queue_ms=queue_ms,
        load_ms=_load(model, limits),
        prefill_ms=1000 * cold / rate * (1 + _busy_share(status, in_flight)),
        ahead=ahead,
        warm=warm,
        cold=cold,
        doubt=limits.warning_factor if node.state == "warning" else 1.0,
    )


def _busy_share(status: BackendStatus | None, in_flight: int) -> float:
    """How much of the node is at work, 0 to 1: a prompt is read between the steps of those that decode already."""
    if status is None or status.slots.total <= 0:
        return 0.0
    return min(max(status.slots.busy, in_flight, 0) / status.slots.total, 1.0)


def _queue(node: NodeSnapshot, in_flight: int, limits: FleetLimits) -> tuple[float, int]:
    """Milliseconds until a slot is free, and how many wait for one before us."""
    status = node.status
    if status is None or status.slots.total <= 0:
        return 0.0, 0
    total = status.slots.total
    waiting = max(status.queue.depth, in_flight - total, 0)
    if waiting == 0 and max(status.slots.busy, in_flight) < total:
        return 0.0, 0
    # While all slots are busy, answers leave at the rate of the last minute; a node that has not answered yet, or
    # whose last minute was mostly idle, is taken to need the usual time for one.
    leaves_every_s = limits.assumed_answer_s / total
    if status.requests_per_second > 0:
        leaves_every_s = min(leaves_every_s, 1 / status.requests_per_second)
    return 1000 * (waiting + 1) * leaves_every_s, waiting


def _load(model: ModelInfo, limits: FleetLimits) -> float:
    if model.state == "loaded":
        return 0.0
    whole = 1000 * max(model.size or 0, 0) / limits.assumed_load_rate
    return whole / 2 if model.state == "loading" else whole
