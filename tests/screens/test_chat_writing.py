"""Writing a message: the model it goes to, and what is pasted into it."""

from __future__ import annotations

from pathlib import Path

from textual.events import Paste

from llamachat.tui.screens.choosing import ChoiceScreen
from llamachat.tui.widgets.composer import Composer
from tests.screens.covering import covers
from tests.screens.samples import offering
from tests.screens.scripted import NOON, TWO_NODES, ScriptedFleet, answer, ask, lines, running, shows, snapshot, until

LONG = "\n".join(f"line {number}" for number in range(200))


@covers("chat.model")
async def test_the_model_is_chosen_among_those_of_all_nodes(tmp_path: Path):
    nodes = (offering("llama-01", "llama3-8b"), offering("llama-02", "llama3-8b", "qwen"))
    fleet = ScriptedFleet(nodes, answer("ok"), answer("ok again"))
    async with running(fleet, tmp_path, size=(100, 30)) as pilot:
        await pilot.press("ctrl+t")
        await shows(pilot, "loaded on llama-01, llama-02")
        await shows(pilot, "loaded on llama-02")
        await pilot.press("end", "enter")
        await shows(pilot, "qwen ▾")
        await ask(pilot, "x")
        await shows(pilot, "ok")
        await pilot.press("ctrl+t")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceScreen))
        await pilot.press("home", "enter")
        await until(pilot, lambda: not any("▾" in line for line in lines(pilot.app)))
        await ask(pilot, "y")
        await shows(pilot, "ok again")
    assert [turn.model for turn in fleet.turns] == ["qwen", None]


async def test_a_waiting_question_goes_to_the_model_that_its_conversation_has_when_it_is_sent(tmp_path: Path):
    offline = snapshot("llama-01", "offline", retry_at=NOON + 4)
    fleet = ScriptedFleet((offline, offering("llama-02", "llama3-8b", "qwen")), answer("ok"))
    async with running(fleet, tmp_path) as pilot:
        await pilot.press("ctrl+t", "end", "enter")
        await shows(pilot, "qwen ▾")
        fleet.become(offline)
        await ask(pilot, "x")
        await shows(pilot, "1 waiting")
        await pilot.press("ctrl+t", "home", "enter")
        fleet.become(*TWO_NODES)
        await shows(pilot, "ok")
    assert [turn.model for turn in fleet.turns] == [None]


async def test_without_a_connected_node_there_is_no_model_and_a_sentence_that_says_so(tmp_path: Path):
    fleet = ScriptedFleet((snapshot("llama-01", "offline", retry_at=NOON + 4),))
    async with running(fleet, tmp_path) as pilot:
        await pilot.press("ctrl+t")
        await shows(pilot, "No node is connected that has a model")


async def test_a_long_paste_is_folded_and_sent_whole(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES, answer("ok"))
    async with running(fleet, tmp_path) as pilot:
        await pilot.press(*"look:", "space")
        pilot.app.post_message(Paste(LONG))
        await shows(pilot, "[pasted 200 lines")
        await pilot.press(*"?", "enter")
        await shows(pilot, "ok")
    assert fleet.turns[0].messages[-1].content == f"look: {LONG}?"


async def test_a_short_paste_is_typed_once(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        composer = pilot.app.screen.query_one(Composer)
        pilot.app.post_message(Paste("one\ntwo"))
        await until(pilot, lambda: composer.text == "one\ntwo")


async def test_a_fold_is_deleted_as_a_whole(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        composer = pilot.app.screen.query_one(Composer)
        await pilot.press("a")
        pilot.app.post_message(Paste(LONG))
        await shows(pilot, "[pasted 200 lines")
        await pilot.press("backspace")
        assert composer.text == "a"
        await pilot.press("backspace")
        assert composer.text == ""


async def test_a_folded_paste_is_whole_in_the_draft(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        pilot.app.post_message(Paste(LONG))
        await shows(pilot, "[pasted 200 lines")
        await pilot.press("ctrl+q")
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        assert pilot.app.screen.query_one(Composer).text == LONG
