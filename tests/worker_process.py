"""A real worker process and the front's end of its pipe, for tests."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from llamachat.protocol import Params, PromptMessage
from llamachat_daemon.pipe import launch
from llamachat_daemon.pipe.frames import (
    AnyFromWorker,
    Failed,
    Finished,
    Generate,
    Load,
    Loaded,
    LoadFailed,
    Prefilled,
    Started,
    Stats,
    Step,
    ToWorker,
)
from llamachat_daemon.pipe.front_end import PipeFds, WorkerPipe

PATIENCE_SECONDS = 60.0
"""How long a test waits for something that should come at once on an idle machine."""

_Frame = TypeVar("_Frame")


@dataclass
class Answer:
    """What a worker has said about one attempt."""

    started: Started | None = None
    prefilled: list[Prefilled] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    text: str = ""
    finished: Finished | None = None
    failed: Failed | None = None

    @property
    def reason(self) -> str:
        """The finish reason; a failure is shown as its code."""
        if self.failed is not None:
            return f"failed: {self.failed.code}: {self.failed.message}"
        return self.finished.reason if self.finished else "running"

    @property
    def over(self) -> bool:
        """Nothing more will come."""
        return self.finished is not None or self.failed is not None


class WorkerProcess:
    """One worker; `answers` collects what it says, by key."""

    def __init__(self, process: asyncio.subprocess.Process, pipe: WorkerPipe) -> None:
        self.process = process
        self.pipe = pipe
        self.answers: dict[int, Answer] = {}
        self.steps: list[Step] = []
        self.stats: list[Stats] = []
        self.loaded: Loaded | LoadFailed | None = None
        self.ended = False
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def send(self, frame: ToWorker) -> None:
        """Sends one frame."""
        await self.pipe.send(frame)

    async def ask(
        self,
        key: int,
        content: str = "Tell me something.",
        *,
        params: Params,
        prefix: str = "",
        prefix_tokens: list[int] | None = None,
        messages: list[PromptMessage] | None = None,
        chat: str = "",
        principal: str = "",
    ) -> None:
        """Starts an answer."""
        self.answers[key] = Answer()
        conversation = messages or [PromptMessage("user", content)]
        frame = Generate(
            key=key,
            messages=conversation,
            params=params,
            prefix=prefix,
            prefix_tokens=prefix_tokens,
            chat=chat,
            principal=principal,
        )
        await self.send(frame)

    async def answer(self, key: int, content: str = "Tell me something.", **options: object) -> Answer:
        """Asks, and waits for the end."""
        await self.ask(key, content, **options)  # type: ignore[arg-type]
        return await self.over(key)

    async def over(self, key: int) -> Answer:
        """Waits for the end of an answer."""
        await self.until(lambda: self.answers[key].over)
        return self.answers[key]

    async def until(self, condition: object) -> None:
        """Waits until `condition()` holds; looks whenever the worker has said something or has ended."""
        assert callable(condition)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                assert not self.ended, "the worker has ended"
                self._news.clear()
                await self._news.wait()

    async def end(self) -> int:
        """Waits for the process to end by itself; its exit status."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.process.wait()

    async def kill(self) -> None:
        """Ends it the hard way."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()
        await self._reading
        await self.pipe.close()

    async def _read(self) -> None:
        async for frame in self.pipe:
            self._take(frame)
            self._news.set()
        self.ended = True
        self._news.set()

    def _take(self, frame: AnyFromWorker) -> None:
        match frame:
            case Loaded() | LoadFailed():
                self.loaded = frame
            case Step():
                self.steps.append(frame)
                for started in frame.started:
                    self.answers[started.key].started = started
                for prefilled in frame.prefilled:
                    self.answers[prefilled.key].prefilled.append(prefilled)
                for produced in frame.produced:
                    self.answers[produced.key].tokens += produced.tokens
                    self.answers[produced.key].text += produced.text
            case Finished():
                self.answers[frame.key].finished = frame
            case Failed():
                self.answers[frame.key].failed = frame
            case Stats():
                self.stats.append(frame)


@asynccontextmanager
async def worker(model: Path, **options: object) -> AsyncIterator[WorkerProcess]:
    """A worker with the model loaded (or refused: see `loaded`); `options` are those of `Load`."""
    fds = PipeFds.make()
    argv = launch.command(fds.worker_read, fds.worker_write)
    environment = launch.environment(os.environ)
    process = await asyncio.create_subprocess_exec(
        *argv, env=environment, pass_fds=(fds.worker_read, fds.worker_write), start_new_session=True
    )
    fds.close_worker_side()
    running = WorkerProcess(process, await WorkerPipe.open(fds.front_read, fds.front_write))
    try:
        await running.send(Load(path=str(model), **options))  # type: ignore[arg-type]
        await running.until(lambda: running.loaded is not None)
        yield running
    finally:
        await running.kill()
