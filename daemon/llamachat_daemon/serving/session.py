"""One connection: reads frames, has them carried out, and answers. What it streams goes through its outbox."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from typing import Any, Final, Protocol

from msgspec import UNSET, UnsetType

from llamachat.protocol import (
    AnyClientFrame,
    Attach,
    BackendStatus,
    Cancel,
    Codec,
    Detach,
    Drain,
    Error,
    ErrorCode,
    GetHistory,
    LoadModel,
    Logs,
    Ok,
    Principal,
    ProtocolError,
    SaveChat,
    Shorthand,
    Status,
    UnloadModel,
    UserMessage,
    decode_client,
)
from llamachat.protocol.limits import MAX_BAD_FRAMES, MIN_STATUS_INTERVAL_S, SHORTHAND_STATUS_INTERVAL_S
from llamachat.protocol.params import invalid
from llamachat_daemon.serving.archive.requests import HistoryRequests
from llamachat_daemon.serving.archive.talks import ArchivedTalk
from llamachat_daemon.serving.feeds import LogFeed, StatusFeed
from llamachat_daemon.serving.generations import Ending, Generation
from llamachat_daemon.serving.node import Node
from llamachat_daemon.serving.outbox import Outbox
from llamachat_daemon.serving.shorthand import MAX_WAITING_MESSAGES, Conversation
from llamachat_daemon.serving.streams import Stream

CLOSE_POLICY: Final = 1008
"""WebSocket close code for a client that breaks the rules."""

LAST_WORD_S: Final = 1.0
"""How long a client that is closed for its bad frames may take to read why."""

_STATUS, _LOGS = "status", "logs"  # names of sources in the outbox; attempts have their ids behind a slash

_log = logging.getLogger(__name__)

Req = str | UnsetType


class Connection(Protocol):
    """A client's connection. `send` raises `ConnectionError` once it has ended; iterating just ends."""

    async def send(self, data: bytes | str) -> None:
        """Sends one frame; returns when the socket has room again."""

    async def close(self, code: int, reason: str) -> None:
        """Ends the connection."""

    def __aiter__(self) -> AsyncIterator[bytes | str]:
        """The frames that come in."""


class _Over(Exception):
    """The connection has ended: leaves the task group."""


