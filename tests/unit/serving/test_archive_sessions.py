"""What a client sees of the archive: durable saves, following, shorthand conversations, and a file that refuses."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from llamachat.protocol import (
    AiResponse,
    BackendStatus,
    Cancel,
    Chat,
    ChatHistory,
    Error,
    GetHistory,
    Ok,
    Principal,
    SaveChat,
    Shorthand,
    Status,
)
from llamachat_daemon.config import ArchiveConfig
from llamachat_daemon.pipe.frames import Generate
from llamachat_daemon.serving.archive import archive as archive_module
from llamachat_daemon.serving.archive.limits import WAITING_REQUESTS
from llamachat_daemon.serving.archive.opening import open_database
from llamachat_daemon.serving.archive.reading import whole
from llamachat_daemon.serving.archive.saving import save
from llamachat_daemon.serving.archive.talks import TITLE_CHARACTERS
from llamachat_daemon.serving.peers import Peers
from llamachat_daemon.serving.routes import Routes
from llamachat_daemon.serving.telemetry import Telemetry
from tests.unit.serving.archive_building import chat, message, pull
from tests.unit.serving.nodes import Rig, config, holds, running_node
from tests.unit.serving.scripted_client import ScriptedClient

ANN, BOB = Principal("ann", admin=False), Principal("bob", admin=False)
ENABLED = ArchiveConfig(enabled=True)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_node(config(tmp_path, archive=ENABLED)) as one:
        yield one


def now_chat(chat_id: str, *texts: str, **fields: Any) -> Chat:
    """A chat with a message for each text."""
    return chat(chat_id, *[message(text, created_at=1.0) for text in texts], created_at=1.0, stamps={}, **fields)


async def saved(client: ScriptedClient, pushed: Chat) -> None:
    client.send(SaveChat(chat=pushed, req="save"))
    assert await client.until(Ok) == Ok(req="save")


def texts(frame: ChatHistory) -> dict[str, list[str]]:
    return {one.id: [m.content for m in one.messages] for one in frame.chats}


# ── saving and asking ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_hello_says_whether_there_is_an_archive(rig: Rig, tmp_path: Path):
    assert rig.node.hello(ANN).archive
    async with running_node(config(tmp_path / "other")) as without:
        assert not without.node.hello(ANN).archive


async def test_ok_comes_when_the_file_has_it(rig: Rig, tmp_path: Path):
    async with rig.client(ANN) as client:
        await saved(client, now_chat("c", "hello"))
        with closing(sqlite3.connect(tmp_path / "archive.db")) as reader:
            assert reader.execute("SELECT count(*) FROM messages").fetchone() == (1,)


async def test_a_save_without_req_is_not_answered_unless_it_is_refused(rig: Rig):
    async with rig.client(ANN) as client:
        client.send(SaveChat(chat=now_chat("c", "hello")))
        client.send(SaveChat(chat=now_chat("c", "hello", title="x" * 100_000)))
        assert (await client.expect(Error)).code == "too_large"


async def test_saves_and_questions_of_a_connection_are_carried_out_in_order(rig: Rig):
    async with rig.client(ANN) as client:
        for number in range(20):
            client.send(SaveChat(chat=now_chat(f"c{number}", "x"), req=f"s{number}"))
            client.send(GetHistory(req=f"h{number}"))
        for number in range(20):
            assert await client.expect(Ok) == Ok(req=f"s{number}")
            frame = await client.expect(ChatHistory)
            assert (frame.req, len(frame.chats)) == (f"h{number}", number + 1)


async def test_without_follow_one_page_is_the_whole_answer(rig: Rig):
    async with rig.client(ANN) as client:
        for name in "abc":
            await saved(client, now_chat(name, name))
        client.send(GetHistory(limit=2, req="1"))
        first = await client.expect(ChatHistory)
        assert (first.req, first.more, list(texts(first))) == ("1", True, ["a", "b"])
        client.send(GetHistory(since=first.cursor, limit=2, req="2"))
        second = await client.expect(ChatHistory)
        assert (second.req, second.more, list(texts(second))) == ("2", False, ["c"])


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """The disk takes its time: the first event is set when a save has begun, and it ends when the second one is."""
    begun, may_end = threading.Event(), threading.Event()

    def slowly(*arguments: Any, **options: Any) -> bool:
        begun.set()
        assert may_end.wait(20)
        return save(*arguments, **options)

    monkeypatch.setattr(archive_module, "save", slowly)
    yield begun, may_end
    may_end.set()


async def test_everything_else_goes_on_while_the_archive_is_at_work(
    rig: Rig, held: tuple[threading.Event, threading.Event]
):
    async with rig.client(ANN) as client:
        for number in range(WAITING_REQUESTS):
            client.send(SaveChat(chat=now_chat(f"c{number}", "x"), req=f"s{number}"))
        assert await asyncio.to_thread(held[0].wait, 20)
        client.ask("a1")
        await rig.worker.answer("meanwhile")
        assert (await client.follow("a1")).text == "meanwhile"
        held[1].set()
        assert [(await client.expect(Ok)).req for _ in range(WAITING_REQUESTS)] == ["s0", "s1"]


async def test_a_connection_with_too_much_for_the_archive_is_read_no_further_until_there_is_room(
    rig: Rig, held: tuple[threading.Event, threading.Event]
):
    async with rig.client(ANN) as client, rig.client(BOB) as other:
        for number in range(WAITING_REQUESTS + 10):
            client.send(SaveChat(chat=now_chat(f"c{number}", "x"), req=f"s{number}"))
        client.send(Cancel(id="x", req="last"))
        assert await asyncio.to_thread(held[0].wait, 20)
        other.send(Cancel(id="x", req="other"))
        assert (await other.expect(Ok)).req == "other"
        assert client.connection._incoming.qsize() >= 9
        held[1].set()
        answers = [(await client.expect(Ok)).req for _ in range(WAITING_REQUESTS + 11)]
        assert [req for req in answers if req != "last"] == [f"s{number}" for number in range(WAITING_REQUESTS + 10)]


# ── following ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_following_brings_everything_and_then_what_changes(rig: Rig):
    async with rig.client(ANN) as client, rig.client(ANN) as other:
        for name in "abc":
            await saved(other, now_chat(name, name))
        client.send(GetHistory(limit=2, follow=True, req="f"))
        first, second = await client.expect(ChatHistory), await client.expect(ChatHistory)
        assert (first.req, first.more, list(texts(first))) == ("f", True, ["a", "b"])
        assert (second.more, list(texts(second))) == (False, ["c"])
        await saved(other, now_chat("b", "more"))
        third = await client.expect(ChatHistory)
        assert texts(third) == {"b": ["more"]}
        client.send(GetHistory(since=second.cursor, req="again"))
        assert texts(await client.expect(ChatHistory)) == {"b": ["more"]}


async def test_following_an_empty_archive_is_answered_at_once(rig: Rig):
    async with rig.client(ANN) as client:
        client.send(GetHistory(follow=True, req="f"))
        frame = await client.expect(ChatHistory)
        assert (frame.req, frame.chats, frame.more) == ("f", [], False)
        await saved(client, now_chat("c", "hello"))
        assert texts(await client.until(ChatHistory)) == {"c": ["hello"]}


async def test_nobody_hears_of_another_principals_chats(rig: Rig):
    async with rig.client(ANN) as ann, rig.client(BOB) as bob:
        bob.send(GetHistory(follow=True, req="f"))
        await bob.expect(ChatHistory)
        await saved(ann, now_chat("c", "secret"))
        await saved(bob, now_chat("c", "own"))
        assert texts(await bob.until(ChatHistory)) == {"c": ["own"]}
        bob.send(GetHistory(req="all"))
        assert texts(await bob.until(ChatHistory)) == {"c": ["own"]}


async def test_what_changes_while_a_reader_is_slow_comes_in_one_frame(rig: Rig):
    async with rig.client(ANN) as slow, rig.client(ANN) as other:
        slow.send(GetHistory(follow=True))
        await slow.expect(ChatHistory)
        slow.connection.gate.clear()
        for number in range(20):
            await saved(other, now_chat("c", f"{number}"))
        slow.connection.gate.set()
        found: list[str] = []
        frames = 0
        while len(found) < 20:
            found += texts(await slow.expect(ChatHistory))["c"]
            frames += 1
        assert sorted(found, key=int) == [str(number) for number in range(20)]
        assert frames <= 4  # what was under way when it stopped reading, and one for all the rest


async def test_following_ends_with_the_connection(rig: Rig):
    archive = rig.node.archive
    assert archive is not None
    async with rig.client(ANN) as client:
        client.send(GetHistory(follow=True))
        await client.expect(ChatHistory)
        assert archive._followers
    assert not archive._followers


async def test_following_anew_replaces_the_old_following(rig: Rig):
    async with rig.client(ANN) as client, rig.client(ANN) as other:
        client.send(GetHistory(follow=True, req="1"))
        client.send(GetHistory(follow=True, req="2"))
        assert (await client.expect(ChatHistory)).req in ("1", "2")
        await saved(other, now_chat("c", "once"))
        frames = [await client.until(ChatHistory)]
        while not frames[-1].chats:
            frames.append(await client.until(ChatHistory))
        client.send(GetHistory(since=frames[-1].cursor, req="last"))
        assert (await client.expect(ChatHistory)).req == "last"  # nothing came twice


# ── shorthand conversations ─────────────────────────────────────────────────────────────────────────────────────────


async def kept(rig: Rig, principal: str, messages: int) -> Chat:
    """The one chat of the principal, once it has so many messages."""
    archive = rig.node.archive
    assert archive is not None
    while True:
        found = (await archive.changes(principal, None, 10)).chats
        if found and len(found[0].messages) >= messages:
            assert len(found) == 1
            return found[0]
        changed = asyncio.Event()
        unfollow = archive.follow(principal, changed.set)
        await asyncio.wait_for(changed.wait(), 20)
        unfollow()


async def test_a_shorthand_conversation_is_archived_as_a_chat(rig: Rig):
    async with rig.client(ANN) as client:
        client.send(Shorthand(kind="inference", content="First\nquestion"))
        await rig.worker.answer("first answer")
        client.send(Shorthand(kind="inference", content="second question"))
        await rig.worker.answer("second answer")
        found = await kept(rig, "ann", 4)
    assert found.title == "First question"
    assert [(m.role, m.content) for m in found.messages] == [
        ("user", "First\nquestion"), ("assistant", "first answer"),
        ("user", "second question"), ("assistant", "second answer"),
    ]  # fmt: skip
    assert [m.parent_id for m in found.messages] == [None, *[m.id for m in found.messages[:3]]]
    assert found.active_leaf == found.messages[-1].id
    answer = found.messages[1]
    assert (answer.model, answer.finish_reason, answer.seams[0].node) == ("tiny", "stop", "box")
    assert answer.usage is not None


async def test_the_title_of_a_shorthand_conversation_is_short_and_on_one_line(rig: Rig):
    async with rig.client(ANN) as client:
        client.send(Shorthand(kind="inference", content="a\x1b[31m long\n" * 100))
        await rig.worker.answer("answer")
        title = (await kept(rig, "ann", 2)).title
    assert len(title) == TITLE_CHARACTERS
    assert title.isprintable()


async def test_an_answer_is_archived_when_its_client_is_gone(rig: Rig):
    async with rig.client(ANN) as client:
        client.send(Shorthand(kind="inference", content="question"))
        request = await rig.worker.expect(Generate)
    rig.worker.start(request)
    rig.worker.produce(request, "answer")
    rig.worker.finish(request)
    found = await kept(rig, "ann", 2)
    assert [m.content for m in found.messages] == ["question", "answer"]


async def test_other_conversations_are_archived_only_by_their_clients(rig: Rig, tmp_path: Path):
    async with rig.client(ANN) as client:
        client.ask("a1")
        await rig.worker.answer("answer")
        await client.follow("a1")
        client.send(GetHistory(req="h"))
        assert (await client.until(ChatHistory)).chats == []


async def test_what_was_answered_when_the_node_stops_is_archived(tmp_path: Path):
    async with running_node(config(tmp_path, archive=ENABLED)) as rig, rig.client(ANN) as client:
        client.send(Shorthand(kind="inference", content="question"))
        request = await rig.worker.expect(Generate)
        rig.worker.start(request)
        rig.worker.produce(request, "cut")
        while not (await client.until(AiResponse)).text:
            pass
    with closing(open_database(tmp_path / "archive.db")) as db:
        [(chat_id,)] = db.all("SELECT id FROM chats")
        assert [m.content for m in whole(db, "ann", chat_id).messages] == ["question", "cut"]


async def test_a_question_without_an_answer_is_a_branch_of_its_own(rig: Rig):
    async with rig.client(ANN) as client:
        for word in ("one", "two", "three"):
            client.send(Shorthand(kind="inference", content=word))
            await rig.worker.answer("" if word == "two" else f"answer to {word}")
        found = await kept(rig, "ann", 5)
    parents = {m.content: m.parent_id for m in found.messages}
    first = next(m.id for m in found.messages if m.content == "answer to one")
    assert parents["two"] == parents["three"] == first


# ── a file that refuses ─────────────────────────────────────────────────────────────────────────────────────────────


async def told(client: ScriptedClient) -> list[tuple[str, str]]:
    """The events of the node, each with its kind."""
    client.send(Status(interval=60))
    events = (await client.until(BackendStatus)).events
    client.send(Status(interval=0))
    return [(event.kind, event.text) for event in events]


async def test_a_node_with_a_damaged_archive_chats_on_and_says_what_is_wrong(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (tmp_path / "archive.db").write_bytes(b"no database " * 1_000)
    async with running_node(config(tmp_path, archive=ENABLED)) as rig, rig.client(ANN) as client:
        assert not rig.node.hello(ANN).archive
        for frame in (
            SaveChat(chat=now_chat("c", "x"), req="r"),
            GetHistory(req="r"),
            GetHistory(follow=True, req="r"),
        ):
            client.send(frame)
            error = await client.expect(Error)
            assert (error.code, error.req) == ("disabled", "r")
            assert "damaged" in error.message
            assert str(tmp_path) not in error.message
        assert [kind for kind, text in await told(client) if "damaged" in text] == ["archive"]
        client.ask("a1")
        await rig.worker.answer("still here")
        assert (await client.follow("a1")).text == "still here"
        client.send(Shorthand(kind="inference", content="and so"))
        await rig.worker.answer("is this")
        assert (await client.until(AiResponse)).text
        await holds(lambda: "a conversation of ann was not archived" in caplog.text)
    assert str(tmp_path / "archive.db") in caplog.text
    assert "Move it away" in caplog.text


async def test_a_disk_that_is_full_refuses_saves_until_there_is_room(rig: Rig, caplog: pytest.LogCaptureFixture):
    archive = rig.node.archive
    assert archive is not None
    assert archive._db is not None
    async with rig.client(ANN) as client:
        await saved(client, now_chat("c", "kept"))
        archive._db.all("PRAGMA max_page_count = 1")
        for _ in range(2):
            client.send(SaveChat(chat=now_chat("d", "x" * 100_000), req="r"))
            error = await client.expect(Error)
            assert (error.code, error.req, error.detail) == ("internal", "r", {"state": "full"})
            assert error.retry_after is not None
            assert "free some space" in error.message
        client.send(GetHistory(req="h"))
        assert texts(await client.expect(ChatHistory)) == {"c": ["kept"]}
        archive._db.all("PRAGMA max_page_count = 100000")
        await saved(client, now_chat("d", "x" * 100_000))
        sentences = [text for kind, text in await told(client) if kind == "archive"]
    assert ["full" in text for text in sentences] == [True, False]
    assert caplog.text.count("is full") == 1  # once, however often it happens


async def test_following_that_cannot_go_on_ends_with_the_reason(rig: Rig):
    archive = rig.node.archive
    assert archive is not None
    assert archive._db is not None
    async with rig.client(ANN) as client:
        client.send(GetHistory(follow=True, req="f"))
        await client.expect(ChatHistory)
        archive._db.run("CREATE TRIGGER breaking AFTER INSERT ON messages BEGIN UPDATE messages SET body = x'78'; END")
        client.send(SaveChat(chat=now_chat("c", "hello")))
        error = await client.expect(Error)
        assert (error.code, error.req, error.detail) == ("internal", "f", {"state": "damaged"})
        assert not archive._followers


async def test_a_fault_while_reading_does_not_leave_a_follower_waiting(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(archive_module, "changes", broken)
    async with rig.client(ANN) as client:
        client.send(GetHistory(follow=True, req="f"))
        error = await client.expect(Error)
        assert (error.code, error.req) == ("internal", "f")


async def test_a_save_whose_client_vanishes_is_finished(rig: Rig, held: tuple[threading.Event, threading.Event]):
    async with rig.client(ANN) as watcher:
        watcher.send(GetHistory(follow=True))
        await watcher.expect(ChatHistory)
        async with rig.client(ANN) as client:
            client.send(SaveChat(chat=now_chat("c", "hello")))
            assert await asyncio.to_thread(held[0].wait, 20)
        held[1].set()
        frame = await watcher.expect(ChatHistory)
        assert texts(frame) == {"c": ["hello"]}


async def test_old_chats_are_dropped_when_the_node_starts_and_the_limits_can_be_changed_while_it_runs(tmp_path: Path):
    settings = config(tmp_path, archive=ENABLED)
    async with running_node(settings) as rig, rig.client(ANN) as client:
        await saved(client, now_chat("c", "hello"))
        rig.node.reload(replace(settings, archive=replace(ENABLED, quota=1)))
        client.send(SaveChat(chat=now_chat("d", "hello"), req="r"))
        assert (await client.expect(Error)).code == "too_large"
    with closing(open_database(tmp_path / "archive.db")) as db:
        db.run("UPDATE chats SET changed_at = 0")
    async with (
        running_node(replace(settings, archive=replace(ENABLED, retain_days=1))) as rig,
        rig.client(ANN) as client,
    ):
        archive = rig.node.archive
        assert archive is not None
        assert await archive._run(pull) == ([], ANY)  # after the upkeep that began with the node


def files_chats(directory: Path) -> list[str]:
    """The ids of the chats in the file now."""
    with closing(sqlite3.connect(directory / "archive.db")) as reader:
        return [row[0] for row in reader.execute("SELECT id FROM chats")]


async def test_what_is_too_old_is_looked_for_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archive_module, "UPKEEP_S", 0.01)
    async with (
        running_node(config(tmp_path, archive=replace(ENABLED, retain_days=1))) as rig,
        rig.client(ANN) as client,
    ):
        archive = rig.node.archive
        assert archive is not None
        for name in ("first", "second"):
            await saved(client, now_chat(name, "hello"))
            await archive._run(lambda db: db.run("UPDATE chats SET changed_at = 0"))
            await holds(lambda: not files_chats(tmp_path))


async def test_a_fault_while_tidying_does_not_end_the_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(archive_module, "expire", broken)
    async with running_node(config(tmp_path, archive=ENABLED)) as rig, rig.client(ANN) as client:
        await holds(lambda: "a fault" in caplog.text)
        await saved(client, now_chat("c", "hello"))


# ── GET ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def get(rig: Rig, path: str, principal: Principal) -> tuple[int, Any]:
    answer = await Routes(rig.node, Telemetry(), Peers([]), "x").answer(path, principal, None)
    return answer.status, json.loads(answer.body)


async def test_the_routes_show_a_principal_its_own_chats(rig: Rig):
    async with rig.client(ANN) as client:
        await saved(client, now_chat("c", "hello", title="t"))
    status, body = await get(rig, "/chats", ANN)
    assert (status, [one["title"] for one in body["chats"]]) == (200, ["t"])
    assert "messages" not in body["chats"][0]
    assert isinstance(body["cursor"], str)
    status, body = await get(rig, "/chat/c", ANN)
    assert (status, [m["content"] for m in body["messages"]]) == (200, ["hello"])
    assert (await get(rig, "/chats", BOB))[1]["chats"] == []
    assert body.keys() == set(Chat.__struct_fields__)
    for path, principal in [("/chat/c", BOB), ("/chat/d", ANN), ("/chat/", ANN), ("/chat/c/", ANN), ("/chat/%63", ANN)]:
        assert (await get(rig, path, principal))[0] == 404


async def test_the_routes_of_a_node_whose_archive_cannot_be_used_are_503_with_a_sentence(tmp_path: Path):
    (tmp_path / "archive.db").write_bytes(b"no database " * 1_000)
    async with running_node(config(tmp_path, archive=ENABLED)) as rig:
        for path in ("/chats", "/chat/c"):
            status, body = await get(rig, path, ANN)
            assert status == 503
            assert "damaged" in body["error"]
        assert (await get(rig, "/healthz", ANN))[0] == 200
