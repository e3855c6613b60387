"""The history and archives that behave, and that do not."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llamachat.fleet import Fleet, FleetLimits, Syncing, SyncState
from llamachat.fleet.sync import archives, push_once
from llamachat.fleet.sync_archive import ArchiveSync
from llamachat.fleet.sync_requests import ArchiveLostError, ArchiveRefusedError
from llamachat.fleet.sync_state import describe
from llamachat.protocol import Chat, ChatMessage, Error
from llamachat.protocol.stamps import MAX_AHEAD_MS
from llamachat.store import Pulled, Store, StoreError, StoreThread
from tests.unit.fleet.scripted_archive import ScriptedArchive, refusing
from tests.unit.fleet.scripted_node import ScriptedNode
from tests.unit.fleet.turns import PATIENCE_S, SLOW, all_online

QUICK = replace(
    SLOW, sync_look_s=0.01, sync_reply_s=60, sync_backoff_first_s=0.01, sync_backoff_cap_s=0.02,
    sync_refused_first_s=3600, sync_refused_cap_s=3600, sync_close_s=0.0,
)  # fmt: skip
"""Changes are noticed at once; what was refused is not sent again within a test unless it says so."""


def keeping(archive: ScriptedArchive, name: str = "node") -> ScriptedNode:
    node = ScriptedNode(name=name)
    node.archive = archive
    return node


@contextlib.asynccontextmanager
async def machine(
    path: Path, *nodes: ScriptedNode, limits: FleetLimits = QUICK
) -> AsyncIterator[tuple[StoreThread, Fleet]]:
    """A history, and a fleet of nodes that run already."""
    async with StoreThread(path) as store, Fleet([node.address() for node in nodes], limits=limits) as fleet:
        await all_online(fleet)
        yield store, fleet


def only_archive(fleet: Fleet, store: StoreThread) -> ArchiveSync:
    (sync,) = archives(fleet, store).values()
    return sync


async def until(syncing: Syncing, condition: Callable[[SyncState], bool]) -> SyncState:
    """Waits until the only archive's state is so."""
    changed = asyncio.Event()
    unsubscribe = syncing.subscribe(changed.set)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not (states := syncing.states()) or not condition(states[0]):
                await changed.wait()
                changed.clear()
    finally:
        unsubscribe()
    return states[0]


async def eventually(store: StoreThread, look: Callable[[Store], Any]) -> None:
    """Waits for what arrives in the history by itself."""
    async with asyncio.timeout(PATIENCE_S):
        while not await store.read(look):  # noqa: ASYNC110  nothing tells when another machine has written
            await asyncio.sleep(0.005)


def say(store: Store, text: str, chat_id: str = "c1", message_id: str | None = None) -> None:
    """A message at the end of a chat, which is made when it is missing."""
    if chat_id not in {chat.id for chat in store.list_chats(shown="all")}:
        store.create_chat(f"about {text}", chat_id=chat_id)
    path = store.active_path(chat_id, 1)
    store.add_message(
        ChatMessage(
            id=message_id or f"{chat_id}-{text[:20].replace(' ', '-')}",
            parent_id=path[-1].id if path else None,
            role="user",
            content=text,
            created_at=time.time(),
        ),
        chat_id,
    )


def contents(chat: Chat) -> list[str]:
    return [message.content for message in chat.messages]


async def test_what_one_machine_wrote_is_on_the_other_after_a_round_on_each(tmp_path: Path) -> None:
    async with keeping(ScriptedArchive()) as node:
        async with machine(tmp_path / "one.db", node) as (store, fleet):
            await store.run(lambda s: say(s, "hello"))
            await only_archive(fleet, store).round()
        async with machine(tmp_path / "two.db", node) as (other, fleet):
            await only_archive(fleet, other).round()
            there = await other.read(lambda s: s.chat("c1"))
            assert (there.title, contents(there)) == ("about hello", ["hello"])


