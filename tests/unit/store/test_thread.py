from __future__ import annotations

import asyncio
import logging
import threading
from functools import partial
from pathlib import Path

import pytest

from llamachat.store import Store, StoreError, StoreThread
from tests.unit.store.building import question, texts


def rename(store: Store, chat: str, title: str) -> int:
    """Names the chat; returns the thread that did."""
    store.rename(chat, title)
    return threading.get_ident()


async def test_work_is_done_on_one_thread_in_the_order_it_was_handed_over(path: Path) -> None:
    async with StoreThread(path) as store:
        chat = await store.run(lambda s: s.create_chat())
        names = await asyncio.gather(
            *(store.run(partial(rename, chat=chat, title=str(number))) for number in range(20))
        )
        assert await store.run(lambda s: s.summary(chat).title) == "19"
    assert len(set(names)) == 1
    assert names[0] != threading.get_ident()


async def test_errors_reach_the_caller_as_they_are(path: Path) -> None:
    async with StoreThread(path) as store:
        with pytest.raises(StoreError, match="nowhere") as caught:
            await store.run(lambda s: s.summary("nowhere"))
        assert caught.value.state == "missing"
        assert await store.run(lambda s: s.list_chats()) == []


@pytest.fixture
def damaged(path: Path) -> Path:
    path.parent.mkdir()
    path.write_bytes(b"no database" * 1_000)
    return path


async def test_a_store_that_cannot_be_opened_says_so_on_entering(damaged: Path) -> None:
    thread = StoreThread(damaged)
    with pytest.raises(StoreError):
        await thread.__aenter__()
    with pytest.raises(RuntimeError, match="not open"):
        await thread.run(lambda s: s.list_chats())


class Gate:
    """Work that holds the store's thread until it is let go."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.open = threading.Event()

    def __call__(self, store: Store) -> None:
        self.entered.set()
        assert self.open.wait(30)


async def test_a_write_whose_caller_is_cancelled_is_done_all_the_same(path: Path) -> None:
    gate = Gate()
    async with StoreThread(path) as store:
        chat = await store.run(lambda s: s.create_chat())
        holding = asyncio.create_task(store.run(gate))
        await asyncio.to_thread(gate.entered.wait, 30)
        writing = asyncio.create_task(store.run(lambda s: s.add_message(question("kept"), chat)))
        await asyncio.sleep(0)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        gate.open.set()
        await holding
        assert texts(await store.run(lambda s: s.active_path(chat))) == ["kept"]


async def test_a_read_whose_caller_is_cancelled_before_it_began_is_left_out(path: Path) -> None:
    gate, read = Gate(), threading.Event()
    async with StoreThread(path) as store:
        holding = asyncio.create_task(store.run(gate))
        await asyncio.to_thread(gate.entered.wait, 30)
        reading = asyncio.create_task(store.read(lambda s: read.set()))
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        gate.open.set()
        await holding
        await store.run(lambda s: None)
    assert not read.is_set()


async def test_an_error_that_nobody_waits_for_is_logged(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()
    async with StoreThread(path) as store:
        holding = asyncio.create_task(store.run(gate))
        await asyncio.to_thread(gate.entered.wait, 30)
        writing = asyncio.create_task(store.run(lambda s: s.rename("nowhere", "x")))
        await asyncio.sleep(0)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        with caplog.at_level(logging.ERROR):
            gate.open.set()
            await holding
            await store.run(lambda s: None)
    assert "nobody waits for" in caplog.text
    assert "nowhere" in caplog.text


async def test_leaving_does_what_was_handed_over_and_closes_the_file(path: Path) -> None:
    gate = Gate()
    async with StoreThread(path) as store:
        holding = asyncio.create_task(store.run(gate))
        await asyncio.to_thread(gate.entered.wait, 30)
        writing = asyncio.create_task(store.run(lambda s: s.create_chat("kept")))
        await asyncio.sleep(0)
        gate.open.set()
    await asyncio.gather(holding, writing)
    assert not path.with_name("history.db-wal").exists()
    with Store.open(path) as reopened:
        assert [chat.title for chat in reopened.list_chats()] == ["kept"]