class ClientSession:
    """See the module. `run` is all there is to call."""

    def __init__(self, node: Node, principal: Principal, codec: Codec, connection: Connection) -> None:
        self._node = node
        self._principal = principal
        self._codec = codec
        self._connection = connection
        self._outbox = Outbox(connection, codec, node.clock)
        self._history = HistoryRequests(node.archive, principal.name, self._outbox, self._answer)
        self._events_seen = 0
        self._talk: asyncio.Queue[Shorthand] | None = None
        self._asked_for_status = False
        self._tasks: asyncio.TaskGroup

    async def run(self) -> None:
        """Serves the connection until it ends. Attempts run on without it."""
        self._node.sessions.add(self)
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                tasks.create_task(self._outbox.run())
                await self._outbox.reply(self._node.hello(self._principal))
                await self._listen()
                raise _Over
        except* (_Over, ConnectionError):
            pass  # the ordinary end
        finally:
            self._node.sessions.discard(self)
            self._outbox.close()

    async def flushed(self) -> None:
        """Returns once everything that there is to say at this moment has been sent."""
        await self._outbox.flushed()

    async def _listen(self) -> None:
        bad_in_a_row = 0
        async for data in self._connection:
            try:
                frame = decode_client(data, self._codec)
            except ProtocolError as error:
                await self._refuse(error, error.req or UNSET, error.attempt_id)
                bad_in_a_row += 1
                if bad_in_a_row >= MAX_BAD_FRAMES:
                    await self._send_away()
                    return
                continue
            bad_in_a_row = 0
            await self._answer(frame, self._carry_out(frame))

    async def _send_away(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORD_S):
                await self._outbox.flushed()
        await self._connection.close(CLOSE_POLICY, f"{MAX_BAD_FRAMES} bad frames in a row")

    async def _answer(self, frame: AnyClientFrame, work: Coroutine[Any, Any, None]) -> None:
        """Does the work; what goes wrong with it is told to the client, and ends nothing else."""
        attempt_id = frame.id if isinstance(frame, UserMessage | Attach | Detach | Cancel) else None
        try:
            await work
        except ProtocolError as error:
            await self._refuse(error, frame.req, attempt_id)
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001  a fault of ours must not cost the client its connection
            _log.exception("a %s frame could not be carried out", type(frame).__name__)
            sentence = "The daemon made a mistake; its log says more. Ask again, or ask another node."
            await self._refuse(ProtocolError(ErrorCode.INTERNAL, sentence), frame.req, attempt_id)

    async def _refuse(self, error: ProtocolError, req: Req, attempt_id: str | None) -> None:
        """Says no. It is the end of the attempt for the client, unless there is one with this id that it can follow."""
        await self._outbox.reply(
            Error(
                req=req,
                id=attempt_id,
                code=error.code,
                message=error.message,
                retry_after=error.retry_after,
                detail=error.detail,
                final=attempt_id is not None and not self._node.attempts.knows(self._principal.name, attempt_id),
            )
        )

    async def _ok(self, req: Req) -> None:
        if req is not UNSET:
            await self._outbox.reply(Ok(req=req))

    # ── what is asked ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _carry_out(self, frame: AnyClientFrame) -> None:
        attempts, name = self._node.attempts, self._principal.name
        match frame:
            case UserMessage():
                generation = attempts.submit(name, frame)
                self._stream(generation, generation.prefix_length, 0, frame.req)
            case Attach():
                generation = attempts.find(name, frame.id)
                _check_offset("offset", frame.offset, generation.record.length)
                _check_offset("token_offset", frame.token_offset, generation.record.token_count)
                self._stream(generation, frame.offset, frame.token_offset, frame.req)
            case Detach():
                self._outbox.remove(_stream_name(frame.id))
                await self._ok(frame.req)
            case Cancel():
                attempts.cancel(name, frame.id)
                await self._ok(frame.req)
            case Shorthand():
                self._say(frame)
            case Status():
                self._asked_for_status = True
                await self._watch(frame.interval, frame.req)
            case Logs():
                self._read_log(frame)
            case LoadModel() | UnloadModel() | Drain():
                await self._administer(frame)
            case SaveChat() | GetHistory():
                await self._history.put(frame, self._tasks)

    def _stream(self, generation: Generation, offset: int, token_offset: int, req: Req) -> None:
        name = _stream_name(generation.id)
        stream = Stream(
            generation,
            self._node.identity.name,
            lambda: self._outbox.wake(name),
            offset=offset,
            token_offset=token_offset,
            req=req,
        )
        self._outbox.add(name, stream)

    async def _watch(self, interval: float, req: Req = UNSET) -> None:
        if interval == 0:
            self._outbox.remove(_STATUS)
            await self._ok(req)
            return
        if not (math.isfinite(interval) and interval >= MIN_STATUS_INTERVAL_S):
            allowed = f"0, or {MIN_STATUS_INTERVAL_S:g} or more"
            raise invalid("interval", f"interval is {interval!r:.40}; it must be {allowed} seconds.", allowed)
        self._outbox.add(_STATUS, StatusFeed(self._status, interval, req))

    def _status(self, req: Req) -> BackendStatus:
        self._events_seen, events = self._node.telemetry.events_since(self._events_seen)
        return self._node.status(self._principal.name, req, events)

    def _read_log(self, frame: Logs) -> None:
        if not self._node.may_read_logs(self._principal):
            raise ProtocolError(
                ErrorCode.FORBIDDEN,
                "The log is for administrators. Use a token made with --admin, or ask the operator to open it.",
            )
        feed = LogFeed(
            self._node.logs,
            frame.lines,
            lambda: self._outbox.wake(_LOGS),
            follow=frame.follow,
            req=frame.req,
        )
        self._outbox.add(_LOGS, feed)

    async def _administer(self, frame: LoadModel | UnloadModel | Drain) -> None:
        if not self._principal.admin:
            raise ProtocolError(ErrorCode.FORBIDDEN, "This is for administrators. Use a token made with --admin.")
        if isinstance(frame, Drain):
            self._node.set_drain(on=frame.on)
            await self._ok(frame.req)
        else:
            # Loading may take minutes; the connection is listened to meanwhile.
            self._tasks.create_task(self._answer(frame, self._change_model(frame)))

    async def _change_model(self, frame: LoadModel | UnloadModel) -> None:
        model = self._node.catalogue.find(frame.model)
        if isinstance(frame, LoadModel):
            await self._node.pool.load(model)
        else:
            await self._node.pool.unload(model)
        self._node.attempts.room_changed()
        await self._ok(frame.req)

    # ── the shorthand ───────────────────────────────────────────────────────────────────────────────────────────────

    def _say(self, frame: Shorthand) -> None:
        if self._talk is None:
            self._talk = asyncio.Queue(MAX_WAITING_MESSAGES)
            self._tasks.create_task(self._converse(self._talk))
            if not self._asked_for_status:
                self._outbox.add(_STATUS, StatusFeed(self._status, SHORTHAND_STATUS_INTERVAL_S))
        try:
            self._talk.put_nowait(frame)
        except asyncio.QueueFull:
            raise ProtocolError(
                ErrorCode.QUEUE_FULL,
                f"{MAX_WAITING_MESSAGES} messages of this connection wait already. Wait for their answers.",
                retry_after=1.0,
            ) from None

    async def _converse(self, messages: asyncio.Queue[Shorthand]) -> None:
        conversation, archived = Conversation(), self._node.archived_talk(self._principal)
        while True:
            frame = await messages.get()
            await self._answer(frame, self._exchange(conversation, archived, frame))

    async def _exchange(self, conversation: Conversation, archived: ArchivedTalk | None, frame: Shorthand) -> None:
        """One message and its answer."""
        model = self._node.catalogue.find_or_default(frame.model)
        request = conversation.ask(frame.content, model.id)
        try:
            generation = self._node.attempts.submit(self._principal.name, request)
        except ProtocolError:
            conversation.unanswered()
            raise
        if archived is not None:
            archived.exchange(frame.content, generation)
        self._stream(generation, 0, 0, frame.req)
        await generation.over()
        conversation.answered(generation.record.text() if isinstance(generation.outcome, Ending) else "")


def _stream_name(attempt_id: str) -> str:
    return f"attempt/{attempt_id}"


def _check_offset(field: str, value: int, length: int) -> None:
    if not 0 <= value <= length:
        raise invalid(field, f"{field} is {value}; the record has {length}.", f"0 to {length}")
