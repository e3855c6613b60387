"""The one place that writes to a connection. It asks for the next frame only when the socket has taken the last one.

Direct replies go first, in order, and are few: whoever asks without reading the answers waits for room. Everything
else is a *source*: something that composes its next frame from the state of that moment. Sources take turns.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

import msgspec
from msgspec import UNSET

from llamachat.protocol import AiResponse, Codec, DaemonFrame, Error, ErrorCode, ProtocolError, encode

SOON_S: Final = 0.1
"""What is due later than this, in seconds, is no reason to wait before a connection is closed: the next status, not the
next piece of an answer."""

_log = logging.getLogger(__name__)

MAX_WAITING_REPLIES: Final = 64
"""Replies that wait for the socket before the reader of that connection waits too."""


class Source(Protocol):
    """Something with frames for one connection, each composed when it is asked for."""

    @property
    def over(self) -> bool:
        """True once the last frame has been given out."""

    @property
    def attempt_id(self) -> str | None:
        """The attempt that it streams, if it is one."""

    def next(self, now: float) -> DaemonFrame | float | None:
        """The frame to send now, or when (monotonic seconds) there will be one, or None until `wake`."""

    def close(self) -> None:
        """Gives up what the source holds."""


class Sink(Protocol):
    """What the outbox needs of a connection."""

    async def send(self, data: bytes | str) -> None:
        """Returns when the socket has room for more; raises when the connection is gone."""


class Outbox:
    """See the module."""

    def __init__(self, sink: Sink, codec: Codec, clock: Callable[[], float]) -> None:
        self._sink = sink
        self._codec = codec
        self._clock = clock
        self._replies: deque[DaemonFrame] = deque()
        self._sources: dict[str, Source] = {}
        self._ready: dict[str, None] = {}  # names of sources to ask, in order
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._idle = asyncio.Event()

    async def reply(self, frame: DaemonFrame) -> None:
        """Queues a direct reply; waits while too many wait already."""
        while len(self._replies) >= MAX_WAITING_REPLIES:
            self._room.clear()
            await self._room.wait()
        self._replies.append(frame)
        self._stir()

    def add(self, name: str, source: Source) -> None:
        """Takes frames from `source` from now on; it replaces the source of the same name."""
        self.remove(name)
        self._sources[name] = source
        self.wake(name)

    def remove(self, name: str) -> None:
        """Takes no more frames from this source; harmless when there is none."""
        self._ready.pop(name, None)
        source = self._sources.pop(name, None)
        if source is not None:
            source.close()

    def wake(self, name: str) -> None:
        """The source may have something new."""
        if name in self._sources:
            self._ready[name] = None
            self._stir()

    def close(self) -> None:
        """Removes every source."""
        for name in list(self._sources):
            self.remove(name)

    async def flushed(self) -> None:
        """Returns once there is nothing left to send at this moment."""
        await self._idle.wait()

    async def run(self) -> None:
        """Sends until cancelled or until the connection is gone (whatever its `send` then raises)."""
        while True:
            self._wake.clear()
            frame, due = self._take()
            if frame is None:
                await self._pause(due)
                continue
            data = self._encoded(frame)
            if data is not None:
                await self._sink.send(data)

    def _stir(self) -> None:
        self._idle.clear()
        self._wake.set()

    def _take(self) -> tuple[DaemonFrame | None, float | None]:
        """The next frame; without one, when to look again (None: when woken)."""
        if self._replies:
            frame = self._replies.popleft()
            self._room.set()
            return frame, None
        now = self._clock()
        earliest: float | None = None
        for name in list(self._ready):
            source = self._sources[name]
            try:
                found = source.next(now)
            except Exception:  # noqa: BLE001  a fault in one source must not end the connection
                _log.exception("composing a frame of %s failed", name)
                self.remove(name)
                return _internal(source.attempt_id), None
            if isinstance(found, DaemonFrame):
                del self._ready[name]
                if source.over:
                    self.remove(name)
                else:
                    self._ready[name] = None  # it may have more, but after the others
                return found, None
            if found is None:
                del self._ready[name]
            else:
                earliest = found if earliest is None else min(earliest, found)
        return None, earliest

    async def _pause(self, due: float | None) -> None:
        delay = None if due is None else max(0.0, due - self._clock())
        if delay is None or delay > SOON_S:
            self._idle.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._wake.wait()

    def _encoded(self, frame: DaemonFrame) -> bytes | str | None:
        """The frame on the wire. An answer too long to be repeated whole in its last frame goes without that; None,
        with a line in the log, for what cannot be encoded at all."""
        try:
            return encode(frame, self._codec)
        except ProtocolError as error:
            if error.code is ErrorCode.TOO_LARGE and isinstance(frame, AiResponse) and frame.message is not UNSET:
                return self._encoded(msgspec.structs.replace(frame, message=UNSET))
            _log.exception("a %s frame cannot be sent", type(frame).__name__)
            return None


def _internal(attempt_id: str | None) -> Error:
    sentence = "The daemon made a mistake; its log says more. Ask again."
    return Error(id=attempt_id, code=ErrorCode.INTERNAL, message=sentence, final=attempt_id is not None)
