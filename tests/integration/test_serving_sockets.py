"""Sessions over real sockets with a real worker process (one without a model): what only a network does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import msgpack
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from llamachat_daemon.config import QueueConfig, RecordsConfig
from llamachat_daemon.serving.node import Node
from llamachat_daemon.serving.peers import Peers
from llamachat_daemon.serving.process import start_worker
from llamachat_daemon.serving.routes import Routes
from llamachat_daemon.serving.server import Server
from llamachat_daemon.serving.session import ClientSession
from llamachat_daemon.serving.telemetry import Telemetry
from llamachat_daemon.serving.tokens import TokenBook
from tests.unit.serving.nodes import config, holds
from tests.unit.serving.worker_program import command

PATIENCE_S = 30.0


@dataclass
class Running:
    node: Node
    server: Server

    @asynccontextmanager
    async def client(self, **options: Any) -> AsyncIterator[ClientConnection]:
        subprotocols = [Subprotocol("llamachat.v1.msgpack")]
        async with connect(self.server.url, subprotocols=subprotocols, compression=None, **options) as client:
            assert (await take(client))["type"] == "hello"
            yield client


@asynccontextmanager
async def serving(directory: Path, manner: str, **changes: Any) -> AsyncIterator[Running]:
    settings = replace(config(directory, **changes), port=0, records=RecordsConfig(retain_bytes=100_000_000))
    telemetry = Telemetry()
    node = Node(settings, telemetry, launch=partial(start_worker, command=command(manner)))

    async def run(*given: Any) -> None:
        await ClientSession(node, *given).run()

    tokens = TokenBook(settings.tokens_file, auth=True)
    server = Server(settings, tokens, lambda address: Routes(node, telemetry, Peers([]), address), run)
    await server.start()
    await node.start()
    try:
        yield Running(node, server)
    finally:
        await server.close()
        await node.stop()


async def take(client: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_S):
        found = msgpack.unpackb(await client.recv())
    assert isinstance(found, dict)
    return found


async def send(client: ClientConnection, **frame: Any) -> None:
    await client.send(msgpack.packb(frame))


def ask(attempt_id: str, content: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": content}]
    return {"type": "user_message", "id": attempt_id, "chat_id": "c", "messages": messages}


async def follow(client: ClientConnection) -> tuple[str, dict[str, Any], int]:
    """The text, the last frame, and how many frames there were."""
    text, count = "", 0
    while True:
        frame = await take(client)
        if frame["type"] == "ai_response":
            assert frame["offset"] == len(text)
            text += frame["text"]
            count += 1
            if frame["done"]:
                return text, frame, count


async def test_an_answer_comes_through(tmp_path: Path):
    async with serving(tmp_path, "answers") as running, running.client() as client:
        await send(client, **ask("a", "Grüße, 👋"))
        text, last, _ = await follow(client)
    assert text == last["message"] == "Grüße, 👋"


async def test_one_question_too_many_a_minute_is_refused_until_the_time_that_is_told(tmp_path: Path):
    a_second_each = QueueConfig(requests_per_minute=60)
    async with serving(tmp_path, "answers", queue=a_second_each) as running, running.client() as client:
        error: dict[str, Any] = {}
        for number in range(1000):  # on a slow machine, more come back while they are asked
            await send(client, **ask(f"a{number}", "x"))
            while (frame := await take(client))["type"] != "error" and not frame.get("done"):
                pass
            if frame["type"] == "error":
                error = frame
                break
        assert (error["code"], error["final"]) == ("rate_limited", True)
        await asyncio.sleep(error["retry_after"])
        await send(client, **ask(error["id"], "in time"))
        assert (await follow(client))[0] == "in time"


async def test_a_reader_that_stops_reading_delays_nobody_and_catches_up_in_few_frames(tmp_path: Path):
    async with (
        serving(tmp_path, "floods") as running,
        running.client(max_queue=1, max_size=None) as slow,
        running.client(max_size=None) as quick,
    ):
        await send(slow, **ask("a", "flood"))
        await holds(lambda: running.node.attempts.knows("local", "a"))
        generation = running.node.attempts.find("local", "a")
        await asyncio.wait_for(generation.over(), PATIENCE_S)
        await send(quick, type="attach", id="a", offset=0, token_offset=0)
        text, last, _ = await follow(quick)
        assert len(text) == 4_000_000
        slow_text, slow_last, frames = await follow(slow)
    assert slow_text == text
    assert slow_last == last
    assert frames < 100  # of 4000 steps


async def test_a_client_cut_off_at_any_moment_leaves_nothing_behind(tmp_path: Path):
    async with serving(tmp_path, "floods") as running:
        async with running.client() as first:
            await send(first, **ask("a", "flood"))
            await take(first)
        before = len(asyncio.all_tasks())
        for _ in range(5):
            async with running.client(max_queue=1) as client:
                await send(client, type="attach", id="a", offset=0, token_offset=0)
                await send(client, type="status", interval=0.2)
                client.transport.abort()
        await holds(lambda: not running.node.sessions)
        await holds(lambda: len(asyncio.all_tasks()) <= before)
        assert running.node.attempts.find("local", "a").watchers == 0


async def test_twenty_bad_frames_close_the_connection_with_1008(tmp_path: Path):
    async with serving(tmp_path, "answers") as running, running.client() as client:
        for _ in range(20):
            await client.send(b"\xc1")
        for _ in range(20):
            assert (await take(client))["code"] == "bad_frame"
        with pytest.raises(ConnectionClosed):
            await take(client)
        assert client.close_code == 1008


async def test_clients_learn_that_their_answer_was_interrupted_before_the_daemon_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("llamachat_daemon.serving.supervisor.STOP_GRACE_S", 0.1)  # nobody waits for the deaf
    async with serving(tmp_path, "deaf") as running, running.client() as client:
        await send(client, **ask("a", "x"))
        await holds(lambda: running.node.attempts.knows("local", "a"))
        await running.node.finish_drain(0.01)
        await running.server.close()
        _, last, _ = await follow(client)
        assert last["finish_reason"] == "interrupted"
        with pytest.raises(ConnectionClosed):
            await take(client)
        assert client.close_code == 1001
