"""The state of a node from what is known about it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from llamachat.fleet.limits import FleetLimits
from llamachat.fleet.snapshot import LinkState
from llamachat.protocol import BackendStatus

Phase = Literal["connecting", "connected", "waiting", "refused"]


@dataclass(frozen=True, slots=True)
class Facts:
    """`phase` of the link with the sentence `why`; for a connected one how long it was silent (seconds in which this
    client listened), its round trip, and its latest status."""

    phase: Phase
    why: str = ""
    silence_s: float = 0.0
    rtt_ms: float | None = None
    status: BackendStatus | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """A state and the sentence that goes with it."""

    state: LinkState
    reason: str


def judge(facts: Facts, limits: FleetLimits) -> Health:
    """The most serious thing that is true of the node."""
    match facts.phase:
        case "connecting":
            return Health("connecting", facts.why)
        case "waiting":
            return Health("offline", facts.why)
        case "refused":
            return Health("refused", facts.why)
        case "connected":
            return _connected(facts, limits)


def _connected(facts: Facts, limits: FleetLimits) -> Health:
    if facts.silence_s >= limits.offline_silence_s:
        return Health("offline", f"Nothing was heard from it for {facts.silence_s:.0f} s.")
    status = facts.status
    if status is not None and status.state == "draining":
        return Health("draining", "It finishes what it has and takes no new work.")
    warnings = []
    if facts.silence_s >= limits.warn_silence_s:
        warnings.append(f"nothing was heard from it for {facts.silence_s:.0f} s")
    if status is not None:
        if status.state == "degraded":
            warnings.append("it says that it is degraded")
        # A processor that writes answers is at its full load, as it should be; without any, it works for somebody else.
        if status.load >= limits.warn_load and not status.slots.busy:
            warnings.append(f"its load is {round(status.load * 20) / 20:.0%}")
        if status.memory.total > 0 and (used := status.memory.used / status.memory.total) >= limits.warn_memory:
            warnings.append(f"its memory is {used:.0%} full")
    if facts.rtt_ms is not None and facts.rtt_ms >= limits.slow_ping_ms:
        warnings.append(f"a round trip takes {facts.rtt_ms:.0f} ms")
    if not warnings:
        return Health("online", "")
    sentence = ", ".join(warnings)
    return Health("warning", sentence[0].upper() + sentence[1:] + ".")
