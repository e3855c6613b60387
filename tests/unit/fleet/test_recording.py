"""Turns and the store: what came is kept, whenever and however a client ends, and is gone on with later."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llamachat.fleet import Fleet, FleetLimits
from llamachat.fleet.events import Delta, Finished, Queued, TurnEvent
from llamachat.fleet.recording import (
    RecordedTurn,
    abandoned,
    add_question,
    cancel_superseded,
    conversation,
    record,
)
from llamachat.protocol import PromptMessage, Seam
from llamachat.store import OpenAttempt, Store, StoredMessage, StoreError, StoreThread
from tests.unit.fleet.scripted_node import ANSWER, Plan, ScriptedNode
from tests.unit.fleet.turns import PATIENCE_S, SLOW, a_turn, failed, finished, fleet_of, written

AT_ONCE = replace(SLOW, save_interval_s=0.01, abandoned_s=0.0)


@contextlib.asynccontextmanager
async def _stored(tmp_path: Path) -> AsyncIterator[StoreThread]:
    async with StoreThread(tmp_path / "history.db") as store:
        yield store


async def _ask(store: StoreThread, text: str = "What jumps?", **more: Any) -> RecordedTurn:
    """A chat with a question in it, and the turn that asks for its answer."""
    chat_id = await store.run(lambda s: s.create_chat())
    question = await store.run(lambda s: add_question(s, chat_id, text, 100.0))
    return RecordedTurn(a_turn(text, chat_id=chat_id, **more), question.id, 101.0)


async def _run(
    fleet: Fleet, store: StoreThread, recorded: RecordedTurn, react: Callable[[TurnEvent], Any] | None = None
) -> list[TurnEvent]:
    events: list[TurnEvent] = []
    async with asyncio.timeout(PATIENCE_S), contextlib.aclosing(record(fleet, store, recorded, limits=AT_ONCE)) as all_:
        async for event in all_:
            events.append(event)
            if react is not None:
                result = react(event)
                if result is not None:
                    await result
    return events


async def _message(store: StoreThread, recorded: RecordedTurn) -> StoredMessage:
    return await store.read(lambda s: s.message(recorded.turn.message_id))


async def _attempts(store: StoreThread) -> list[OpenAttempt]:
    return await store.read(lambda s: s.open_attempts())


async def _eventually(store: StoreThread, look: Callable[[Store], bool]) -> None:
    """Waits for what the saving task does by itself."""
    async with asyncio.timeout(PATIENCE_S):
        while not await store.read(look):  # noqa: ASYNC110  nothing tells when another task has saved
            await asyncio.sleep(0.005)


async def test_a_finished_answer_is_stored_whole_before_its_end_is_told(tmp_path: Path) -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet, _stored(tmp_path) as store:
        recorded = await _ask(store)
        at_the_end: list[StoredMessage] = []

        async def look() -> None:
            at_the_end.append(await _message(store, recorded))

        events = await _run(fleet, store, recorded, lambda event: look() if isinstance(event, Finished) else None)
        (message,) = at_the_end
        end = finished(events)
        assert (message.content, message.state, message.finish_reason) == (ANSWER, "complete", "stop")
        assert (message.usage, message.timings, message.model) == (end.usage, end.timings, "guide")
        assert message.seams == [Seam("node", 0)]
        assert (message.parent_id, message.created_at) == (recorded.parent_id, 101.0)
        assert await _attempts(store) == []


async def test_the_chat_is_named_after_its_first_question(tmp_path: Path) -> None:
    async with _stored(tmp_path) as store:
        recorded = await _ask(store, "How do I add a node? I have two.")
        chat_id = recorded.turn.chat_id
        assert (await store.read(lambda s: s.summary(chat_id))).title == "How do I add a node?"


async def test_a_partial_answer_is_in_the_store_while_it_is_being_written(tmp_path: Path) -> None:
    node = ScriptedNode()
    node.plans = [Plan(at={2: "hold"}, ahead=2)]
    async with fleet_of(node) as fleet, _stored(tmp_path) as store:
        recorded = await _ask(store)
        running = asyncio.create_task(_run(fleet, store, recorded))
        message_id = recorded.turn.message_id
        await _eventually(store, lambda s: any(a.token_offset == 15 for a in s.open_attempts()))
        (attempt,) = await _attempts(store)
        assert (attempt.id, attempt.node, attempt.message_id) == (node.asked[0].id, "node", message_id)
        assert (attempt.offset, list(attempt.tokens)) == (13, node.tokens(ANSWER[:15]))
        assert (attempt.fingerprint, attempt.seed) == ("weights-1", node.asked[0].params.seed)
        message = await _message(store, recorded)
        assert (message.content, message.state) == (ANSWER[:13], "partial")
        node.go.set()
        assert written(await running) == ANSWER


async def test_a_new_attempt_is_in_the_store_at_once(tmp_path: Path) -> None:
    limits = replace(AT_ONCE, save_interval_s=3600)
    node = ScriptedNode()
    node.plans = [Plan(at={0: "hold"})]
    async with fleet_of(node) as fleet, _stored(tmp_path) as store:
        recorded = await _ask(store)
        async with contextlib.aclosing(record(fleet, store, recorded, limits=limits)) as events:
            async for event in events:
                if isinstance(event, Delta):
                    break
            await _eventually(store, lambda s: [a.id for a in s.open_attempts()] == [node.asked[0].id])


@pytest.mark.parametrize("how", ["closed", "cancelled", "broken"])
async def test_whatever_ends_the_client_the_answer_stays_open_with_all_that_came(tmp_path: Path, how: str) -> None:
    limits = replace(AT_ONCE, save_interval_s=3600)  # only the last save counts
    node = ScriptedNode()
    node.plans = [Plan(at={2: "hold"})]
    async with fleet_of(node) as fleet, _stored(tmp_path) as store:
        recorded = await _ask(store)
        seen = asyncio.Event()

        async def client() -> None:
            async with contextlib.aclosing(record(fleet, store, recorded, limits=limits)) as events:
                async for event in events:
                    if isinstance(event, Delta) and event.offset == 10:
                        seen.set()
                        if how == "broken":
                            raise BrokenPipeError
                        if how == "closed":
                            return

        task = asyncio.create_task(client())
        await seen.wait()
        if how == "cancelled":
            await asyncio.sleep(0)
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        message = await _message(store, recorded)
        assert (message.content, message.state) == (ANSWER[:15], "partial")
        (attempt,) = await _attempts(store)
        assert attempt.id == node.asked[0].id
        assert node.cancelled == []
        assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("saving")]


async def test_an_answer_let_go_of_is_taken_up_and_attached_to(tmp_path: Path) -> None:
    node = ScriptedNode()
    node.plans = [Plan(at={2: "hold"}, ahead=1)]
    async with node, _stored(tmp_path) as store:
        async with Fleet([node.address()], limits=SLOW) as fleet:
            recorded = await _ask(store)
            async with contextlib.aclosing(record(fleet, store, recorded)) as events:
                async for event in events:
                    if isinstance(event, Delta) and event.offset + len(event.text) == 14:
                        break
        node.go.set()
        async with Fleet([node.address()], limits=SLOW) as fleet:
            (again,) = await store.run(lambda s: abandoned(s, time.time()))
            assert (again.parent_id, again.created_at, again.origin) == (recorded.parent_id, 101.0, "node")
            assert again.turn.messages == recorded.turn.messages
            events_after = await _run(fleet, store, again)
            assert written(events_after, ANSWER[:14]) == ANSWER
            assert len(node.asked) == 1, "nothing is generated twice"
            assert [(attach.offset, attach.token_offset) for attach in node.attached] == [(14, 15)]
        message = await _message(store, recorded)
        assert (message.content, message.state, message.seams) == (ANSWER, "complete", [Seam("node", 0)])
        assert await store.run(lambda s: abandoned(s, time.time())) == []


async def test_an_answer_of_a_killed_client_is_taken_up_after_a_while_and_no_sooner(tmp_path: Path) -> None:
    node = ScriptedNode()
    node.plans = [Plan(at={2: "hold"})]
    async with fleet_of(node) as fleet, _stored(tmp_path) as store:
        recorded = await _ask(store)
        running = asyncio.create_task(_run(fleet, store, recorded))
        await _eventually(store, lambda s: any(a.token_offset == 15 for a in s.open_attempts()))
        limits = FleetLimits(abandoned_s=3600)
        assert await store.run(lambda s: abandoned(s, time.time(), limits=limits)) == []
        (again,) = await store.run(lambda s: abandoned(s, time.time() + 3600, limits=limits))
        assert again.turn.attempt is not None
        assert (again.turn.attempt.attempt_id, again.turn.attempt.node) == (node.asked[0].id, "node")
        assert again.turn.params.seed == node.asked[0].params.seed
        node.go.set()
        await running


async def test_an_answer_that_does_not_grow_stays_marked_as_looked_after(tmp_path: Path) -> None:
    node = ScriptedNode()
    node.plans = [Plan(at={2: "hold"})]
    async with fleet_of(node) as fleet, _stored(tmp_path) as store:
        recorded = await _ask(store)
        running = asyncio.create_task(_run(fleet, store, recorded))
        await _eventually(store, lambda s: any(a.token_offset == 15 for a in s.open_attempts()))
        (before,) = await _attempts(store)
        await _eventually(store, lambda s: s.open_attempts()[0].saved_at > before.saved_at)
        node.go.set()
        await running


async def test_a_turn_that_waits_for_a_node_survives_the_client(tmp_path: Path) -> None:
    node = ScriptedNode()
    async with _stored(tmp_path) as store:
        async with Fleet([], limits=SLOW) as nowhere:
            recorded = await _ask(store)
            async with contextlib.aclosing(record(nowhere, store, recorded)) as events:
                async for event in events:
                    assert isinstance(event, Queued)
                    break
        async with fleet_of(node) as fleet:
            (again,) = await store.run(lambda s: abandoned(s, time.time()))
            assert again.turn.attempt is None
            assert written(await _run(fleet, store, again)) == ANSWER
        assert (await _message(store, recorded)).seams == [Seam("node", 0)]


async def test_seams_are_kept_with_the_node_that_began(tmp_path: Path) -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(at={2: "interrupt"})]
    async with fleet_of(first, second) as fleet, _stored(tmp_path) as store:
        recorded = await _ask(store)
        assert finished(await _run(fleet, store, recorded)).seams == (Seam("b", 15),)
        assert (await _message(store, recorded)).seams == [Seam("a", 0), Seam("b", 15)]


async def test_a_failed_answer_is_kept_with_its_text_and_its_reason(tmp_path: Path) -> None:
    node = ScriptedNode()
    node.plans = [Plan(at={2: "error:invalid_params"})]
    async with fleet_of(node) as fleet, _stored(tmp_path) as store:
        recorded = await _ask(store)
        end = failed(await _run(fleet, store, recorded))
        message = await _message(store, recorded)
        assert (message.content, message.state, message.error) == (ANSWER[:15], "failed", end.message)
        assert await _attempts(store) == []


async def test_a_cancelled_answer_is_complete_as_far_as_it_came(tmp_path: Path) -> None:
    node = ScriptedNode()
    node.plans = [Plan(at={2: "hold"})]
    async with fleet_of(node) as fleet, _stored(tmp_path) as store:
        recorded = await _ask(store)

        def react(event: TurnEvent) -> Any:
            is_there = isinstance(event, Delta) and event.offset == 10
            return fleet.cancel(recorded.turn.message_id) if is_there else None

        await _run(fleet, store, recorded, react)
        message = await _message(store, recorded)
        assert (message.content, message.finish_reason, message.state) == (ANSWER[:15], "cancelled", "complete")


async def test_a_fleet_that_closes_leaves_the_answer_open(tmp_path: Path) -> None:
    node = ScriptedNode()
    node.plans = [Plan(at={2: "hold"})]
    async with node, _stored(tmp_path) as store:
        recorded = await _ask(store)
        async with Fleet([node.address()], limits=SLOW) as fleet:
            running = asyncio.create_task(_run(fleet, store, recorded))
            await _eventually(store, lambda s: any(a.token_offset == 15 for a in s.open_attempts()))
        assert failed(await running).code == "closed"
        (again,) = await store.run(lambda s: abandoned(s, time.time(), limits=FleetLimits(abandoned_s=3600)))
        assert again.turn.prefix == ANSWER[:15]
        assert again.turn.attempt is not None


async def test_attempts_left_for_others_are_cancelled_at_their_nodes_and_then_forgotten(tmp_path: Path) -> None:
    first, second = ScriptedNode(name="a"), ScriptedNode(name="b")
    first.plans = [Plan(at={1: "hold"})]
    async with fleet_of(first, second) as fleet, _stored(tmp_path) as store:
        recorded = await _ask(store)

        async def lose() -> None:
            await _eventually(store, lambda s: [a.node for a in s.open_attempts()] == ["a"])
            await first.stop()

        def react(event: TurnEvent) -> Any:
            return lose() if isinstance(event, Delta) and event.offset == 5 and event.node == "a" else None

        assert written(await _run(fleet, store, recorded, react)) == ANSWER
        (left,) = await store.read(lambda s: s.abandoned_attempts())
        assert (left.id, left.node) == (first.asked[0].id, "a")
    async with fleet_of(first, second) as fleet, _stored(tmp_path) as store:  # another run of the client
        first.cancelled.clear()
        await cancel_superseded(fleet, store)
        await first.until(lambda: first.cancelled == [left.id])
        async with asyncio.timeout(PATIENCE_S):
            while await store.read(lambda s: s.abandoned_attempts()):
                await cancel_superseded(fleet, store)


async def test_an_answer_without_a_failover_leaves_nothing_behind(tmp_path: Path) -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet, _stored(tmp_path) as store:
        await _run(fleet, store, await _ask(store))
        assert await store.read(lambda s: s.open_attempts() + s.abandoned_attempts()) == []


async def test_an_open_answer_of_a_deleted_chat_is_left_alone(tmp_path: Path) -> None:
    async with _stored(tmp_path) as store:
        async with Fleet([], limits=SLOW) as nowhere:
            recorded = await _ask(store)
            async with contextlib.aclosing(record(nowhere, store, recorded)) as events:
                await anext(events)
        await store.run(lambda s: s.delete_chat(recorded.turn.chat_id))
        assert await store.run(lambda s: abandoned(s, time.time() + 99)) == []


async def test_an_open_answer_that_cannot_be_understood_is_given_up(tmp_path: Path) -> None:
    async with _stored(tmp_path) as store:
        async with Fleet([], limits=SLOW) as nowhere:
            recorded = await _ask(store)
            async with contextlib.aclosing(record(nowhere, store, recorded)) as events:
                await anext(events)

        def spoil(s: Store) -> None:
            message = s.message(recorded.turn.message_id)
            s.save_partial(
                recorded.turn.chat_id, message, attempt_id=message.id, node="", request={"from": "a later version"}
            )

        await store.run(spoil)
        assert await store.run(lambda s: abandoned(s, time.time() + 99)) == []
        assert (await _message(store, recorded)).state == "failed"


async def test_a_store_that_fails_costs_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = ScriptedNode()
    async with fleet_of(node) as fleet, _stored(tmp_path) as store:
        recorded = await _ask(store)

        def full(*_: object, **__: object) -> None:
            raise StoreError("full", "The disk is full.")

        monkeypatch.setattr(Store, "save_partial", full)
        monkeypatch.setattr(Store, "finish_message", full)
        assert written(await _run(fleet, store, recorded)) == ANSWER


async def test_ids_that_the_store_cannot_hold_are_left_out(tmp_path: Path) -> None:
    node = ScriptedNode()
    node.plans = [Plan(at={2: "hold"})]
    node.tokens = lambda text: [2**40 + ord(character) for character in text]  # type: ignore[method-assign]
    async with fleet_of(node) as fleet, _stored(tmp_path) as store:
        recorded = await _ask(store)
        running = asyncio.create_task(_run(fleet, store, recorded))
        await _eventually(store, lambda s: any(a.offset == 15 for a in s.open_attempts()))
        (attempt,) = await _attempts(store)
        assert (attempt.tokens, attempt.fingerprint) == ((), None)
        node.go.set()
        assert written(await running) == ANSWER


def test_the_prompt_is_the_system_prompt_and_all_that_was_said() -> None:
    said = [
        StoredMessage(id=str(n), role=role, content=text, created_at=0)  # type: ignore[arg-type]
        for n, (role, text) in enumerate([("user", "a"), ("assistant", "b"), ("assistant", ""), ("user", "c")])
    ]
    assert conversation("Be brief.", said) == tuple(
        PromptMessage(role, text)  # type: ignore[arg-type]
        for role, text in [("system", "Be brief."), ("user", "a"), ("assistant", "b"), ("user", "c")]
    )
    assert conversation("", said)[0].role == "user"
