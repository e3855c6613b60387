"""Tasks that end before what started them goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
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
