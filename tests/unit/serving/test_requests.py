"""Everything a client may ask for beside answers, and everything it may get wrong."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from pathlib import Path

import pytest
from msgspec import UNSET

from llamachat.protocol import (
    AiResponse,
    Attach,
    BackendStatus,
    Cancel,
    Chat,
    Codec,
    Error,
    Log,
    Ok,
    SaveChat,
    Shorthand,
    Status,
    encode,
)
from llamachat.protocol.frames import Drain, GetHistory, LoadModel, Logs, UnloadModel
from llamachat.protocol.limits import MAX_BAD_FRAMES
from llamachat_daemon.config import LogConfig
from llamachat_daemon.pipe import frames as pipe
from llamachat_daemon.pipe.frames import Generate, LoadFailed
from llamachat_daemon.serving.feeds import LINES_PER_FRAME, StatusFeed
from llamachat_daemon.serving.logs import LogBook
from llamachat_daemon.serving.node import Node
from llamachat_daemon.serving.outbox import MAX_WAITING_REPLIES
from llamachat_daemon.serving.records import Record
from llamachat_daemon.serving.session import CLOSE_POLICY
from llamachat_daemon.serving.shorthand import MAX_WAITING_MESSAGES
from llamachat_daemon.serving.telemetry import Telemetry
from tests.unit.serving.nodes import ADMIN, Rig, config, running_node
from tests.unit.serving.scripted_client import ScriptedClient
from tests.unit.serving.scripted_worker import PATIENCE_S, ScriptedLauncher


@pytest.fixture
async def rig(tmp_path: Path):
    async with running_node(config(tmp_path)) as rig:
        yield rig


def book_of(count: int) -> LogBook:
    book = LogBook(io.StringIO())
    for number in range(count):
        book.handle(logging.makeLogRecord({"msg": f"line {number}", "levelname": "INFO"}))
    return book


# ── bad frames ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("data", "code", "named"),
    [
        (b"\xc1", "bad_frame", "msgpack"),
        (b"", "bad_frame", "middle"),
        ("{}", "bad_frame", "msgpack connection"),
        (b"\x90", "bad_frame", "map"),
        (b"\x81\xa4type\xa5dance", "unknown_type", "dance"),
        (b"\x82\xa4type\xa6attach\xa6offset\xa1x", "bad_frame", "offset"),
    ],
)
async def test_a_bad_frame_is_answered_with_what_is_wrong_and_the_connection_stays(rig: Rig, data, code, named):
    async with rig.client() as client:
        client.send_raw(data)
        error = await client.expect(Error)
        assert error.code == code
        assert named in error.message
        client.send(Cancel(id="x", req="still-here"))
        assert await client.expect(Ok) == Ok(req="still-here")


async def test_the_error_of_a_bad_frame_names_its_request_and_its_attempt(rig: Rig):
    async with rig.client(codec=Codec.JSON) as client:
        client.send_raw(json.dumps({"type": "user_message", "id": "a", "req": "r", "chat_id": "c", "messages": "hi"}))
        error = await client.expect(Error)
    assert (error.id, error.req, error.detail, error.final) == ("a", "r", {"field": "messages"}, True)


async def test_an_integer_that_nothing_can_carry_is_refused(rig: Rig):
    frame = {"type": "user_message", "id": "a", "chat_id": "c", "messages": [{"role": "user", "content": "x"}]}
    async with rig.client(codec=Codec.JSON) as client:
        client.send_raw(json.dumps({**frame, "params": {"json_schema": {"maximum": 10**30}}}))
        error = await client.expect(Error)
    assert (error.code, error.id, error.final) == ("invalid_params", "a", True)


async def test_too_many_bad_frames_in_a_row_close_the_connection_and_a_good_one_starts_the_count_anew(rig: Rig):
    async with rig.client() as client:
        for _ in range(2):
            for _ in range(MAX_BAD_FRAMES - 1):
                client.send_raw(b"\xc1")
                await client.expect(Error)
            client.send(Cancel(id="x", req="good"))
            await client.expect(Ok)
        assert client.connection.closed is None
        for _ in range(MAX_BAD_FRAMES):
            client.send_raw(b"\xc1")
            await client.expect(Error)  # also the last one is explained
        await asyncio.wait_for(client.task, PATIENCE_S)
        assert client.connection.closed is not None
        assert client.connection.closed[0] == CLOSE_POLICY == 1008


async def test_refused_requests_are_not_bad_frames(rig: Rig):
    async with rig.client() as client:
        for _ in range(MAX_BAD_FRAMES + 5):
            client.send(Attach(id="unknown", offset=0))
            assert (await client.expect(Error)).code == "not_found"
        assert client.connection.closed is None


async def test_a_fault_inside_is_told_and_logged_and_the_connection_stays(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    async with rig.client() as client:
        monkeypatch.setattr(rig.node.attempts, "cancel", broken)
        client.send(Cancel(id="a", req="r"))
        error = await client.expect(Error)
        assert (error.code, error.req) == ("internal", "r")
        monkeypatch.undo()
        client.ask("a")
        request = await rig.worker.expect(Generate)
        monkeypatch.setattr(Record, "text_from", broken)
        rig.worker.produce(request, "x")
        error = await client.until(Error)
        assert (error.code, error.id, error.final) == ("internal", "a", True)
        monkeypatch.undo()
        monkeypatch.setattr(rig.node, "status", broken)
        client.send(Status(interval=1, req="s"))
        assert (await client.expect(Error)).code == "internal"
        monkeypatch.undo()
        client.send(Cancel(id="a", req="r"))
        assert await client.expect(Ok) == Ok(req="r")
    faults = [record for record in caplog.records if record.exc_info and "a fault of ours" in str(record.exc_info[1])]
    assert len(faults) == 3


async def test_whoever_asks_without_reading_is_not_read_any_more(rig: Rig):
    async with rig.client() as client:
        client.connection.gate.clear()
        count = 10 * MAX_WAITING_REPLIES
        for number in range(count):
            client.send(Attach(id=f"unknown{number}", offset=0))
        for _ in range(200):
            await asyncio.sleep(0)
        # one is on its way to the socket, the waiting ones are full, one is in the hands of the reader
        assert client.connection._incoming.qsize() >= count - MAX_WAITING_REPLIES - 2
        client.connection.gate.set()
        errors = [await client.expect(Error) for _ in range(count)]
    assert [error.id for error in errors] == [f"unknown{number}" for number in range(count)]


# ── status and log ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_status_comes_now_and_every_interval_until_it_is_stopped(rig: Rig):
    async with rig.client() as client:
        client.send(Status(interval=0.2, req="s"))
        first = await client.expect(BackendStatus)
        second = await client.expect(BackendStatus)
        assert (first.req, second.req) == ("s", Status(interval=1).req)
        assert second.time - first.time >= 0.15
        client.send(Status(interval=0, req="stop"))
        await client.until(Ok)
        client.send(Status(interval=60, req="t"))
        assert (await client.expect(BackendStatus)).req == "t"


@pytest.mark.parametrize("interval", [0.19, -1])
async def test_a_status_interval_out_of_range_is_refused(rig: Rig, interval: float):
    async with rig.client() as client:
        client.send(Status(interval=interval, req="r"))
        error = await client.expect(Error)
    assert (error.code, error.req, error.detail["field"]) == ("invalid_params", "r", "interval")


def test_a_slow_reader_of_status_gets_one_for_all_the_time_it_missed():
    composed = []
    feed = StatusFeed(composed.append, 2.0, "r")
    feed.next(10.0)
    assert feed.next(11.9) == 12.0
    feed.next(17.0)  # the socket had no room at 12, 14 and 16
    assert feed.next(17.1) == 19.0
    assert composed == ["r", UNSET]


async def test_the_log_is_read_and_followed(tmp_path: Path):
    book = book_of(5)
    node = Node(config(tmp_path), Telemetry(), logs=book, launch=ScriptedLauncher())
    async with ScriptedClient(node, ADMIN) as client:
        client.send(Logs(lines=2, follow=True, req="l"))
        log = await client.expect(Log)
        assert (log.req, [line.text for line in log.lines]) == ("l", ["line 3", "line 4"])
        await asyncio.to_thread(book.handle, logging.makeLogRecord({"msg": "from a thread", "source": "tiny"}))
        log = await client.expect(Log)
        assert [(line.source, line.text) for line in log.lines] == [("tiny", "from a thread")]
    assert book._listeners == set()


@pytest.mark.parametrize("count", [0, LINES_PER_FRAME + 1])
async def test_without_follow_the_log_comes_once_in_frames_of_bounded_size(tmp_path: Path, count: int):
    node = Node(config(tmp_path), Telemetry(), logs=book_of(count), launch=ScriptedLauncher())
    async with ScriptedClient(node, ADMIN) as client:
        client.send(Logs(lines=1000))
        lines = []
        while len(lines) < count or not count:
            log = await client.expect(Log)
            assert len(log.lines) <= LINES_PER_FRAME
            lines += log.lines
            if not count:
                break
        assert len(lines) == count
        client.send(Cancel(id="x", req="end"))
        assert await client.expect(Ok) == Ok(req="end")


async def test_the_log_is_for_administrators_unless_the_operator_opens_it(tmp_path: Path):
    for opened in (False, True):
        settings = config(tmp_path, log=LogConfig(clients_may_read=opened))
        async with ScriptedClient(Node(settings, Telemetry(), launch=ScriptedLauncher())) as client:
            client.send(Logs(lines=1))
            answer = await client.take()
            assert isinstance(answer, Log) if opened else isinstance(answer, Error) and answer.code == "forbidden"


# ── administration and history ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("frame", [LoadModel(model="tiny"), UnloadModel(model="tiny"), Drain(on=True)])
async def test_administration_is_for_administrators(rig: Rig, frame):
    async with rig.client() as client:
        client.send(frame)
        assert (await client.expect(Error)).code == "forbidden"
    assert not rig.node.attempts.draining
    assert rig.node.models()[0].state == "loaded"


async def test_an_idle_model_is_unloaded_and_loaded_again(rig: Rig):
    async with rig.client(ADMIN) as client:
        client.send(UnloadModel(model="tiny", req="u"))
        assert await client.expect(Ok) == Ok(req="u")
        assert rig.worker.stopped.is_set()
        assert rig.node.models()[0].state == "available"
        client.send(LoadModel(model="tiny", req="l"))
        client.send(Cancel(id="x", req="meanwhile"))
        assert await client.expect(Ok) == Ok(req="meanwhile")
        await (await rig.launcher.next()).load()
        assert await client.expect(Ok) == Ok(req="l")
        assert rig.node.models()[0].state == "loaded"


async def test_a_request_loads_an_unloaded_model(rig: Rig):
    async with rig.client(ADMIN) as client:
        client.send(UnloadModel(model="tiny", req="u"))
        await client.expect(Ok)
        client.ask("a")
        worker = await rig.launcher.next()
        await worker.load()
        await worker.answer("x")
        assert (await client.follow("a")).text == "x"


async def test_a_busy_model_is_not_unloaded(rig: Rig):
    async with rig.client(ADMIN) as client:
        client.ask("a")
        await rig.worker.expect(Generate)
        client.send(UnloadModel(model="tiny", req="u"))
        error = await client.until(Error)
        assert (error.code, error.req) == ("invalid_params", "u")


async def test_loading_what_cannot_be_loaded_says_why_and_may_be_tried_again(rig: Rig):
    async with rig.client(ADMIN) as client:
        client.send(LoadModel(model="gpt", req="l"))
        assert (await client.expect(Error)).code == "unknown_model"
        client.send(UnloadModel(model="tiny", req="u"))
        await client.expect(Ok)
        for _ in range(2):
            client.send(LoadModel(model="tiny", req="l"))
            worker = await rig.launcher.next()
            worker.say(LoadFailed(message="The file is broken."))
            worker.die()
            error = await client.expect(Error)
            assert (error.code, error.req) == ("model_failed", "l")
            assert "The file is broken." in error.message
        client.send(LoadModel(model="tiny", req="l"))
        await (await rig.launcher.next()).load()
        assert await client.expect(Ok) == Ok(req="l")


@pytest.mark.parametrize("frame", [SaveChat(chat=Chat(id="c", created_at=1.0), req="r"), GetHistory(req="r")])
async def test_history_is_disabled_without_an_archive(rig: Rig, frame):
    async with rig.client() as client:
        client.send(frame)
        error = await client.expect(Error)
    assert (error.code, error.req) == ("disabled", "r")


async def test_frames_without_req_are_not_answered_with_ok(rig: Rig):
    async with rig.client(ADMIN) as client:
        client.send(Cancel(id="x"))
        client.send(Drain(on=False))
        client.send(Status(interval=0))
        client.send(Cancel(id="x", req="only-this"))
        assert await client.expect(Ok) == Ok(req="only-this")


# ── the shorthand ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_shorthand_keeps_one_conversation_and_lets_the_second_message_wait(rig: Rig):
    async with rig.client(codec=Codec.JSON) as client:
        client.send_raw('{"type": "inference", "content": "one", "timestamp": "now"}')
        client.send_raw('{"type": "user_message", "message": "two", "model": "no such model"}')
        request = await rig.worker.answer("first")
        assert [(turn.role, turn.content) for turn in request.messages] == [("user", "one")]
        again = await rig.worker.answer("second")
        assert [(turn.role, turn.content) for turn in again.messages] == [
            ("user", "one"),
            ("assistant", "first"),
            ("user", "two"),
        ]
        assert again.chat == request.chat
        piece = await client.until(AiResponse)
        answer = await client.follow(piece.id, piece.text, tuple(piece.tokens))
        assert answer.last.message == "first"
        piece = await client.until(AiResponse)
        answer = await client.follow(piece.id, piece.text, tuple(piece.tokens))
        assert (answer.last.message, answer.last.model) == ("second", "tiny")


async def test_the_shorthand_brings_status_unasked_and_can_be_told_not_to(rig: Rig):
    async with rig.client() as client:
        client.send(Shorthand(kind="inference", content="x"))
        await rig.worker.expect(Generate)
        await client.until(BackendStatus)
        client.send(Status(interval=0, req="quiet"))
        await client.until(Ok)


async def test_the_shorthand_leaves_a_chosen_interval_alone(rig: Rig):
    async with rig.client() as client:
        client.send(Status(interval=0))
        client.send(Shorthand(kind="inference", content="x"))
        request = await rig.worker.expect(Generate)
        rig.worker.start(request)
        rig.worker.finish(request)
        frames = []
        while not (frames and isinstance(frames[-1], AiResponse) and frames[-1].done):
            frames.append(await client.take())
    assert not [frame for frame in frames if isinstance(frame, BackendStatus)]


async def test_a_shorthand_answer_can_be_cancelled_by_the_id_that_its_frames_carry(rig: Rig):
    async with rig.client() as client:
        client.send(Shorthand(kind="inference", content="one"))
        request = await rig.worker.expect(Generate)
        rig.worker.start(request)
        rig.worker.produce(request, "par")
        piece = await client.until(AiResponse)
        client.send(Cancel(id=piece.id))
        rig.worker.finish(await rig.worker.expect(pipe.Cancel), "cancelled")
        client.send(Shorthand(kind="inference", content="two"))
        again = await rig.worker.expect(Generate)
        assert [turn.content for turn in again.messages] == ["one", "par", "two"]


async def test_a_shorthand_message_that_got_no_answer_is_not_part_of_the_conversation(rig: Rig):
    async with rig.client() as client:
        rig.node.set_drain(on=True)
        client.send(Shorthand(kind="inference", content="refused", req="r"))
        error = await client.until(Error)
        assert (error.code, error.req) == ("draining", "r")
        rig.node.set_drain(on=False)
        client.send(Shorthand(kind="inference", content="taken"))
        request = await rig.worker.expect(Generate)
        assert [turn.content for turn in request.messages] == ["taken"]


async def test_only_so_many_shorthand_messages_may_wait(rig: Rig):
    async with rig.client() as client:
        client.send(Shorthand(kind="inference", content="running"))
        await rig.worker.expect(Generate)
        for number in range(MAX_WAITING_MESSAGES + 1):
            client.send(Shorthand(kind="inference", content=str(number), req=f"r{number}"))
        error = await client.until(Error)
        assert (error.code, error.req) == ("queue_full", f"r{MAX_WAITING_MESSAGES}")


async def test_encoded_frames_match_the_connection_s_codec(rig: Rig):
    async with rig.client(codec=Codec.JSON) as client:
        client.connection.put(encode(Cancel(id="x", req="r"), Codec.JSON))
        data = await client.connection.sent.get()
        assert data == '{"type":"ok","req":"r"}'
