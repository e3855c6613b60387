"""The one port of the daemon: the WebSocket at `/chat` and the GET routes beside it.

This is thin I/O. `access` decides who may, `routes` what GET answers, `ClientSession` what is said on a connection.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast

from websockets.asyncio.server import Server as SocketServer
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.typing import Subprotocol

from llamachat.protocol import MAX_FRAME_BYTES, Codec, Principal
from llamachat.protocol.limits import HANDSHAKE_TIMEOUT_S, PING_INTERVAL_S, PING_TIMEOUT_S
from llamachat_daemon.config import DaemonConfig
from llamachat_daemon.serving import access
from llamachat_daemon.serving.handshakes import GuardedConnection, Handshakes
from llamachat_daemon.serving.http import facts_of, response, wants_socket
from llamachat_daemon.serving.routes import Answer, Routes, sentence
from llamachat_daemon.serving.tokens import TokenBook

CLOSE_REVOKED: Final = 4401
_CLOSE_GOING_AWAY: Final = 1001

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What a connection may take. Times are seconds.

    `handshakes_per_address` connections of one address may be unfinished at once, GET requests included;
    `waiting_frames` are received and not yet looked at, per connection; revocations are seen every `token_poll_s`.
    """

    handshake_s: float = HANDSHAKE_TIMEOUT_S
    ping_interval_s: float = PING_INTERVAL_S
    ping_timeout_s: float = PING_TIMEOUT_S
    close_s: float = 5.0
    handshakes_per_address: int = 32
    frame_bytes: int = MAX_FRAME_BYTES
    waiting_frames: int = 4
    token_poll_s: float = 0.5


class ListenError(Exception):
    """The port cannot be listened on; the text says what to do."""


class SocketConnection:
    """A client's connection as a session sees it."""

    def __init__(self, socket_connection: ServerConnection) -> None:
        self._socket = socket_connection

    async def send(self, data: bytes | str) -> None:
        """Sends one frame; returns when the socket has room again.

        Raises:
            ConnectionError: the connection has ended.
        """
        try:
            await self._socket.send(data)
        except ConnectionClosed as closed:
            raise ConnectionResetError("the client is gone") from closed

    async def close(self, code: int, reason: str) -> None:
        """Ends the connection."""
        await self._socket.close(code, reason)

    async def __aiter__(self) -> AsyncIterator[bytes | str]:
        """The frames that come in, until the connection ends, however it does."""
        with suppress(ConnectionClosed):
            async for data in self._socket:
                yield data if isinstance(data, str) else bytes(data)

    def buffered(self) -> int:
        """Bytes that the socket has not taken yet."""
        return self._socket.transport.get_write_buffer_size()


RunSession = Callable[[Principal, Codec, SocketConnection], Awaitable[None]]


