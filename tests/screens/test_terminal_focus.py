"""The terminal loses the focus and gets it back."""

from __future__ import annotations

from pathlib import Path

from textual.events import AppBlur, AppFocus

from llamachat.tui.widgets.composer import Composer
from llamachat.tui.widgets.message_view import MessageView
from tests.screens.scripted import TWO_NODES, ScriptedFleet, ask, running, until


async def test_who_comes_back_to_the_terminal_is_where_they_were(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await ask(pilot, "Hello?")
        await pilot.press("alt+up")
        await until(pilot, lambda: isinstance(pilot.app.focused, MessageView))
        message = pilot.app.focused
        pilot.app.post_message(AppBlur())
        await until(pilot, lambda: pilot.app.focused is None)
        pilot.app.post_message(AppFocus())
        await until(pilot, lambda: pilot.app.focused is message)


async def test_what_had_the_focus_and_is_gone_does_not_get_it_back(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        pilot.app.post_message(AppBlur())
        await until(pilot, lambda: pilot.app.focused is None)
        await pilot.app.query_one(Composer).remove()
        pilot.app.post_message(AppFocus())
        await pilot.pause()
        assert pilot.app.focused is None
        assert pilot.app.app_focus


async def test_a_key_that_comes_without_a_word_about_the_focus_is_typed(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        pilot.app.post_message(AppBlur())
        await until(pilot, lambda: pilot.app.focused is None)
        await pilot.press("x")
        await until(pilot, lambda: pilot.app.screen.query_one(Composer).text == "x")
