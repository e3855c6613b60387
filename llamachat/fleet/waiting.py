"""When no node can answer now: whether to wait, and for how long. Pure."""

from __future__ import annotations

from llamachat.base.text import one_line, sentence
from llamachat.fleet.routing import Decision
from llamachat.fleet.setbacks import Setbacks
from llamachat.fleet.snapshot import NodeSnapshot
from llamachat.fleet.turn import Turn
from llamachat.protocol import ErrorCode

_SOON = frozenset({"connecting", "cooling", "busy"})
_TOLD = frozenset({"failed", "context"})


def hopeless(
    turn: Turn, decision: Decision, nodes: tuple[NodeSnapshot, ...], setbacks: Setbacks, *, in_grace: bool
) -> tuple[str, str] | None:
    """Code and sentence with which a turn ends that nobody can answer; None when waiting may help.

    `in_grace`: a lost node may still come back, even for a caller who does not wait for nodes.
    """
    whys = {out.why for out in decision.excluded}
    if whys & _SOON:
        return None
    if any(_could_serve(turn, node, setbacks) for node in nodes if not node.usable) and (
        turn.wait_for_node or in_grace
    ):
        return None
    if whys & _TOLD and setbacks.last_error is not None:
        return setbacks.last_error.code, setbacks.last_error.message
    if "model_failed" in whys:
        return ErrorCode.MODEL_FAILED, f"No node could load the model: {sentence(decision.reason)}"
    if "unknown_model" in whys:
        offered = sorted({one_line(model.id, 64) for node in nodes if node.connected for model in node.models})
        wanted = one_line(turn.model or "a default", 64)
        return ErrorCode.UNKNOWN_MODEL, f"No node has the model {wanted}. Offered: {', '.join(offered) or 'none'}."
    if turn.node is not None and all(node.name != turn.node for node in nodes):
        return "no_node", sentence(decision.reason[:1].upper() + decision.reason[1:])
    if not turn.wait_for_node and not in_grace:
        return "no_node", f"No node can be reached: {sentence(decision.reason)}"
    return None


def waiting_for(decision: Decision, nodes: tuple[NodeSnapshot, ...], now: float, wall: float) -> float | None:
    """When something may change by itself, by the caller's clock `now`: a node is no longer busy, or is tried again.
    `wall` is the same moment in seconds since the epoch, as snapshots count. None: when somebody does something."""
    times = [node.retry_at - wall + now for node in nodes if node.retry_at is not None]
    if decision.retry_at is not None:
        times.append(decision.retry_at)
    return min(times, default=None)


def _could_serve(turn: Turn, node: NodeSnapshot, setbacks: Setbacks) -> bool:
    """Whether a node that is away could answer when it comes back, by what it last said."""
    if turn.node is not None and node.name != turn.node:
        return False
    refusal = setbacks.refusals.get(node.name)
    if refusal is not None and refusal.until is None:
        return False
    model = node.model(turn.model or node.default_model)
    return model is not None and (model.context is None or model.context > setbacks.context_above)
