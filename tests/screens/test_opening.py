"""What is typed while the program is still being loaded, and what becomes of it when it cannot be."""

from __future__ import annotations

import asyncio
from datetime import UTC
from pathlib import Path

from textual.events import Paste

from llamachat.config import Settings
from llamachat.store import StoreError, StoreThread
from llamachat.tui.app import StartingApp
from llamachat.tui.opening import Opening, OpeningScreen
from llamachat.tui.services import Services
from llamachat.tui.widgets.composer import Composer
from tests.screens.scripted import NOON, TWO_NODES, ScriptedFleet, until


async def test_everything_typed_before_there_is_a_composer_is_in_it_in_order_and_sent(tmp_path: Path):
    may_open = asyncio.Event()
    fleet = ScriptedFleet(TWO_NODES)
    async with StoreThread(tmp_path / "history.db") as store:

        async def open_core() -> Services:
            await may_open.wait()
            return Services(Settings(), fleet, store, clock=lambda: NOON, zone=UTC)  # type: ignore[arg-type]

        app = StartingApp(Opening(Settings(), None, open_core))
        async with app.run_test() as pilot:
            await pilot.press(*"one", "shift+enter", *"two", "enter")
            app.post_message(Paste("three"))
            await pilot.pause()
            assert isinstance(app.screen, OpeningScreen)
            may_open.set()
            await until(
                pilot, lambda: bool(app.screen.query(Composer)) and app.screen.query_one(Composer).text == "three"
            )
            await until(pilot, lambda: bool(fleet.turns))
            assert fleet.turns[0].messages[-1].content == "one\ntwo"


async def test_a_history_that_cannot_be_opened_ends_the_program_with_its_reason(tmp_path: Path):
    async def open_core() -> Services:
        raise StoreError("broken", f"{tmp_path} cannot be read.")

    app = StartingApp(Opening(Settings(), None, open_core))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app._exit)
    assert "cannot be read" in str(app.failure)
