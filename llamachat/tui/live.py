"""How an answer comes about, told by its events: values for the live panel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from llamachat.base.text import one_line
from llamachat.fleet import NodeSnapshot
from llamachat.fleet.events import Delta, Failed, Finished, Loading, Prefilling, Queued, Rerouted, Routed, TurnEvent
from llamachat.protocol import Cost, Timings, Usage

Phase = Literal["queue", "load", "prompt", "write", "ended"]
"""What a node does: it has others before this turn, loads the model, reads the prompt, writes, is done."""

RATE_WINDOW_S: Final = 2
"""Tokens a second "now" are those of so many last whole seconds."""

KEPT_SECONDS: Final = 60
"""How far back the line of tokens a second reaches."""

KEPT_EVENTS: Final = 20
"""Events that are remembered."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something worth a line; `at` in Unix seconds."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """One turn. Times are Unix seconds by this machine's clock, spans are seconds.

    `spent` holds what the phases that are over took, by phase; `tokens` those that came here, and `counts` how many of
    them in each second since `first_at`. `usage`, `timings` and `cost` come with the end.
    """

    began_at: float
    node: str = ""
    model: str = ""
    reason: str = ""
    expected_s: float | None = None
    routed_at: float | None = None
    first_at: float | None = None
    phase: Phase = "queue"
    since: float = 0.0
    spent: tuple[tuple[Phase, float], ...] = ()
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    tokens: int = 0
    counts: tuple[tuple[int, int], ...] = ()
    usage: Usage | None = None
    timings: Timings | None = None
    cost: Cost | None = None

    @property
    def took_s(self) -> float | None:
        """From the choice of the node to the first words; None before them."""
        if self.first_at is None or self.routed_at is None:
            return None
        return self.first_at - self.routed_at

    def span(self, phase: Phase, now: float) -> float:
        """How long a phase took, or has taken until now."""
        over = sum(seconds for name, seconds in self.spent if name == phase)
        return over + (max(0.0, now - self.since) if self.phase == phase else 0.0)

    def rates(self, now: float) -> tuple[int, ...]:
        """Tokens in each second from the first words on, the newest last; the second under way is left out."""
        if self.first_at is None or not self.counts:
            return ()
        by_second = dict(self.counts)
        last = self.counts[-1][0] if self.phase == "ended" else int(now - self.first_at) - 1
        return tuple(by_second.get(second, 0) for second in range(max(0, last - KEPT_SECONDS + 1), last + 1))

    def rate(self, now: float) -> float | None:
        """Tokens a second now, or over the whole answer once it has ended; None while nothing can be said."""
        if self.phase == "ended":
            return self.timings.tokens_per_second if self.timings and self.timings.tokens_per_second > 0 else None
        recent = self.rates(now)[-RATE_WINDOW_S:]
        return sum(recent) / len(recent) if recent else None


def begun(now: float) -> Progress:
    """A turn of which nothing is known yet."""
    return Progress(began_at=now, since=now)


def observe(progress: Progress, event: TurnEvent, now: float) -> Progress:
    """The turn after one more event."""
    match event:
        case Routed(node=node, model=model, reason=reason, expected_ms=expected):
            expected_s = None if expected is None else expected / 1000
            known = replace(progress, node=node, model=model or progress.model, reason=reason)
            if progress.first_at is None:
                known = replace(known, expected_s=expected_s, routed_at=now)
            return _enter(known, "queue", now)
        case Queued():
            return _enter(progress, "queue", now)
        case Loading(node=node):
            return _enter(replace(progress, node=node), "load", now)
        case Prefilling(node=node, total=total, cached=cached):
            known = replace(progress, node=node, prompt_tokens=total, cached_tokens=cached)
            return _enter(known, "prompt", now)
        case Rerouted(to_node=node, reason=reason):
            return replace(progress, node=node, reason=reason)
        case Delta(node=node, model=model, tokens=tokens):
            first_at = progress.first_at if progress.first_at is not None else now
            known = replace(
                progress,
                node=node,
                model=model,
                first_at=first_at,
                tokens=progress.tokens + tokens,
                counts=_counted(progress.counts, int(now - first_at), tokens),
            )
            return _enter(known, "write", now)
        case Finished(node=node, model=model, usage=usage, timings=timings, cost=cost):
            known = replace(progress, node=node, model=model, usage=usage, timings=timings, cost=cost)
            return _enter(known, "ended", now)
        case Failed():
            return _enter(progress, "ended", now)


def happening(event: TurnEvent, now: float) -> Happening | None:
    """The line that an event is worth."""
    match event:
        case Rerouted(from_node=old, to_node=new, offset=offset):
            return Happening(now, f"{_name(old)} lost at {offset} characters, goes on at {_name(new)}")
        case Failed(message=message):
            return Happening(now, f"failed: {one_line(message, 160)}")
        case Finished(finish_reason=reason, node=node) if reason != "stop":
            return Happening(now, f"{_name(node)}: ended ({reason})")
        case _:
            return None


def changes(before: tuple[NodeSnapshot, ...], after: tuple[NodeSnapshot, ...], now: float) -> list[Happening]:
    """A line for each node whose state is another one. Busy or not is no news: it takes work all the same."""
    known = {node.name: _state(node) for node in before}
    return [
        Happening(now, f"{_name(node.name)} is {_state(node)}")
        for node in after
        if node.name in known and known[node.name] != _state(node) and node.state != "connecting"
    ]


def standing(before: tuple[NodeSnapshot, ...], now: tuple[NodeSnapshot, ...]) -> tuple[NodeSnapshot, ...]:
    """The nodes with their states, where one that is being tried again is what it was: a try that fails is no news."""
    known = {node.name: node for node in before}
    return tuple(known.get(node.name, node) if node.state == "connecting" else node for node in now)


def _state(node: NodeSnapshot) -> str:
    return "online" if node.usable else node.state


def _name(node: str) -> str:
    return one_line(node, 32)


def _enter(progress: Progress, phase: Phase, now: float) -> Progress:
    if phase == progress.phase:
        return progress
    spent = (*progress.spent, (progress.phase, max(0.0, now - progress.since)))
    return replace(progress, phase=phase, since=now, spent=spent)


def _counted(counts: tuple[tuple[int, int], ...], second: int, tokens: int) -> tuple[tuple[int, int], ...]:
    if counts and counts[-1][0] == second:
        return (*counts[:-1], (second, counts[-1][1] + tokens))
    return (*counts, (second, tokens))[-KEPT_SECONDS:]