async def test_only_what_changed_since_the_last_round_is_pushed_and_asked_for(tmp_path: Path) -> None:
    archive = ScriptedArchive()
    async with keeping(archive) as node, machine(tmp_path / "one.db", node) as (store, fleet):
        await store.run(lambda s: [say(s, f"text {n}", f"c{n}") for n in range(3)])
        await only_archive(fleet, store).round()
        archive.saved.clear()
        archive.asked.clear()
        await only_archive(fleet, store).round()
        assert archive.saved == []
        assert {frame.since for frame in archive.asked} == {f"{archive.id}.6"}

        await store.run(lambda s: say(s, "more", "c1"))
        await only_archive(fleet, store).round()
        assert [(chat.id, contents(chat)) for chat in archive.saved] == [("c1", ["more"])]


async def test_what_was_pulled_is_not_pushed_back_but_handed_on_to_another_archive(tmp_path: Path) -> None:
    source, target = ScriptedArchive(), ScriptedArchive()
    source.save(Chat(id="c1", title="theirs", created_at=time.time()))
    async with keeping(source) as node, machine(tmp_path / "one.db", node) as (store, fleet):
        await only_archive(fleet, store).round()
        await only_archive(fleet, store).round()
        assert source.saved == []
        async with keeping(target, "second") as other, Fleet([other.address()], limits=QUICK) as second:
            await all_online(second)
            await only_archive(second, store).round()
    assert [chat.title for chat in target.chats.values()] == ["theirs"]


@pytest.mark.parametrize("loses", [False, True], ids=["carried out", "lost"])
@pytest.mark.parametrize("cut_at", range(1, 14))
async def test_a_round_that_is_cut_off_anywhere_is_completed_by_the_next(
    tmp_path: Path, cut_at: int, loses: bool
) -> None:
    archive = ScriptedArchive(loses=loses)
    theirs = [Chat(id=f"their{n}", title=f"their {n}", created_at=time.time()) for n in range(3)]
    for chat in theirs:
        archive.save(chat)
    archive.cut_at = cut_at
    async with keeping(archive) as node:
        limits = replace(QUICK, sync_page=2, sync_pull_chats=1)
        async with machine(tmp_path / "one.db", node, limits=limits) as (store, fleet):
            await store.run(lambda s: [say(s, f"text {n}", f"c{n}") for n in range(4)])
            with contextlib.suppress(ArchiveLostError):
                await only_archive(fleet, store).round()
            await all_online(fleet)
            archive.cut_at = None
            for _ in range(2):
                with contextlib.suppress(ArchiveLostError):  # the snapshot may still be of the old connection
                    await all_online(fleet)
                    await only_archive(fleet, store).round()
            ours = {chat.id: await store.read(lambda s, c=chat.id: s.chat(c)) for chat in theirs}  # type: ignore[misc]
            assert {chat.title for chat in ours.values()} == {chat.title for chat in theirs}
    assert {chat.id for chat in archive.chats.values()} == {f"c{n}" for n in range(4)} | ours.keys()
    assert all(contents(archive.chats[f"c{n}"]) == [f"text {n}"] for n in range(4))


async def test_what_could_not_be_stored_is_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = ScriptedArchive()
    for number in range(4):
        archive.save(Chat(id=f"c{number}", created_at=time.time()))
    merge, calls = Store.merge_pulled, itertools.count(1)

    def failing(store: Store, name: str, chat: Chat) -> Pulled:
        if next(calls) == 3:
            raise StoreError("full", "The disk is full.")
        return merge(store, name, chat)

    monkeypatch.setattr(Store, "merge_pulled", failing)
    async with keeping(archive) as node, machine(tmp_path / "one.db", node) as (store, fleet):
        with pytest.raises(StoreError):
            await only_archive(fleet, store).round()
        await only_archive(fleet, store).round()
        assert len(await store.read(lambda s: s.list_chats())) == 4


async def test_a_refused_chat_holds_up_no_other_and_is_sent_again_later(tmp_path: Path) -> None:
    archive = ScriptedArchive(refuse=lambda chat: refusing("too_large", "No more room.") if chat.id == "c0" else None)
    async with keeping(archive) as node, machine(tmp_path / "one.db", node) as (store, fleet):
        await store.run(lambda s: [say(s, f"text {n}", f"c{n}") for n in range(3)])
        sync = only_archive(fleet, store)
        await sync.round()
        assert archive.chats.keys() == {"c1", "c2"}
        assert (sync.state.phase, sync.state.left_out, sync.state.reason) == ("idle", 1, "No more room.")
        assert sync.state.retry_at is not None
        assert describe(sync.state) == "in step but for 1 chat: No more room."

        archive.refuse = lambda chat: None
        again = only_archive(fleet, store)
        await again.round()
        assert contents(archive.chats["c0"]) == ["text 0"]
        assert (again.state.left_out, describe(again.state)) == (0, "in step")
        assert await store.read(lambda s: s.refused_chats("node/local")) == ()


