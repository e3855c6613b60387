"""Keys that arrive together, as they do over a slow line: each finds the focus where the one before it has put it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.events import Key, Paste
from textual.pilot import Pilot
from textual.widgets import Input

from llamachat.tui.screens.chat import ChatScreen
from llamachat.tui.screens.help import HelpScreen
from llamachat.tui.screens.nodes_dialogs import AddNodeScreen
from llamachat.tui.widgets.composer import Composer
from llamachat.tui.widgets.message_view import MessageView
from tests.screens.samples import CODE
from tests.screens.scripted import TWO_NODES, ScriptedFleet, answer, ask, opened, running, shows, until


def together(pilot: Pilot[int], *keys: str) -> None:
    """Presses keys so fast that none has taken effect when the next one comes."""
    for key in keys:
        pilot.app.post_message(Key(key, key if len(key) == 1 else None))


async def test_a_letter_after_tab_goes_into_the_next_field(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press("f3", "a")
        await opened(pilot, AddNodeScreen)
        together(pilot, "b", "o", "x", "tab", "m", "y", "shift+tab", "B", "X")
        url, name = pilot.app.screen.query_one("#url", Input), pilot.app.screen.query_one("#name", Input)
        await until(pilot, lambda: (url.value, name.value) == ("BX", "my"))  # coming back selects what is there


async def test_a_paste_after_tab_goes_into_the_next_field(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press("f3", "a")
        await opened(pilot, AddNodeScreen)
        together(pilot, "b", "tab")
        pilot.app.post_message(Paste("my box"))
        together(pilot, "!")
        name = pilot.app.screen.query_one("#name", Input)
        await until(pilot, lambda: name.value == "my box!")


async def test_a_number_after_the_way_to_a_message_copies_its_code(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES, answer(CODE)), tmp_path) as pilot:
        await ask(pilot, "code")
        await shows(pilot, "1 copy")
        together(pilot, "alt+up", "1")
        await shows(pilot, "Sent code block 1")
        assert pilot.app.screen.query_one(Composer).text == ""


async def test_letters_after_the_way_to_the_chat_are_written_and_nothing_is_done_to_a_node(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press("f3")
        await shows(pilot, "llama-01")
        together(pilot, "f2", "d", "x")
        await until(pilot, lambda: [one.text for one in pilot.app.screen.query(Composer)] == ["dx"])


async def test_a_key_that_starts_something_long_holds_up_the_next_one_only_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    done = asyncio.Event()

    async def sending(self: ChatScreen, event: Composer.Sent) -> None:
        event.stop()
        await done.wait()

    monkeypatch.setattr(ChatScreen, "on_composer_sent", sending)
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        together(pilot, "h", "i", "enter", "t", "h", "e", "r", "e")
        while pilot.app.screen.query_one(Composer).text != "there":  # noqa: ASYNC110  the pilot would wait for the screen
            await asyncio.sleep(0.01)
        done.set()


async def test_deleting_all_messages_in_a_burst_leaves_the_conversation_alone(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES, answer("first answer"), answer("second answer")), tmp_path) as pilot:
        for question, said in (("one", "first answer"), ("two", "second answer")):
            await ask(pilot, question)
            await shows(pilot, said)
        together(pilot, "alt+up", *["d"] * 12, "f1")
        await opened(pilot, HelpScreen)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.focused, Composer | MessageView))
        services = pilot.app.services  # type: ignore[attr-defined]
        assert await services.store.run(lambda store: [chat.title for chat in store.list_chats()]) == ["one"]
