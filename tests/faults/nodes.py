"""A real daemon behind a proxy, which is killed, stopped, and started again."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import signal
import tempfile
from pathlib import Path
from typing import Final, Self

import psutil

from llamachat.fleet import NodeAddress
from tests.faults.proxy import Proxy
from tests.integration.daemons import RunningDaemon, eventually, start_daemon
from tests.random_models import GUIDE

OPTIONS: Final = ("--exact-batches", "--slots", "4", "--context", "1024", "--threads", "1", "--log-level", "warning")


class FaultyNode:
    """One node of the harness. It keeps name, address and data directory over all its lives.

    Args:
        name: of the daemon, and of the node in the fleet.
        model: the file that it serves in all its lives.
    """

    def __init__(self, name: str, model: Path = GUIDE) -> None:
        self.name = name
        self._model = model
        self.proxy = Proxy(lambda: self._port)
        self._port = 0
        self._daemon: RunningDaemon | None = None
        self._life = contextlib.ExitStack()
        self._home = tempfile.TemporaryDirectory(prefix="llamachat-faults-")
        self._ending = False
        self._reviving = asyncio.Lock()
        self._revivals: set[asyncio.Task[None]] = set()
        self._stopped: list[psutil.Process] = []

    @property
    def address(self) -> NodeAddress:
        """How the fleet finds it."""
        return NodeAddress(self.name, self.proxy.url)

    def log(self) -> str:
        """The end of what the daemon of this life logged."""
        return self._daemon.stderr()[-2000:] if self._daemon is not None else ""

    async def __aenter__(self) -> Self:
        await self.proxy.__aenter__()
        try:
            await self.revive()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.resume()
        await asyncio.gather(*self._revivals, return_exceptions=True)
        await self.proxy.__aexit__()
        await asyncio.to_thread(self._life.close)
        self._home.cleanup()

    async def revive(self) -> None:
        """Has it listening again, as if nothing had happened to it. Cancelling this leaves it on its way there."""
        self.resume()
        task = asyncio.create_task(self._revive())
        self._revivals.add(task)
        task.add_done_callback(self._revivals.discard)
        await asyncio.shield(task)

    def kill(self) -> None:
        """It dies at once, and nothing listens at its address."""
        self._end(signal.SIGKILL)
        self.proxy.refuse()

    def kill_worker(self) -> None:
        """The process with the model dies at once."""
        for process in self._workers():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def stop(self) -> None:
        """It stands still with all its connections; `resume` undoes it."""
        if self._daemon is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                self._stopped += [psutil.Process(self._daemon.pid), *self._workers()]
        for process in self._stopped:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()

    def resume(self) -> None:
        """It goes on where it was stopped."""
        stopped, self._stopped = self._stopped, []
        for process in reversed(stopped):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()

    async def restart(self, *, at_once: bool) -> None:
        """It is asked to end, and begins anew. `at_once`: asked again, so that it does not finish its answers."""
        self._end(signal.SIGTERM)
        if at_once:
            # Not before it took the first signal: two that wait are one.
            await asyncio.to_thread(eventually, lambda: not self._is_ready())
            self._end(signal.SIGTERM)
        await self.revive()

    async def _revive(self) -> None:
        async with self._reviving:
            if self._ending and self._daemon is not None:
                await asyncio.to_thread(self._daemon.wait)
            if self._ending or self._daemon is None:
                self.proxy.refuse()
                await asyncio.to_thread(self._start)
            await asyncio.to_thread(eventually, self._is_ready)
            await self.proxy.clear()

    def _start(self) -> None:
        self._life.close()
        self._daemon = self._life.enter_context(
            start_daemon("--name", self.name, "--model", self._model, *OPTIONS, data_dir=Path(self._home.name))
        )
        self._port, self._ending = self._daemon.port, False

    def _is_ready(self) -> bool:
        if self._daemon is None:
            return False
        try:
            return self._daemon.request("/readyz").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def _end(self, number: signal.Signals) -> None:
        if self._daemon is not None and self._daemon.process.poll() is None:
            self._daemon.signal(number)
        self._ending = True

    def _workers(self) -> list[psutil.Process]:
        try:
            return list(psutil.Process(self._daemon.pid).children(recursive=True)) if self._daemon is not None else []
        except psutil.NoSuchProcess:
            return []
