"""The port: what a handshake or a GET may ask for, byte by byte, with a session that only echoes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from llamachat.protocol import Codec, Principal
from llamachat_daemon.config import DaemonConfig
from llamachat_daemon.serving.peers import Peers
from llamachat_daemon.serving.routes import Routes
from llamachat_daemon.serving.server import ListenError, Server, ServerLimits, SocketConnection
from llamachat_daemon.serving.telemetry import Telemetry
from llamachat_daemon.serving.tokens import TokenBook, add_token, revoke_token
from tests.unit.serving.test_routes import FakeNode

PATIENCE_S = 20.0


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def sentence(self) -> str:
        return str(json.loads(self.body)["error"])


@dataclass
class Rig:
    server: Server
    port: int
    tokens_file: Path

    async def raw(self, request: bytes) -> bytes:
        """What comes back until the daemon closes."""
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(request)
            answer = await reader.read()
            writer.close()
            return answer

    async def ask(self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Reply:
        lines = [f"{method} {path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in {"Host": "localhost", **(headers or {})}.items()]
        head, _, body = (await self.raw(("\r\n".join(lines) + "\r\n\r\n").encode())).partition(b"\r\n\r\n")
        first, *rest = head.decode().split("\r\n")
        found = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
        return Reply(int(first.split()[1]), found, body)

    def connect(self, **options: Any) -> connect:
        return connect(f"ws://127.0.0.1:{self.port}/chat", **options)


async def echo(principal: Principal, codec: Codec, connection: SocketConnection) -> None:
    """Tells who is there and how, then sends back what comes."""
    greeting = f"{principal.name} {principal.admin} {codec}"
    await connection.send(greeting if codec is Codec.JSON else greeting.encode())
    async for data in connection:
        await connection.send(data)


@asynccontextmanager
async def serving(
    tmp_path: Path, *, limits: ServerLimits | None = None, session: Any = echo, **settings: Any
) -> AsyncIterator[Rig]:
    config = replace(DaemonConfig(name="box", data_dir=tmp_path, port=0), **settings)

    def routes(address: str) -> Routes:
        return Routes(FakeNode(), Telemetry(), Peers([]), address)

    server = Server(config, TokenBook(config.tokens_file, auth=config.auth), routes, session, limits)
    port = await server.start()
    try:
        yield Rig(server, port, config.tokens_file)
    finally:
        await server.close()


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with serving(tmp_path) as one:
        yield one


async def refused(rig: Rig, **options: Any) -> int:
    with pytest.raises(InvalidStatus) as caught:
        await rig.connect(**options)
    return int(caught.value.response.status_code)


async def closed(client: ClientConnection) -> int | None:
    async with asyncio.timeout(PATIENCE_S):
        await client.wait_closed()
    return client.close_code


# ── subprotocols ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("offered", "selected", "spoken"),
    [
        (None, None, "llamachat.v1.json"),
        (["soap"], None, "llamachat.v1.json"),
        (["llamachat.v1.json"], "llamachat.v1.json", "llamachat.v1.json"),
        (["llamachat.v1.msgpack"], "llamachat.v1.msgpack", "llamachat.v1.msgpack"),
        (["bearer.eA", "llamachat.v1.msgpack"], "llamachat.v1.msgpack", "llamachat.v1.msgpack"),
        (["bearer.eA"], None, "llamachat.v1.json"),
    ],
)
async def test_the_handshake_succeeds_whatever_is_offered(rig: Rig, offered: Any, selected: str | None, spoken: str):
    async with rig.connect(subprotocols=offered) as client:
        assert client.subprotocol == selected
        greeting = await client.recv()
        assert isinstance(greeting, str) == (spoken == "llamachat.v1.json")
        assert (greeting if isinstance(greeting, str) else greeting.decode()) == f"local True {spoken}"


async def test_compression_is_never_negotiated(rig: Rig):
    async with rig.connect(compression="deflate") as client:
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers


# ── GET ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/healthz", 200), ("/readyz", 200), ("/api/nodes", 200), ("/chats", 200), ("/metrics", 200),
        ("/healthz?x=1", 200), ("/chat/abc", 404), ("/", 404), ("/nope", 404), ("/chat", 426),
    ],
)  # fmt: skip
async def test_get_answers_with_type_length_and_no_store(rig: Rig, path: str, status: int):
    reply = await rig.ask(path)
    assert reply.status == status
    assert int(reply.headers["content-length"]) == len(reply.body)
    assert reply.headers["content-type"].split(";")[0] == ("text/plain" if path == "/metrics" else "application/json")
    assert reply.headers["cache-control"] == "no-store"
    assert "server" not in reply.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "PATCH", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/chat", "/healthz", "/nope"])
async def test_other_methods_are_405(rig: Rig, method: str, path: str):
    reply = await rig.ask(path, method=method)
    assert reply.status == 405
    assert reply.headers["allow"] == "GET, OPTIONS"
    assert (reply.body == b"") == (method == "HEAD")


async def test_http_1_0_is_answered_too(rig: Rig):
    answer = await rig.raw(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n" + bytes(200),
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
        b"POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 500 + b"\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
    ],
)
async def test_what_is_not_a_request_is_closed_and_the_next_one_served(rig: Rig, request_bytes: bytes):
    answer = await rig.raw(request_bytes)
    assert answer == b"" or int(answer.split()[1]) >= 400
    assert (await rig.ask("/healthz")).status == 200


# ── Host, Origin, CORS ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/chat", "/healthz", "/api/nodes"])
async def test_a_rebound_host_is_403_with_a_sentence(rig: Rig, path: str):
    reply = await rig.ask(path, {"Host": "evil.example:13000"})
    assert reply.status == 403
    assert "localhost" in reply.sentence


async def test_a_request_without_a_host_is_403(rig: Rig):
    assert (await rig.raw(b"GET /healthz HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
async def test_a_strangers_page_is_403_everywhere(rig: Rig, origin: str):
    assert await refused(rig, origin=origin) == 403
    for method in ("GET", "OPTIONS"):
        reply = await rig.ask("/api/nodes", {"Origin": origin}, method=method)
        assert reply.status == 403
        assert "access-control-allow-origin" not in reply.headers


async def test_a_local_page_may_connect_and_fetch(rig: Rig):
    origin = "http://localhost:3000"
    async with rig.connect(origin=origin) as client:
        assert await client.recv()
    reply = await rig.ask("/api/nodes", {"Origin": origin})
    assert reply.status == 200
    assert reply.headers["access-control-allow-origin"] == origin
    assert reply.headers["vary"] == "Origin"


async def test_a_preflight_is_204_before_the_token_check(tmp_path: Path):
    add_token(tmp_path / "tokens.toml", "alice", admin=False)
    async with serving(tmp_path, allow_origins=("https://chat.example.org",)) as rig:
        asked = {"Origin": "https://chat.example.org", "Access-Control-Request-Headers": "authorization"}
        reply = await rig.ask("/api/nodes", asked, method="OPTIONS")
        assert (reply.status, reply.body) == (204, b"")
        assert reply.headers["access-control-allow-headers"] == "authorization"
        assert reply.headers["access-control-allow-origin"] == "https://chat.example.org"
        refusal = await rig.ask("/api/nodes", asked)
        assert refusal.status == 401
        assert refusal.headers["access-control-allow-origin"] == "https://chat.example.org"


async def test_with_no_auth_an_open_bind_keeps_strangers_pages_out(tmp_path: Path):
    async with serving(tmp_path, host="0.0.0.0", auth=False) as rig:
        async with rig.connect() as client:
            assert await client.recv() == "local True llamachat.v1.json"
        assert await refused(rig, origin="https://evil.example") == 403
        assert (await rig.ask("/api/nodes", {"Host": "evil.example"})).status == 403
        assert (await rig.ask("/api/nodes", {"Host": "192.168.7.7:13000"})).status == 200


async def test_another_bind_without_tokens_does_not_start(tmp_path: Path):
    with pytest.raises(ListenError, match="--no-auth"):
        async with serving(tmp_path, host="0.0.0.0"):
            pass


# ── tokens ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_route_but_the_probes_needs_a_token(tmp_path: Path):
    token = add_token(tmp_path / "tokens.toml", "alice", admin=False)
    async with serving(tmp_path) as rig:
        for path in ("/api/nodes", "/chats", "/metrics", "/chat/x", "/nope", "/chat"):
            reply = await rig.ask(path)
            assert reply.status == 401
            assert reply.headers["www-authenticate"] == "Bearer"
            assert "token" in reply.sentence
            assert (await rig.ask(path, {"Authorization": f"Bearer {token}"})).status != 401
        for path in ("/healthz", "/readyz"):
            assert (await rig.ask(path)).status == 200
        assert (await rig.ask(f"/api/nodes?token={token}")).status == 401


async def test_a_token_opens_a_connection_in_either_place(tmp_path: Path):
    token = add_token(tmp_path / "tokens.toml", "alice", admin=True)
    encoded: Any = "bearer." + base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
    async with serving(tmp_path) as rig:
        async with rig.connect(additional_headers={"Authorization": f"Bearer {token}"}) as client:
            assert await client.recv() == "alice True llamachat.v1.json"
        async with rig.connect(subprotocols=["llamachat.v1.msgpack", encoded]) as client:
            assert client.subprotocol == "llamachat.v1.msgpack"
            assert await client.recv() == b"alice True llamachat.v1.msgpack"
        assert await refused(rig) == 401
        assert await refused(rig, additional_headers={"Authorization": "Bearer lc_guess"}) == 401
        assert await refused(rig, subprotocols=["bearer.bGNfZ3Vlc3M"]) == 401


async def test_revoking_closes_that_principals_connections_alone(tmp_path: Path):
    path = tmp_path / "tokens.toml"
    alice, bob = (add_token(path, name, admin=False) for name in ("alice", "bob"))
    async with (
        serving(tmp_path) as rig,
        rig.connect(additional_headers={"Authorization": f"Bearer {alice}"}) as hers,
        rig.connect(additional_headers={"Authorization": f"Bearer {bob}"}) as his,
    ):
        await his.recv()
        revoke_token(path, "alice")
        assert await closed(hers) == 4401
        await his.send("still here")
        assert await his.recv() == "still here"
        assert await refused(rig, additional_headers={"Authorization": f"Bearer {alice}"}) == 401


async def test_the_first_token_closes_whoever_came_without_one(tmp_path: Path):
    async with serving(tmp_path) as rig, rig.connect() as client:
        add_token(tmp_path / "tokens.toml", "alice", admin=False)
        assert await closed(client) == 4401
        assert await refused(rig) == 401


async def test_a_revocation_that_a_handshake_notices_first_closes_too(tmp_path: Path):
    path = tmp_path / "tokens.toml"
    token = add_token(path, "alice", admin=False)
    async with (
        serving(tmp_path, limits=ServerLimits(token_poll_s=3600)) as rig,
        rig.connect(additional_headers={"Authorization": f"Bearer {token}"}) as client,
    ):
        revoke_token(path, "alice")
        assert await refused(rig, additional_headers={"Authorization": f"Bearer {token}"}) == 401
        assert await closed(client) == 4401


# ── limits ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_message_larger_than_a_frame_may_be_closes_with_1009(rig: Rig):
    async with rig.connect(max_size=None) as client:
        await client.recv()
        await client.send("x" * (4 * 1024 * 1024))
        assert len(await client.recv()) == 4 * 1024 * 1024
        with contextlib.suppress(ConnectionClosed):  # it may be closed before all of it is sent
            await client.send("x" * (5 * 1024 * 1024))
        assert await closed(client) == 1009


async def test_a_message_in_many_fragments_has_the_same_limit(rig: Rig):
    async with rig.connect() as client:
        await client.recv()
        with contextlib.suppress(ConnectionClosed):
            await client.send(["x" * 1024 * 1024] * 5)
        assert await closed(client) == 1009


async def test_text_that_is_not_utf8_closes_with_1007(rig: Rig):
    async with rig.connect() as client:
        await client.recv()
        await client.send(b"\xff\xfe", text=True)
        assert await closed(client) == 1007


async def test_one_address_may_leave_so_many_handshakes_unfinished(tmp_path: Path):
    async with serving(tmp_path, limits=ServerLimits(handshakes_per_address=3)) as rig:
        idle = [await asyncio.open_connection("127.0.0.1", rig.port) for _ in range(3)]
        assert await rig.raw(b"") == b""  # one too many: cut without a word
        for _, writer in idle:
            writer.close()
        async with asyncio.timeout(PATIENCE_S):
            for reader, _ in idle:
                await reader.read()
        assert (await rig.ask("/healthz")).status == 200


async def test_open_connections_do_not_count_as_handshakes(tmp_path: Path):
    limits = ServerLimits(handshakes_per_address=1)
    async with serving(tmp_path, limits=limits) as rig, rig.connect() as one, rig.connect() as two:
        assert await one.recv()
        assert await two.recv()


async def test_a_slow_handshake_is_cut(tmp_path: Path):
    async with serving(tmp_path, limits=ServerLimits(handshake_s=0.05)) as rig:
        assert await rig.raw(b"GET /chat HTTP/1.1\r\n") == b""


async def test_a_client_that_does_not_answer_pings_is_dropped(tmp_path: Path):
    ended = asyncio.Event()

    async def session(_: Principal, __: Codec, connection: SocketConnection) -> None:
        async for _data in connection:
            pass
        ended.set()

    limits = ServerLimits(ping_interval_s=0.05, ping_timeout_s=0.05, close_s=0.05)
    async with serving(tmp_path, limits=limits, session=session) as rig:
        _, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        writer.write(
            b"GET /chat HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        async with asyncio.timeout(PATIENCE_S):
            await ended.wait()
        writer.close()


# ── sessions ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_session_that_fails_ends_its_own_connection_alone(tmp_path: Path):
    async def session(_: Principal, __: Codec, connection: SocketConnection) -> None:
        async for data in connection:
            if data == "fail":
                raise RuntimeError("a fault")
            await connection.send(data)

    async with serving(tmp_path, session=session) as rig, rig.connect() as one, rig.connect() as two:
        await one.send("fail")
        assert await closed(one) == 1011
        await two.send("fine")
        assert await two.recv() == "fine"


async def test_sending_to_a_client_that_is_gone_is_a_connection_error(tmp_path: Path):
    outcome: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()

    async def session(_: Principal, __: Codec, connection: SocketConnection) -> None:
        async for _data in connection:
            pass
        try:
            await connection.send("too late")
        except ConnectionError as error:
            outcome.set_result(error)
        else:
            outcome.set_result(None)

    async with serving(tmp_path, session=session) as rig:
        async with rig.connect() as client:
            client.transport.abort()
        async with asyncio.timeout(PATIENCE_S):
            assert isinstance(await outcome, ConnectionError)


async def test_closing_the_server_tells_its_clients(tmp_path: Path):
    async with serving(tmp_path) as rig:
        client = await rig.connect()
        await client.recv()
    assert await closed(client) == 1001


async def test_a_port_in_use_is_told_in_a_sentence(tmp_path: Path, rig: Rig):
    with pytest.raises(ListenError, match=f"Port {rig.port} on 127.0.0.1 is in use"):
        async with serving(tmp_path, port=rig.port):
            pass


async def test_an_address_of_another_machine_is_told_in_a_sentence(tmp_path: Path):
    with pytest.raises(ListenError, match="not an address of this machine"):
        async with serving(tmp_path, host="192.0.2.1", auth=False):
            pass


async def test_origins_can_be_reloaded(rig: Rig, tmp_path: Path):
    origin = "https://chat.example.org"
    assert await refused(rig, origin=origin) == 403
    rig.server.reload(DaemonConfig(name="box", data_dir=tmp_path, allow_origins=(origin,)))
    async with rig.connect(origin=origin) as client:
        assert await client.recv()
