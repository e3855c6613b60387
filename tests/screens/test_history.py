"""What is done with a conversation in the history, key by key, titles from a model, pictures of the list."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from llamachat.config import Settings
from llamachat.config.schema import ChatSettings
from llamachat.fleet.events import Delta, Routed
from llamachat.store import ChatSummary
from llamachat.tui.screens.choosing import ChoiceScreen
from llamachat.tui.screens.history_naming import NameScreen
from llamachat.tui.widgets.history_list import HistoryList
from tests.screens.covering import covers
from tests.screens.scenes.history import bar, filled, to
from tests.screens.scripted import (
    TWO_NODES,
    ScriptedApp,
    ScriptedFleet,
    answer,
    ask,
    finished,
    lines,
    opened,
    shows,
    until,
)


@asynccontextmanager
async def at_the_history(path: Path, chat_id: str, *scripts: Any) -> AsyncGenerator[Pilot[Any], None]:
    """The app with the bar on that conversation."""
    await filled(path)
    async with ScriptedApp(ScriptedFleet(TWO_NODES, *scripts), path).run_test(
        size=(80, 24), notifications=True
    ) as pilot:
        await shows(pilot, "Rings")
        history = pilot.app.screen.query_one(HistoryList)
        history.focus_list()
        await pilot.pause()
        await to(pilot, chat_id)
        yield pilot


async def summary(pilot: Pilot[Any], chat_id: str) -> ChatSummary:
    found: ChatSummary = await pilot.app.services.store.read(lambda store: store.summary(chat_id))  # type: ignore[attr-defined]
    return found


def listed(pilot: Pilot[Any]) -> list[str]:
    """The rows of the list."""
    options = pilot.app.screen.query_one(HistoryList).query_one(OptionList)
    return [str(options.get_option_at_index(index).prompt).strip(" ★") for index in range(options.option_count)]


async def test_the_list_has_pinned_dates_folders_and_the_archive_closed(tmp_path: Path):
    async with at_the_history(tmp_path, "rings") as pilot:
        assert listed(pilot) == ["Pinned", "Moons", "Today", "Rings", "Astronomy", "Comets", "▸ Archived (1)"]


async def test_the_archive_opens_and_closes(tmp_path: Path):
    async with at_the_history(tmp_path, ":fold") as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: listed(pilot)[-2:] == ["▾ Archived (1)", "Dust"])
        await pilot.press("d")  # nothing happens to a heading
        await pilot.press("enter")
        await until(pilot, lambda: listed(pilot)[-1] == "▸ Archived (1)")


@covers("history.rename")
async def test_a_conversation_is_renamed_and_has_its_title_again(tmp_path: Path):
    async with at_the_history(tmp_path, "rings") as pilot:
        await pilot.press("r")
        await opened(pilot, NameScreen)
        await pilot.press("ctrl+u", "enter")
        await shows(pilot, "Type a name first")
        await pilot.press(*"Saturn", "enter")
        await until(pilot, lambda: "Saturn" in listed(pilot))
        assert (await summary(pilot, "rings")).title == "Saturn"
        assert bar(pilot) == "rings"
        await pilot.press("u")
        await until(pilot, lambda: "Rings" in listed(pilot))


async def test_escape_leaves_the_title_as_it_was(tmp_path: Path):
    async with at_the_history(tmp_path, "rings") as pilot:
        await pilot.press("r")
        await opened(pilot, NameScreen)
        assert pilot.app.screen.query_one(Input).value == "Rings"
        await pilot.press(*"x", "escape")
        await until(pilot, lambda: bool(pilot.app.screen.query(HistoryList)))
        assert (await summary(pilot, "rings")).title == "Rings"


@covers("history.pin")
async def test_a_conversation_is_pinned_and_let_go(tmp_path: Path):
    async with at_the_history(tmp_path, "rings") as pilot:
        await pilot.press("p")
        await until(pilot, lambda: listed(pilot)[:3] == ["Pinned", "Moons", "Rings"])
        assert bar(pilot) == "rings"
        await pilot.press("p")
        await until(pilot, lambda: listed(pilot)[:4] == ["Pinned", "Moons", "Today", "Rings"])


@covers("history.move")
async def test_a_conversation_is_moved_to_a_folder_that_is_offered_and_back(tmp_path: Path):
    async with at_the_history(tmp_path, "rings") as pilot:
        await pilot.press("m")
        await opened(pilot, ChoiceScreen)
        assert any("Astronomy" in line for line in lines(pilot.app))
        await pilot.press("enter")
        await shows(pilot, "Moved to Astronomy")
        assert (await summary(pilot, "rings")).folder == "Astronomy"
        await pilot.press("u")
        await shows(pilot, "The conversation is where it was.")
        assert (await summary(pilot, "rings")).folder is None


async def test_a_conversation_is_moved_to_a_new_folder(tmp_path: Path):
    async with at_the_history(tmp_path, "rings") as pilot:
        await pilot.press("m")
        await opened(pilot, ChoiceScreen)
        await pilot.press("n")
        await opened(pilot, NameScreen)
        await pilot.press(*"Planets", "enter")
        await until(pilot, lambda: "Planets" in listed(pilot))
        assert (await summary(pilot, "rings")).folder == "Planets"


async def test_a_conversation_is_taken_out_of_its_folder(tmp_path: Path):
    async with at_the_history(tmp_path, "comets") as pilot:
        await pilot.press("m")
        await opened(pilot, ChoiceScreen)
        await pilot.press("o")
        await until(pilot, lambda: "Astronomy" not in listed(pilot))
        assert (await summary(pilot, "comets")).folder is None


@covers("history.archive")
async def test_a_conversation_is_put_away_and_taken_back(tmp_path: Path):
    async with at_the_history(tmp_path, "rings") as pilot:
        await pilot.press("a")
        await until(pilot, lambda: listed(pilot)[-1] == "▸ Archived (2)")
        await to(pilot, ":fold")
        await pilot.press("enter")
        await until(pilot, lambda: "Dust" in listed(pilot))
        await to(pilot, "dust")
        await pilot.press("a")
        await until(pilot, lambda: listed(pilot)[-2:] == ["▾ Archived (1)", "Rings"])
        assert (await summary(pilot, "dust")).folder is None


@covers("history.delete")
async def test_a_deleted_conversation_is_gone_at_once_and_comes_back(tmp_path: Path):
    async with at_the_history(tmp_path, "rings") as pilot:
        await pilot.press("d")
        await until(pilot, lambda: "Rings" not in listed(pilot))
        await shows(pilot, "u brings it back")
        assert (await summary(pilot, "rings")).deleted_at is not None
        assert bar(pilot) == "comets"  # the next one
        await pilot.press("u")
        await until(pilot, lambda: "Rings" in listed(pilot))


async def test_deleting_the_open_conversation_stops_its_answer_and_leaves_an_empty_one(tmp_path: Path):
    running = (Routed("llama-01", "llama3-8b", "free", 40.0), Delta("llama-01", "llama3-8b", 0, "Seven or so", 3), None)
    async with at_the_history(tmp_path, "rings", running) as pilot:
        await pilot.press("enter")
        await shows(pilot, "About Rings")
        await ask(pilot, "How many?")
        await shows(pilot, "Seven or so")
        pilot.app.screen.query_one(HistoryList).focus_list()
        await pilot.pause()
        await to(pilot, "rings")
        await pilot.press("delete")
        await until(pilot, lambda: not any("Seven" in line for line in lines(pilot.app)))
        await until(pilot, lambda: pilot.app.fleet.cancelled != [])  # type: ignore[attr-defined]
        assert "Rings" not in listed(pilot)


# ── titles ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def with_titles(path: Path, *scripts: Any) -> ScriptedApp:
    settings = Settings(chat=ChatSettings(titles="model"))
    return ScriptedApp(ScriptedFleet(TWO_NODES, *scripts), path, settings=settings)


async def test_the_model_names_a_new_conversation_when_its_answer_has_come(tmp_path: Path):
    app = with_titles(tmp_path, answer("Scattering."), [finished("Sky colour")])
    async with app.run_test(size=(80, 24)) as pilot:
        await ask(pilot, "Why is the sky blue?")
        await until(pilot, lambda: "▸ Sky colour" in listed(pilot))
        assert [turn.node for turn in app.fleet.turns] == [None, "llama-01"]


async def test_a_question_is_not_kept_waiting_by_a_title(tmp_path: Path):
    app = with_titles(
        tmp_path, answer("Scattering."), [None, finished("Sky colour")], answer("Also."), [finished("Sky")]
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await ask(pilot, "Why is the sky blue?")
        await until(pilot, lambda: len(app.fleet.turns) == 2)
        await ask(pilot, "And the sea?")
        await shows(pilot, "Also.")
        await until(pilot, lambda: "▸ Sky" in listed(pilot))  # asked for again after the next answer


async def test_with_words_nobody_is_asked_for_a_title(tmp_path: Path):
    app = with_titles(tmp_path, answer("Scattering."), answer("Also."))
    app.services.settings = Settings(chat=ChatSettings(titles="words"))  # as the Settings tab does it
    async with app.run_test(size=(80, 24)) as pilot:
        await ask(pilot, "Why is the sky blue?")
        await shows(pilot, "Scattering.")
        await ask(pilot, "And the sea?")
        await shows(pilot, "Also.")
        assert len(app.fleet.turns) == 2
        assert "▸ Why is the sky blue?" in listed(pilot)
