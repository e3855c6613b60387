"""This node: the models, the workers and the attempts put together, and what is told about them."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final, Protocol

from msgspec import UNSET, UnsetType

import llamachat
from llamachat.base.files import write_atomically
from llamachat.protocol import (
    MAX_FRAME_BYTES,
    PROTOCOL_VERSION,
    BackendStatus,
    Hello,
    Limits,
    Memory,
    ModelInfo,
    NodeEvent,
    NodeInfo,
    NodeState,
    Principal,
    QueueState,
    SlotState,
)
from llamachat_daemon.config import DaemonConfig
from llamachat_daemon.serving.archive.archive import Archive
from llamachat_daemon.serving.archive.talks import ArchivedTalk
from llamachat_daemon.serving.attempts import Attempts
from llamachat_daemon.serving.catalogue import Catalogue
from llamachat_daemon.serving.logs import LogBook
from llamachat_daemon.serving.pool import Pool
from llamachat_daemon.serving.process import Launcher, start_worker
from llamachat_daemon.serving.telemetry import Telemetry

MAX_RESIDENT_CHATS: Final = 64
"""Chats of one principal named in a status, the newest."""

FLUSH_S: Final = 2.0
"""How long connections may take to be told how their answers ended, before the node stops."""

ID_FILE: Final = "node-id"


class StartError(Exception):
    """The node cannot start; the text says what to do."""


class Session(Protocol):
    """A connection, as the node sees it."""

    async def flushed(self) -> None:
        """Returns once everything that there is to say at this moment has been sent."""


class Node:
    """See the module. Everything but `start`, `finish_drain` and `stop` returns at once.

    `logs` is where clients that may read the log do so. `launch` starts a worker process.

    Raises:
        StartError: the data directory cannot be used.
    """

    def __init__(
        self,
        config: DaemonConfig,
        telemetry: Telemetry,
        *,
        logs: LogBook | None = None,
        launch: Launcher = start_worker,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.config = config
        self.telemetry = telemetry
        self.logs = logs or LogBook()
        self.clock = clock
        self.identity = NodeInfo(_node_id(config), config.name, llamachat.__version__, time.time())
        self.catalogue = Catalogue(config)
        self.pool = Pool(self.catalogue, launch, telemetry.event)
        self.attempts = Attempts(config, self.catalogue, self.pool, telemetry, clock=clock)
        self.archive = _archive(config, telemetry) if config.archive.enabled else None
        self.sessions: set[Session] = set()
        self._ending = False
        self._opened = asyncio.Event()
        self._closing = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    # ── its life ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def start(self) -> None:
        """Loads the default model; returns when it is ready. Connections are served meanwhile, their attempts wait.

        Raises:
            StartError: the model cannot be served.
        """
        self._running = asyncio.create_task(self._run(), name="node")
        await self._opened.wait()
        model = self.catalogue.default
        await self.pool.serving(model).settled()
        if model.info.state == "failed":
            await self.stop()
            raise StartError(model.info.error)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            self.pool.open(tasks)
            upkeep = tasks.create_task(self.archive.keep_up()) if self.archive is not None else None
            self._opened.set()
            await self._closing.wait()
            if upkeep is not None:
                upkeep.cancel()
            self.attempts.close()
            await self.pool.close()

    def begin_drain(self) -> None:
        """From now on the node is not ready and refuses new requests, for good."""
        self._ending = True
        self.set_drain(on=True)

    def set_drain(self, *, on: bool) -> None:
        """Refuses new requests, or takes them again (unless the node is about to stop)."""
        draining = on or self._ending
        if draining != self.attempts.draining:
            self.telemetry.event("drain", "New requests are refused." if draining else "New requests are taken again.")
        self.attempts.draining = draining

    async def finish_drain(self, seconds: float) -> None:
        """Lets what runs go on for so long, then cuts it with `interrupted`; returns when the connections know."""
        self.begin_drain()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.attempts.quiet()
        self.attempts.interrupt()
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_S):
                await asyncio.gather(*[session.flushed() for session in self.sessions])

    async def stop(self) -> None:
        """Ends everything now; returns when every worker has ended. May be called twice."""
        self._ending = True
        self._closing.set()
        if self._running is not None:
            await asyncio.wait([self._running])
        if self.archive is not None:
            await self.archive.close()

    def reload(self, config: DaemonConfig) -> None:
        """Takes over what may change while it runs: the limits, those of the archive too, and who may read the log."""
        self.config = config
        self.attempts.reload(config)
        if self.archive is not None:
            self.archive.reload(config.archive)

    # ── what is told about it ───────────────────────────────────────────────────────────────────────────────────────

    def models(self) -> list[ModelInfo]:
        """All models, loaded or not."""
        return self.catalogue.infos()

    def may_read_logs(self, principal: Principal) -> bool:
        """Whether the `logs` frame is for this principal."""
        return principal.admin or self.config.log.clients_may_read

    def archived_talk(self, principal: Principal) -> ArchivedTalk | None:
        """Where a conversation in the shorthand is kept; None where it is not."""
        return None if self.archive is None else ArchivedTalk(self.archive, principal.name, self.identity.name)

    def not_ready(self) -> str | None:
        """Why a request sent now would not be served; None when it would."""
        if self.attempts.draining:
            return "The node is draining: it takes no new requests."
        model = self.catalogue.default.info
        if model.state == "failed":
            return f"The model {model.id} cannot be served: {model.error}"
        if model.state != "loaded":
            return f"The model {model.id} is not loaded yet."
        if self.attempts.queue.depth >= self.attempts.queue.limit and not self.pool.has_room(self.catalogue.default):
            return "The queue is full."
        return None

    def hello(self, principal: Principal) -> Hello:
        """The first frame of a connection."""
        queue = self.attempts.queue
        return Hello(
            protocol=PROTOCOL_VERSION,
            node=self.identity,
            models=self.models(),
            default_model=self.config.default_model,
            peers=[peer.url for peer in self.config.peers],
            limits=Limits(frame_bytes=MAX_FRAME_BYTES, queue=queue.limit, parallel=queue.parallel),
            principal=principal,
            archive=self.archive is not None and self.archive.available,
        )

    def status(
        self,
        principal_name: str,
        req: str | UnsetType = UNSET,
        events: Iterable[NodeEvent] = (),
    ) -> BackendStatus:
        """How the node is, as this principal may see it."""
        telemetry, queue = self.telemetry, self.attempts.queue
        workers = list(self.pool)
        stats = [worker.stats for worker in workers if worker.stats is not None]
        return BackendStatus(
            req=req,
            node=self.identity.id,
            time=time.time(),
            state=self._state(),
            load=telemetry.read_load(),
            memory=self._memory(),
            gpus=telemetry.read_gpus(),
            queue=QueueState(queue.depth, queue.limit),
            slots=SlotState(
                sum(worker.work.busy for worker in workers),
                sum(worker.model.slots for worker in workers),
            ),
            requests_per_second=telemetry.requests_per_second(),
            latency_ms=telemetry.latency_ms(),
            tokens_per_second=_sum(each.decode_tokens_per_second for each in stats),
            prefill_tokens_per_second=_sum(each.prefill_tokens_per_second for each in stats),
            models=self.models(),
            resident=self._resident(principal_name),
            totals=telemetry.totals(),
            events=list(events),
        )

    def _state(self) -> NodeState:
        if self.attempts.draining:
            return "draining"
        states = [worker.model.info.state for worker in self.pool]
        if "failed" in states or self.catalogue.default.info.state == "failed":
            return "degraded"
        if self.catalogue.default.info.state != "loaded":
            return "loading"
        return "ready" if self.pool.has_room(self.catalogue.default) else "busy"

    def _memory(self) -> Memory:
        machine = self.telemetry.read_memory([os.getpid(), *self.pool.pids()])
        model = kv_used = kv_total = 0
        for worker in self.pool:
            details = worker.model.details
            if details is None:
                continue
            model += details.model_bytes
            kv_total += details.kv_bytes
            if worker.stats is not None and details.kv_tokens:
                kv_used += details.kv_bytes * worker.stats.kv_tokens_used // details.kv_tokens
        return Memory(machine.used, machine.total, machine.process, model, kv_used, kv_total)

    def _resident(self, principal_name: str) -> dict[str, int]:
        """Warm tokens of the principal's own chats; workers list the chats oldest first."""
        found: dict[str, int] = {}
        for worker in self.pool:
            for principal, chat, tokens in worker.stats.resident if worker.stats else ():
                if principal == principal_name and chat:
                    found[chat] = max(tokens, found.pop(chat, 0))
        return dict(list(found.items())[-MAX_RESIDENT_CHATS:])


def _sum(rates: Iterable[float | None]) -> float | None:
    known = [rate for rate in rates if rate is not None]
    return sum(known) if known else None


def _archive(config: DaemonConfig, telemetry: Telemetry) -> Archive:
    return Archive(config.archive_file, config.archive, lambda sentence: telemetry.event("archive", sentence))


def _node_id(config: DaemonConfig) -> str:
    """The id of the node that has this data directory: made once, kept over restarts."""
    path = config.data_dir / ID_FILE
    try:
        try:
            found = path.read_text("ascii").strip()
        except FileNotFoundError:
            found = ""
        if not found:
            found = secrets.token_hex(8)
            write_atomically(path, found + "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"{path} cannot be used: {error}. Choose another place with --data-dir.") from error
    return found
