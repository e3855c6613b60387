"""Which node answers. Pure: the same situation always gives the same decision, with its reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from llamachat.base.text import one_line
from llamachat.fleet.expectation import Expectation, expect
from llamachat.fleet.limits import FleetLimits
from llamachat.fleet.snapshot import NodeSnapshot
from llamachat.protocol import ModelInfo

Policy = Literal["fastest", "priority", "sticky"]

Why = Literal[
    "offline", "connecting", "refused", "draining", "unknown_model", "model_failed", "context", "cooling", "busy",
    "failed", "not_asked",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a node said to this turn already: it is out until `until` (the caller's clock), or for good with None.
    `failed`: it tried and could not; else it was only busy."""

    reason: str
    until: float | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class TurnFacts:
    """What matters of a turn.

    Attributes:
        chat_id: for what is warm where.
        model: as asked for; None leaves it to each node.
        prompt_tokens: about how many, the answer so far included.
        begun_model, fingerprint: of the answer so far, when there is one.
        last_node: the chat's last one, for the policy `sticky`.
        only_node: asked for by name; the others are out.
        context_above: a context of so many tokens was too small.
        refusals: by node.
    """

    chat_id: str
    model: str | None = None
    prompt_tokens: int = 0
    begun_model: str | None = None
    fingerprint: str | None = None
    last_node: str | None = None
    only_node: str | None = None
    context_above: int = 0
    refusals: Mapping[str, Refusal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node that could answer, with the model it would use; `exact`: the answer would go on as it was begun."""

    node: NodeSnapshot
    model: ModelInfo
    exact: bool
    expectation: Expectation

    @property
    def expected_ms(self) -> float:
        """Milliseconds to the first token."""
        return self.expectation.total_ms


@dataclass(frozen=True, slots=True)
class Excluded:
    """A node that cannot answer now. `until`: when that ends by itself, by the caller's clock."""

    node: str
    why: Why
    reason: str
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """`node` None: nobody can answer now; `excluded` says why, and `retry_at` when the first comes back by itself."""

    node: str | None
    model: str | None
    reason: str
    expected_ms: float | None
    runners_up: tuple[Candidate, ...] = ()
    excluded: tuple[Excluded, ...] = ()

    @property
    def retry_at(self) -> float | None:
        """The earliest end of an exclusion, by the caller's clock."""
        return min((out.until for out in self.excluded if out.until is not None), default=None)


Cooling = Callable[[str, str | None, float], float | None]
"""Until when a node is out for a model at this time; None when it is not."""


def choose(
    turn: TurnFacts,
    nodes: tuple[NodeSnapshot, ...],
    policy: Policy,
    *,
    cooling: Cooling,
    now: float,
    limits: FleetLimits,
    in_flight: Mapping[str, int] | None = None,
) -> Decision:
    """The node for a turn. `nodes` are in the user's order; `in_flight` counts this client's turns at each."""
    candidates: list[Candidate] = []
    excluded: list[Excluded] = []
    for node in nodes:
        model = _model_for(turn, node)
        out = _exclusion(turn, node, model, cooling, now)
        if out is not None:
            excluded.append(out)
            continue
        assert model is not None, "a node without the model is excluded"
        expectation = expect(
            node,
            model,
            chat_id=turn.chat_id,
            prompt_tokens=turn.prompt_tokens,
            in_flight=(in_flight or {}).get(node.name, 0),
            limits=limits,
        )
        exact = turn.fingerprint is None or model.fingerprint == turn.fingerprint
        candidates.append(Candidate(node, model, exact, expectation))
    if not candidates:
        return Decision(None, None, _why_nobody(turn, excluded), None, excluded=tuple(excluded))
    winner, reason = _pick(turn, candidates, policy, limits)
    others = sorted((c for c in candidates if c is not winner), key=lambda c: c.expected_ms)
    return Decision(winner.node.name, winner.model.id, reason, winner.expected_ms, tuple(others), tuple(excluded))


def _model_for(turn: TurnFacts, node: NodeSnapshot) -> ModelInfo | None:
    """The model that the node would use: the one asked for; else the one that began the answer; else its default."""
    if turn.model is not None:
        return node.model(turn.model)
    if turn.fingerprint is not None:
        same = next((model for model in node.models if model.fingerprint == turn.fingerprint), None)
        if same is not None:
            return same
    begun = node.model(turn.begun_model) if turn.begun_model is not None else None
    return begun or node.model(node.default_model)


def _exclusion(
    turn: TurnFacts, node: NodeSnapshot, model: ModelInfo | None, cooling: Cooling, now: float
) -> Excluded | None:
    name = node.name
    if turn.only_node is not None and name != turn.only_node:
        return Excluded(name, "not_asked", f"only {turn.only_node} is asked")
    if node.state in ("offline", "connecting", "refused", "draining"):
        return Excluded(name, node.state, f"it is {node.state}")
    refusal = turn.refusals.get(name)
    if refusal is not None and (refusal.until is None or refusal.until > now):
        return Excluded(name, "failed" if refusal.failed else "busy", refusal.reason, refusal.until)
    if model is None:
        return Excluded(name, "unknown_model", f"it has no model {one_line(turn.model or 'of its own', 64)}")
    if model.state == "failed":
        return Excluded(name, "model_failed", f"its model {one_line(model.id, 64)} failed to load")
    if model.context is not None and model.context <= turn.context_above:
        return Excluded(name, "context", f"its context of {model.context} tokens is too small")
    until = cooling(name, model.id, now)
    if until is not None:
        return Excluded(name, "cooling", "it failed a moment ago", until)
    return None


def _pick(turn: TurnFacts, candidates: list[Candidate], policy: Policy, limits: FleetLimits) -> tuple[Candidate, str]:
    """The winner among those that could answer, which are in the user's order, and why."""
    exact = [c for c in candidates if c.exact]
    fitting = exact or candidates
    begun = turn.fingerprint is not None
    same = "the same weights, so it goes on exactly; " if begun and exact else ""
    other = "no node has the same weights; " if begun and not exact else ""
    quickest = min(c.expected_ms for c in fitting)
    best = next(c for c in fitting if c.expected_ms <= quickest + limits.tie_ms)
    if len(candidates) == 1:
        return best, f"{same}{other}the only node that can answer: {best.expectation.words()}"
    bound = best.expected_ms * limits.preference_factor + limits.preference_slack_ms
    preferred = [c for c in fitting if c.expected_ms <= bound]
    if policy == "sticky":
        last = next((c for c in preferred if c.node.name == turn.last_node), None)
        if last is not None:
            return last, f"{same}{other}it answered in this chat last: {last.expectation.words()}"
    if policy == "priority":
        first = preferred[0]
        return first, f"{same}{other}first in your order: {first.expectation.words()}"
    return best, f"{same}{other}the quickest: {best.expectation.words()}"


def _why_nobody(turn: TurnFacts, excluded: list[Excluded]) -> str:
    asked = [out for out in excluded if out.why != "not_asked"]
    if asked:
        return "; ".join(f"{out.node}: {out.reason}" for out in asked)
    if turn.only_node is not None:
        return f"no node is called {one_line(turn.only_node, 64)}"
    return "no node is configured"