class Server:
    """Listens, lets in, answers GET, and runs a session for every client.

    `run_session` serves one connection until it ends. `routes` are made when the port is known.
    """

    def __init__(
        self,
        config: DaemonConfig,
        tokens: TokenBook,
        make_routes: Callable[[str], Routes],
        run_session: RunSession,
        limits: ServerLimits | None = None,
    ) -> None:
        self._host, self._port = config.host, config.port
        self._allow_origins = config.allow_origins
        self._tokens = tokens
        self._make_routes = make_routes
        self._routes: Routes
        self._run_session = run_session
        self._limits = limits or ServerLimits()
        self._host_names = _own_names()
        self._open: set[GuardedConnection] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._server: SocketServer
        self._watcher: asyncio.Task[None]

    async def start(self) -> int:
        """Starts listening; returns the port.

        Raises:
            ListenError: the address or the port cannot be had, or must not be without tokens.
        """
        if refused := access.refuse_bind(self._host, has_tokens=self._tokens.needed, auth=self._tokens.auth):
            raise ListenError(refused)
        handshakes = Handshakes(self._limits.handshakes_per_address)

        def guarded(*args: Any, **options: Any) -> GuardedConnection:
            return GuardedConnection(*args, handshakes=handshakes, **options)

        try:
            self._server = await serve(
                self._serve,
                self._host,
                self._port,
                compression=None,
                select_subprotocol=_select_subprotocol,
                process_request=self._process_request,
                server_header=None,
                open_timeout=self._limits.handshake_s,
                ping_interval=self._limits.ping_interval_s,
                ping_timeout=self._limits.ping_timeout_s,
                close_timeout=self._limits.close_s,
                max_size=self._limits.frame_bytes,
                max_queue=self._limits.waiting_frames,
                create_connection=cast("type[ServerConnection]", guarded),
                start_serving=False,
            )
        except OSError as error:
            raise ListenError(why_not_listen(self._host, self._port, error)) from error
        self._port = int(self._server.sockets[0].getsockname()[1])
        self._routes = self._make_routes(self.address)
        await self._server.start_serving()
        self._watcher = asyncio.create_task(self._watch_tokens(), name="token watcher")
        return self._port

    @property
    def address(self) -> str:
        """Host and port as they stand in a URL."""
        return f"[{self._host}]:{self._port}" if ":" in self._host else f"{self._host}:{self._port}"

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"ws://{self.address}/chat"

    def reload(self, config: DaemonConfig) -> None:
        """Takes over what may change while running: the tokens and the allowed origins."""
        self._allow_origins = config.allow_origins
        self._refresh_tokens()

    async def close(self) -> None:
        """Closes every connection and the port."""
        self._watcher.cancel()
        self._server.close(code=_CLOSE_GOING_AWAY, reason="the daemon stops")
        await self._server.wait_closed()
        await asyncio.gather(self._watcher, *self._closing, return_exceptions=True)

    # ── handshake ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answers everything that is not a WebSocket handshake to be accepted."""
        guarded = cast("GuardedConnection", connection)
        self._refresh_tokens()
        policy = access.Policy(self._tokens.needed, self._host, self._allow_origins, self._host_names)
        facts = facts_of(request)
        answer = await self._refuse_or_answer(guarded, policy, facts, upgrade=wants_socket(request))
        if answer is None:
            return None
        return response(answer, facts, access.allowed_origin(policy, facts.origins))

    async def _refuse_or_answer(
        self, connection: GuardedConnection, policy: access.Policy, facts: access.Facts, *, upgrade: bool
    ) -> Answer | None:
        if refusal := access.check_place(policy, facts):
            return sentence(refusal.status, refusal.sentence)
        if facts.method == "OPTIONS":
            return Answer(HTTPStatus.NO_CONTENT, b"")
        if facts.method != "GET":
            return sentence(HTTPStatus.METHOD_NOT_ALLOWED, "Only GET and OPTIONS are answered here.")
        if facts.path not in access.OPEN_ROUTES:
            token = access.check_token(policy, facts, self._tokens.find)
            if isinstance(token, access.Refusal):
                return sentence(token.status, token.sentence)
            connection.came_with(token)
        if facts.path != "/chat":
            host = facts.hosts[0] if facts.hosts else None
            return await self._routes.answer(facts.path, connection.principal, host)
        if not upgrade:
            return sentence(HTTPStatus.UPGRADE_REQUIRED, "This is a WebSocket. Open it with a WebSocket client.")
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        guarded = cast("GuardedConnection", connection)
        guarded.handshake_finished()
        self._open.add(guarded)
        try:
            if not self._tokens.still_valid(guarded.token):  # revoked while the handshake was answered
                await guarded.close(CLOSE_REVOKED, "the token was revoked")
                return
            codec = Codec(guarded.subprotocol) if guarded.subprotocol is not None else Codec.JSON
            await self._run_session(guarded.principal, codec, SocketConnection(guarded))
        finally:
            self._open.discard(guarded)

    # ── tokens ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _watch_tokens(self) -> None:
        while True:
            await asyncio.sleep(self._limits.token_poll_s)
            self._refresh_tokens()

    def _refresh_tokens(self) -> None:
        """Closes the connections of whoever lost the right to them, if the tokens have changed."""
        if not self._tokens.refresh():
            return
        for connection in self._open:
            if connection.state is State.OPEN and not self._tokens.still_valid(connection.token):
                _log.info("%s lost the token: the connection is closed", connection.principal.name)
                closing = asyncio.create_task(connection.close(CLOSE_REVOKED, "the token was revoked"))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)


def _select_subprotocol(_: ServerConnection, offered: Any) -> Subprotocol | None:
    selected = access.choose_codec(offered)[1]
    return Subprotocol(selected) if selected is not None else None


def _own_names() -> tuple[str, ...]:
    name = socket.gethostname()
    short = name.partition(".")[0]
    return (name, short, f"{short}.local")


def why_not_listen(host: str, port: int, error: OSError) -> str:
    """A sentence for the operator on why the port cannot be had."""
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use. Stop what listens there, or choose another port with --port."
    if error.errno == errno.EACCES:
        return f"Port {port} on {host} may not be used by this user. Choose one above 1023 with --port."
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return f"{host} is not an address of this machine. Choose one with --host."
    return f"Port {port} on {host} cannot be listened on: {error.strerror or error}."
