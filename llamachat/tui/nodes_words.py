"""Sentences of the nodes tab. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo

from llamachat.base.sizes import size_text
from llamachat.base.text import one_line
from llamachat.fleet import NodeAddress, NodeSnapshot
from llamachat.fleet.discovery import Offer
from llamachat.fleet.routing import Decision
from llamachat.protocol import LogLine, ModelInfo
from llamachat.tui.actions import actions
from llamachat.tui.formatting import clock, number, percent
from llamachat.tui.keymap import OwnKeys, first_key, keys_of
from llamachat.tui.nodes_cards import STATES, retry_words


def choice(decision: Decision) -> str:
    """What the router would do with a new question, and why."""
    if decision.node is None:
        return f"A new question would wait: {one_line(decision.reason, 300)}."
    return f"A new question would go to {one_line(decision.node, 64)}: {one_line(decision.reason, 300)}."


def offer_line(offer: Offer) -> str:
    """A node that could be added, and who says that it is there."""
    origin = [f"runs on this computer as {one_line(offer.name, 64)}"] if offer.name else []
    if offer.named_by:
        origin.append("named by " + ", ".join(one_line(name, 64) for name in offer.named_by))
    return f"+ {one_line(offer.url, 512)}  {', '.join(origin)}"


def about(
    node: NodeSnapshot, address: NodeAddress | None, now: float, zone: tzinfo | None = None, *, retry_key: str
) -> list[str]:
    """What there is to know of a node besides its figures: its state, where it is, and who it says it is. Of its token
    only whether one is sent."""
    state = STATES[node.state]
    lost = node.state == "offline"
    first = f"{state.mark} {state.word}  since {clock(node.since, zone)}"
    first += f"  {retry_words(node, now, retry_key)}" if lost else ""
    lines = [first + (f"  {one_line(node.reason)}" if node.reason else "")]
    token = "a token is sent" if address is not None and address.token is not None else "no token is sent"
    lines.append(f"{one_line(node.url, 512)}  {token}")
    if node.hello is not None:
        who, principal = node.hello.node, node.hello.principal
        rank = "administrator" if principal.admin else "user"
        lines.append(
            f"{one_line(who.name, 64)}, llamachat-daemon {one_line(who.version, 32)}, "
            f"started {clock(who.started_at, zone)}; you are {one_line(principal.name, 64)} ({rank})"
        )
    for gpu in node.status.gpus if node.status is not None and node.connected else ():
        used = "" if gpu.memory_used is None or gpu.memory_total is None else f"{size_text(gpu.memory_used)} of "
        whole = "" if gpu.memory_total is None else f"{size_text(gpu.memory_total)}"
        load = "" if gpu.load is None else f"load {percent(gpu.load)}"
        lines.append(", ".join(part for part in (one_line(gpu.name, 64), load, used + whole) if part))
    return lines


def model_line(model: ModelInfo, *, is_default: bool) -> str:
    """A model of a node: its state, how many answers it gives at once, and how long they may be."""
    mark = {"loaded": "●", "loading": "◐", "failed": "✖", "available": "○"}[model.state]
    parts = [
        model.state,
        f"{model.slots} slots" if model.slots is not None else "",
        f"context {number(model.context)}" if model.context is not None else "",
        one_line(model.quantization or "", 16),
        size_text(model.size) if model.size is not None else "",
        "default" if is_default else "",
        one_line(model.error or ""),
    ]
    return f"{mark} {one_line(model.id, 64)}  " + "  ".join(part for part in parts if part)


def log_line(line: LogLine, zone: tzinfo | None = None) -> str:
    """A line of a node's log."""
    when = datetime.fromtimestamp(line.time, zone).strftime("%H:%M:%S")
    return f"{when} {one_line(line.level, 8):<7} {one_line(line.source, 32)}: {one_line(line.text, 2000)}"


def hints(where: str, own: OwnKeys) -> str:
    """The keys of a screen that are shown all the time, the most wanted first."""
    shown = [action for action in actions(where) if action.shown and keys_of(action, own)]
    return "  ".join(f"{first_key(action.id, own)} {action.label.lower()}" for action in shown)
