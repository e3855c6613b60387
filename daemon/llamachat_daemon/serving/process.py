"""One worker process: started with its pipe, its log lines read, and ended for certain."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Final, Protocol

from llamachat_daemon.pipe import launch
from llamachat_daemon.pipe.frames import AnyFromWorker, AnyToWorker, Stop
from llamachat_daemon.pipe.front_end import PipeFds, WorkerGone, WorkerPipe

STOP_GRACE_S: Final = 3.0
"""How long a worker may take to end after it was asked to, before it is killed."""

CRASHES: Final = frozenset({signal.SIGSEGV, signal.SIGILL, signal.SIGBUS})
"""Signals that end a process whose code does what the processor cannot."""

LOG_CHUNK_BYTES: Final = 8192
"""A line of a worker's log is cut into pieces of this many bytes: the worker decides what it writes."""


class Worker(Protocol):
    """A worker process as the pool sees it."""

    @property
    def pid(self) -> int:
        """Of the process."""

    async def send(self, frame: AnyToWorker) -> None:
        """Raises `WorkerGone` when it has ended."""

    def __aiter__(self) -> AsyncIterator[AnyFromWorker]:
        """Frames until it ends. Raises `PipeError` on nonsense."""

    @property
    def crashed(self) -> bool:
        """Whether it ended by a fault of its own code: a bad instruction or a bad address."""

    def kill(self) -> None:
        """Ends it now, whatever it does."""

    def describe_end(self) -> str:
        """How it ended, for a sentence: "was killed by SIGKILL"."""


Launcher = Callable[[Callable[[str], None]], AbstractAsyncContextManager[Worker]]
"""Starts a worker process: a context with a running worker, which has ended when the context has. Lines of its log go
to the given function. Entering raises `OSError` when the process cannot be started."""


class WorkerProcess:
    """A real process. Made by `start_worker` only."""

    def __init__(self, process: asyncio.subprocess.Process, pipe: WorkerPipe) -> None:
        self._process = process
        self._pipe = pipe

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    async def send(self, frame: AnyToWorker) -> None:
        """Writes the frame; raises `WorkerGone` when the worker has ended."""
        await self._pipe.send(frame)

    def __aiter__(self) -> AsyncIterator[AnyFromWorker]:
        return self._pipe.__aiter__()

    @property
    def crashed(self) -> bool:
        """Whether it ended by a fault of its own code."""
        return -(self._process.returncode or 0) in CRASHES

    def kill(self) -> None:
        """Ends it now. A stopped process (SIGSTOP) ends too."""
        with suppress(ProcessLookupError):  # it has ended by itself
            self._process.kill()

    def describe_end(self) -> str:
        """How the process ended."""
        code = self._process.returncode
        if code is None:
            return "stopped answering"
        if code >= 0:
            return f"ended with status {code}"
        try:
            return f"was killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"was killed by signal {-code}"

    async def end(self) -> None:
        """Asks it to stop, kills it when it does not, and reaps it."""
        try:
            async with asyncio.timeout(STOP_GRACE_S):
                with suppress(WorkerGone):
                    await self._pipe.send(Stop())
                await self._process.wait()
        except TimeoutError:
            self.kill()
        finally:
            self.kill()
            await self._process.wait()
            await self._pipe.close()


@asynccontextmanager
async def start_worker(
    on_line: Callable[[str], None],
    command: Callable[[int, int], list[str]] = launch.command,
) -> AsyncIterator[WorkerProcess]:
    """Starts a worker in a session of its own, and ends it with the context.

    Raises:
        OSError: it cannot be started.
    """
    fds = PipeFds.make()
    try:
        pipe = await WorkerPipe.open(fds.front_read, fds.front_write)
        try:
            process = await asyncio.create_subprocess_exec(
                *command(fds.worker_read, fds.worker_write),
                pass_fds=(fds.worker_read, fds.worker_write),
                env=launch.environment(os.environ),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        except BaseException:
            await pipe.close()
            raise
    finally:
        fds.close_worker_side()
    reading = asyncio.create_task(_read_lines(process, on_line))
    worker = WorkerProcess(process, pipe)
    try:
        yield worker
    finally:
        try:
            await worker.end()
            # What it wrote last says why it ended; but a process that it left behind may hold its log open for ever.
            await asyncio.wait([reading], timeout=STOP_GRACE_S)
        finally:
            reading.cancel()


async def _read_lines(process: asyncio.subprocess.Process, on_line: Callable[[str], None]) -> None:
    assert process.stdout is not None
    rest = b""
    while data := await process.stdout.read(LOG_CHUNK_BYTES):
        *lines, rest = (rest + data).split(b"\n")
        if len(rest) > LOG_CHUNK_BYTES:
            lines, rest = [*lines, rest], b""
        for line in lines:
            on_line(line.decode(errors="replace"))
    if rest:
        on_line(rest.decode(errors="replace"))
