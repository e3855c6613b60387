"""The state of the fleet as rows for people and as values for programs: pure functions of snapshots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from llamachat.base.text import one_line, sentence
from llamachat.fleet.estimates import slowness
from llamachat.fleet.snapshot import LinkState, NodeSnapshot
from llamachat.protocol.chats import to_plain
from llamachat.store import Estimate

if TYPE_CHECKING:
    from rich.table import Table

HEADINGS: Final = ("node", "state", "load", "memory", "queue", "slots", "tokens/s", "first token", "models")

_MARKS: Final[dict[LinkState, tuple[str, str]]] = {
    "connecting": ("…", "dim"),
    "online": ("●", "green"),
    "warning": ("▲", "yellow"),
    "draining": ("◐", "yellow"),
    "offline": ("✖", "red"),
    "refused": ("✖", "red"),
}
_UNKNOWN: Final = "–"


def row(node: NodeSnapshot) -> tuple[str, ...]:
    """One node under `HEADINGS`."""
    status = node.status if node.connected else None
    numbers: tuple[str, ...] = (_UNKNOWN,) * 6
    if status is not None:
        memory = status.memory
        numbers = (
            f"{status.load:.0%}",
            f"{memory.used / memory.total:.0%}" if memory.total else _UNKNOWN,
            f"{status.queue.depth}/{status.queue.limit}",
            f"{status.slots.busy}/{status.slots.total}",
            _UNKNOWN if status.tokens_per_second is None else f"{status.tokens_per_second:.1f}",
            _UNKNOWN if status.latency_ms is None else f"{status.latency_ms:.0f} ms",
        )
    models = ", ".join(one_line(model.id, 64) for model in node.models) or _UNKNOWN
    return (one_line(node.name, 64), f"{_MARKS[node.state][0]} {node.state}", *numbers, models)


def experience(estimates: Mapping[str, Sequence[Estimate]]) -> list[str]:
    """A line for each node that has answered: how good the router's estimates of it were."""
    lines = []
    for name, kept in estimates.items():
        factor = slowness(kept)
        if factor is not None:
            answers = f"{len(kept)} answer{'s' if len(kept) > 1 else ''}"
            lines.append(
                f"{one_line(name, 64)}: first text after {factor:.1f} times the expected time (median of {answers})."
            )
    return lines


def reasons(nodes: tuple[NodeSnapshot, ...], now: float) -> list[str]:
    """A line for each node of which there is more to say than fits a column: why it is as it is, when it is tried.
    `now` is seconds since the epoch."""
    return [line for node in nodes if (line := _reason(node, now))]


def _reason(node: NodeSnapshot, now: float) -> str:
    parts = [sentence(one_line(node.reason))] if node.reason else []
    if node.retry_at is not None and not node.connected:
        parts.append(f"Next try in {max(0, round(node.retry_at - now))} s.")
    return f"{one_line(node.name, 64)}: {' '.join(parts)}" if parts else ""


def table(nodes: tuple[NodeSnapshot, ...]) -> Table:
    """All nodes, in order of priority."""
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for heading in HEADINGS:
        grid.add_column(heading, overflow="fold", no_wrap=heading in ("node", "state"))
    for node in nodes:
        name, state, *rest = row(node)
        grid.add_row(Text(name), Text(state, style=_MARKS[node.state][1]), *map(Text, rest))
    return grid


def as_json(node: NodeSnapshot, now: float, estimates: Sequence[Estimate] = ()) -> dict[str, Any]:
    """One node as plain values; sizes are bytes, times seconds unless a name ends in `_ms`. `estimates` are those that
    are kept of it, oldest first."""
    status = node.status if node.connected else None
    return {
        "name": node.name,
        "url": node.url,
        "state": node.state,
        "reason": node.reason,
        "retry_in_s": None if node.retry_at is None else max(0.0, round(node.retry_at - now, 1)),
        "rtt_ms": node.rtt_ms,
        "node": None if node.hello is None else to_plain(node.hello.node),
        "default_model": node.default_model,
        "models": to_plain(node.models),
        "load": None if status is None else status.load,
        "memory": None if status is None else to_plain(status.memory),
        "gpus": [] if status is None else to_plain(status.gpus),
        "queue": None if status is None else to_plain(status.queue),
        "slots": None if status is None else to_plain(status.slots),
        "requests_per_second": None if status is None else status.requests_per_second,
        "latency_ms": None if status is None else status.latency_ms,
        "tokens_per_second": None if status is None else status.tokens_per_second,
        "estimates": {
            "kept": len(estimates),
            "actual_over_expected": slowness(estimates),
            "newest": to_plain(estimates[-1]) if estimates else None,
        },
    }
