"""What is done with a message, key by key: copied, asked again, gone on with, switched, quoted, saved, deleted."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from llamachat.fleet.events import Delta
from llamachat.tui.screens.choosing import ChoiceScreen
from llamachat.tui.screens.editing import EditScreen
from llamachat.tui.screens.saving import SaveScreen
from llamachat.tui.widgets.composer import Composer
from llamachat.tui.widgets.message_view import MessageView
from tests.screens.covering import covers
from tests.screens.samples import CODE, ROUTED, offering
from tests.screens.scripted import (
    TWO_NODES,
    ScriptedFleet,
    answer,
    ask,
    finished,
    lines,
    open_newest,
    opened,
    running,
    shows,
    until,
)


@asynccontextmanager
async def answered(
    tmp_path: Path, text: str, *more: Any, size: tuple[int, int] = (80, 30), nodes: Any = TWO_NODES
) -> AsyncGenerator[tuple[Pilot[int], ScriptedFleet]]:
    """A question with its answer on the screen; `more` is what comes next."""
    fleet = ScriptedFleet(nodes, answer(text), *more)
    async with running(fleet, tmp_path, size=size) as pilot:
        await ask(pilot, "first")
        await until(pilot, lambda: len(views(pilot)) == 2 and bool(views(pilot)[1].finish_reason))
        yield pilot, fleet


def views(pilot: Pilot[int]) -> list[MessageView]:
    return list(pilot.app.screen.query(MessageView))


def texts(pilot: Pilot[int]) -> list[str]:
    return [view.text for view in views(pilot)]


async def settled(pilot: Pilot[int], *expected: str) -> None:
    """Waits until these messages are shown, and the last one has ended."""
    await until(pilot, lambda: texts(pilot) == list(expected))


async def to_the_other_branch(pilot: Pilot[int], at: int) -> None:
    """Switches between two branches at that message. The clock stands still, so either may be the first."""
    branch = views(pilot)[at].branch
    await pilot.press("left" if branch == (2, 2) else "right")


@covers("message.menu")
async def test_the_menu_offers_what_can_be_done_and_does_it(tmp_path: Path):
    async with answered(tmp_path, CODE) as (pilot, _):
        await pilot.press("alt+up", "enter")
        await shows(pilot, "Copy code block 2")
        text = "\n".join(lines(pilot.app))
        assert "Answer again" in text
        assert "Edit and ask again" not in text  # an answer is not edited
        await pilot.press("2")
        await shows(pilot, "Sent code block 2")
        assert pilot.app.clipboard == "import os\n"


async def test_the_menu_is_walked_with_arrows_and_closed_with_escape(tmp_path: Path):
    async with answered(tmp_path, "Fine") as (pilot, _):
        await pilot.press("alt+up", "enter")
        await opened(pilot, ChoiceScreen)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ChoiceScreen))
        await pilot.press("enter")
        await opened(pilot, ChoiceScreen)
        await pilot.press("enter")
        await shows(pilot, "Sent the message")
        assert pilot.app.clipboard == "Fine"


@covers("message.edit", "message.before", "message.after")
async def test_an_edited_question_becomes_a_branch_beside_the_old_one(tmp_path: Path):
    async with answered(tmp_path, "One", answer("Two")) as (pilot, fleet):
        await pilot.press("alt+up", "alt+up", "e")
        await opened(pilot, EditScreen)
        await pilot.press(*" changed", "enter")
        await settled(pilot, "first changed", "Two")
        await shows(pilot, "/2 ›")
        assert [message.content for message in fleet.turns[1].messages] == ["first changed"]
        assert pilot.app.screen.query_one(Composer).has_focus
        await pilot.press("alt+up", "alt+up")
        await to_the_other_branch(pilot, 0)
        await settled(pilot, "first", "One")
        await to_the_other_branch(pilot, 0)
        await settled(pilot, "first changed", "Two")


@covers("message.again")
async def test_an_answer_is_given_again_as_a_branch(tmp_path: Path):
    async with answered(tmp_path, "One", answer("Two")) as (pilot, fleet):
        await pilot.press("alt+up", "r")
        await settled(pilot, "first", "Two")
        await shows(pilot, "/2 ›")
        assert fleet.turns[1].messages == fleet.turns[0].messages
        await until(pilot, lambda: not fleet.running)
        await pilot.press("alt+up")
        await to_the_other_branch(pilot, 1)
        await settled(pilot, "first", "One")
        await until(pilot, lambda: views(pilot)[1].has_focus)
        await pilot.press("left" if views(pilot)[1].branch == (1, 2) else "right")
        await shows(pilot, "There is no other branch")


@covers("message.again_with")
@pytest.mark.parametrize(("choice", "node", "model"), [("down", "llama-01", None), ("up", None, "qwen")])
async def test_an_answer_is_given_again_by_a_node_or_a_model_of_choice(
    tmp_path: Path, choice: str, node: str | None, model: str | None
):
    nodes = (offering("llama-01", "llama3-8b"), offering("llama-02", "llama3-8b", "qwen"))
    async with answered(tmp_path, "One", answer("Two"), nodes=nodes) as (pilot, fleet):
        await pilot.press("alt+up", "R")
        await shows(pilot, "With qwen")
        assert any("on llama-01, llama-02" in line for line in lines(pilot.app))
        await pilot.press(choice, "enter")
        await settled(pilot, "first", "Two")
    assert (fleet.turns[1].node, fleet.turns[1].model) == (node, model)


@covers("message.go_on")
async def test_an_answer_that_ended_early_is_gone_on_with(tmp_path: Path):
    early = [ROUTED, Delta("llama-01", "llama3-8b", 0, "Half", 1), finished("Half", finish_reason="length")]
    rest = [ROUTED, Delta("llama-01", "llama3-8b", 4, " and whole", 1), finished("Half and whole")]
    fleet = ScriptedFleet(TWO_NODES, early, rest)
    async with running(fleet, tmp_path) as pilot:
        await ask(pilot, "x")
        await shows(pilot, "ended at the length limit")
        await pilot.press("alt+up", "g")
        await shows(pilot, "Half and whole")
        await until(pilot, lambda: not any("length limit" in line for line in lines(pilot.app)))
        assert texts(pilot) == ["x", "Half and whole"]
        await pilot.press("g")
        await shows(pilot, "when it ended early")
    assert (fleet.turns[1].message_id, fleet.turns[1].prefix) == (fleet.turns[0].message_id, "Half")
    assert [message.content for message in fleet.turns[1].messages] == ["x"]


async def test_nothing_is_branched_while_an_answer_comes(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES, [ROUTED, Delta("llama-01", "llama3-8b", 0, "Half", 1), None, finished("Half")])
    async with running(fleet, tmp_path) as pilot:
        await ask(pilot, "x")
        await shows(pilot, "Half▊")
        await pilot.press("alt+up", "r")
        await shows(pilot, "An answer is coming")
        assert len(fleet.turns) == 1
        fleet.go_on()
        await until(pilot, lambda: views(pilot)[1].finish_reason == "stop")


@covers("message.quote")
async def test_a_message_is_quoted_into_what_is_being_written(tmp_path: Path):
    async with answered(tmp_path, "One\n\ntwo") as (pilot, _):
        await pilot.press(*"so:", "alt+up", "q", *"why?")
        assert pilot.app.screen.query_one(Composer).text == "so:\n\n> One\n>\n> two\n\nwhy?"


@covers("message.raw")
async def test_the_raw_text_is_shown_and_laid_out_again(tmp_path: Path):
    async with answered(tmp_path, "**bold** [red]x[/red]") as (pilot, _):
        await pilot.press("alt+up", "w")
        await shows(pilot, "**bold** [red]x[/red]")
        await pilot.press("w")
        await until(pilot, lambda: not any("**bold**" in line for line in lines(pilot.app)))


@covers("chat.undo", "message.delete")
async def test_a_deleted_message_is_gone_from_the_conversation_and_comes_back(tmp_path: Path):
    async with answered(tmp_path, "One", answer("Two"), answer("Three")) as (pilot, fleet):
        await ask(pilot, "second")
        await settled(pilot, "first", "One", "second", "Two")
        await until(pilot, lambda: not fleet.running)
        await pilot.press("alt+up", "alt+up", "alt+up", "d")
        await shows(pilot, "Deleted. u brings it back.")
        await settled(pilot, "first", "second", "Two")
        await pilot.press("u")
        await settled(pilot, "first", "One", "second", "Two")
        await pilot.press("d")
        await settled(pilot, "first", "second", "Two")
        await pilot.press("escape")
        await ask(pilot, "third")
        await until(pilot, lambda: len(fleet.turns) == 3)
    assert [message.content for message in fleet.turns[2].messages] == ["first", "second", "Two", "third"]


async def test_after_the_last_message_is_deleted_the_conversation_goes_on_from_what_is_left(tmp_path: Path):
    async with answered(tmp_path, "One", answer("Two")) as (pilot, fleet):
        await pilot.press("alt+up", "delete")
        await settled(pilot, "first")
        await pilot.press("escape")
        await ask(pilot, "second")
        await settled(pilot, "first", "second", "Two")
    assert [message.content for message in fleet.turns[1].messages] == ["first", "second"]


@covers("message.save")
async def test_code_is_saved_to_a_file_and_never_over_another_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "code-2.py").write_text("mine")
    async with answered(tmp_path, CODE) as (pilot, _):
        await pilot.press("alt+up", "s")
        await shows(pilot, "Which code block?")
        await pilot.press("2")
        await opened(pilot, SaveScreen)
        await pilot.press("enter")
        await shows(pilot, "That file exists.")
        assert (tmp_path / "code-2.py").read_text() == "mine"
        await pilot.press("enter")
        await shows(pilot, "Saved as code-2.py.")
        assert (tmp_path / "code-2.py").read_text() == "import os\n"
        await pilot.press("s", "1")
        await opened(pilot, SaveScreen)
        await pilot.press(*"missing/x.sh", "enter")
        await shows(pilot, "It cannot be saved there: No such file or")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, SaveScreen))
        assert not (tmp_path / "code-1.sh").exists()


async def test_branches_are_there_after_a_restart(tmp_path: Path):
    async with answered(tmp_path, "One", answer("Two")) as (pilot, fleet):
        await pilot.press("alt+up", "r")
        await settled(pilot, "first", "Two")
        await until(pilot, lambda: not fleet.running)
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await shows(pilot, "first")
        await open_newest(pilot)
        await settled(pilot, "first", "Two")
        await pilot.press("alt+up")
        await to_the_other_branch(pilot, 1)
        await settled(pilot, "first", "One")
