"""A daemon whose answers are known and whose misbehaviour a test writes down: a real WebSocket server on loopback.

It speaks the protocol through the project's own codec. An id is a code point of the text plus an offset that belongs to
the fingerprint, so that ids of one model mean nothing to another and every continuation can be checked.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from llamachat.fleet import NodeAddress
from llamachat.protocol import (
    AiResponse,
    Attach,
    BackendStatus,
    Cancel,
    Codec,
    DaemonFrame,
    Detach,
    Error,
    GetHistory,
    Hello,
    Limits,
    Memory,
    ModelInfo,
    NodeInfo,
    Ok,
    Principal,
    Progress,
    Queued,
    QueueState,
    SaveChat,
    SlotState,
    Status,
    Timings,
    Totals,
    Usage,
    UserMessage,
    decode_client,
    encode,
)
from tests.unit.fleet.scripted_archive import ScriptedArchive

ANSWER = "The quick brown fox jumps over the lazy dog — naïve, café, 日本語, 🦙. " * 3


@dataclass
class Plan:
    """What to do with the next question: `queue` positions and `progress` frames first, then pieces of `size` code
    points, ids running `ahead` of the text by so many; `at` maps the number of a piece (0 is the first) to what happens
    right after it:

    `drop` the connection, `freeze` (half-open: nothing more is read or written), `hold` until the node's `go` is set,
    `twice` the same piece again, `skip` the next piece, `interrupt`, `die` (lose all records and the connections),
    `garbage`, or `error:CODE`. With `refuse` the question is answered by that error code alone.
    """

    at: dict[int, str] = field(default_factory=dict)
    size: int = 5
    ahead: int = 0
    queue: tuple[int, ...] = ()
    progress: tuple[Progress, ...] = ()
    refuse: str | None = None
    retry_after: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass
class Record:
    """One attempt as the node keeps it."""

    question: UserMessage
    plan: Plan
    text: str
    pieces: int = 0
    cancelled: bool = False
    end: int | None = None  # where a cancelled answer stopped


class ScriptedNode:
    """Runs as an async context; everything that clients sent is kept in order."""

    def __init__(self, answer: str = ANSWER, *, name: str = "node", fingerprint: str = "weights-1") -> None:
        self.answer = answer
        self.name = name
        self.fingerprint = fingerprint
        self.models = [
            ModelInfo(id="guide", name="Guide", context=4096, fingerprint=fingerprint, state="loaded", slots=4)
        ]
        self.default_model: str | None = "guide"
        self.peers: list[str] = []
        self.archive: ScriptedArchive | None = None
        self.principal = "local"
        self.protocol = 1
        self.token: str | None = None
        self.http_status: int | None = None
        self.says_hello = True
        self.answers_attach = True
        self.frame_bytes = 4 * 1024 * 1024
        self.status: dict[str, Any] = {}
        self.plans: list[Plan] = []
        self.asked: list[UserMessage] = []
        self.attached: list[Attach] = []
        self.cancelled: list[str] = []
        self.detached: list[str] = []
        self.connections: list[ServerConnection] = []
        self.headers: list[dict[str, str]] = []
        self.go = asyncio.Event()
        self.frozen = False
        self._records: dict[str, Record] = {}
        self._server: Server | None = None
        self._port = 0
        self._changed = asyncio.Condition()
        self._started_at = time.time()

    # ── for tests ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._port}/chat"

    def address(self, name: str | None = None, **more: Any) -> NodeAddress:
        return NodeAddress(name or self.name, self.url, **more)

    async def start(self, **more: Any) -> None:
        """Listens, on the same port as before if there was one."""
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            self._port,
            subprotocols=[Subprotocol(Codec.MSGPACK.value)],
            compression=None,
            process_request=self._let_in,
            ping_interval=None,
            **more,
        )
        self._port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        """As if killed: nothing listens any more, connections are cut."""
        if self._server is not None:
            server, self._server = self._server, None
            server.close(close_connections=False)
            self.drop()
            self.go.set()
            await server.wait_closed()

    async def restart(self) -> None:
        """Killed and started again: the records are gone."""
        await self.stop()
        self._records.clear()
        self.frozen = False
        self.go = asyncio.Event()
        await self.start()

    def drop(self) -> None:
        """Cuts every connection."""
        for connection in self.connections:
            connection.transport.abort()
        self.connections.clear()

    def freeze(self) -> None:
        """As if stopped: connections stay, but nothing more is read or written."""
        self.frozen = True
        for connection in self.connections:
            connection.transport.pause_reading()

    async def until(self, condition: Any) -> None:
        """Waits until `condition()` holds; looked at whenever a frame came in."""
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(condition)

    # ── the server ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _let_in(self, connection: ServerConnection, request: Request) -> Response | None:
        self.headers.append({name.lower(): value for name, value in request.headers.raw_items()})
        if self.http_status is not None:
            return connection.respond(self.http_status, "scripted\n")
        if self.token is not None and request.headers.get("Authorization") != f"Bearer {self.token}":
            return connection.respond(401, "a token is needed\n")
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        if self.frozen:
            connection.transport.pause_reading()
        streams: dict[str, asyncio.Task[None]] = {}
        tasks: set[asyncio.Task[None]] = set()
        try:
            if self.says_hello:
                await self._send(connection, self._hello())
            async for data in connection:
                frame = decode_client(data, Codec.MSGPACK)
                match frame:
                    case UserMessage():
                        self.asked.append(frame)
                        plan = self.plans.pop(0) if self.plans else Plan()
                        record = Record(frame, plan, self.answer)
                        if plan.refuse is None:
                            self._records[frame.id] = record
                        streams[frame.id] = asyncio.create_task(self._answer(connection, record))
                    case Attach():
                        self.attached.append(frame)
                        if frame.id in streams:
                            streams.pop(frame.id).cancel()
                        streams[frame.id] = asyncio.create_task(self._attach(connection, frame))
                    case Cancel():
                        self.cancelled.append(frame.id)
                        await self._cancel(connection, frame)
                    case Detach():
                        self.detached.append(frame.id)
                        if frame.id in streams:
                            streams.pop(frame.id).cancel()
                    case SaveChat() | GetHistory() if self.archive is not None:
                        tasks.add(asyncio.create_task(self._archived(connection, self.archive, frame)))
                    case Status():
                        tasks.add(asyncio.create_task(self._report(connection, frame.interval)))
                async with self._changed:
                    self._changed.notify_all()
        except ConnectionClosed:
            pass
        finally:
            tasks.update(streams.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, connection: ServerConnection, frame: DaemonFrame) -> None:
        if self.frozen:
            await connection.wait_closed()
        await connection.send(encode(frame, Codec.MSGPACK))

    async def _archived(
        self, connection: ServerConnection, archive: ScriptedArchive, frame: SaveChat | GetHistory
    ) -> None:
        if not await archive.answer(frame, lambda answer: self._send(connection, answer)):
            connection.transport.abort()

    async def _report(self, connection: ServerConnection, interval: float) -> None:
        while True:
            await self._send(connection, self.backend_status())
            await asyncio.sleep(interval)

    def backend_status(self) -> BackendStatus:
        facts: dict[str, Any] = {
            "state": "ready",
            "load": 0.1,
            "memory": Memory(1, 10, 1, 1, 0, 1),
            "queue": QueueState(0, 64),
            "slots": SlotState(0, 4),
            "models": self.models,
            "totals": Totals(),
        }
        return BackendStatus(node=self.name, time=time.time(), **(facts | self.status))

    def _hello(self) -> Hello:
        return Hello(
            protocol=self.protocol,
            node=NodeInfo(self.name, self.name, "1", self._started_at),
            models=self.models,
            default_model=self.default_model,
            limits=Limits(self.frame_bytes, 64, 8),
            principal=Principal(self.principal, True),
            peers=self.peers,
            archive=self.archive is not None,
        )

    # ── answering ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _answer(self, connection: ServerConnection, record: Record) -> None:
        question, plan = record.question, record.plan
        if plan.refuse is not None:
            await self._send(connection, self._error(question.id, plan.refuse, plan))
            return
        position = len(question.prefix)
        problem = self._wrong_prefix(question)
        if problem is not None:
            detail = {"field": problem}
            error = Error(id=question.id, code="invalid_params", message="wrong", detail=detail, final=True)
            await self._send(connection, error)
            return
        for place in plan.queue:
            await self._send(connection, Queued(id=question.id, position=place, depth=len(plan.queue), eta_ms=10.0))
        for progress in plan.progress:
            await self._send(
                connection, Progress(id=question.id, phase=progress.phase, done=progress.done, total=progress.total)
            )
        ids = 0
        if question.prefix:
            ids = (
                max(position, len(question.prefix_tokens or []))
                if question.fingerprint == self.fingerprint
                else position
            )
            await self._send(connection, self._piece(record, position, position, 0, ids))
        await self._stream(connection, record, position, ids)

    def _wrong_prefix(self, question: UserMessage) -> str | None:
        if not self.answer.startswith(question.prefix):
            return "prefix"
        if question.fingerprint != self.fingerprint:
            return None
        meant = "".join(chr(token - self._shift) for token in question.prefix_tokens or [])
        return None if meant.startswith(question.prefix) and self.answer.startswith(meant) else "prefix_tokens"

    async def _attach(self, connection: ServerConnection, frame: Attach) -> None:
        record = self._records.get(frame.id)
        if not self.answers_attach:
            return
        if record is None:
            error = Error(id=frame.id, req=frame.req, code="not_found", message="This attempt is not known here.")
            await self._send(connection, error)
            return
        await self._stream(connection, record, frame.offset, frame.token_offset)

    async def _stream(self, connection: ServerConnection, record: Record, position: int, ids: int) -> None:
        plan, whole = record.plan, record.text
        skip = False
        while True:
            if record.end is not None:
                await self._send(connection, self._end(record, record.end, position, ids, "cancelled"))
                return
            next_ids = min(len(whole), ids + plan.size)
            next_position = len(whole) if next_ids == len(whole) else max(position, next_ids - plan.ahead)
            if next_ids == len(whole):
                piece = self._end(record, len(whole), position, ids, "stop")
            else:
                piece = self._piece(record, position, next_position, ids, next_ids)
            what = plan.at.pop(record.pieces, "")
            if not skip:
                await self._send(connection, piece)
            skip = False
            record.pieces += 1
            position, ids = next_position, next_ids
            match what.partition(":"):
                case ("drop", _, _):
                    connection.transport.abort()
                    return
                case ("freeze", _, _):
                    self.freeze()
                case ("hold", _, _):
                    await self.go.wait()
                case ("twice", _, _):
                    await self._send(connection, piece)
                case ("skip", _, _):
                    skip = True
                case ("garbage", _, _):
                    await connection.send(b"\xc1 not a frame")
                case ("interrupt", _, _):
                    del self._records[record.question.id]
                    await self._send(connection, self._end(record, position, position, ids, "interrupted"))
                    return
                case ("die", _, _):
                    self._records.clear()
                    self.drop()
                    return
                case ("error", _, code):
                    del self._records[record.question.id]
                    await self._send(connection, self._error(record.question.id, code, plan))
                    return
            if position == len(whole):
                return
            await asyncio.sleep(0)

    async def _cancel(self, connection: ServerConnection, frame: Cancel) -> None:
        record = self._records.get(frame.id)
        if record is not None:
            record.end = min(len(record.text), record.pieces * record.plan.size + len(record.question.prefix))
        self.go.set()
        if isinstance(frame.req, str):
            await self._send(connection, Ok(req=frame.req))

    # ── frames ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _shift(self) -> int:
        return 1 + sum(map(ord, self.fingerprint))

    def tokens(self, text: str) -> list[int]:
        """The ids that this node's model has for `text`."""
        return [ord(character) + self._shift for character in text]

    def _piece(self, record: Record, start: int, end: int, first_id: int, last_id: int, **more: Any) -> AiResponse:
        return AiResponse(
            id=record.question.id,
            message_id=record.question.message_id or record.question.id,
            node=self.name,
            model=record.question.model or self.default_model or "guide",
            fingerprint=self.fingerprint,
            offset=start,
            text=record.text[start:end],
            token_offset=first_id,
            tokens=self.tokens(record.text[first_id:last_id]),
            **more,
        )

    def _end(self, record: Record, end: int, position: int, ids: int, reason: str) -> AiResponse:
        end = max(end, position)
        return self._piece(
            record,
            position,
            end,
            ids,
            max(end, ids),
            done=True,
            finish_reason=reason,
            message=record.text[:end],
            seed=record.question.params.seed or 0,
            usage=Usage(7, 0, end),
            timings=Timings(1, 0, 2, 3, 4, 50),
            cost=None,
        )

    def _error(self, attempt_id: str, code: str, plan: Plan) -> Error:
        return Error(
            id=attempt_id,
            code=code,
            message=f"The node says {code}.",
            retry_after=plan.retry_after,
            detail=plan.detail,
            final=True,
        )
