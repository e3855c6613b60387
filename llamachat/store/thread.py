"""The store for asyncio: SQLite waits for disks, so it runs on a thread of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Final, TypeVar

from llamachat.store.limits import DEFAULT_LIMITS, StoreLimits
from llamachat.store.store import Store

T = TypeVar("T")

_LOG: Final = logging.getLogger(__name__)


class StoreThread:
    """One `Store` on one thread. Work is done in the order in which it was handed over.

        async with StoreThread(path) as store:
            chats = await store.run(lambda s: s.list_chats())

    Entering raises `StoreError` when the store cannot be opened. Leaving does what was handed over, then closes it.
    """

    def __init__(self, path: Path, *, limits: StoreLimits = DEFAULT_LIMITS) -> None:
        self._path = path
        self._limits = limits
        self._executor: ThreadPoolExecutor | None = None
        self._store: Store | None = None

    async def run(self, work: Callable[[Store], T]) -> T:
        """Does `work` on the store's thread and returns what it returns, or raises what it raises.

        What was handed over is done, even when the caller is cancelled while it waits: a write is never half
        promised. An error that nobody waits for any more is logged.
        """
        future = self._submit(work)
        try:
            return await asyncio.shield(asyncio.wrap_future(future))
        except asyncio.CancelledError:
            future.add_done_callback(_log_error)
            raise

    async def read(self, work: Callable[[Store], T]) -> T:
        """As `run`, for work that changes nothing: when the caller is cancelled before it began, it is left out."""
        return await asyncio.wrap_future(self._submit(work))

    async def __aenter__(self) -> StoreThread:
        if self._executor is not None:
            raise RuntimeError("This StoreThread is open already; make another one.")
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        opening = self._executor.submit(self._open)
        try:
            await asyncio.shield(asyncio.wrap_future(opening))
        except BaseException:
            self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.shield(asyncio.wrap_future(self._close()))

    def _open(self) -> None:
        self._store = Store.open(self._path, limits=self._limits)

    def _submit(self, work: Callable[[Store], T]) -> Future[T]:
        if self._executor is None:
            raise RuntimeError("The store is not open; use `async with StoreThread(path) as store`.")

        def on_the_thread() -> T:
            assert self._store is not None  # opened on this thread before anything else
            return work(self._store)

        return self._executor.submit(on_the_thread)

    def _close(self) -> Future[None]:
        """Has the store closed after everything that was handed over, and the thread end then."""
        executor, self._executor = self._executor, None
        assert executor is not None

        def close() -> None:
            if self._store is not None:
                self._store.close()

        closed = executor.submit(close)
        executor.shutdown(wait=False)
        return closed


def _log_error(future: Future[T]) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        _LOG.error("The store failed at work that nobody waits for any more: %s", error)
