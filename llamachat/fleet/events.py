"""What a turn tells whoever shows it. A screen learns what happened in the fleet from these values and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from llamachat.protocol import Cost, FinishReason, Seam, Timings, Usage
from llamachat.store import Estimate


@dataclass(frozen=True, slots=True)
class Routed:
    """A node was chosen. `expected_ms` is the router's estimate of the time to the first token."""

    node: str
    model: str | None
    reason: str
    expected_ms: float | None


@dataclass(frozen=True, slots=True)
class Queued:
    """The attempt waits. `node` None: at no node yet, in the outbox or for a node to take it (`retry_in_s`), and
    `reason` says why each node cannot."""

    node: str | None
    position: int
    depth: int
    eta_ms: float | None = None
    retry_in_s: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Loading:
    """The node loads the model: bytes."""

    node: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Prefilling:
    """The node reads the prompt: tokens, of which `cached` were already there."""

    node: str
    done: int
    total: int
    cached: int


@dataclass(frozen=True, slots=True)
class Delta:
    """More of the answer; `offset` (code points) is where `text` begins, contiguous over the whole turn."""

    node: str
    model: str
    offset: int
    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Rerouted:
    """The answer goes on elsewhere from `offset` (code points): a seam."""

    from_node: str
    to_node: str
    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a turn that was answered; `text` is the whole answer. `estimate`: what the router expected of the node
    that brought the first text, beside what came true."""

    text: str
    node: str
    model: str
    finish_reason: FinishReason
    seed: int
    usage: Usage
    timings: Timings
    cost: Cost | None
    seams: tuple[Seam, ...]
    estimate: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The end of a turn that was not answered. `code` is one of the wire's, or `no_node`, or `closed` (the fleet was
    closed around it; the attempt may run on at its node); `text` is what had come."""

    code: str
    message: str
    text: str = ""
    node: str | None = None


TurnEvent = Routed | Queued | Loading | Prefilling | Delta | Rerouted | Finished | Failed
