"""Searching, key by key: in the open conversation, and in all of them."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot

from llamachat.fleet.recording import add_question
from llamachat.protocol import ChatMessage
from llamachat.store import StoreThread
from llamachat.tui.screens.searching import SearchScreen
from llamachat.tui.widgets.composer import Composer
from llamachat.tui.widgets.find_bar import FindBar
from llamachat.tui.widgets.message_view import MessageView
from llamachat.tui.widgets.transcript import Transcript
from tests.screens.covering import covers
from tests.screens.scripted import (
    NOON,
    TWO_NODES,
    ScriptedFleet,
    lines,
    open_newest,
    opened,
    press_until,
    running,
    shows,
    until,
)


async def filled(path: Path, *texts: str) -> str:
    """A conversation with these questions; its id."""
    async with StoreThread(path / "history.db") as store:
        chat = await store.run(lambda s: s.create_chat())
        for number, text in enumerate(texts):
            await store.run(lambda s, text=text, number=number: add_question(s, chat, text, NOON - 1000 + number))
    return chat


def focused(pilot: Pilot[int]) -> str:
    """The text of the message that has the focus."""
    view = pilot.app.focused
    return view.text if isinstance(view, MessageView) else ""


@covers("chat.find", "message.find_next", "message.find_before")
async def test_words_are_found_in_the_conversation_and_gone_through(tmp_path: Path):
    await filled(tmp_path, "Größe one", "nothing here", "the GROSSE two", "größe three")
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await open_newest(pilot)
        await pilot.press("f8", *"größe")
        await shows(pilot, "2 messages, Enter goes there")
        await pilot.press("enter")
        await until(pilot, lambda: focused(pilot) == "größe three")
        await shows(pilot, "2 of 2, n next, N before")
        await pilot.press("N")
        await until(pilot, lambda: focused(pilot) == "Größe one")
        await pilot.press("N")
        await until(pilot, lambda: focused(pilot) == "größe three")
        await pilot.press("n")
        await until(pilot, lambda: focused(pilot) == "Größe one")
        await pilot.press("escape")
        assert not pilot.app.screen.query_one(FindBar).is_open
        assert pilot.app.screen.query_one(Composer).has_focus


@covers("message.find")
async def test_words_that_are_not_there_are_told(tmp_path: Path):
    await filled(tmp_path, "one")
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await open_newest(pilot)
        await pilot.press("alt+up", "n")
        await shows(pilot, "Nothing is looked for")
        await pilot.press("/", *"zebra", "enter")
        await shows(pilot, "not in this conversation")


@covers("chat.page_down")
async def test_a_place_far_above_is_loaded_with_what_stands_around_it(tmp_path: Path):
    await filled(tmp_path, *(f"message {number}" for number in range(200)))
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await open_newest(pilot)
        await shows(pilot, "message 199")
        await pilot.press("f8", *"message 77", "enter")
        await until(pilot, lambda: focused(pilot) == "message 77")
        await shows(pilot, "message 77")
        transcript = pilot.app.screen.query_one(Transcript)
        assert len(transcript.messages) < 100
        # Further down the rest is loaded as the reader comes to it, and nothing is left out or doubled.
        await press_until(pilot, "pagedown", lambda: transcript.messages[-1].text == "message 199")
        shown = [view.text for view in transcript.messages]
        assert shown == [f"message {number}" for number in range(int(shown[0].split()[1]), 200)]


async def test_escape_returns_to_the_end_after_a_search_led_far_up(tmp_path: Path):
    await filled(tmp_path, *(f"message {number}" for number in range(200)))
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await open_newest(pilot)
        await pilot.press("f8", *"message 7", "enter", "n")
        await until(pilot, lambda: focused(pilot) == "message 7")
        await pilot.press("escape", "escape")
        await shows(pilot, "message 199")


@covers("history.search")
async def test_all_conversations_are_searched_while_one_types_and_a_hit_leads_to_its_message(tmp_path: Path):
    await filled(tmp_path, "About whales and their songs", "unrelated")
    await filled(tmp_path, *(f"filler {number}" for number in range(90)), "a whale again", *["more"] * 60)
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press("f5", "f5", "/")
        await opened(pilot, SearchScreen)
        await shows(pilot, "role:user in:folder")
        await pilot.press(*"whale aga")
        await shows(pilot, "1 found")
        assert any("a whale again" in line for line in lines(pilot.app))
        await pilot.press("enter")
        await until(pilot, lambda: focused(pilot) == "a whale again")
        await shows(pilot, "a whale again")


@covers("chat.search")
async def test_hits_are_chosen_with_the_arrows_and_filters_hold(tmp_path: Path):
    await filled(tmp_path, "alpha one", "alpha two", "alpha three")
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press("f9", *"alpha after:2025-06-16 role:user")
        await shows(pilot, "3 found")
        await pilot.press("down", "enter")
        await until(pilot, lambda: focused(pilot).startswith("alpha"))


async def test_a_search_without_result_or_sense_says_what_to_do(tmp_path: Path):
    await filled(tmp_path, "alpha")
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press("f9", *"zebra")
        await shows(pilot, "Use fewer words")
        await pilot.press("ctrl+u", *"after:never alpha")
        await shows(pilot, "after:never is no day.")
        await pilot.press("enter", "escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, SearchScreen))


async def test_a_hit_on_another_branch_switches_to_it(tmp_path: Path):
    async with StoreThread(tmp_path / "history.db") as store:
        chat = await store.run(lambda s: s.create_chat())
        asked = await store.run(lambda s: add_question(s, chat, "which?", NOON - 100))
        for number, text in enumerate(("the hidden zebra", "the shown horse")):
            given = ChatMessage(
                id=f"a{number}", parent_id=asked.id, role="assistant", content=text, created_at=NOON - 90 + number,
                finish_reason="stop",
            )  # fmt: skip
            await store.run(lambda s, given=given: s.add_message(given, chat))
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press("f9", *"zebra")
        await shows(pilot, "1 found")
        await pilot.press("enter")
        await until(pilot, lambda: focused(pilot) == "the hidden zebra")
        await shows(pilot, "‹ 1/2 ›")
