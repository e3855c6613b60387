"""The `Finished` of a turn, with whatever is known at its end. Pure."""

from __future__ import annotations

from typing import Final

from llamachat.base.text import one_line
from llamachat.fleet.events import Finished
from llamachat.fleet.turn import Held
from llamachat.protocol import AiResponse, Cost, FinishReason, Timings, Usage
from llamachat.store import Estimate

_NO_TIMINGS: Final = Timings(0, 0, 0, 0, 0, 0)


def finished(
    held: Held, node: str | None, reason: FinishReason, last: AiResponse | None, estimate: Estimate | None
) -> Finished:
    """`last` is the node's last frame; without one (cancelled while its node was away, say) only what was counted
    here is told."""
    usage: Usage | None = None
    timings: Timings | None = None
    cost: Cost | None = None
    seed = held.seed
    if last is not None:
        usage = last.usage if isinstance(last.usage, Usage) else None
        timings = last.timings if isinstance(last.timings, Timings) else None
        cost = last.cost if isinstance(last.cost, Cost) else None
        seed = last.seed if isinstance(last.seed, int) else seed
    return Finished(
        text=held.text,
        node=node or "",
        model=one_line(held.model or ""),
        finish_reason=reason,
        seed=seed,
        usage=usage or Usage(0, 0, len(held.tokens)),
        timings=timings or _NO_TIMINGS,
        cost=cost,
        seams=held.seams,
        estimate=estimate,
    )
