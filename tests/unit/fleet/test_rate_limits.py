"""What the fleet knows about nodes that have had too many questions: it says so, and not longer than it is so."""

from __future__ import annotations

import asyncio
import time

from llamachat.fleet import Fleet
from llamachat.fleet.events import Delta, Queued, TurnEvent
from llamachat.fleet.rate_limits import RateLimits
from tests.unit.fleet.scripted_node import ANSWER, Plan, ScriptedNode
from tests.unit.fleet.turns import PATIENCE_S, a_turn, collect, fleet_of, written


def names(fleet: Fleet, *, awaited: bool | None = None) -> list[str]:
    return [limit.node for limit in fleet.rate_limited() if awaited in (None, limit.awaited)]


def test_a_limit_holds_until_its_time() -> None:
    limits = RateLimits()
    limits.refused("a", 100.0, 112.0)
    limits.refused("b", 101.0, 103.0)
    assert limits.hold(102.0) == {"a": 112.0, "b": 103.0}
    assert limits.hold(103.0) == {"a": 112.0}
    assert limits.hold(112.0) == {}


def test_a_node_that_refuses_again_is_taken_at_its_last_word() -> None:
    limits = RateLimits()
    limits.refused("a", 100.0, 112.0)
    limits.refused("a", 101.0, 105.0)
    assert limits.hold(102.0) == {"a": 105.0}


def test_an_answer_lifts_the_limit_only_if_it_was_asked_for_after_the_refusal() -> None:
    limits = RateLimits()
    limits.refused("a", 100.0, 112.0)
    limits.began("a", 99.0)
    limits.began("b", 101.0)
    assert limits.hold(102.0) == {"a": 112.0}
    limits.began("a", 101.0)
    assert limits.hold(102.0) == {}


def test_a_node_that_left_has_no_limit() -> None:
    limits = RateLimits()
    limits.refused("a", 100.0, 112.0)
    limits.forget("a")
    limits.forget("never there")
    assert limits.hold(101.0) == {}


async def test_a_question_that_goes_elsewhere_leaves_behind_until_when_the_first_node_takes_none() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(refuse="rate_limited", retry_after=30)]
    async with fleet_of(first, second) as fleet:
        assert fleet.rate_limited() == ()
        begun = time.time()
        assert written(await collect(fleet, a_turn())) == ANSWER
        [limit] = fleet.rate_limited()
        assert (limit.node, limit.awaited) == ("a", False)
        assert begun < limit.until <= time.time() + 30
        await fleet.remove("a")
        assert fleet.rate_limited() == ()


async def test_a_full_queue_is_no_limit_of_this_client() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(refuse="queue_full", retry_after=30)]
    async with fleet_of(first, second) as fleet:
        assert written(await collect(fleet, a_turn())) == ANSWER
        assert fleet.rate_limited() == ()


async def test_a_turn_that_waits_for_the_limit_is_told_of_with_it_until_its_answer_begins() -> None:
    node, seen = ScriptedNode(name="a"), []

    def react(event: TurnEvent) -> None:
        if isinstance(event, Queued | Delta):
            seen.append((type(event), names(fleet, awaited=True)))

    async with fleet_of(node) as fleet:
        node.plans = [Plan(refuse="rate_limited", retry_after=0.3)]
        assert written(await collect(fleet, a_turn(), react)) == ANSWER
        assert seen[0] == (Queued, ["a"])
        assert (Delta, ["a"]) not in seen
        assert fleet.rate_limited() == ()


async def test_nobody_waits_for_a_turn_that_would_not_wait_for_a_node() -> None:
    node, seen = ScriptedNode(name="a"), []

    def react(event: TurnEvent) -> None:
        if isinstance(event, Queued):
            seen.append((names(fleet), names(fleet, awaited=True)))

    async with fleet_of(node) as fleet:
        node.plans = [Plan(refuse="rate_limited", retry_after=0.3)]
        assert written(await collect(fleet, a_turn(wait_for_node=False), react)) == ANSWER
        assert seen == [(["a"], [])]


async def test_an_answer_to_a_later_question_lifts_the_limit_before_its_time() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(refuse="rate_limited", retry_after=30)]
    async with fleet_of(first, second) as fleet:
        await collect(fleet, a_turn())
        assert names(fleet) == ["a"]
        await collect(fleet, a_turn(node="a"))
        assert fleet.rate_limited() == ()


async def test_an_answer_that_was_under_way_already_lifts_nothing() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(queue=(1,)), Plan(refuse="rate_limited", retry_after=30)]

    async def ask_another(fleet: Fleet) -> None:
        assert written(await collect(fleet, a_turn())) == ANSWER
        assert names(fleet) == ["a"]

    async with fleet_of(first, second, policy="priority") as fleet:
        early = a_turn(node="a")  # none of its text is looked at before the other one has ended
        events = await collect(fleet, early, lambda event: ask_another(fleet) if isinstance(event, Queued) else None)
        assert written(events) == ANSWER
        assert names(fleet) == ["a"]


async def test_whoever_shows_the_fleet_is_told_of_a_new_limit() -> None:
    node = ScriptedNode(name="a")
    async with fleet_of(node) as fleet:
        node.plans = [Plan(refuse="rate_limited", retry_after=0.2)]
        told = asyncio.Event()
        fleet.subscribe(lambda: told.set() if names(fleet) == ["a"] else None)
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(collect(fleet, a_turn()), told.wait())
