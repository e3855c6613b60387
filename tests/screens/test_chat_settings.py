"""What a conversation has of its own: chosen, filled in, shown, and used by every question of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from llamachat.config.loading import parse
from llamachat.fleet.events import Failed, TurnEvent
from llamachat.protocol import PromptMessage
from llamachat.store import OwnSettings, Store
from llamachat.tui.screens.chat import ChatScreen
from llamachat.tui.screens.chat_settings import ChatSettingsScreen
from llamachat.tui.screens.choosing import ChoiceScreen
from llamachat.tui.widgets.setting_field import SettingField
from tests.screens.covering import covers
from tests.screens.samples import ALL_LOST, ROUTED, delta, offering
from tests.screens.scripted import (
    ScriptedApp,
    ScriptedFleet,
    answer,
    ask,
    finished,
    lines,
    opened,
    shows,
    typed,
    until,
)

FILE = """[chat]
titles = "words"
system_prompt = "Be kind."

[chat.sampling]
seed = 7

[prompts]
"Code review" = "Name every defect."
Poet = "Write verse."
"""
NODES = (offering("llama-01", "llama3-8b", "qwen"), offering("llama-02", "llama3-8b"))
UNKNOWN = Failed("unknown_model", "No node has the model gone. Offered: llama3-8b, qwen.")


@asynccontextmanager
async def chatting(
    path: Path, *scripts: list[TurnEvent], size: tuple[int, int] = (80, 24), nodes: Any = NODES, text: str = FILE
) -> AsyncGenerator[tuple[Pilot[Any], ScriptedFleet], None]:
    """The app over these settings."""
    (path / "config.toml").write_text(text)
    fleet = ScriptedFleet(nodes, *scripts)
    async with ScriptedApp(fleet, path, settings=parse(text)).run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        yield pilot, fleet


async def dialog(pilot: Pilot[Any]) -> None:
    """Opens the settings of the conversation."""
    await pilot.press("ctrl+s")
    await opened(pilot, ChatSettingsScreen)


async def fill(pilot: Pilot[Any], name: str, text: str) -> None:
    """Writes into a field what is not there."""
    field = field_of(pilot, name)
    field.editor.focus()
    await until(pilot, lambda: field.editor.has_focus)
    await pilot.press("end", "ctrl+u")
    await typed(pilot, text)
    await until(pilot, lambda: field.text == text)
    await pilot.pause()


def field_of(pilot: Pilot[Any], name: str) -> SettingField:
    return next(found for found in pilot.app.screen.query(SettingField) if found.field.key.endswith(f".{name}"))


async def keep(pilot: Pilot[Any]) -> None:
    """Ends the dialog with what is filled in."""
    await pilot.press("ctrl+s")
    await opened(pilot, ChatScreen)


def system(turn: Any) -> list[str]:
    return [message.content for message in turn.messages if message.role == "system"]


@covers("chat.settings", "own.library", "own.keep")
async def test_a_prompt_of_the_library_and_a_temperature_hold_for_this_conversation_and_over_a_restart(tmp_path: Path):
    async with chatting(tmp_path, answer("One"), answer("Two"), answer("Three")) as (pilot, fleet):
        await ask(pilot, "a")
        await shows(pilot, "One")
        await dialog(pilot)
        await pilot.press("ctrl+l")
        await opened(pilot, ChoiceScreen)
        await shows(pilot, "Name every defect.")
        await pilot.press("end", "enter")
        await shows(pilot, "● of this conversation: Poet")
        await fill(pilot, "temperature", "0.2")
        await keep(pilot)
        await shows(pilot, "prompt Poet · temperature 0.2")
        await ask(pilot, "b")
        await shows(pilot, "Two")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: not any("Poet" in line for line in lines(pilot.app)))
        await ask(pilot, "c")
        await shows(pilot, "Three")
    assert [system(turn) for turn in fleet.turns] == [["Be kind."], ["Write verse."], ["Be kind."]]
    assert [(turn.params.temperature, turn.params.seed) for turn in fleet.turns] == [(0.7, 7), (0.2, 7), (0.7, 7)]
    async with chatting(tmp_path, answer("Four")) as (pilot, fleet):
        await pilot.press("f5", "f5", "down", "down", "enter")
        await shows(pilot, "prompt Poet · temperature 0.2")
        await ask(pilot, "d")
        await shows(pilot, "Four")
    assert (system(fleet.turns[0]), fleet.turns[0].params.temperature) == (["Write verse."], 0.2)


async def test_what_was_chosen_before_the_first_question_holds_for_it_and_for_that_conversation_alone(tmp_path: Path):
    async with chatting(tmp_path, answer("One"), answer("Two")) as (pilot, fleet):
        await dialog(pilot)
        await fill(pilot, "top_k", "3")
        await keep(pilot)
        await shows(pilot, "top k 3")
        await ask(pilot, "a")
        await shows(pilot, "One")
        await shows(pilot, "top k 3")
        await pilot.press("ctrl+n")
        await ask(pilot, "b")
        await shows(pilot, "Two")
    assert [turn.params.top_k for turn in fleet.turns] == [3, 40]


@pytest.mark.parametrize(("chosen", "sent"), [("home", ["Be kind."]), ("down", [])])
async def test_no_prompt_is_another_choice_than_that_of_the_settings(tmp_path: Path, chosen: str, sent: list[str]):
    async with chatting(tmp_path, answer("One")) as (pilot, fleet):
        await dialog(pilot)
        await pilot.press("ctrl+l")
        await opened(pilot, ChoiceScreen)
        await pilot.press(chosen, "enter")
        await opened(pilot, ChatSettingsScreen)
        await keep(pilot)
        await ask(pilot, "a")
        await shows(pilot, "One")
        assert any("no prompt" in line for line in lines(pilot.app)) is (not sent)
    assert system(fleet.turns[0]) == sent


async def test_words_of_ones_own_are_written_and_looking_into_the_library_leaves_them(tmp_path: Path):
    async with chatting(tmp_path, answer("One")) as (pilot, fleet):
        await dialog(pilot)
        editor = field_of(pilot, "system_prompt").editor
        editor.focus()
        await until(pilot, lambda: editor.has_focus)
        await pilot.press("end", "ctrl+u")
        await typed(pilot, "Count")
        await pilot.press("enter")
        await typed(pilot, "sheep")
        await shows(pilot, "● of this conversation")
        await pilot.press("ctrl+l")
        await opened(pilot, ChoiceScreen)
        await shows(pilot, "your own words")
        await pilot.press("enter")
        await opened(pilot, ChatSettingsScreen)
        await keep(pilot)
        await shows(pilot, "own prompt")
        await ask(pilot, "a")
        await shows(pilot, "One")
    assert system(fleet.turns[0]) == ["Count\nsheep"]


async def test_a_wrong_value_has_a_red_frame_and_a_reason_and_nothing_is_kept_until_it_is_right(tmp_path: Path):
    async with chatting(tmp_path) as (pilot, _):
        await dialog(pilot)
        await fill(pilot, "temperature", "9")
        await shows(pilot, "✖ Allowed: a number, 0 to 5.")
        assert field_of(pilot, "temperature").editor.styles.border_top[0] == "double"
        await fill(pilot, "top_p", "0.5")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: field_of(pilot, "temperature").editor.has_focus)
        assert isinstance(pilot.app.screen, ChatSettingsScreen)
        await fill(pilot, "temperature", "0.9")
        await keep(pilot)
        await shows(pilot, "temperature 0.9 · top p 0.5")


async def test_a_field_goes_back_to_what_the_settings_say(tmp_path: Path):
    async with chatting(tmp_path, answer("One")) as (pilot, fleet):
        await dialog(pilot)
        await fill(pilot, "seed", "")
        await shows(pilot, "● of this conversation")
        await fill(pilot, "temperature", "1")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: field_of(pilot, "temperature").text == "0.7")
        await keep(pilot)
        await shows(pilot, "seed not set")
        await ask(pilot, "a")
        await shows(pilot, "One")
    assert (fleet.turns[0].params.seed, fleet.turns[0].params.temperature) == (None, 0.7)


@covers("own.leave")
async def test_escape_leaves_everything_as_it_was(tmp_path: Path):
    async with chatting(tmp_path, answer("One")) as (pilot, fleet):
        await dialog(pilot)
        await fill(pilot, "temperature", "0.2")
        await pilot.press("escape")
        await opened(pilot, ChatScreen)
        await ask(pilot, "a")
        await shows(pilot, "One")
    assert fleet.turns[0].params.temperature == 0.7


@covers("own.models")
async def test_the_model_is_chosen_there_among_those_of_the_nodes(tmp_path: Path):
    async with chatting(tmp_path, answer("One")) as (pilot, fleet):
        await dialog(pilot)
        await pilot.press("ctrl+t")
        await opened(pilot, ChoiceScreen)
        await shows(pilot, "as in the settings")
        await pilot.press("end", "enter")
        await until(pilot, lambda: field_of(pilot, "model").text == "qwen")
        await keep(pilot)
        await shows(pilot, "qwen ▾")
        await ask(pilot, "a")
        await shows(pilot, "One")
    assert fleet.turns[0].model == "qwen"


@covers("chat.model")
async def test_a_model_is_the_open_conversations_and_that_of_new_ones_and_others_keep_theirs(tmp_path: Path):
    async with chatting(tmp_path, *(answer(word) for word in ("One", "Two", "Three", "Four"))) as (pilot, fleet):
        await ask(pilot, "first")
        await shows(pilot, "One")
        await pilot.press("ctrl+n")
        await ask(pilot, "second")
        await shows(pilot, "Two")
        await pilot.press("ctrl+t")
        await opened(pilot, ChoiceScreen)
        await pilot.press("end", "enter")
        await shows(pilot, "qwen ▾")
        await pilot.press("ctrl+n")
        await shows(pilot, "qwen ▾")
        await ask(pilot, "third")
        await shows(pilot, "Three")
        await pilot.press("f5", "f5", "end", "enter")
        await until(pilot, lambda: not any("▾" in line for line in lines(pilot.app)))
        await ask(pilot, "fourth")
        await shows(pilot, "Four")
    assert [turn.model for turn in fleet.turns] == [None, None, "qwen", None]
    async with chatting(tmp_path, answer("Five")) as (pilot, fleet):
        await pilot.press("f5", "f5", "down", "down", "enter")
        await shows(pilot, "qwen ▾")
        await pilot.press("ctrl+t")
        await opened(pilot, ChoiceScreen)
        await pilot.press("end", "enter")
        await until(pilot, lambda: not any("▾" in line for line in lines(pilot.app)))


@covers("message.again", "message.edit")
async def test_answering_again_and_asking_otherwise_go_with_the_conversations_settings(tmp_path: Path):
    async with chatting(tmp_path, answer("One"), answer("Two"), answer("Three")) as (pilot, fleet):
        await dialog(pilot)
        await fill(pilot, "top_k", "3")
        await keep(pilot)
        await ask(pilot, "a")
        await shows(pilot, "One")
        await pilot.press("alt+up", "r")
        await shows(pilot, "Two")
        await pilot.press("escape", "alt+up", "alt+up", "e")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ChatScreen))
        await pilot.press("b", "enter")
        await shows(pilot, "Three")
    assert [turn.params.top_k for turn in fleet.turns] == [3, 3, 3]


@covers("message.go_on")
async def test_an_answer_goes_on_and_its_title_is_made_with_the_conversations_prompt_and_sampling(tmp_path: Path):
    cut = [ROUTED, delta(0, "Half"), finished("Half", finish_reason="length")]
    whole = [ROUTED, delta(4, " done"), finished("Half done")]
    title = answer("Rhymes")
    text = FILE.replace('titles = "words"\n', "")
    async with chatting(tmp_path, cut, answer("Half a poem"), whole, title, text=text) as (pilot, fleet):
        await dialog(pilot)
        await fill(pilot, "top_k", "3")
        await pilot.press("ctrl+l")
        await opened(pilot, ChoiceScreen)
        await pilot.press("end", "enter")
        await opened(pilot, ChatSettingsScreen)
        await keep(pilot)
        await ask(pilot, "a")
        await shows(pilot, "Half a poem")
        await pilot.press("alt+up", "g")
        await until(pilot, lambda: len(fleet.turns) == 3)
    assert [system(turn) for turn in fleet.turns] == [["Write verse."]] * 3
    assert [turn.params.top_k for turn in fleet.turns] == [3, 40, 3]
    assert "title" in fleet.turns[1].messages[-1].content


async def test_a_waiting_question_is_sent_with_what_its_conversation_has_by_then(tmp_path: Path):
    async with chatting(tmp_path, answer("One"), nodes=ALL_LOST) as (pilot, fleet):
        await ask(pilot, "a")
        await shows(pilot, "1 waiting")
        await dialog(pilot)
        await fill(pilot, "temperature", "0.2")
        await keep(pilot)
        fleet.become(*NODES)
        await shows(pilot, "One")
    assert fleet.turns[0].params.temperature == 0.2


async def test_a_model_that_no_node_has_any_more_is_told_of_and_nothing_is_lost(tmp_path: Path):
    with Store.open(tmp_path / "history.db") as store:
        store.create_chat("Kept", settings=OwnSettings(model="gone"))
    async with chatting(tmp_path, [UNKNOWN], answer("Here")) as (pilot, fleet):
        await pilot.press("f5", "f5", "down", "enter")
        await shows(pilot, "✖ gone: no connected node has it ▾")
        await ask(pilot, "a")
        await shows(pilot, "No node has the model gone.")
        await pilot.press("ctrl+t")
        await opened(pilot, ChoiceScreen)
        await shows(pilot, "No connected node has gone, the model of this")
        await pilot.press("home", "down", "enter")
        await shows(pilot, "llama3-8b ▾")
        await pilot.press("ctrl+r")
        await shows(pilot, "Here")
    assert [turn.model for turn in fleet.turns] == ["gone", "llama3-8b"]
    assert fleet.turns[1].messages[-1] == PromptMessage("user", "a")


async def test_what_another_llamachat_gives_the_open_conversation_is_shown(tmp_path: Path):
    async with chatting(tmp_path, answer("One")) as (pilot, _):
        await ask(pilot, "a")
        await shows(pilot, "One")
        with Store.open(tmp_path / "history.db") as store:
            (chat,) = store.list_chats()
            store.set_own_settings(chat.id, OwnSettings(system_prompt="Name every defect."))
        await shows(pilot, "prompt Code review")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_every_field_can_be_reached_with_the_arrows_at_every_size(tmp_path: Path, size: tuple[int, int]):
    async with chatting(tmp_path, size=size) as (pilot, _):
        await dialog(pilot)
        fields = list(pilot.app.screen.query(SettingField))
        for field in fields:
            await until(pilot, lambda field=field: field.editor.has_focus)  # type: ignore[misc]
            await until(
                pilot,
                lambda field=field: field.editor.region.bottom <= size[1] and field.editor.region.y >= 0,  # type: ignore[misc]
            )
            if field is not fields[-1]:
                await pilot.press("tab")
        await shows(pilot, "Ctrl+S keeps")


async def test_more_differences_than_there_is_room_for_are_counted(tmp_path: Path):
    own = OwnSettings(system_prompt="Mine.", sampling={"temperature": 0.2, "top_k": 3, "top_p": 0.5})
    with Store.open(tmp_path / "history.db") as store:
        store.create_chat("Full", settings=own)
    async with chatting(tmp_path) as (pilot, _):
        await pilot.press("f5", "f5", "down", "enter")
        await shows(pilot, "own prompt · temperature 0.2 · 2 more")