async def test_a_refused_chat_is_sent_again_by_itself_when_its_time_has_come(tmp_path: Path) -> None:
    refused = asyncio.Event()

    def refuse(chat: Chat) -> Error | None:
        if refused.is_set():
            return None
        refused.set()
        return refusing("too_large")

    archive = ScriptedArchive(refuse=refuse)
    limits = replace(QUICK, sync_refused_first_s=0.01, sync_refused_cap_s=0.01)
    async with keeping(archive) as node, machine(tmp_path / "one.db", node, limits=limits) as (store, fleet):
        await store.run(lambda s: say(s, "hello"))
        async with Syncing(fleet, store) as syncing:
            await until(syncing, lambda state: state.phase == "idle" and state.left_out == 0 and bool(archive.chats))
    assert contents(archive.chats["c1"]) == ["hello"]


async def test_a_chat_that_was_purged_is_not_sent_again(tmp_path: Path) -> None:
    archive = ScriptedArchive(refuse=lambda chat: refusing("invalid_params") if chat.messages else None)
    async with keeping(archive) as node, machine(tmp_path / "one.db", node) as (store, fleet):
        await store.run(lambda s: say(s, "secret"))
        await only_archive(fleet, store).round()
        await store.run(lambda s: s.delete_chat("c1"))
        await store.run(lambda s: s.purge_chat("c1"))
        await only_archive(fleet, store).round()
        assert contents(archive.chats["c1"]) == []
        assert await store.read(lambda s: s.refused_chats("node/local")) == ()


@pytest.mark.parametrize(
    "error",
    [refusing("disabled"), refusing("rate_limited"), refusing("internal", retry_after=0.02)],
    ids=lambda error: error.code,
)
async def test_an_archive_that_refuses_everything_is_left_alone_for_a_while(tmp_path: Path, error: Error) -> None:
    archive = ScriptedArchive(refuse=lambda chat: error)
    async with keeping(archive) as node, machine(tmp_path / "one.db", node) as (store, fleet):
        await store.run(lambda s: [say(s, f"text {n}", f"c{n}") for n in range(3)])
        async with Syncing(fleet, store) as syncing:
            state = await until(syncing, lambda state: state.phase == "refused")
            assert (describe(state), state.retry_at is not None) == ("refused: The archive says no.", True)
            assert {chat.id for chat in archive.saved} == {"c0"}
            archive.refuse = lambda chat: None
            await until(syncing, lambda state: state.phase == "idle")
    assert archive.chats.keys() == {"c0", "c1", "c2"}


async def test_an_archive_that_does_not_answer_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    archive = ScriptedArchive(silent=True)
    limits = replace(QUICK, sync_reply_s=0.05)
    async with keeping(archive) as node, machine(tmp_path / "one.db", node, limits=limits) as (store, fleet):
        with pytest.raises(ArchiveRefusedError, match=r"did not answer within 0\.05 s"):
            await only_archive(fleet, store).round()


async def test_a_large_chat_goes_in_frames_of_bounded_size(tmp_path: Path) -> None:
    archive = ScriptedArchive()
    limits = replace(QUICK, sync_frame_bytes=20_000)
    async with keeping(archive) as node, machine(tmp_path / "one.db", node, limits=limits) as (store, fleet):
        await store.run(lambda s: [say(s, f"{n} " + "x" * 6_000) for n in range(20)])
        await only_archive(fleet, store).round()
        assert len(archive.chats["c1"].messages) == 20
        assert max(archive.frame_bytes) <= 20_000
        assert 7 <= len(archive.saved) <= 10


