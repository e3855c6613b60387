"""Where everything that concerns a turn arrives, in order, to be waited for in one place."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Items from anywhere on the event loop for one reader. A poke wakes the reader without an item."""

    def __init__(self) -> None:
        self._items: deque[T] = deque()
        self._wake = asyncio.Event()

    def put(self, item: T) -> None:
        """Adds an item."""
        self._items.append(item)
        self._wake.set()

    def poke(self) -> None:
        """Something changed that the reader should look at."""
        self._wake.set()

    async def wait(self, seconds: float | None) -> None:
        """Until something was put or poked since the last `take_all`, or the time is up."""
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    def take_all(self) -> list[T]:
        """Everything that arrived."""
        self._wake.clear()
        items = list(self._items)
        self._items.clear()
        return items
