"""Taking widgets away without taking the program down."""

from __future__ import annotations

import asyncio

from textual.await_remove import AwaitRemove


async def removed(removal: AwaitRemove) -> None:
    """Waits until the widgets are gone; cancelling the wait leaves the removal to itself.

    Textual cancels what a timer or a worker does when the program ends. Awaited there directly, `AwaitRemove` would
    pass that on to the widgets' own tasks, and the end, which waits for those, would fail.
    """
    await asyncio.shield(_wait(removal))


async def _wait(removal: AwaitRemove) -> None:
    await removal
