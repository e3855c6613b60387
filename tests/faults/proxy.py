"""A TCP proxy in front of one daemon, which does to its connections what a bad network does."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

from llamachat.protocol import Attach, Codec, ProtocolError, decode_client
from tests.faults.frames import FrameCutter, close_frame, payload
from tests.faults.kinds import Side

_CHUNK: Final = 65536
_KEPT_FRAMES: Final = 64
_SLICE_S: Final = 0.05  # how much of a throttled second is written at once
_RESET: Final = struct.pack("ii", 1, 0)


@dataclass
class Weather:
    """How the network is just now."""

    delay_s: float = 0.0
    bytes_per_s: int | None = None
    flowing: asyncio.Event = field(default_factory=asyncio.Event)


class Proxy:
    """Listens on a port of its own, which it keeps while refusing, and passes on to wherever the daemon is.

    Args:
        daemon_port: says where the daemon listens just now.

    Attributes:
        attaches: how often a client attached to an answer through it.
    """

    def __init__(self, daemon_port: Callable[[], int]) -> None:
        self._daemon_port = daemon_port
        self._keeper = _bound(0)  # holds the port while nothing listens
        self.port: int = self._keeper.getsockname()[1]
        self.attaches = 0
        self.weather = Weather()
        self._server: asyncio.Server | None = None
        self._pairs: set[_Pair] = set()
        self._truncate: dict[Side, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where clients find the daemon."""
        return f"ws://127.0.0.1:{self.port}/chat"

    async def __aenter__(self) -> Self:
        await self.clear()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.refuse()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._keeper.close()

    # ── what it can do ──────────────────────────────────────────────────────────────────────────────────────────────

    async def clear(self) -> None:
        """A good network again: what is open stays open."""
        self.weather.delay_s, self.weather.bytes_per_s = 0.0, None
        self.weather.flowing.set()
        self._truncate.clear()
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, sock=_bound(self.port), backlog=64)

    def refuse(self) -> None:
        """Resets everything, and nothing listens any more."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    def cut(self) -> None:
        """Resets every connection."""
        for pair in list(self._pairs):
            pair.reset()

    def half_close(self, towards: Side) -> None:
        """Ends the streams towards one side; what still comes for it is swallowed."""
        for pair in list(self._pairs):
            pair.end_stream(towards)

    def close_twice(self, code: int) -> None:
        """Says goodbye to the clients twice."""
        for pair in list(self._pairs):
            pair.inject(close_frame(code) * 2)
            pair.end_stream("client")

    def truncate(self, towards: Side, share: float) -> None:
        """Lets only this share of the next frame pass, whichever connection it is on, then resets that connection."""
        self._truncate[towards] = share

    # ── passing on ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._pass_on(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._tasks.discard(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, to_daemon = await asyncio.open_connection("127.0.0.1", self._daemon_port())
        except OSError:
            _reset(writer)
            return
        pair = _Pair({"client": writer, "daemon": to_daemon})
        self._pairs.add(pair)
        try:
            async with asyncio.TaskGroup() as group:
                for source, towards in ((reader, "daemon"), (there, "client")):
                    frames: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue(_KEPT_FRAMES)
                    group.create_task(self._take(source, towards, frames))  # type: ignore[arg-type]
                    group.create_task(self._give(pair, towards, frames))  # type: ignore[arg-type]
        except* (OSError, _Over):
            pair.reset()
        finally:
            self._pairs.discard(pair)
            pair.close()

    async def _take(
        self, source: asyncio.StreamReader, towards: Side, frames: asyncio.Queue[tuple[float, bytes] | None]
    ) -> None:
        cutter = FrameCutter()
        while data := await source.read(_CHUNK):
            for frame in cutter.feed(data):
                if towards == "daemon":
                    self._count(frame)
                await frames.put((asyncio.get_running_loop().time(), frame))
        await frames.put(None)

    async def _give(self, pair: _Pair, towards: Side, frames: asyncio.Queue[tuple[float, bytes] | None]) -> None:
        while item := await frames.get():
            came, frame = item
            await self._until_due(came)
            share = self._truncate.pop(towards, None)
            if share is not None and len(frame) > 1:
                await pair.write(towards, frame[: max(1, min(len(frame) - 1, int(share * len(frame))))])
                raise _Over
            await self._write(pair, towards, frame)
        pair.end_stream(towards)

    async def _until_due(self, came: float) -> None:
        while True:
            await self.weather.flowing.wait()
            early = came + self.weather.delay_s - asyncio.get_running_loop().time()
            if early <= 0:
                return
            await asyncio.sleep(min(early, _SLICE_S))  # the weather may have changed meanwhile

    async def _write(self, pair: _Pair, towards: Side, frame: bytes) -> None:
        while frame:
            rate = self.weather.bytes_per_s
            size = len(frame) if rate is None else max(1, int(rate * _SLICE_S))
            if rate is not None:
                await asyncio.sleep(_SLICE_S * min(1.0, len(frame) / size))
            await pair.write(towards, frame[:size])
            frame = frame[size:]

    def _count(self, frame: bytes) -> None:
        data = payload(frame)
        if data is not None:
            with contextlib.suppress(ProtocolError):
                self.attaches += isinstance(decode_client(data, Codec.MSGPACK), Attach)


class _Over(Exception):
    """The connection was ended on purpose."""


class _Pair:
    """Both ends of one connection."""

    def __init__(self, ends: dict[Side, asyncio.StreamWriter]) -> None:
        self._ends = ends
        self._ended: set[Side] = set()

    async def write(self, towards: Side, data: bytes) -> None:
        if towards not in self._ended:
            self._ends[towards].write(data)
            await self._ends[towards].drain()

    def inject(self, data: bytes) -> None:
        if "client" not in self._ended:
            self._ends["client"].write(data)

    def end_stream(self, towards: Side) -> None:
        if towards not in self._ended:
            self._ended.add(towards)
            with contextlib.suppress(OSError):
                self._ends[towards].write_eof()

    def reset(self) -> None:
        for writer in self._ends.values():
            _reset(writer)

    def close(self) -> None:
        for writer in self._ends.values():
            writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Ends a connection at once, with RST instead of FIN."""
    taken = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


def _bound(port: int) -> socket.socket:
    """A socket on this port, which several may share, but only a listening one gets connections."""
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    taken.bind(("127.0.0.1", port))
    return taken
