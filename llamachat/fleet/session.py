"""One connection, from its handshake to its end: reads, writes, and watches whether the node still answers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median
from typing import Final, NoReturn, cast

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from llamachat.base.text import one_line
from llamachat.fleet.clock import RunningClock
from llamachat.fleet.limits import FleetLimits
from llamachat.protocol import (
    PROTOCOL_VERSION,
    ClientFrame,
    Codec,
    DaemonFrame,
    ErrorCode,
    Hello,
    ProtocolError,
    Status,
    decode_daemon,
    encode,
)

logger = logging.getLogger("llamachat.fleet")

TOKEN_REVOKED: Final = 4401
"""The code with which a daemon closes the connections of a principal whose token was revoked."""

_GOING_AWAY: Final = (1001, 1012)
_SHORTEST_WAIT_S: Final = 0.001
_PING: Final = object()
_FINISH: Final = object()


@dataclass(frozen=True, slots=True)
class Ended:
    """Why a connection ended, in a sentence. `silent`: the node stopped answering; `refused`: it does not want this
    client; `greeted`: it had said hello."""

    reason: str
    silent: bool = False
    refused: bool = False
    greeted: bool = False


class _Stop(Exception):
    """Ends the tasks of a session."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended.reason)
        self.ended = ended


class Session:
    """Args:
    connection: past its handshake.
    limits: times and sizes.
    clock: of the fleet; silence is measured with it.
    take: gets every frame, `Hello` first; must not raise.
    noticed: called when the silence or the round trip may have changed how the node is judged.
    """

    def __init__(
        self,
        connection: ClientConnection,
        limits: FleetLimits,
        clock: RunningClock,
        take: Callable[[DaemonFrame], None],
        noticed: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._limits = limits
        self._clock = clock
        self._take = take
        self._noticed = noticed
        # A daemon that selects no subprotocol speaks JSON.
        self._codec = Codec.MSGPACK if connection.subprotocol == Codec.MSGPACK.value else Codec.JSON
        self._outgoing: asyncio.Queue[object] = asyncio.Queue()
        self._frame_bytes = 0  # as the daemon's hello says
        self._round_trips: deque[float] = deque(maxlen=limits.kept_pings)
        self._greeted = False
        self._over = False
        self._probe_began: float | None = None
        self._watch_now = asyncio.Event()
        self.heard_at = clock.now()

    @property
    def rtt_ms(self) -> float | None:
        """Median of the last round trips."""
        return median(self._round_trips) if self._round_trips else None

    def post(self, frame: ClientFrame) -> bool:
        """Queues a frame; False when the connection is over.

        Raises:
            ProtocolError: `too_large`.
        """
        data = encode(frame, self._codec)
        if self._frame_bytes and len(data) > self._frame_bytes:
            raise ProtocolError(
                ErrorCode.TOO_LARGE,
                f"The conversation has {len(data)} bytes; the node takes at most {self._frame_bytes}.",
            )
        if not self._over:
            self._outgoing.put_nowait(data)
        return not self._over

    def probe(self) -> None:
        """Ends the session as silent unless something is heard within `probe_s`."""
        if self._probe_began is None:
            self._probe_began = self._clock.now()
            self._outgoing.put_nowait(_PING)
            self._watch_now.set()

    def finish(self) -> None:
        """Closes the connection after what is queued."""
        self._outgoing.put_nowait(_FINISH)

    async def run(self) -> Ended:
        """Serves until the connection ends, and says why it did."""
        ended = Ended("The connection ended.")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._write())
                await self._greet()
                group.create_task(self._watch())
                await self._read()
        except* _Stop as stops:
            first = stops.exceptions[0]
            assert isinstance(first, _Stop), "the tasks raise nothing nested"
            ended = first.ended
        finally:
            self._over = True
            self._connection.transport.abort()
        return replace(ended, greeted=self._greeted)

    async def _greet(self) -> None:
        try:
            async with asyncio.timeout(self._limits.hello_timeout_s):
                frame = self._decode(await self._receive())
        except TimeoutError:
            raise _Stop(Ended(f"It said nothing within {self._limits.hello_timeout_s:g} s.")) from None
        except ProtocolError as error:
            raise _Stop(Ended("It does not speak the protocol of llamachat.", refused=True)) from error
        if not isinstance(frame, Hello):
            raise _Stop(Ended("It did not begin with hello, as a llamachat daemon does.", refused=True))
        if frame.protocol != PROTOCOL_VERSION:
            raise _Stop(
                Ended(
                    f"It speaks protocol {frame.protocol}, this client {PROTOCOL_VERSION}. Update the older one.",
                    refused=True,
                )
            )
        self._greeted = True
        self._frame_bytes = frame.limits.frame_bytes
        self._take(frame)
        self.post(Status(interval=self._limits.status_interval_s))

    async def _read(self) -> NoReturn:
        bad = 0
        while True:
            data = await self._receive()
            try:
                frame = self._decode(data)
            except ProtocolError as error:
                bad += 1
                logger.warning("A frame from the node cannot be read: %s", one_line(error.message))
                if bad >= self._limits.bad_frames:
                    raise _Stop(Ended("It keeps sending frames that cannot be read.")) from error
                continue
            bad = 0
            self._take(frame)

    async def _receive(self) -> bytes | str:
        try:
            data = await self._connection.recv()
        except ConnectionClosed as closed:
            raise _Stop(_why_closed(closed)) from closed
        self._heard()
        return data

    def _decode(self, data: bytes | str) -> DaemonFrame:
        return decode_daemon(data, self._codec)

    async def _write(self) -> None:
        try:
            while True:
                item = await self._outgoing.get()
                if item is _PING:
                    pong = cast("asyncio.Future[float]", await self._connection.ping())
                    pong.add_done_callback(self._take_pong)
                elif item is _FINISH:
                    await self._connection.close()
                    raise _Stop(Ended("This client closed the connection."))
                else:
                    await self._connection.send(cast("bytes | str", item))
        except ConnectionClosed:
            return  # the reader hears of it too, and says why

    def _take_pong(self, pong: asyncio.Future[float]) -> None:
        if pong.cancelled() or pong.exception() is not None:
            return  # the connection ended first
        self._round_trips.append(1000 * pong.result())
        self._heard()
        self._noticed()

    def _heard(self) -> None:
        self.heard_at = self._clock.now()

    async def _watch(self) -> NoReturn:
        limits = self._limits
        next_ping = self._clock.now()
        while True:
            now = self._clock.now()
            if now >= next_ping:
                self._outgoing.put_nowait(_PING)
                next_ping = now + limits.ping_interval_s
            if now - self.heard_at >= limits.offline_silence_s:
                raise _Stop(Ended(f"Nothing was heard from it for {limits.offline_silence_s:g} s.", silent=True))
            if self._probe_began is not None:
                if self.heard_at > self._probe_began:
                    self._probe_began = None
                elif now - self._probe_began >= limits.probe_s:
                    raise _Stop(Ended(f"It did not answer a ping within {limits.probe_s:g} s.", silent=True))
            self._noticed()
            self._watch_now.clear()
            await _until_set(self._watch_now, self._next_look(now, next_ping) - now)

    def _next_look(self, now: float, next_ping: float) -> float:
        """When the next of the things that the watch waits for can have happened."""
        warn = self.heard_at + self._limits.warn_silence_s
        times = [next_ping, self.heard_at + self._limits.offline_silence_s]
        if warn > now:
            times.append(warn)
        if self._probe_began is not None:
            times.append(self._probe_began + self._limits.probe_s)
        return min(times)


async def _until_set(event: asyncio.Event, seconds: float) -> None:
    """Waits for the event, but no longer than so many seconds."""
    with contextlib.suppress(TimeoutError):
        # Never no time at all: the running clock may stand still while the loop spins.
        async with asyncio.timeout(max(seconds, _SHORTEST_WAIT_S)):
            await event.wait()


def _why_closed(closed: ConnectionClosed) -> Ended:
    code = closed.rcvd.code if closed.rcvd is not None else None
    said = one_line(closed.rcvd.reason) if closed.rcvd is not None else ""
    if code == TOKEN_REVOKED:
        return Ended("It no longer accepts this client's token.", refused=True)
    if code in _GOING_AWAY:
        return Ended("The daemon is shutting down.")
    if code is None:
        return Ended("The connection broke.")
    return Ended(f"It closed the connection (code {code}{': ' + said if said else ''}).")
