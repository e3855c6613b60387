"""When no node can answer now: whether to wait, and for how long. Pure."""

from __future__ import annotations

from llamachat.base.text import one_line
from llamachat.fleet.routing import Decision
from llamachat.fleet.snapshot import NodeSnapshot
from llamachat.fleet.turn import Turn
from llamachat.protocol import Error, ErrorCode

_SOON = frozenset({"connecting", "cooling", "busy"})
_TOLD = frozenset({"failed", "context"})


def hopeless(
    turn: Turn, decision: Decision, nodes: tuple[NodeSnapshot, ...], last_error: Error | None, *, in_grace: bool
) -> tuple[str, str] | None:
    """Code and sentence with which a turn ends that nobody can answer; None when waiting may help.

    `last_error`: what a node said that was asked; `in_grace`: a lost node may still come back.
    """
    whys = {out.why for out in decision.excluded}
    if whys & _SOON:
        return None
    if whys & _TOLD and last_error is not None:
        return last_error.code, last_error.message
    if "model_failed" in whys:
        return ErrorCode.MODEL_FAILED, f"No node could load the model. {_sentence(decision)}"
    if "unknown_model" in whys and not _somebody_away_has_it(turn, nodes):
        offered = sorted({one_line(model.id, 64) for node in nodes if node.connected for model in node.models})
        wanted = one_line(turn.model or "a default", 64)
        return ErrorCode.UNKNOWN_MODEL, f"No node has the model {wanted}. Offered: {', '.join(offered) or 'none'}."
    if turn.node is not None and all(node.name != turn.node for node in nodes):
        return "no_node", _sentence(decision)
    if not turn.wait_for_node and not in_grace:
        return "no_node", f"No node can be reached. {_sentence(decision)}"
    return None


def waiting_for(decision: Decision, nodes: tuple[NodeSnapshot, ...], now: float, wall: float) -> float | None:
    """When something may change by itself, by the caller's clock `now`: a node is no longer busy, or is tried again.
    `wall` is the same moment in seconds since the epoch, as snapshots count. None: when somebody does something."""
    times = [node.retry_at - wall + now for node in nodes if node.retry_at is not None]
    if decision.retry_at is not None:
        times.append(decision.retry_at)
    return min(times, default=None)


def _somebody_away_has_it(turn: Turn, nodes: tuple[NodeSnapshot, ...]) -> bool:
    away = [node for node in nodes if not node.usable]
    return any(node.model(turn.model) is not None if turn.model else node.models for node in away)


def _sentence(decision: Decision) -> str:
    return decision.reason[:1].upper() + decision.reason[1:] + "."
