"""Tasks that end before what started them goes on, and work that nobody has to wait for."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

_T = TypeVar("_T")


async def cancel_and_wait(*tasks: asyncio.Task[_T]) -> list[_T | BaseException]:
    """Cancels the tasks and waits until each has ended; returns what each came to, errors included."""
    for task in tasks:
        task.cancel()
    return await asyncio.gather(*tasks, return_exceptions=True)


async def run_until(work: Coroutine[Any, Any, None], end: Coroutine[Any, Any, Any]) -> bool:
    """Runs `work` to its end, or until `end` is done; returns whether it ended by itself. Both have ended then.

    Raises:
        Exception: what `work` raised.
    """
    working, ending = asyncio.create_task(work), asyncio.create_task(end)
    try:
        await asyncio.wait((working, ending), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
            return True
        return False
    finally:
        await cancel_and_wait(working, ending)


async def run_apart(work: Callable[[], _T]) -> _T:
    """Runs `work`, which may block, in a daemon thread of its own; returns what it returns or raises what it raises.

    When the caller is cancelled it runs on, unheard. Unlike the loop's own threads, one that a dead disk holds for ever
    does not hold the end of the program.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[_T] = loop.create_future()

    def settle(done: Future[_T]) -> None:
        if outcome.done():
            return
        if error := done.exception():
            outcome.set_exception(error)
        else:
            outcome.set_result(done.result())

    def run() -> None:
        done: Future[_T] = Future()
        try:
            done.set_result(work())
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
            done.set_exception(error)
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile, and nobody waits
            loop.call_soon_threadsafe(settle, done)

    threading.Thread(target=run, name="apart", daemon=True).start()
    return await outcome
