"""What happened in a turn as text for people and as JSON for programs: pure functions of events."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from llamachat.base.guide import GUIDE_LABEL, GUIDE_MODEL
from llamachat.base.text import one_line, printable
from llamachat.fleet.events import (
    Delta,
    Failed,
    Finished,
    Loading,
    Prefilling,
    Queued,
    Rerouted,
    Routed,
    TurnEvent,
)
from llamachat.protocol.chats import to_plain


class PrintableStream:
    """Text that arrives in pieces, made safe for a terminal.

    A carriage return at the end of a piece waits for the next one, so that a line end cut in two stays one line end.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """What can be printed now."""
        text = self._held + text
        self._held = "\r" if text.endswith("\r") else ""
        return printable(text.removesuffix("\r") if self._held else text)

    def end(self) -> str:
        """What was still held."""
        held, self._held = self._held, ""
        return printable(held)


def json_line(event: TurnEvent, chat_id: str | None = None) -> str:
    """The event as one line of JSON."""
    return as_line(as_json(event, chat_id))


def as_line(values: dict[str, Any]) -> str:
    """Plain values as one line of JSON. ASCII alone: control characters are escaped, so that printing it is safe."""
    return json.dumps(values, separators=(", ", ": "))


def as_json(event: TurnEvent, chat_id: str | None = None) -> dict[str, Any]:
    """The event as plain values under the names that `ask --json` promises."""
    match event:
        case Routed():
            return {
                "event": "routed",
                "node": event.node,
                "reason": event.reason,
                "expected_ms": event.expected_ms,
                "model": event.model,
            }
        case Queued():
            return {
                "event": "queued",
                "node": event.node,
                "position": event.position,
                "depth": event.depth,
                "eta_ms": event.eta_ms,
                "retry_in_s": event.retry_in_s,
                "reason": event.reason,
            }
        case Loading():
            return {"event": "loading", "node": event.node, "done": event.done, "total": event.total}
        case Prefilling():
            return {
                "event": "prefilling",
                "node": event.node,
                "done": event.done,
                "total": event.total,
                "cached": event.cached,
            }
        case Delta():
            return {"event": "delta", "text": event.text}
        case Rerouted():
            return {
                "event": "rerouted",
                "from": event.from_node,
                "to": event.to_node,
                "offset": event.offset,
                "reason": event.reason,
            }
        case Finished():
            return {
                "event": "finished",
                "text": event.text,
                "node": event.node,
                "usage": to_plain(event.usage),
                "timings": to_plain(event.timings),
                "model": event.model,
                "finish_reason": event.finish_reason,
                "seed": event.seed,
                "cost": to_plain(event.cost),
                "seams": to_plain(event.seams),
                "first_token": event.estimate
                and {
                    "expected_ms": event.estimate.expected_ms,
                    "actual_ms": event.estimate.actual_ms,
                },
                "chat": chat_id,
            }
        case Failed():
            return {"event": "failed", "code": event.code, "message": event.message}


def progress(event: TurnEvent) -> str | None:
    """What the person is waiting for, in words; None for an event that ends or makes no waiting."""
    match event:
        case Routed():
            return f"{_name(event.node)} · asked ({one_line(event.reason)})"
        case Queued(node=None):
            why = f" ({one_line(event.reason)})" if event.reason else ""
            wait = f", {again}" if (again := next_try(event)) else ""
            return f"waiting for a node{why}{wait}"
        case Queued():
            about = "" if event.eta_ms is None else f", about {_seconds(event.eta_ms / 1000)}"
            return f"{_name(event.node)} · queued {event.position} of {event.depth}{about}"
        case Loading():
            share = f" {100 * event.done // event.total} %" if event.total else ""
            return f"{_name(event.node)} · loading model{share}"
        case Prefilling():
            return f"{_name(event.node)} · reading prompt {count(event.done)} of {count(event.total)} tokens"
        case Rerouted():
            return seam(event)
        case _:
            return None


def seam(event: Rerouted) -> str:
    """That an answer goes on elsewhere."""
    reason = one_line(event.reason)
    return (
        f"{_name(event.from_node)} · {reason} at {count(event.offset)} characters, continued on {_name(event.to_node)}"
    )


def summary(event: Finished) -> str:
    """Who answered, how fast, and what it took, on one line."""
    usage, timings = event.usage, event.timings
    guide = f" ({GUIDE_LABEL})" if event.model == GUIDE_MODEL else ""
    parts = [
        f"{_name(event.node)} · {_name(event.model)}{guide}",
        f"first token {timings.ttft_ms / 1000:.2f} s",
        f"{timings.tokens_per_second:.1f} tokens/s",
        f"{count(usage.prompt_tokens)} in ({count(usage.cached_tokens)} cached), {count(usage.completion_tokens)} out",
    ]
    if usage.dropped_messages:
        parts.append(f"{usage.dropped_messages} oldest messages left out to fit")
    if event.cost is not None:
        parts.append(f"{event.cost.amount:.4f} {_name(event.cost.currency)}")
    if event.finish_reason != "stop":
        parts.append(_ENDINGS.get(event.finish_reason, event.finish_reason))
    return " · ".join(parts)


_ENDINGS: Final[dict[str, str]] = {
    "length": "cut: the limit of tokens was reached",
    "cancelled": "stopped",
    "deadline": "cut: out of time",
    "interrupted": "cut: the node stopped",
}


def count(number: int) -> str:
    """A whole number with its thousands apart."""
    return re.sub(r"(?<=\d)(?=(\d{3})+$)", " ", str(number))


def next_try(event: TurnEvent) -> str:
    """When a turn that waits for a node tries again; empty for any other event, and where that depends on the nodes."""
    if isinstance(event, Queued) and event.node is None and event.retry_in_s is not None:
        return f"next try in {_seconds(event.retry_in_s)}"
    return ""


def _seconds(seconds: float) -> str:
    return f"{max(1, round(seconds))} s"


def _name(text: str | None) -> str:
    return one_line(text or "", 64)