async def test_a_message_too_large_for_any_frame_stays_here_and_the_rest_of_its_chat_goes(tmp_path: Path) -> None:
    archive = ScriptedArchive()
    node = keeping(archive)
    node.frame_bytes = 100_000
    async with node, machine(tmp_path / "one.db", node) as (store, fleet):
        await store.run(lambda s: [say(s, text) for text in ("before", "x" * 120_000, "after")])
        sync = only_archive(fleet, store)
        await sync.round()
        assert contents(archive.chats["c1"]) == ["before", "after"]
        assert sync.state.reason == "A message is larger than 100 kB, the most that goes to the node at once."


async def test_changes_of_any_program_are_pushed_while_it_runs(tmp_path: Path) -> None:
    archive = ScriptedArchive()
    path = tmp_path / "one.db"
    async with keeping(archive) as node, machine(path, node) as (store, fleet), Syncing(fleet, store):
        await store.run(lambda s: say(s, "mine"))
        await node.until(lambda: "c1" in archive.chats)
        with Store.open(path) as other:
            say(other, "of another process", "c2")
            other.rename("c1", "renamed")
            other.set_folder("c1", "work")
            other.delete_chat("c2")
        await node.until(lambda: "c2" in archive.chats and archive.chats["c2"].deleted_at is not None)
        await node.until(lambda: (archive.chats["c1"].title, archive.chats["c1"].folder) == ("renamed", "work"))


async def test_what_another_machine_pushes_arrives_by_itself_and_is_told(tmp_path: Path) -> None:
    archive = ScriptedArchive()
    async with (
        keeping(archive) as node,
        machine(tmp_path / "one.db", node) as (one, first),
        machine(tmp_path / "two.db", node) as (two, second),
        Syncing(first, one),
        Syncing(second, two) as syncing,
    ):
        told = asyncio.Event()
        syncing.subscribe(lambda: told.set() if syncing.news else None)
        await one.run(lambda s: say(s, "hello"))
        async with asyncio.timeout(PATIENCE_S):
            await told.wait()
        await eventually(two, lambda s: s.list_chats() and contents(s.chat("c1")) == ["hello"])
        await two.run(lambda s: s.rename("c1", "by the second"))
        await eventually(one, lambda s: s.summary("c1").title == "by the second")
        await one.run(lambda s: s.delete_chat("c1"))
        await eventually(two, lambda s: not s.list_chats())


async def test_it_goes_on_after_the_connection_was_lost(tmp_path: Path) -> None:
    archive = ScriptedArchive()
    async with (
        keeping(archive) as node,
        machine(tmp_path / "one.db", node) as (store, fleet),
        Syncing(fleet, store) as syncing,
    ):
        await until(syncing, lambda state: state.phase == "idle")
        node.drop()
        await store.run(lambda s: say(s, "meanwhile"))
        await node.until(lambda: "c1" in archive.chats)
        archive.save(Chat(id="c2", title="theirs", created_at=time.time()))
        await eventually(store, lambda s: len(s.list_chats()) == 2)


async def test_an_archive_that_lost_everything_is_given_it_again(tmp_path: Path) -> None:
    node = keeping(ScriptedArchive())
    async with node, machine(tmp_path / "one.db", node) as (store, fleet):
        await store.run(lambda s: [say(s, f"text {n}", f"c{n}") for n in range(3)])
        await only_archive(fleet, store).round()
        node.archive = empty = ScriptedArchive()
        await only_archive(fleet, store).round()
        assert empty.chats.keys() == {"c0", "c1", "c2"}

        node.archive = other = ScriptedArchive()
        other.save(Chat(id="theirs", created_at=time.time()))  # somebody else was there first
        await only_archive(fleet, store).round()
        assert other.chats.keys() == {"c0", "c1", "c2", "theirs"}


async def test_each_principal_is_in_step_by_itself(tmp_path: Path) -> None:
    async with keeping(ScriptedArchive()) as node:
        async with machine(tmp_path / "one.db", node) as (store, fleet):
            await store.run(lambda s: say(s, "hello"))
            await only_archive(fleet, store).round()
        node.principal, node.archive = "another", (fresh := ScriptedArchive())
        async with machine(tmp_path / "one.db", node) as (store, fleet):
            await only_archive(fleet, store).round()
        assert contents(fresh.chats["c1"]) == ["hello"]


