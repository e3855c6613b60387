"""One model's worker process, kept alive: a worker that dies is started again, with growing delays."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec

from llamachat.base.tasks import cancel_and_wait
from llamachat.protocol import ErrorCode
from llamachat_daemon.pipe.codec import PipeError
from llamachat_daemon.pipe.frames import (
    AnyFromWorker,
    AnyToWorker,
    Failed,
    Finished,
    Load,
    Loaded,
    LoadFailed,
    LoadProgress,
    Stats,
    Step,
    Stop,
)
from llamachat_daemon.pipe.front_end import WorkerGone
from llamachat_daemon.serving.catalogue import Model
from llamachat_daemon.serving.generations import Failure, Generation
from llamachat_daemon.serving.process import STOP_GRACE_S, Launcher, Worker
from llamachat_daemon.serving.workload import Workload

MAX_FAILED_STARTS: Final = 3
"""Starts in a row that may fail before the model counts as failed (further ones are tried all the same)."""

RESTART_DELAYS_S: Final = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Pauses before the restarts in a row, in seconds; the last one repeats. A new token from anybody ends the row."""

SILENCE_S: Final = 120.0
"""A worker that has work and says nothing for so long is stuck, and is replaced. One decode step on a slow machine may
take half a minute."""

SILENCE_CHECKS: Final = 4
"""Checks in this time: silence counts only while this process itself was running, not while it was suspended."""

_log = logging.getLogger(__name__)
_worker_log = logging.getLogger("llamachat_daemon.worker")


