"""Questions that wait, key by key: seen, edited, moved, sent, dropped, and kept."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from llamachat.fleet.events import Delta, Failed
from llamachat.fleet.outbox import Outbox
from llamachat.store import StoreThread
from llamachat.tui.screens.editing import EditScreen
from llamachat.tui.widgets.composer import Composer
from llamachat.tui.widgets.message_view import MessageView
from llamachat.tui.widgets.outbox_panel import OutboxPanel
from tests.screens.covering import covers
from tests.screens.samples import ALL_LOST, ROUTED, WAITING
from tests.screens.scripted import (
    TWO_NODES,
    ScriptedApp,
    ScriptedFleet,
    answer,
    ask,
    lines,
    opened,
    running,
    shows,
    until,
)


async def waiting(pilot: Pilot[int]) -> list[str]:
    """What the store has in the outbox."""
    assert isinstance(pilot.app, ScriptedApp)
    items = await pilot.app.services.store.read(lambda store: store.outbox_list())
    return [item.text for item in items]


async def two_waiting(pilot: Pilot[int]) -> None:
    """A running answer, and two questions behind it."""
    await ask(pilot, "a")
    await shows(pilot, "One▊")
    await ask(pilot, "second")
    await ask(pilot, "third")
    await shows(pilot, "2 waiting: second · third")


@asynccontextmanager
async def list_open(path: Path, *keys: str) -> AsyncGenerator[tuple[Pilot[int], ScriptedFleet]]:
    """The list of those two, after some keys; two answers are there for them."""
    fleet = ScriptedFleet(TWO_NODES, WAITING, answer("Two"), answer("Three"))
    async with running(fleet, path) as pilot:
        await two_waiting(pilot)
        await pilot.press("f7", *keys)
        yield pilot, fleet


def asked(fleet: ScriptedFleet) -> list[str]:
    return [turn.messages[-1].content for turn in fleet.turns]


@covers("chat.outbox")
async def test_the_list_says_who_waits_for_what(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES, WAITING)
    async with running(fleet, tmp_path) as pilot:
        await two_waiting(pilot)
        await pilot.press("f7")
        await shows(pilot, "1 second")
        text = "\n".join(lines(pilot.app))
        assert "after the running answer" in text
        assert "after the one before it" in text
        await pilot.press("f7")
        await shows(pilot, "2 waiting: second")
        assert pilot.app.screen.query_one(Composer).has_focus


async def test_escape_closes_the_list_and_clears_nothing(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES, WAITING)
    async with running(fleet, tmp_path) as pilot:
        await two_waiting(pilot)
        await pilot.press("f7", "escape")
        assert not pilot.app.screen.query_one(OutboxPanel).is_open
        assert await waiting(pilot) == ["second", "third"]
        assert not fleet.cancelled


async def test_a_waiting_question_is_edited_in_its_place(tmp_path: Path):
    async with list_open(tmp_path, "enter") as (pilot, fleet):
        await opened(pilot, EditScreen)
        await pilot.press(*" one", "ctrl+j", *"more", "enter")
        await shows(pilot, "1 second one more")
        assert await waiting(pilot) == ["second one\nmore", "third"]
        fleet.go_on()
        await shows(pilot, "Three")
    assert asked(fleet) == ["a", "second one\nmore", "third"]


@covers("outbox.edit")
async def test_what_is_being_edited_is_not_sent_meanwhile(tmp_path: Path):
    async with list_open(tmp_path, "e") as (pilot, fleet):
        await opened(pilot, EditScreen)
        fleet.go_on()
        await until(pilot, lambda: not fleet.running)
        await pilot.pause()
        assert len(fleet.turns) == 1
        await pilot.press("escape")
        await until(pilot, lambda: len(fleet.turns) == 3)
    assert asked(fleet) == ["a", "second", "third"]


@covers("outbox.up", "outbox.down")
async def test_questions_are_sent_in_the_order_they_were_moved_to(tmp_path: Path):
    async with list_open(tmp_path, "shift+down") as (pilot, fleet):
        await shows(pilot, "2 second")
        await pilot.press("K")
        await shows(pilot, "1 second")
        await pilot.press("J")
        await shows(pilot, "2 second")
        assert await waiting(pilot) == ["third", "second"]
        fleet.go_on()
        await until(pilot, lambda: len(fleet.turns) == 3)
    assert asked(fleet) == ["a", "third", "second"]


@covers("outbox.drop")
async def test_a_dropped_question_is_not_sent_and_can_be_brought_back(tmp_path: Path):
    async with list_open(tmp_path, "d") as (pilot, _):
        await shows(pilot, "Dropped. u brings it back.")
        assert await waiting(pilot) == ["third"]
        await pilot.press("u")
        await shows(pilot, "The question waits again.")
        assert await waiting(pilot) == ["second", "third"]
        await pilot.press("d", "delete")
        await shows(pilot, "Nothing waits any more.")
        await pilot.press("u", "u", "u")
        await shows(pilot, "There is nothing to bring back.")
        assert await waiting(pilot) == ["second", "third"]


@covers("outbox.send")
async def test_send_now_goes_before_the_others_when_the_answer_is_there(tmp_path: Path):
    async with list_open(tmp_path, "down", "s") as (pilot, fleet):
        await shows(pilot, "It is the next one")
        fleet.go_on()
        await until(pilot, lambda: len(fleet.turns) == 3)
    assert asked(fleet) == ["a", "third", "second"]


async def test_without_a_node_questions_wait_where_they_can_be_edited_and_go_when_one_is_there(tmp_path: Path):
    fleet = ScriptedFleet(ALL_LOST, answer("One"), answer("Two"))
    async with running(fleet, tmp_path) as pilot:
        await ask(pilot, "first")
        await ask(pilot, "second")
        await pilot.press("f7")
        await shows(pilot, "no node, next try in 4 s")
        await pilot.press("s")
        await shows(pilot, "No node takes work now.")
        assert not fleet.turns
        fleet.become(*TWO_NODES)
        await shows(pilot, "Two")
        assert [view.text for view in pilot.app.screen.query(MessageView)] == ["first", "One", "second", "Two"]
    assert asked(fleet) == ["first", "second"]


async def test_after_a_failed_answer_what_waits_is_sent_only_when_asked_for(tmp_path: Path):
    broken = [ROUTED, None, Failed("model_failed", "The model broke.")]
    fleet = ScriptedFleet(TWO_NODES, broken, answer("Two"), answer("Three"))
    async with running(fleet, tmp_path) as pilot:
        await ask(pilot, "a")
        await ask(pilot, "second")
        await ask(pilot, "third")
        await shows(pilot, "2 waiting")
        fleet.go_on()
        await shows(pilot, "✖ The model broke.")
        await pilot.press("f7")
        await shows(pilot, "the answer before it failed")
        assert len(fleet.turns) == 1
        await pilot.press("s")
        await shows(pilot, "Three")
    assert asked(fleet) == ["a", "second", "third"]


async def test_waiting_questions_are_there_after_a_restart(tmp_path: Path):
    async with running(ScriptedFleet(ALL_LOST), tmp_path) as pilot:
        await ask(pilot, "keep me")
        await shows(pilot, "1 waiting: keep me")
        await pilot.press("ctrl+q")
    async with running(ScriptedFleet(ALL_LOST), tmp_path) as pilot:
        await shows(pilot, "1 waiting: keep me")
        await pilot.press("f7")
        await shows(pilot, "[keep me]")


async def test_what_another_llamachat_sends_is_not_sent_twice(tmp_path: Path):
    async with StoreThread(tmp_path / "history.db") as store:
        other = Outbox(store, "other")
        chat = await store.run(lambda s: s.create_chat())
        item = await other.put(chat, "theirs")
        await other.hold(item.id)
        fleet = ScriptedFleet(TWO_NODES)
        async with running(fleet, tmp_path) as pilot:
            await pilot.press("f7")
            await shows(pilot, "held by another llamachat")
            await pilot.press("e")
            await shows(pilot, "cannot be edited now")
            await pilot.press("d")
            await shows(pilot, "It is not waiting any more")
        assert not fleet.turns
        assert [waiting.item.text for waiting in await other.waiting()] == ["theirs"]


async def test_an_empty_outbox_says_so(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press("f7")
        await shows(pilot, "Nothing waits to be sent.")


async def test_two_llamachats_on_one_history_send_every_question_once(tmp_path: Path):
    first = ScriptedFleet(ALL_LOST, *[answer("A")] * 6)
    second = ScriptedFleet(ALL_LOST, *[answer("B")] * 6)
    async with running(first, tmp_path) as one, running(second, tmp_path) as two:
        for number in range(6):
            await ask(one if number % 2 else two, f"question {number}")
        first.become(*TWO_NODES)
        second.become(*TWO_NODES)

        def all_sent() -> bool:
            return len(first.turns) + len(second.turns) >= 6 and not first.running and not second.running

        await until(one, all_sent)
        await until(two, all_sent)
    assert sorted(asked(first) + asked(second)) == [f"question {number}" for number in range(6)]


@pytest.mark.parametrize("pieces", [0, 5, 100])
async def test_leaving_in_the_middle_of_an_answer_breaks_nothing(tmp_path: Path, pieces: int):
    deltas = [Delta("llama-01", "llama3-8b", 5 * number, "word ", 1) for number in range(pieces)]
    fleet = ScriptedFleet(TWO_NODES, [ROUTED, *deltas, None])
    async with running(fleet, tmp_path, size=(130, 30)) as pilot:
        await ask(pilot, "a")
        await ask(pilot, "b")
        await pilot.press("f7", "ctrl+q")
    assert pilot.app.return_code == 0
