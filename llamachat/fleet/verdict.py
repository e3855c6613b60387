"""What an error of a node means for a turn. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from llamachat.fleet.limits import FleetLimits
from llamachat.protocol import Error, ErrorCode

Step = Literal["end", "elsewhere", "cool", "later", "larger", "from_text", "anew"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do next.

    `end` the turn: no node can do better. Go on `elsewhere`: this node cannot; `cool`: likewise, and leave the node
    alone for a while, for others too. `later`: the node may after `wait_s`. `larger`: only a node with a context above
    `context`. `from_text`: ask again without the ids. `anew`: the attempt is not known there, ask under a new id.
    """

    step: Step
    wait_s: float = 0.0
    context: int = 0


_END = (ErrorCode.INVALID_PARAMS, ErrorCode.BAD_FRAME, ErrorCode.UNKNOWN_TYPE, ErrorCode.TOO_LARGE)
_BUSY = (ErrorCode.QUEUE_FULL, ErrorCode.RATE_LIMITED, ErrorCode.DRAINING)
_ABOUT_IDS = ("prefix_tokens", "fingerprint")


def judge(error: Error, limits: FleetLimits, *, attaching: bool, sent_tokens: bool) -> Verdict:
    """`attaching`: the error answers an attempt to attach, not a question; `sent_tokens`: the question had ids."""
    if attaching and error.code in (ErrorCode.NOT_FOUND, ErrorCode.INVALID_PARAMS, ErrorCode.FORBIDDEN):
        return Verdict("anew")
    if error.code == ErrorCode.INVALID_PARAMS and sent_tokens and str(error.detail.get("field")).startswith(_ABOUT_IDS):
        return Verdict("from_text")
    if error.code in _END:
        return Verdict("end")
    if error.code in _BUSY:
        wait = error.retry_after if error.retry_after is not None else limits.retry_default_s
        return Verdict("later", wait_s=min(max(wait, limits.retry_floor_s), limits.retry_cap_s))
    if error.code == ErrorCode.CONTEXT_OVERFLOW:
        context = error.detail.get("context")
        return Verdict("larger", context=context if isinstance(context, int) else 0)
    if error.code == ErrorCode.UNKNOWN_MODEL:
        return Verdict("elsewhere")
    # A model or worker that failed, a defect of the daemon, a code of a later version: another node may do better.
    return Verdict("cool")
