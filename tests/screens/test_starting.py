"""What holds from the start of the screen on: the panels that are open, and the conversations that are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from llamachat.config.loading import parse
from llamachat.protocol import ChatMessage
from llamachat.store import Store
from llamachat.tui.widgets.history_list import HistoryList
from llamachat.tui.widgets.live_panel import LivePanel
from tests.screens.scripted import NOON, TWO_NODES, ScriptedApp, ScriptedFleet, lines, shows, until

DAY = 86_400


def open_panels(pilot: Pilot[Any]) -> tuple[bool, bool]:
    """Whether the history and the live panel stand on the screen."""
    screen = pilot.app.screen
    return screen.query_one(HistoryList).display, screen.query_one(LivePanel).display


@pytest.mark.parametrize(
    ("panels", "narrow", "normal", "wide"),
    [
        ("both", (False, False), (True, False), (True, True)),
        ("history", (False, False), (True, False), (True, False)),
        ("live", (False, False), (False, True), (False, True)),
        ("none", (False, False), (False, False), (False, False)),
    ],
)
async def test_the_panels_of_the_settings_are_open_at_the_start_where_there_is_room(
    tmp_path: Path, panels: str, narrow: object, normal: object, wide: object
):
    for size, expected in (((60, 20), narrow), ((80, 24), normal), ((120, 40), wide)):
        settings = parse(f"[look]\npanels = '{panels}'\n")
        async with ScriptedApp(ScriptedFleet(TWO_NODES), tmp_path, settings=settings).run_test(size=size) as pilot:
            await pilot.pause()
            assert open_panels(pilot) == expected, size
            before = open_panels(pilot)
            await pilot.press("f6", "f6")
            assert open_panels(pilot)[1] == before[1]


@pytest.mark.parametrize("panels", ["both", "history", "live", "none"])
async def test_every_panel_can_be_had_with_its_key_whatever_the_settings_say(tmp_path: Path, panels: str):
    settings = parse(f"[look]\npanels = '{panels}'\n")
    async with ScriptedApp(ScriptedFleet(TWO_NODES), tmp_path, settings=settings).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        if not open_panels(pilot)[1]:
            await pilot.press("f6")
        await until(pilot, lambda: open_panels(pilot) == (False, True))
        await pilot.press("f5")
        await until(pilot, lambda: open_panels(pilot) == (True, False))


def fill(path: Path, **ages: float) -> None:
    """Chats whose last message is so many days old at noon."""
    with Store.open(path / "history.db", now=lambda: NOON - 400 * DAY) as store:
        for name, age in ages.items():
            chat = store.create_chat(name, chat_id=name)
            message = ChatMessage(id=f"q-{name}", role="user", content="Hi", created_at=NOON - age * DAY)
            store.add_message(message, chat)


async def test_old_conversations_are_deleted_at_the_start_told_of_and_brought_back(tmp_path: Path):
    fill(tmp_path, old=91, older=300, young=89)
    settings = parse("[privacy]\ndelete_after_days = 90\n")
    async with ScriptedApp(ScriptedFleet(TWO_NODES), tmp_path, settings=settings).run_test(
        size=(80, 24), notifications=True
    ) as pilot:
        await shows(pilot, "young")
        notice = "2 conversations were without a message for more than 90 days, and deleted."
        await until(pilot, lambda: any(notice in one.message for one in pilot.app._notifications))
        assert not any("older" in line for line in lines(pilot.app)[:-8])
        await pilot.press("ctrl+z")
        await shows(pilot, "older")
        with Store.open(tmp_path / "history.db") as store:
            assert {chat.id for chat in store.list_chats()} == {"old", "older", "young"}


async def test_without_the_setting_the_oldest_conversation_is_kept(tmp_path: Path):
    fill(tmp_path, ancient=399)
    async with ScriptedApp(ScriptedFleet(TWO_NODES), tmp_path).run_test(size=(80, 24), notifications=True) as pilot:
        await shows(pilot, "ancient")
        assert not pilot.app._notifications
