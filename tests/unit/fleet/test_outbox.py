"""Questions that wait, as one client handles them while others may do the same."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from llamachat.fleet.outbox import Outbox, Waiting, sendable, takes_work
from llamachat.fleet.snapshot import NodeSnapshot
from llamachat.protocol import ChatMessage
from llamachat.store import OutboxItem, StoreThread


@contextlib.asynccontextmanager
async def stored(tmp_path: Path) -> AsyncIterator[tuple[StoreThread, Outbox, str]]:
    async with StoreThread(tmp_path / "history.db") as store:
        yield store, Outbox(store, "me"), await store.run(lambda s: s.create_chat())


async def texts(outbox: Outbox) -> list[str]:
    return [waiting.item.text for waiting in await outbox.waiting()]


async def test_a_question_waits_in_order_and_names_its_new_chat(tmp_path: Path) -> None:
    async with stored(tmp_path) as (_, outbox, chat):
        await outbox.put(chat, "Why is the sky blue? I wonder.")
        item = await outbox.put(chat, "And the sea?")
        assert await texts(outbox) == ["Why is the sky blue? I wonder.", "And the sea?"]
        await outbox.move(item.id, -1)
        assert await texts(outbox) == ["And the sea?", "Why is the sky blue? I wonder."]
        await outbox.move(item.id, -5)
        await outbox.move("gone", 1)
        assert await texts(outbox) == ["And the sea?", "Why is the sky blue? I wonder."]
        assert {waiting.title for waiting in await outbox.waiting()} == {"Why is the sky blue?"}


async def test_what_is_edited_is_not_sent_meanwhile_and_keeps_its_place(tmp_path: Path) -> None:
    async with stored(tmp_path) as (store, outbox, chat):
        other = Outbox(store, "another client")
        first = await outbox.put(chat, "befroe")
        await outbox.put(chat, "second")
        assert await outbox.hold(first.id) is not None
        assert await other.take(first.id, 1.0) is None
        assert await outbox.take(first.id, 1.0) is None
        assert not await other.edit(first.id, "theirs")
        assert await outbox.keep_hold(first.id)
        assert await outbox.edit(first.id, "before")
        assert await texts(outbox) == ["before", "second"]
        taken = await other.take(first.id, 1.0)
        assert taken is not None
        assert taken.question.content == "before"


async def test_editing_what_was_sent_meanwhile_says_so(tmp_path: Path) -> None:
    async with stored(tmp_path) as (_, outbox, chat):
        item = await outbox.put(chat, "one")
        await outbox.take(item.id, 1.0)
        assert await outbox.hold(item.id) is None
        assert not await outbox.edit(item.id, "two")
        assert await outbox.drop(item.id) is None


async def test_a_question_that_was_let_go_is_sent_as_it_was(tmp_path: Path) -> None:
    async with stored(tmp_path) as (_, outbox, chat):
        item = await outbox.put(chat, "one")
        await outbox.hold(item.id)
        await outbox.let_go(item.id)
        taken = await outbox.take(item.id, 1.0)
        assert taken is not None
        assert (taken.question.content, taken.question.id) == ("one", item.user_message_id)


async def test_of_clients_that_take_the_same_question_one_gets_it(tmp_path: Path) -> None:
    async with stored(tmp_path) as (store, outbox, chat), StoreThread(tmp_path / "history.db") as second:
        item = await outbox.put(chat, "once")
        outboxes = [outbox, Outbox(store, "b"), Outbox(second, "c")]
        taken = await asyncio.gather(*(each.take(item.id, 1.0) for each in outboxes))
        assert sum(each is not None for each in taken) == 1
        path = await store.read(lambda s: s.active_path(chat))
        assert [message.content for message in path] == ["once"]


async def test_a_dropped_question_comes_back(tmp_path: Path) -> None:
    async with stored(tmp_path) as (_, outbox, chat):
        item = await outbox.put(chat, "one")
        await outbox.put(chat, "two")
        dropped = await outbox.drop(item.id)
        assert dropped is not None
        assert await texts(outbox) == ["two"]
        await outbox.restore(dropped)
        assert await texts(outbox) == ["one", "two"]


async def test_a_question_behind_a_failed_answer_is_marked(tmp_path: Path) -> None:
    async with stored(tmp_path) as (store, outbox, chat):
        await outbox.put(chat, "next")
        assert [waiting.after_failure for waiting in await outbox.waiting()] == [False]
        failed = ChatMessage(id="a", role="assistant", content="", created_at=1.0)
        await store.run(lambda s: s.finish_message(chat, failed, state="failed", error="It broke."))
        assert [waiting.after_failure for waiting in await outbox.waiting()] == [True]


def test_a_question_can_be_sent_when_a_node_takes_work() -> None:
    def node(state: str) -> NodeSnapshot:
        return NodeSnapshot("a", "ws://a", state, 0.0)  # type: ignore[arg-type]

    assert takes_work([node("offline"), node("warning")])
    assert not takes_work([node("offline"), node("draining"), node("connecting"), node("refused")])
    assert not takes_work([])


def waits(text: str, chat_id: str, *, after_failure: bool = False) -> Waiting:
    item = OutboxItem(text, chat_id, text, None, text, text, (), {}, 0, 0.0, None, None)
    return Waiting(item, "", after_failure)


def test_of_each_chat_the_first_question_is_sent_unless_something_keeps_it_back() -> None:
    waiting = (
        waits("a1", "a"),
        waits("b1", "b", after_failure=True),
        waits("a2", "a"),
        waits("b2", "b"),
        waits("c1", "c"),
    )

    def ids(busy: tuple[str, ...] = (), wanted: tuple[str, ...] = ()) -> list[str]:
        return [one.item.id for one in sendable(waiting, busy=busy, wanted=wanted)]

    assert ids() == ["a1", "c1"]
    assert ids(busy=("a",)) == ["c1"]
    assert ids(wanted=("b1",)) == ["a1", "b1", "c1"]
    assert ids(wanted=("b2",)) == ["a1", "c1"], "what waits behind another question never overtakes it"
