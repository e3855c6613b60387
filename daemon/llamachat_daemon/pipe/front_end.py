"""The front's end of the pipe, for asyncio."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Self

from llamachat_daemon.pipe.codec import HEADER, body_length, pack, unpack_from_worker
from llamachat_daemon.pipe.frames import AnyFromWorker, ToWorker


class WorkerGone(Exception):
    """The worker has closed its end: it ended or died."""


@dataclass(frozen=True, slots=True)
class PipeFds:
    """Four descriptors of two pipes. The worker inherits its two; the front closes them after it has started it."""

    front_read: int
    front_write: int
    worker_read: int
    worker_write: int

    @classmethod
    def make(cls) -> Self:
        """Opens both pipes. The descriptors are not inheritable; hand the worker's over with `pass_fds`."""
        worker_read, front_write = os.pipe()
        front_read, worker_write = os.pipe()
        return cls(front_read, front_write, worker_read, worker_write)

    def close_worker_side(self) -> None:
        """Closes the worker's two in this process: without this, the end of the worker would go unnoticed."""
        os.close(self.worker_read)
        os.close(self.worker_write)


class WorkerPipe:
    """Frames to and from one worker. Iterating ends when the worker does; one iterator at a time."""

    def __init__(
        self, reader: asyncio.StreamReader, reading: asyncio.ReadTransport, writer: asyncio.StreamWriter
    ) -> None:
        self._reader = reader
        self._reading = reading
        self._writer = writer
        self._sending = asyncio.Lock()

    @classmethod
    async def open(cls, read_fd: int, write_fd: int) -> Self:
        """Takes over two descriptors, which `close` closes.

        Raises:
            OSError: they are not open pipes.
        """
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        reading, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_fd, "rb", buffering=0)
        )
        writing, protocol = await loop.connect_write_pipe(_FlowControl, os.fdopen(write_fd, "wb", buffering=0))
        return cls(reader, reading, asyncio.StreamWriter(writing, protocol, None, loop))

    async def send(self, frame: ToWorker) -> None:
        """Writes the frame, and waits while the worker is not reading.

        Raises:
            WorkerGone: nobody reads any more.
            PipeError: the frame is too large.
        """
        data = pack(frame)
        async with self._sending:
            if self._writer.is_closing():
                raise WorkerGone("the worker has closed its end")
            try:
                self._writer.write(data)
                await self._writer.drain()
            except OSError as error:
                raise WorkerGone("the worker has closed its end") from error

    async def __aiter__(self) -> AsyncIterator[AnyFromWorker]:
        """The worker's frames until it ends; one that is cut off in the middle counts as the end.

        Raises:
            PipeError: what came is no frame.
        """
        while True:
            try:
                header = await self._reader.readexactly(HEADER.size)
                body = await self._reader.readexactly(body_length(header))
            except (asyncio.IncompleteReadError, OSError):
                return
            yield unpack_from_worker(body)

    async def close(self) -> None:
        """Closes both directions; the worker then ends by itself."""
        self._reading.close()
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            return  # the worker was gone before


class _FlowControl(asyncio.streams.FlowControlMixin):
    """What `StreamWriter.drain` and `wait_closed` need of a protocol that only writes."""

    def __init__(self) -> None:
        super().__init__()
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if not self._closed.done():
            self._closed.set_result(None)

    def _get_close_waiter(self, _stream: asyncio.StreamWriter) -> asyncio.Future[None]:
        return self._closed