class Supervisor:
    """See the module. `run` is the one task that belongs to it; `event` takes a kind and a sentence for people."""

    def __init__(
        self,
        model: Model,
        load: Load,
        launch: Launcher,
        *,
        event: Callable[[str, str], None],
        silence_s: float = SILENCE_S,
    ) -> None:
        self.model = model
        self.stats: Stats | None = None
        self.work = Workload(self._tell)
        self._load = load
        self._launch = launch
        self._event = event
        self._silence_s = silence_s
        self._worker: Worker | None = None
        self._outgoing: asyncio.Queue[AnyToWorker] = asyncio.Queue()
        self._settled = asyncio.Event()
        self._stopping = asyncio.Event()
        self._deaths = 0
        self._failed_starts = 0
        self._unloadable = False
        self._heard = False
        model.loading()

    @property
    def pid(self) -> int | None:
        """Of the worker process, while there is one."""
        return None if self._worker is None else self._worker.pid

    @property
    def has_room(self) -> bool:
        """Whether one more attempt gets a slot."""
        return self.work.busy < self.model.slots

    def take(self, generation: Generation) -> None:
        """Runs the attempt; it waits here while the model is being loaded."""
        self.work.take(generation)
        if self.model.info.state != "loaded":
            generation.loading(0, self.model.size)

    def _tell(self, frame: AnyToWorker) -> None:
        """Queues a frame for the worker that is there now."""
        self._outgoing.put_nowait(frame)

    async def settled(self) -> None:
        """Returns once the model is loaded, or known not to be."""
        await self._settled.wait()

    def stop(self) -> None:
        """Has `run` end the worker and return. Attempts are the caller's to end."""
        self._stopping.set()

    # ── the life of the worker ──────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Keeps a worker alive until `stop`, or until the model is found not to be loadable."""
        try:
            while not (self._stopping.is_set() or self._unloadable):
                end = await self._live()
                if not (self._stopping.is_set() or self._unloadable):
                    self._mourn(end)
                    await self._pause(RESTART_DELAYS_S[min(self._deaths, len(RESTART_DELAYS_S)) - 1])
        except Exception:  # noqa: BLE001  a fault here must not take the other models down
            _log.exception("supervising %s failed", self.model.id)
            self._give_up(ErrorCode.INTERNAL, "The daemon made a mistake while running this model; its log says more.")
        finally:
            if self.model.info.state != "failed":
                self.model.available()
            self._settled.set()

    async def _live(self) -> str:
        """The life of one worker; returns how it ended."""
        self.model.loading()
        self.work.loading(0, self.model.size)
        self._outgoing = asyncio.Queue()
        self._outgoing.put_nowait(self._load)
        try:
            async with self._launch(self._note) as worker:
                self._worker = worker
                fault = await self._converse(worker)
        except OSError as error:
            return f"could not be started ({error})"
        finally:
            self._worker = None
            self.stats = None
        if worker.crashed and self.model.info.state != "loaded":
            self._distrust_the_processor()
        return fault or worker.describe_end()

    async def _converse(self, worker: Worker) -> str:
        """Frames to and fro until the worker ends, or must be ended; returns the fault in the second case."""
        tasks = [
            asyncio.create_task(side)
            for side in (
                self._receive_all(worker),
                self._send_all(worker),
                self._listen_for_silence(),
                self._stop_when_told(),
            )
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            results = await cancel_and_wait(*tasks)
        for result in results:
            if isinstance(result, Exception):
                raise result
        fault = next((result for result in results if isinstance(result, str) and result), "")
        if fault:
            worker.kill()
        return fault

    async def _receive_all(self, worker: Worker) -> str:
        try:
            async for frame in worker:
                self._heard = True
                self._receive(frame)
        except PipeError as error:
            return f"sent what is no frame ({error})"
        return ""

    async def _send_all(self, worker: Worker) -> str:
        try:
            while True:
                await worker.send(await self._outgoing.get())
        except WorkerGone:
            # The receiving side sees the end too, after what was said before it.
            await asyncio.Event().wait()
        except PipeError as error:
            return f"could not be told what to do ({error})"
        return ""

    async def _listen_for_silence(self) -> str:
        checks = 0
        while checks < SILENCE_CHECKS:
            await asyncio.sleep(self._silence_s / SILENCE_CHECKS)
            checks = 0 if self._heard or not self.work.at_work else checks + 1
            self._heard = False
        return f"said nothing for {self._silence_s:g} s while it had work"

    async def _stop_when_told(self) -> str:
        """Meanwhile the worker is still listened to: one that cannot get rid of what it has to say does not stop."""
        await self._stopping.wait()
        self._tell(Stop())
        await asyncio.sleep(STOP_GRACE_S)
        return f"did not stop within {STOP_GRACE_S:g} s"

    async def _pause(self, delay: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._stopping.wait()

    def _mourn(self, end: str) -> None:
        """A worker has died: what that means for the model and its attempts."""
        self._deaths += 1
        self._failed_starts = 0 if self.model.info.state == "loaded" else self._failed_starts + 1
        _log.error("the worker of %s %s; starting another one", self.model.id, end)
        self._event("worker_died", f"The worker of {self.model.id} {end}.")
        self.model.loading()
        self.work.worker_died()
        if self._failed_starts >= MAX_FAILED_STARTS:
            self._give_up(
                ErrorCode.WORKER_FAILED,
                f"The worker {end} while loading {self.model.id}, {self._failed_starts} times in a row. "
                "The log of this node says more.",
            )

    def _distrust_the_processor(self) -> None:
        """Has the next worker do without the processor's extensions: a virtual machine may promise some that fail, and
        compilers have broken the kernels that use them (ggml-org/llama.cpp pull request 26954)."""
        if self._load.repack:
            self._load = msgspec.structs.replace(self._load, repack=False)
            _log.warning("%s is loaded without the processor's extensions from now on: slower", self.model.id)

    def _give_up(self, code: ErrorCode, sentence: str) -> None:
        """The model counts as failed, and its attempts end with that."""
        self.model.failed(sentence)
        self.work.fail_all(Failure(code, sentence))
        self._settled.set()

    def _note(self, line: str) -> None:
        _worker_log.info("%s", line, extra={"source": self.model.id})

    # ── what the worker says ────────────────────────────────────────────────────────────────────────────────────────

    def _receive(self, frame: AnyFromWorker) -> None:
        match frame:
            case Step():
                if frame.produced:
                    self._deaths = 0
                self.work.step(frame)
            case Finished():
                self.work.finished(frame)
            case Failed():
                self.work.failed(frame)
            case Stats():
                self.stats = frame
            case LoadProgress(done=done, total=total):
                self.work.loading(done, total)
            case Loaded():
                self._loaded(frame)
            case LoadFailed(message=message):
                _log.error("%s cannot be loaded: %s", self.model.id, message)
                self._event("model_failed", f"{self.model.id} cannot be loaded: {message}")
                self._unloadable = True
                self._give_up(ErrorCode.MODEL_FAILED, message)

    def _loaded(self, frame: Loaded) -> None:
        self.model.loaded(frame)
        self._failed_starts = 0
        _log.info("%s is loaded: %s, %d slots of %d tokens", self.model.id, frame.name, frame.slots, frame.context)
        self._event("model_loaded", f"{self.model.id} is loaded.")
        self._settled.set()
        self.work.loaded(frame.fingerprint)
