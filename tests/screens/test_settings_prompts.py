"""The library of prompts on the Settings tab: what a person does there, key by key."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from llamachat.config.loading import parse
from llamachat.tui.screens.chat import ChatScreen
from llamachat.tui.screens.chat_settings import ChatSettingsScreen
from llamachat.tui.screens.choosing import ChoiceScreen
from llamachat.tui.screens.editing import EditScreen
from llamachat.tui.screens.history_naming import NameScreen
from llamachat.tui.screens.settings import SettingsScreen
from llamachat.tui.widgets.setting_prompts import PromptList
from tests.screens.covering import covers
from tests.screens.scripted import (
    TWO_NODES,
    ScriptedApp,
    ScriptedFleet,
    answer,
    ask,
    lines,
    opened,
    shows,
    typed,
    until,
)

FILE = """# mine
[chat]
titles = "words"

[prompts]
# for work
"Code review" = "Name every defect."
Poet = '''
Write verse.
No prose.'''
"""


@asynccontextmanager
async def library(path: Path, text: str = FILE, size: tuple[int, int] = (80, 24)) -> AsyncGenerator[Pilot[Any], None]:
    """The app with the library open and in focus."""
    file = path / "config.toml"
    file.write_text(text)
    app = ScriptedApp(ScriptedFleet(TWO_NODES, answer("Hello.")), path, settings=parse(text, file))
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        await to_library(pilot)
        yield pilot


async def to_library(pilot: Pilot[Any]) -> None:
    await pilot.press("f4")
    await opened(pilot, SettingsScreen)
    await pilot.app.run_action("show_group('prompts')", pilot.app.screen)
    await until(pilot, lambda: isinstance(pilot.app.focused, PromptList))


def saved(pilot: Pilot[Any]) -> str:
    return pilot.app.config_file.read_text()  # type: ignore[attr-defined]


async def save(pilot: Pilot[Any]) -> None:
    await pilot.press("ctrl+s")
    await shows(pilot, "All is saved")


@covers("prompt.add")
async def test_a_prompt_of_several_lines_is_added_saved_and_chosen_for_a_conversation(tmp_path: Path):
    async with library(tmp_path) as pilot:
        await pilot.press("a")
        await opened(pilot, NameScreen)
        await typed(pilot, "Cook")
        await pilot.press("enter")
        await opened(pilot, EditScreen)
        await typed(pilot, "One dish.")
        await pilot.press("ctrl+j")
        await typed(pilot, "No more.")
        await pilot.press("enter")
        await shows(pilot, "● Cook")
        assert saved(pilot) == FILE
        await save(pilot)
        assert saved(pilot) == f'{FILE}Cook = """\nOne dish.\nNo more."""\n'
        await pilot.press("f2")
        await opened(pilot, ChatScreen)
        await pilot.press("ctrl+s")
        await opened(pilot, ChatSettingsScreen)
        await pilot.press("ctrl+l")
        await opened(pilot, ChoiceScreen)
        await shows(pilot, "One dish. No more.")
        await pilot.press("end", "enter")
        await opened(pilot, ChatSettingsScreen)
        await pilot.press("ctrl+s")
        await shows(pilot, "prompt Cook")
        await ask(pilot, "Hi")
        await shows(pilot, "Hello.")
        assert pilot.app.fleet.turns[0].messages[0].content == "One dish.\nNo more."  # type: ignore[attr-defined]


@covers("prompt.edit")
async def test_a_prompt_is_changed_and_taking_the_save_back_has_it_as_before(tmp_path: Path):
    async with library(tmp_path) as pilot:
        await pilot.press("down", "enter")
        await opened(pilot, EditScreen)
        await shows(pilot, "No prose.")
        await typed(pilot, " Ever.")
        await pilot.press("enter")
        await shows(pilot, "● Poet")
        await save(pilot)
        assert parse(saved(pilot)).prompts["Poet"] == "Write verse.\nNo prose. Ever."
        await pilot.press("f8")
        await until(pilot, lambda: saved(pilot) == FILE)


@covers("prompt.rename")
async def test_a_prompt_is_renamed_where_it_stands_in_the_file(tmp_path: Path):
    async with library(tmp_path) as pilot:
        await pilot.press("r")
        await opened(pilot, NameScreen)
        for wrong, reason in (("Poet", "There is a prompt of that name already."), ("none", "other than")):
            pilot.app.screen.query_one(Input).value = wrong
            await pilot.press("enter")
            await shows(pilot, reason)
        pilot.app.screen.query_one(Input).value = "Review"
        await pilot.press("enter")
        await shows(pilot, "● Review")
        await shows(pilot, "taken out when you save")
        await save(pilot)
        assert saved(pilot) == FILE.replace('"Code review"', "Review")


@covers("prompt.remove", "prompt.restore")
async def test_a_prompt_is_taken_out_only_by_saving_and_can_be_had_again_before(tmp_path: Path):
    async with library(tmp_path) as pilot:
        await pilot.press("x")
        await shows(pilot, "taken out when you save")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: not any("●" in line and "Code review" in line for line in lines(pilot.app)))
        await pilot.press("delete")
        await shows(pilot, "● 1 not saved")
        await save(pilot)
        assert dict(parse(saved(pilot)).prompts) == {"Poet": "Write verse.\nNo prose."}


async def test_what_was_thrown_away_is_had_again(tmp_path: Path):
    async with library(tmp_path) as pilot:
        await pilot.press("x", "f9")
        await shows(pilot, "All is saved")
        await pilot.press("f8")
        await shows(pilot, "taken out when you save")


async def test_escape_while_naming_or_writing_changes_nothing(tmp_path: Path):
    async with library(tmp_path) as pilot:
        await pilot.press("a")
        await opened(pilot, NameScreen)
        await pilot.press("escape")
        await opened(pilot, SettingsScreen)
        await pilot.press("enter")
        await opened(pilot, EditScreen)
        await typed(pilot, "x")
        await pilot.press("escape")
        await opened(pilot, SettingsScreen)
        await shows(pilot, "All is saved")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_an_empty_library_says_what_it_is_for_at_every_size(tmp_path: Path, size: tuple[int, int]):
    async with library(tmp_path, "[look]\nmotion = false\n", size=size) as pilot:
        await shows(pilot, "No prompt yet; a adds one.")
        await pilot.press("enter", "x", "r")
        await shows(pilot, "All is saved")


async def test_names_and_texts_are_data(tmp_path: Path):
    text = '[prompts]\n"[red]x[/red]" = "a\\u001b[2Jb [blink]c"\n'
    async with library(tmp_path, text) as pilot:
        await shows(pilot, "[red]x[/red]")
        await shows(pilot, "[blink]c")
        assert not any("\x1b" in line for line in lines(pilot.app))
