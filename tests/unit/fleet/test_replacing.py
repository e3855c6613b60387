"""A node of the fleet gets another address, while it is used."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llamachat.fleet.events import Delta, Rerouted
from tests.unit.fleet.scripted_node import ANSWER, Plan, ScriptedNode
from tests.unit.fleet.turns import a_turn, collect, finished, fleet_of, only, until, written


async def test_a_replaced_node_keeps_its_rank_and_is_connected_to_at_its_new_address() -> None:
    first, second, third = ScriptedNode(name="a"), ScriptedNode(name="b"), ScriptedNode(name="c")
    async with fleet_of(first, second) as fleet, third:
        await fleet.replace("a", replace(third.address(), name="z"))
        nodes = await until(fleet, lambda nodes: all(node.connected for node in nodes))
        assert [node.name for node in nodes] == ["z", "b"]
        assert nodes[0].url == third.address().url
        assert nodes[0].hello is not None
        assert nodes[0].hello.node.name == "c"


async def test_a_name_that_is_taken_is_refused_and_nothing_changes() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    async with fleet_of(first, second) as fleet:
        with pytest.raises(ValueError, match="Two nodes are called b"):
            await fleet.replace("a", second.address())
        with pytest.raises(ValueError, match="no node x any more"):
            await fleet.replace("x", second.address())
        assert [node.name for node in fleet.snapshots()] == ["a", "b"]
        assert all(node.connected for node in fleet.snapshots())


@pytest.mark.parametrize("name", ["a", "renamed"])
async def test_an_answer_that_comes_meanwhile_comes_whole(name: str) -> None:
    node = ScriptedNode(name="a")
    node.plans = [Plan(at={1: "hold"})]
    async with fleet_of(node) as fleet:

        def react(event: object) -> object:
            address = replace(node.address(), name=name)
            return fleet.replace("a", address) if isinstance(event, Delta) and event.offset == 5 else None

        events = await collect(fleet, a_turn(), react)
        assert written(events) == ANSWER
        assert finished(events).node == name


async def test_an_answer_of_a_node_that_keeps_its_name_is_taken_up_where_it_is() -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    async with fleet_of(first, second) as fleet:

        def react(event: object) -> object:
            return fleet.replace("a", first.address()) if isinstance(event, Delta) and event.offset == 5 else None

        events = await collect(fleet, a_turn(node="a"), react)
        assert written(events) == ANSWER
        assert only(events, Rerouted) == []
        assert len(first.asked) == 1
        assert second.asked == []
