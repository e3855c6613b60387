"""Peers: their own first entry as last seen, whatever they send."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat_daemon.config import PeerConfig
from llamachat_daemon.serving.peers import MAX_ANSWER_BYTES, PeerFailure, Peers, ask, parse_answer

PEER = PeerConfig("ws://10.0.0.6:13000/chat")
ENTRY: dict[str, Any] = {
    "id": "n1", "name": "one", "url": "ws://127.0.0.1:13000/chat", "status": "healthy", "load": 12.5, "memory": 40,
    "requestsPerSecond": 0.5, "latencyMs": 80.0, "queue": 2, "models": ["guide"],
}  # fmt: skip


def answer(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"nodes": list(entries)}).encode()


class FakePeer:
    """Answers each connection with `reply`; keeps what was asked."""

    def __init__(self) -> None:
        self.reply = b""
        self.asked: asyncio.Queue[str] = asyncio.Queue()
        self.port = 0

    @property
    def config(self) -> PeerConfig:
        return PeerConfig(f"ws://127.0.0.1:{self.port}/chat")

    def say(self, body: bytes, status: str = "200 OK") -> None:
        self.reply = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n\r\n".encode() + body

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.put_nowait((await reader.read(4096)).decode("latin-1"))
        with contextlib.suppress(ConnectionError):
            writer.write(self.reply)
            await writer.drain()
        writer.close()


@pytest.fixture
async def peer() -> AsyncIterator[FakePeer]:
    fake = FakePeer()
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    fake.port = server.sockets[0].getsockname()[1]
    async with server:
        yield fake


def test_only_the_peers_own_entry_counts_under_the_address_it_was_asked_by():
    entry = parse_answer(PEER, answer(ENTRY, {**ENTRY, "id": "n2"}))
    assert (entry.id, entry.name, entry.url) == ("n1", "one", PEER.url)
    assert (entry.load, entry.memory, entry.requests_per_second, entry.latency_ms) == (12.5, 40, 0.5, 80.0)
    assert (entry.queue, entry.models, entry.status) == (2, ["guide"], "healthy")


def test_what_a_peer_calls_itself_is_made_printable():
    entry = parse_answer(PEER, answer({**ENTRY, "name": "a\x1b[2J\nb", "models": ["m\x07"]}))
    assert entry.name.isprintable()
    assert entry.models == ["m\ufffd"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"[]", b"null", b"{\"nodes\": []}", b"\xff", b"{\"nodes\": [" + b"[" * 5000,
        answer({"id": "n1"}), answer({**ENTRY, "load": 101}), answer({**ENTRY, "load": -1}),
        answer({**ENTRY, "load": "high"}), answer({**ENTRY, "status": "fine"}), answer({**ENTRY, "queue": -1}),
        answer({**ENTRY, "name": "x" * 300}), answer({**ENTRY, "models": [1]}),
        answer(ENTRY).replace(b"12.5", b"NaN"), answer(ENTRY).replace(b"12.5", b"1e999"),
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_a_failure(body: bytes):
    with pytest.raises(PeerFailure):
        parse_answer(PEER, body)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_entry_or_a_failure(body: bytes):
    with contextlib.suppress(PeerFailure):
        parse_answer(PEER, body)


async def test_a_peer_is_asked_for_its_nodes_with_its_token(peer: FakePeer, tmp_path: Path):
    token_file = tmp_path / "token"
    token_file.write_text("lc_peer\n")
    peer.say(answer(ENTRY))
    entry = await ask(PeerConfig(peer.config.url, token_file))
    assert entry.name == "one"
    request = peer.asked.get_nowait()
    assert request.startswith("GET /api/nodes HTTP/1.0\r\n")
    assert f"Host: 127.0.0.1:{peer.port}\r\n" in request
    assert "Authorization: Bearer lc_peer\r\n" in request


async def test_a_path_before_chat_is_kept(peer: FakePeer):
    peer.say(answer(ENTRY))
    await ask(PeerConfig(f"ws://127.0.0.1:{peer.port}/llama/chat"))
    assert peer.asked.get_nowait().startswith("GET /llama/api/nodes ")


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda fake: fake.say(b"{}", "401 Unauthorized"), "token_file"),
        (lambda fake: fake.say(b"{}", "500 Oops"), "status 500"),
        (lambda fake: fake.say(b"x" * (2 * MAX_ANSWER_BYTES)), "larger than"),
        (lambda fake: setattr(fake, "reply", b"SSH-2.0-OpenSSH\r\n"), "does not speak HTTP"),
        (lambda fake: setattr(fake, "reply", b""), "does not speak HTTP"),
    ],
)
async def test_a_peer_that_answers_badly_is_a_failure(peer: FakePeer, prepare: Callable[[FakePeer], None], reason: str):
    prepare(peer)
    with pytest.raises(PeerFailure, match=reason):
        await ask(peer.config)


@pytest.mark.parametrize("content", [None, "", "two words", "a\nb", "\x1b"])
async def test_a_token_file_without_one_token_is_a_failure(peer: FakePeer, tmp_path: Path, content: str | None):
    token_file = tmp_path / "token"
    if content is not None:
        token_file.write_text(content)
    with pytest.raises(PeerFailure, match="token file"):
        await ask(PeerConfig(peer.config.url, token_file))
    assert peer.asked.empty()


async def test_a_plain_peer_asked_for_tls_is_a_failure(peer: FakePeer):
    with pytest.raises(PeerFailure, match="not reached"):
        await ask(PeerConfig(f"wss://127.0.0.1:{peer.port}/chat"))


async def test_a_peer_that_stops_answering_is_shown_offline_as_last_seen(peer: FakePeer):
    peers = Peers([peer.config], interval=0.01)
    [unseen] = peers.entries()
    assert (unseen.status, unseen.name) == ("offline", f"127.0.0.1:{peer.port}")
    peer.say(answer(ENTRY))
    polling = asyncio.create_task(peers.run())
    try:
        for _ in range(2):  # by the time it is asked again, what it answered first has been seen
            await peer.asked.get()
        assert peers.entries()[0].status == "healthy"
        peer.say(b"{}", "503 Service Unavailable")
        for _ in range(2):
            await peer.asked.get()
        assert peers.entries()[0].status == "offline"
        assert peers.entries()[0].name == "one"
        assert peers.entries()[0].models == ["guide"]
    finally:
        polling.cancel()
        await asyncio.wait([polling])
