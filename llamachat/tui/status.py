"""What the header, the status bar and the banner say about the fleet: functions of snapshots and a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from llamachat.base.text import one_line
from llamachat.fleet import NodeSnapshot, RateLimited
from llamachat.tui.formatting import percent, steady
from llamachat.tui.keymap import OwnKeys, first_key
from llamachat.tui.widgets.status_bar import Fact

_NAME = 32


@dataclass(frozen=True, slots=True)
class Notice:
    """What the banner says. `lost`: no node takes work; else the person has only to wait a little."""

    text: str
    lost: bool


def connection_mark(snapshots: Sequence[NodeSnapshot], policy: str) -> str:
    """`● 2 of 2 nodes · fastest`: a full disc when all nodes take work, a half one when some do, a cross when none."""
    if not snapshots:
        return "○ no node configured"
    usable = sum(snapshot.usable for snapshot in snapshots)
    if any(snapshot.state == "connecting" for snapshot in snapshots) and not usable:
        return "○ connecting"
    mark = "●" if usable == len(snapshots) else "◐" if usable else "✖"
    return f"{mark} {usable} of {len(snapshots)} node{'s' if len(snapshots) != 1 else ''} · {policy}"


def status_facts(
    snapshots: Sequence[NodeSnapshot], current: str | None, waiting: int, own: OwnKeys
) -> tuple[Fact, ...]:
    """The status bar for the node named `current`, or for the first that takes work; `waiting` questions are queued.
    `own` are the keys that the person has changed."""
    node = next((snapshot for snapshot in snapshots if snapshot.name == current), None)
    if node is None:
        node = next((snapshot for snapshot in snapshots if snapshot.usable), snapshots[0] if snapshots else None)
    held = Fact(f"{waiting} waiting" if waiting else "", 1)
    if node is None:
        return (Fact(f"No node yet: add one in the Nodes tab ({first_key('tab.nodes', own)})", 0), held)
    status = node.status if node.connected else None
    facts = [Fact(f"Node: {one_line(node.name, _NAME)}", 0)]
    if status is not None:
        facts += [
            Fact(f"Queue: {status.queue.depth}", 3),
            Fact(f"load {percent(steady(status.load))}", 4),
            Fact(f"mem {percent(status.memory.used, status.memory.total)}", 5),
        ]
    facts += [Fact(_connection(node), 2), held]
    return tuple(facts)


def banner(
    snapshots: Sequence[NodeSnapshot], limited: Sequence[RateLimited], now: float, own: OwnKeys
) -> Notice | None:
    """What is wrong with the nodes, and when that ends by itself; None when the next question can be asked."""
    if text := _nobody_works(snapshots, now, own):
        return Notice(text, lost=True)
    if text := _too_many(snapshots, limited, now):
        return Notice(text, lost=False)
    return None


def _nobody_works(snapshots: Sequence[NodeSnapshot], now: float, own: OwnKeys) -> str:
    """Empty while a node takes work or is being connected to for the first time."""
    if not snapshots or any(snapshot.usable or snapshot.state == "connecting" for snapshot in snapshots):
        return ""
    draining = [snapshot for snapshot in snapshots if snapshot.state == "draining"]
    if draining:
        return f"{one_line(draining[0].name, _NAME)} takes no new work. Your question is sent when a node does."
    offline = [snapshot for snapshot in snapshots if snapshot.state == "offline"]
    if not offline:
        return f"{one_line(snapshots[0].name, _NAME)}: {one_line(snapshots[0].reason)}"
    soonest = min(offline, key=lambda snapshot: snapshot.retry_at if snapshot.retry_at is not None else now)
    wait = max(0, round((soonest.retry_at or now) - now))
    return f"Connection to {_names(offline)} lost. Next try in {wait} s — {first_key('nodes.reconnect', own)}: now"


def _too_many(snapshots: Sequence[NodeSnapshot], limited: Sequence[RateLimited], now: float) -> str:
    """Empty while a node that takes work takes the next question too, unless an answer waits for one that does not."""
    usable = {snapshot.name for snapshot in snapshots if snapshot.usable}
    holding = [limit for limit in limited if limit.node in usable and limit.until > now]
    if {limit.node for limit in holding} != usable:
        holding = [limit for limit in holding if limit.awaited]
    if not holding:
        return ""
    soonest = min(holding, key=lambda limit: limit.until)
    wait = math.ceil(soonest.until - now)
    return f"{one_line(soonest.node, _NAME)} takes your next question in {wait} s: too many this minute."


def _names(snapshots: Sequence[NodeSnapshot]) -> str:
    return ", ".join(one_line(snapshot.name, _NAME) for snapshot in snapshots)


def _round_trip(ms: float) -> str:
    """In steps so wide that the noise of a connection draws nothing."""
    step = 1 if ms < 10 else 5 if ms < 100 else 20
    return f"{max(1, step * round(ms / step))} ms"


def _connection(node: NodeSnapshot) -> str:
    match node.state:
        case "online":
            return f"● connected {_round_trip(node.rtt_ms)}" if node.rtt_ms is not None else "● connected"
        case "warning":
            return f"◐ {one_line(node.reason, 60) or 'under strain'}"
        case "connecting":
            return "○ connecting"
        case "draining":
            return "◐ draining"
        case "refused":
            return f"✖ refused: {one_line(node.reason, 80)}"
        case "offline":
            return "✖ OFFLINE"
