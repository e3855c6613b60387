"""The history beside the conversation."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from llamachat.fleet.recording import add_question
from llamachat.store import Store, StoreThread
from llamachat.tui.screens.choosing import ChoiceScreen
from llamachat.tui.screens.history_naming import NameScreen
from llamachat.tui.widgets.history_list import HistoryList
from tests.screens.scenes.scene import Scene
from tests.screens.scripted import NOON, opened, shows


def fill(store: Store) -> None:
    """Rings (today), Moons (pinned), Comets (a folder), Dust (archived), all asked something."""
    for age, title in enumerate(("Rings", "Moons", "Comets", "Dust")):
        store.create_chat(title, chat_id=title.lower())
        add_question(store, title.lower(), f"About {title}", NOON - age * 60)
    store.set_pinned("moons", True)
    store.set_folder("comets", "Astronomy")
    store.set_folder("dust", "Archived")


async def filled(path: Path, patch: pytest.MonkeyPatch | None = None) -> None:
    """A history with those."""
    async with StoreThread(path / "history.db") as store:
        await store.run(fill)


async def to(pilot: Pilot[Any], option_id: str) -> None:
    """Goes to a conversation in the list."""
    options = pilot.app.screen.query_one(HistoryList).query_one(OptionList)
    await pilot.press("home")
    for _ in range(options.option_count):
        if bar(pilot) == option_id:
            return
        await pilot.press("down")
    assert bar(pilot) == option_id


def bar(pilot: Pilot[Any]) -> str | None:
    """What is under the bar of the list."""
    option = pilot.app.screen.query_one(HistoryList).query_one(OptionList).highlighted_option
    return option.id if option else None


async def archive_open(pilot: Pilot[Any]) -> None:
    """The conversations that were put away are shown."""
    history = pilot.app.screen.query_one(HistoryList)
    if not history.display:
        await pilot.press("f5")
    await shows(pilot, "Rings")
    history.focus_list()
    await pilot.pause()
    await to(pilot, ":fold")
    await pilot.press("enter")
    await shows(pilot, "Dust")


async def renaming(pilot: Pilot[Any]) -> None:
    """A conversation is given another title."""
    await archive_open(pilot)
    await to(pilot, "comets")
    await pilot.press("r")
    await opened(pilot, NameScreen)


async def moving(pilot: Pilot[Any]) -> None:
    """A conversation is put into a folder."""
    await archive_open(pilot)
    await to(pilot, "rings")
    await pilot.press("m")
    await opened(pilot, ChoiceScreen)


SCREENS: Final = {
    "history": Scene(prepare=filled, steps=archive_open, fresh=True),
    "history-renamed": Scene(prepare=filled, steps=renaming, fresh=True),
}
STATES: Final = {"history-moved": Scene(prepare=filled, steps=moving)}
