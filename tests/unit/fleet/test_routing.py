"""The router: for each situation the node it chooses and why. Nodes are called a, b, c in the user's order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.fleet import FleetLimits, NodeSnapshot, Policy
from llamachat.fleet.cooldown import Cooldowns
from llamachat.fleet.routing import Decision, Refusal, TurnFacts, choose
from llamachat.protocol import (
    BackendStatus,
    Hello,
    Limits,
    Memory,
    ModelInfo,
    NodeInfo,
    Principal,
    QueueState,
    SlotState,
)

NOW = 100.0
LIMITS = FleetLimits()


def model(model_id: str = "guide", **more: Any) -> ModelInfo:
    return ModelInfo(**({"id": model_id, "name": model_id, "size": 1_000_000_000, "context": 4096,
                         "fingerprint": "f1", "state": "loaded"} | more))  # fmt: skip


def node(name: str, state: str = "online", *, rtt: float | None = 1.0, models: list[ModelInfo] | None = None,
         default: str | None = "guide", **status: Any) -> NodeSnapshot:  # fmt: skip
    """A node; `status` changes the facts of one that is idle."""
    offered = [model()] if models is None else models
    hello = Hello(
        protocol=1, node=NodeInfo(name, name, "1", 0), models=offered, default_model=default,
        limits=Limits(4_000_000, 64, 8), principal=Principal("p", False),
    )  # fmt: skip
    slots = status.pop("slots", (0, 4))
    depth = status.pop("depth", 0)
    facts = {"prefill_tokens_per_second": 1000.0} | status
    backend = BackendStatus(
        node=name, time=0, state="ready", load=0, memory=Memory(0, 1, 0, 0, 0, 0), queue=QueueState(depth, 64),
        slots=SlotState(*slots), models=offered, **facts,
    )  # fmt: skip
    return NodeSnapshot(name, f"ws://{name}", state, 0.0, rtt_ms=rtt, hello=hello, status=backend)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Case:
    """A situation, the node it leads to, and words of the reason."""

    name: str
    nodes: tuple[NodeSnapshot, ...]
    expected: str | None
    because: str
    policy: Policy = "fastest"
    turn: dict[str, Any] = field(default_factory=dict)
    in_flight: dict[str, int] = field(default_factory=dict)
    cooling: tuple[tuple[str, str], ...] = ()


FULL = {"slots": (4, 4)}
CASES = [
    # equal nodes, and the order
    Case("one node", (node("a"),), "a", "the only node"),
    Case("equal nodes: the user's order", (node("a"), node("b")), "a", "quickest"),
    Case("a difference nobody notices: the order", (node("a", rtt=15), node("b", rtt=1)), "a", "quickest"),
    Case("no nodes", (), None, "no node is configured"),
    # states
    Case("offline", (node("a", "offline"), node("b")), "b", "only node that can"),
    Case("connecting", (node("a", "connecting"), node("b")), "b", "only node that can"),
    Case("refused", (node("a", "refused"), node("b")), "b", "only node that can"),
    Case("draining", (node("a", "draining"), node("b")), "b", "only node that can"),
    Case("all away", (node("a", "offline"), node("b", "draining")), None, "a: it is offline; b: it is draining"),
    Case("a warning is doubted", (node("a", "warning"), node("b")), "b", "quickest"),
    Case("a warning is better than nothing", (node("a", "warning"), node("b", "offline")), "a", "only node"),
    Case("a warning is better than a long queue", (node("a", "warning"), node("b", depth=9, **FULL)), "a", "quickest"),
    # distance
    Case("a slow link", (node("a", rtt=800), node("b", rtt=5)), "b", "quickest"),
    Case("a slow link to a warm cache", (node("a", rtt=300, resident={"c": 3000}), node("b")), "a", "3000 tokens warm",
         turn={"prompt_tokens": 3000}),
    Case("an unmeasured round trip counts as none", (node("a", rtt=None), node("b", rtt=500)), "a", "quickest"),
    # queues
    Case("a queue", (node("a", depth=3, **FULL), node("b")), "b", "quickest"),
    Case("all slots busy", (node("a", **FULL), node("b")), "b", "quickest"),
    Case("some slots busy is less than idle", (node("a", slots=(3, 4)), node("b")), "b", "quickest",
         turn={"prompt_tokens": 200}),
    Case("some slots busy is no queue", (node("a", slots=(3, 4)), node("b", rtt=900)), "a", "quickest"),
    Case("the shorter queue", (node("a", depth=5, **FULL), node("b", depth=1, **FULL)), "b", "1 waiting"),
    Case("a queue that moves quickly", (node("a", depth=4, requests_per_second=20.0, **FULL),
                                        node("b", depth=1, requests_per_second=0.5, **FULL)), "a", "4 waiting"),
    Case("more slots drain a queue sooner", (node("a", depth=2, slots=(2, 2)), node("b", depth=2, slots=(16, 16))), "b",
         "2 waiting"),
    Case("our own turns, newer than its status", (node("a"), node("b")), "b", "quickest", in_flight={"a": 4}),
    Case("our own turns leave slots free", (node("a"), node("b", rtt=200)), "a", "quickest", in_flight={"a": 3}),
    Case("all full: the shortest wait", (node("a", depth=3, **FULL), node("b", **FULL)), "b", "all slots busy"),
    Case("a node without slots in its status", (node("a", slots=(0, 0)), node("b", **FULL)), "a", "quickest"),
    # prompt
    Case("a warm prefix", (node("a"), node("b", resident={"c": 2000})), "b", "2000 tokens warm",
         turn={"prompt_tokens": 2000}),
    Case("warm for another chat", (node("a"), node("b", resident={"other": 2000})), "a", "quickest",
         turn={"prompt_tokens": 2000}),
    Case("warmth does not outweigh a queue", (node("a"), node("b", depth=9, resident={"c": 2000}, **FULL)), "a",
         "quickest", turn={"prompt_tokens": 2000}),
    Case("the quicker reader", (node("a", prefill_tokens_per_second=100.0),
         node("b", prefill_tokens_per_second=4000.0)), "b", "quickest", turn={"prompt_tokens": 1000}),
    Case("reading speed hardly matters for a short prompt", (node("a", prefill_tokens_per_second=1000.0),
         node("b", prefill_tokens_per_second=4000.0)), "a", "quickest", turn={"prompt_tokens": 10}),
    Case("an unknown reading speed is assumed", (node("a", prefill_tokens_per_second=None),
         node("b", prefill_tokens_per_second=10.0)), "a", "quickest", turn={"prompt_tokens": 1000}),
    # models
    Case("without the model", (node("a", models=[model("other")]), node("b")), "b", "only node",
         turn={"model": "guide"}),
    Case("nobody has the model", (node("a"), node("b")), None, "has no model llama", turn={"model": "llama"}),
    Case("no default", (node("a", default=None), node("b")), "b", "only node"),
    Case("not loaded", (node("a", models=[model(state="available")]), node("b")), "b", "quickest"),
    Case("not loaded, but the other has a long queue", (node("a", models=[model(state="available")]),
         node("b", depth=9, **FULL)), "a", "2.0 s to load the model"),
    Case("being loaded is half way", (node("a", models=[model(state="available")]),
         node("b", models=[model(state="loading")])), "b", "1.0 s to load"),
    Case("a small model loads quickly", (node("a", models=[model(state="available")]),
         node("b", models=[model(state="available", size=5_000_000)])), "b", "quickest"),
    Case("failed to load", (node("a", models=[model(state="failed")]), node("b")), "b", "only node"),
    Case("failed everywhere", (node("a", models=[model(state="failed")]),), None, "failed to load"),
    Case("each its own default", (node("a", models=[model("x")], default="x"),), "a", "only node"),
    Case("a context that was too small", (node("a"), node("b", models=[model(context=8192)])), "b", "only node",
         turn={"context_above": 4096}),
    Case("an unknown context may be large enough", (node("a", models=[model(context=None)]),), "a", "only node",
         turn={"context_above": 4096}),
    # an answer that goes on
    Case("the same weights first", (node("a", models=[model(fingerprint="f2")]), node("b", rtt=500)), "b",
         "same weights", turn={"fingerprint": "f1", "begun_model": "guide"}),
    Case("the same weights under another name", (node("a"), node("b", models=[model("twin", fingerprint="f2"), model()],
         default="guide")), "b", "same weights", turn={"fingerprint": "f2", "begun_model": "guide"}),
    Case("no node with the same weights", (node("a"), node("b", rtt=500)), "a", "no node has the same weights",
         turn={"fingerprint": "f9", "begun_model": "guide"}),
    Case("the model that began, not the default", (node("a", models=[model("x"), model("begun")], default="x"),), "a",
         "only node", turn={"begun_model": "begun"}),
    # cooldowns and refusals
    Case("cooling down", (node("a"), node("b")), "b", "only node", cooling=(("a", "guide"),)),
    Case("cooling down with another model", (node("a"), node("b")), "a", "quickest", cooling=(("a", "other"),)),
    Case("all cooling down", (node("a"),), None, "failed a moment ago", cooling=(("a", "guide"),)),
    Case("it said that it is full", (node("a"), node("b")), "b", "only node",
         turn={"refusals": {"a": Refusal("its queue is full", NOW + 1)}}),
    Case("what it said is over", (node("a"), node("b")), "a", "quickest",
         turn={"refusals": {"a": Refusal("its queue is full", NOW)}}),
    Case("it failed in this turn", (node("a"),), None, "the worker died",
         turn={"refusals": {"a": Refusal("the worker died", failed=True)}}),
    Case("its failure is over", (node("a"),), "a", "only node",
         turn={"refusals": {"a": Refusal("the worker died", NOW, failed=True)}}),
    Case("only one is asked", (node("a"), node("b", rtt=900)), "b", "only node", turn={"only_node": "b"}),
    Case("only one is asked, which is away", (node("a"), node("b", "offline")), None, "b: it is offline",
         turn={"only_node": "b"}),
    Case("only one is asked, which is unknown", (node("a"),), None, "no node is called z", turn={"only_node": "z"}),
    # policies
    Case("priority: the order", (node("a", rtt=700), node("b")), "a", "first in your order", policy="priority"),
    Case("priority: but not at any price", (node("a", depth=9, **FULL), node("b")), "b", "first in your order",
         policy="priority"),
    Case("priority: the next in order", (node("a", "offline"), node("b", rtt=400), node("c")), "b",
         "first in your order", policy="priority"),
    Case("priority: the same weights before the order", (node("a", models=[model(fingerprint="f2")]), node("b")), "b",
         "same weights", policy="priority", turn={"fingerprint": "f1"}),
    Case("sticky: the chat's last node", (node("a"), node("b", rtt=900)), "b", "in this chat last", policy="sticky",
         turn={"last_node": "b"}),
    Case("sticky: which has a warning", (node("a"), node("b", "warning")), "b", "in this chat last", policy="sticky",
         turn={"last_node": "b"}),
    Case("sticky: but not at any price", (node("a"), node("b", depth=9, **FULL)), "a", "quickest", policy="sticky",
         turn={"last_node": "b"}),
    Case("sticky: which is away", (node("a", rtt=9), node("b", "offline"), node("c", rtt=500)), "a", "quickest",
         policy="sticky", turn={"last_node": "b"}),
    Case("sticky: a new chat", (node("a", rtt=500), node("b")), "b", "quickest", policy="sticky"),
    Case("sticky: which is cooling down", (node("a"), node("b"), node("c")), "a", "quickest", policy="sticky",
         turn={"last_node": "b"}, cooling=(("b", "guide"),)),
]  # fmt: skip


def _decide(case: Case) -> Decision:
    cooldowns = Cooldowns(5, 60)
    for name, model_id in case.cooling:
        cooldowns.failed(name, model_id, NOW)
    facts = TurnFacts(**({"chat_id": "c", "prompt_tokens": 20} | case.turn))
    return choose(
        facts, case.nodes, case.policy, cooling=cooldowns.until, now=NOW, limits=LIMITS, in_flight=case.in_flight
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_situation_leads_to_the_node(case: Case) -> None:
    decision = _decide(case)
    assert decision.node == case.expected
    assert case.because in decision.reason


def test_every_node_is_chosen_a_runner_up_or_excluded_with_a_reason() -> None:
    for case in CASES:
        decision = _decide(case)
        told = [candidate.node.name for candidate in decision.runners_up] + [out.node for out in decision.excluded]
        told += [decision.node] if decision.node else []
        assert sorted(told) == sorted(snapshot.name for snapshot in case.nodes)
        assert all(out.reason for out in decision.excluded)


def test_the_estimate_is_the_sum_of_round_trip_queue_prompt_and_load() -> None:
    busy = node("a", rtt=30, depth=1, slots=(2, 2), requests_per_second=4.0, prefill_tokens_per_second=500.0,
                resident={"c": 100}, models=[model(state="available", size=250_000_000)])  # fmt: skip
    decision = _decide(Case("", (busy,), "a", "", turn={"prompt_tokens": 350}))
    # 30 to get there, 2 × 1/4 s to a slot, 250 MB at 500 MB/s, 250 cold tokens at half of 500/s beside a full batch
    assert decision.expected_ms == pytest.approx(30 + 500 + 500 + 1000)


def test_runners_up_come_in_the_order_of_their_estimates() -> None:
    decision = _decide(Case("", (node("a"), node("b", rtt=900), node("c", rtt=300)), "a", ""))
    assert [candidate.node.name for candidate in decision.runners_up] == ["c", "b"]


def test_the_first_exclusion_to_end_by_itself_says_when_to_look_again() -> None:
    refusals = {"a": Refusal("full", NOW + 9), "b": Refusal("full", NOW + 2), "c": Refusal("broken")}
    decision = _decide(Case("", (node("a"), node("b"), node("c")), None, "", turn={"refusals": refusals}))
    assert decision.retry_at == NOW + 2


def test_names_from_peers_are_made_safe_in_reasons() -> None:
    broken = node("a", models=[model("x\x1b[31m", state="failed")], default="x\x1b[31m")
    assert "\x1b" not in _decide(Case("", (broken,), None, "")).reason


STATES = ("online", "warning", "draining", "offline", "connecting", "refused")
ANY_NODE = st.builds(
    lambda state, rtt, depth, busy, total, rate, warm: (state, rtt, depth, (busy, total), rate, warm),
    st.sampled_from(STATES),
    st.floats(0, 5000),
    st.integers(-64, 64),  # what a node says of itself may be nonsense
    st.integers(-16, 16),
    st.integers(-16, 16),
    st.floats(-1e5, 1e5),
    st.integers(-10_000, 10_000),
)


@given(st.lists(ANY_NODE, max_size=5), st.sampled_from(["fastest", "priority", "sticky"]), st.integers(0, 100_000))
def test_any_fleet_gives_a_usable_node_or_none_when_there_is_none(
    specs: list[Any], policy: Policy, tokens: int
) -> None:
    nodes = tuple(
        node(str(i), state, rtt=rtt, depth=depth, slots=slots, prefill_tokens_per_second=rate, resident={"c": warm})
        for i, (state, rtt, depth, slots, rate, warm) in enumerate(specs)
    )
    decision = _decide(Case("", nodes, None, "", policy, turn={"prompt_tokens": tokens, "last_node": "1"}))
    usable = [snapshot.name for snapshot in nodes if snapshot.usable]
    assert (decision.node in usable) if usable else (decision.node is None)
    if decision.expected_ms is not None:
        assert decision.expected_ms >= 0
    if policy == "fastest" and decision.expected_ms is not None:
        assert all(c.expected_ms >= decision.expected_ms - LIMITS.tie_ms for c in decision.runners_up)
