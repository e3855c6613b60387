"""Widgets that are taken away while the program ends."""

from __future__ import annotations

import asyncio

from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from llamachat.tui.removing import removed


class Slow(Static):
    """Takes its time to go."""

    def __init__(self, may_go: asyncio.Event) -> None:
        super().__init__("going")
        self.going = asyncio.Event()
        self._may_go = may_go

    async def on_unmount(self) -> None:
        self.going.set()
        await self._may_go.wait()


class Widgets(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.may_go = asyncio.Event()

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Slow(self.may_go)


async def test_who_is_cancelled_while_widgets_go_does_not_cancel_the_widgets():
    app = Widgets()
    async with app.run_test():
        slow = app.query_one(Slow)
        task = slow._task
        assert task is not None

        async def take_away() -> None:
            await removed(app.query_one(Vertical).remove_children())

        removing = asyncio.create_task(take_away())
        await slow.going.wait()
        removing.cancel()
        await asyncio.wait([removing])
        app.may_go.set()
        await asyncio.wait([task])
        assert not task.cancelled()
