"""A worker whose every word the test says, in place of a process with a model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from llamachat_daemon.pipe.frames import (
    AnyFromWorker,
    AnyToWorker,
    Cancel,
    Finished,
    Generate,
    Load,
    Loaded,
    Produced,
    Snapshot,
    Started,
    Step,
    Stop,
)
from llamachat_daemon.pipe.front_end import WorkerGone

PATIENCE_S = 20.0
"""How long a test waits for something that must come."""

FINGERPRINT = "f" * 16

_Frame = TypeVar("_Frame")


def loaded(**changes: object) -> Loaded:
    """What a worker says about a small model; four slots."""
    values: dict[str, object] = {
        "name": "Scripted",
        "architecture": "llama",
        "parameters": 1000,
        "quantization": "F16",
        "size": 4000,
        "context": 512,
        "vocabulary": 100,
        "fingerprint": FINGERPRINT,
        "slots": 4,
        "model_bytes": 4000,
        "kv_bytes": 8000,
        "kv_tokens": 2000,
        "threads": 2,
    }
    return Loaded(**{**values, **changes})  # type: ignore[arg-type]


class ScriptedWorker:
    """One life of a worker. `received` are the frames that the front sent, in order."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self.pid = 2**22 + 1  # no process has this id
        self.on_line = on_line
        self.killed = False
        self.crashed = False
        self.stopped = asyncio.Event()
        self._received: asyncio.Queue[AnyToWorker] = asyncio.Queue()
        self._said: asyncio.Queue[AnyFromWorker | None] = asyncio.Queue()
        self._dead = False

    async def send(self, frame: AnyToWorker) -> None:
        if self._dead:
            raise WorkerGone("dead")
        if isinstance(frame, Stop):
            self.die()
        else:
            self._received.put_nowait(frame)

    async def __aiter__(self) -> AsyncIterator[AnyFromWorker]:
        while (frame := await self._said.get()) is not None:
            yield frame

    def kill(self) -> None:
        self.killed = True
        self.die()

    def describe_end(self) -> str:
        return "was killed by SIGKILL"

    # ── what the test has it do ─────────────────────────────────────────────────────────────────────────────────────

    def die(self) -> None:
        """Ends it at once, after what it has said."""
        self._dead = True
        self._said.put_nowait(None)

    def say(self, *frames: AnyFromWorker) -> None:
        for frame in frames:
            self._said.put_nowait(frame)

    async def expect(self, kind: type[_Frame]) -> _Frame:
        """The next frame from the front, which must be of this kind; questions for figures are passed over."""
        async with asyncio.timeout(PATIENCE_S):
            while isinstance(frame := await self._received.get(), Snapshot) and kind is not Snapshot:
                pass
        assert isinstance(frame, kind), frame
        return frame

    def idle(self) -> bool:
        """Whether the front has sent nothing that the test has not looked at, but questions for figures."""
        while not self._received.empty():
            if not isinstance(self._received.get_nowait(), Snapshot):
                return False
        return True

    async def load(self, **changes: object) -> Load:
        """Loads the model."""
        frame = await self.expect(Load)
        self.say(loaded(**changes))
        return frame

    def start(self, request: Generate, *, prompt_tokens: int = 3, cached: int = 0) -> None:
        """Says that the prompt is tokenised."""
        prefix = request.prefix_tokens or [ord(character) for character in request.prefix]
        started = Started(
            key=request.key, prompt_tokens=prompt_tokens, cached_tokens=cached, dropped_messages=0, prefix_tokens=prefix
        )
        self.say(Step(started=[started]))

    def produce(self, request: Generate | int, text: str, tokens: list[int] | None = None) -> None:
        """Says more of an answer; an id for each character unless others are given."""
        key = request if isinstance(request, int) else request.key
        ids = [ord(character) for character in text] if tokens is None else tokens
        self.say(Step(produced=[Produced(key=key, tokens=ids, text=text)]))

    def finish(self, request: Generate | Cancel, reason: str = "stop") -> None:
        """Says that an answer has ended."""
        self.say(
            Finished(
                key=request.key,
                reason=reason,  # type: ignore[arg-type]
                prefill_ms=5.0,
                decode_ms=20.0,
                prefill_tokens=3,
                decode_tokens=10,
            )
        )

    async def answer(self, text: str) -> Generate:
        """Answers the next request with this text, a step for each character."""
        request = await self.expect(Generate)
        self.start(request)
        for character in text:
            self.produce(request, character)
        self.finish(request)
        return request


class ScriptedLauncher:
    """Starts scripted workers; each appears in `next`. `failures` are raised first, one for each start."""

    def __init__(self) -> None:
        self.failures: list[OSError] = []
        self.started = 0
        self.running = 0
        self._workers: asyncio.Queue[ScriptedWorker] = asyncio.Queue()

    @asynccontextmanager
    async def __call__(self, on_line: Callable[[str], None]) -> AsyncIterator[ScriptedWorker]:
        if self.failures:
            raise self.failures.pop(0)
        worker = ScriptedWorker(on_line)
        self.started += 1
        self.running += 1
        self._workers.put_nowait(worker)
        try:
            yield worker
        finally:
            self.running -= 1
            worker.stopped.set()

    async def next(self) -> ScriptedWorker:
        """The next worker that the front starts."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._workers.get()