async def test_nodes_without_an_archive_are_asked_for_nothing(tmp_path: Path) -> None:
    async with (
        ScriptedNode() as node,
        machine(tmp_path / "one.db", node) as (store, fleet),
        Syncing(fleet, store) as syncing,
    ):
        assert (archives(fleet, store), syncing.states()) == ({}, ())


async def test_leaving_pushes_what_is_left(tmp_path: Path) -> None:
    archive = ScriptedArchive()
    limits = replace(QUICK, sync_look_s=3600, sync_close_s=PATIENCE_S)
    async with keeping(archive) as node, machine(tmp_path / "one.db", node, limits=limits) as (store, fleet):
        async with Syncing(fleet, store) as syncing:
            await until(syncing, lambda state: state.phase == "idle")
            await store.run(lambda s: say(s, "at the end"))
        assert contents(archive.chats["c1"]) == ["at the end"]


async def test_pushing_once_sends_the_named_chat_first_and_ends_in_time(tmp_path: Path) -> None:
    archive = ScriptedArchive()
    limits = replace(QUICK, sync_page=4)
    async with keeping(archive) as node, machine(tmp_path / "one.db", node, limits=limits) as (store, fleet):
        await store.run(lambda s: [say(s, f"text {n}", f"c{n}") for n in range(9)])
        await push_once(fleet, store, within_s=PATIENCE_S, chat_id="c8")
        assert [chat.id for chat in archive.saved[:2]] == ["c8", "c0"]
        assert len(archive.chats) == 9

        archive.silent = True
        await store.run(lambda s: say(s, "more", "c1"))
        await push_once(fleet, store, within_s=0.05, chat_id="c1")
        archive.silent = False
        await push_once(fleet, store, within_s=PATIENCE_S)
        assert contents(archive.chats["c1"]) == ["text 1", "more"]


async def test_a_chat_that_cannot_be_taken_now_holds_up_no_other_and_is_asked_for_again(tmp_path: Path) -> None:
    archive = ScriptedArchive()
    soon = time.time() + MAX_AHEAD_MS / 1000 + 3_600
    archive.save(Chat(id="ahead", created_at=soon))
    archive.save(Chat(id="absurd", created_at=-1e15))
    stamp = f"{int(soon * 1000):013d}-0000-w"
    archive.save(Chat(id="stamped", title="from tomorrow", created_at=time.time(), stamps={"title": stamp}))
    archive.save(Chat(id="good", created_at=time.time()))
    async with keeping(archive) as node, machine(tmp_path / "one.db", node) as (store, fleet):
        sync = only_archive(fleet, store)
        await sync.round()
        assert {chat.id for chat in await store.read(lambda s: s.list_chats())} == {"stamped", "good"}
        assert sync.state.left_out == 3
        assert "clock" in sync.state.reason
    # The clock of this machine is put right.
    with Store.open(tmp_path / "one.db", now=lambda: time.time() + 7_200) as right:
        cursor = right.sync_cursor("node/local").pulled
        for chat in archive.page(cursor, 100).chats:
            right.merge_pulled("node/local", chat)
        assert {chat.id: chat.title for chat in right.list_chats()} == {
            "ahead": "", "stamped": "from tomorrow", "good": "",
        }  # fmt: skip


async def test_a_chat_restored_elsewhere_comes_back_whole_although_it_was_purged_here(tmp_path: Path) -> None:
    archive = ScriptedArchive()
    async with (
        keeping(archive) as node,
        machine(tmp_path / "one.db", node) as (one, first),
        machine(tmp_path / "two.db", node) as (two, second),
        Syncing(first, one),
        Syncing(second, two),
    ):
        await one.run(lambda s: [say(s, text) for text in ("a", "b")])
        await eventually(two, lambda s: s.list_chats() and len(s.chat("c1").messages) == 2)
        await one.run(lambda s: s.delete_chat("c1"))
        await eventually(two, lambda s: not s.list_chats())
        await two.run(lambda s: s.purge_chat("c1"))
        await one.run(lambda s: s.restore_chat("c1"))
        await eventually(two, lambda s: s.list_chats() and contents(s.chat("c1")) == ["a", "b"])
