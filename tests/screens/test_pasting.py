"""What is pasted or dropped on the terminal lands where one writes, wherever the focus is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.events import Paste
from textual.widgets import Input

from llamachat.fleet import NodeSnapshot
from llamachat.tui.widgets.attachment_row import AttachmentChip
from llamachat.tui.widgets.composer import FOLD_LINES, Composer
from tests.screens.scripted import TWO_NODES, ScriptedFleet, answer, ask, running, shows, until

ELSEWHERE: dict[str, tuple[Sequence[NodeSnapshot], Sequence[str]]] = {
    "history": (TWO_NODES, ("f5", "f5")),
    "message": (TWO_NODES, ("alt+up",)),
    "first steps": ((), ()),
    "composer": (TWO_NODES, ()),
}


@pytest.mark.parametrize("place", ELSEWHERE)
async def test_text_is_inserted_once_and_can_be_gone_on_with(tmp_path: Path, place: str):
    nodes, keys = ELSEWHERE[place]
    async with running(ScriptedFleet(nodes, answer("Hello.")), tmp_path) as pilot:
        if place == "message":
            await ask(pilot, "Hi")
            await shows(pilot, "Hello.")
        await pilot.press(*keys)
        composer = pilot.app.screen.query_one(Composer)
        assert composer.has_focus == (place == "composer")
        pilot.app.post_message(Paste("two\nlines"))
        await until(pilot, lambda: composer.text == "two\nlines")
        await pilot.press("!")
        assert composer.text == "two\nlines!"


async def test_files_are_attached(tmp_path: Path):
    file = tmp_path / "notes.txt"
    file.write_text("some notes")
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press("f5", "f5")
        pilot.app.post_message(Paste(str(file)))
        await until(pilot, lambda: bool(pilot.app.screen.query(AttachmentChip)))
        assert pilot.app.screen.query_one(Composer).text == ""


async def test_a_long_text_is_folded_there_too(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press("f5", "f5")
        pilot.app.post_message(Paste("line\n" * (FOLD_LINES + 1)))
        await shows(pilot, "[pasted")
        assert pilot.app.screen.query_one(Composer).message.count("line") == FOLD_LINES + 1


async def test_a_field_that_takes_text_keeps_it(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press("f8")
        pilot.app.post_message(Paste("needle"))
        field = pilot.app.screen.query_one("FindBar Input", Input)
        await until(pilot, lambda: field.value == "needle")
        assert pilot.app.screen.query_one(Composer).text == ""
