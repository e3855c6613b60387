"""What a person does in the chat, key by key, over a scripted fleet and a real store."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.events import Key
from textual.pilot import Pilot

from llamachat.fleet.events import Failed, Queued, Rerouted
from llamachat.fleet.recording import add_question
from llamachat.protocol import ChatMessage
from llamachat.store import Store, StoreThread
from llamachat.tui.widgets.composer import Composer
from llamachat.tui.widgets.history_list import HistoryList
from llamachat.tui.widgets.message_view import MessageView
from llamachat.tui.widgets.transcript import Transcript
from tests.screens.covering import covers
from tests.screens.samples import ROUTED, delta
from tests.screens.scripted import (
    NOON,
    TWO_NODES,
    ScriptedApp,
    ScriptedFleet,
    answer,
    ask,
    finished,
    lines,
    press_until,
    running,
    shows,
    snapshot,
    until,
)


def paragraphs(app: App[Any]) -> list[str]:
    return re.findall(r"paragraph \d+", "".join(lines(app)))


@covers("composer.send")
async def test_a_question_is_answered_as_it_streams(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES, [ROUTED, delta(0, "First"), None, delta(5, " second"), finished("First second")])
    async with running(fleet, tmp_path) as pilot:
        await ask(pilot, "Say it")
        await shows(pilot, "First▊")
        assert not any("second" in line for line in lines(pilot.app))
        fleet.go_on()
        await shows(pilot, "First second")
        await until(pilot, lambda: not any("▊" in line for line in lines(pilot.app)))
    assert [message.content for message in fleet.turns[0].messages] == ["Say it"]


async def test_the_next_question_carries_the_conversation(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES, answer("One."), answer("Two."))
    async with running(fleet, tmp_path) as pilot:
        await ask(pilot, "first")
        await shows(pilot, "One.")
        await ask(pilot, "second")
        await shows(pilot, "Two.")
    assert [(m.role, m.content) for m in fleet.turns[1].messages] == [
        ("user", "first"),
        ("assistant", "One."),
        ("user", "second"),
    ]


async def test_enter_never_overtakes_what_was_typed_before_it(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES, answer("ok"))
    async with running(fleet, tmp_path) as pilot:
        for char in "typed in one burst":
            pilot.app.post_message(Key("space" if char == " " else char, char))
        pilot.app.post_message(Key("enter", "\r"))
        await shows(pilot, "ok")
    assert fleet.turns[0].messages[-1].content == "typed in one burst"


async def test_nothing_is_lost_that_was_typed_while_the_program_started(tmp_path: Path):
    async def type_ahead(pilot: Pilot[Any]) -> None:
        await pilot.press(*"typed ahead")
        composer = pilot.app.screen.query_one(Composer)
        await until(pilot, lambda: composer.text == "typed ahead")
        pilot.app.exit()

    app = ScriptedApp(ScriptedFleet(TWO_NODES), tmp_path)
    await app.run_async(headless=True, size=(80, 24), auto_pilot=type_ahead)
    assert app.return_code == 0


async def test_a_question_typed_and_sent_while_the_program_started_is_asked(tmp_path: Path):
    async def type_ahead(pilot: Pilot[Any]) -> None:
        await pilot.press(*"typed ahead", "enter", *"more")
        composer = pilot.app.screen.query_one(Composer)
        await until(pilot, lambda: composer.text == "more")
        await shows(pilot, "ok")
        pilot.app.exit()

    fleet = ScriptedFleet(TWO_NODES, answer("ok"))
    app = ScriptedApp(fleet, tmp_path)
    await app.run_async(headless=True, size=(80, 24), auto_pilot=type_ahead)
    assert fleet.turns[0].messages[-1].content == "typed ahead"


async def test_what_another_llamachat_writes_into_the_history_is_shown(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES, answer("ok"))
    async with running(fleet, tmp_path, size=(100, 30)) as pilot:
        await ask(pilot, "mine")
        await shows(pilot, "ok")
        with Store.open(tmp_path / "history.db") as other:
            other.create_chat("Begun elsewhere")
            [mine] = [chat for chat in other.list_chats() if chat.title == "mine"]
            end = other.active_path(mine.id)[-1].id
            other.add_message(
                ChatMessage(id="q2", parent_id=end, role="user", content="asked elsewhere", created_at=1.0), mine.id
            )
        await shows(pilot, "Begun elsewhere")
        await shows(pilot, "asked elsewhere")


async def test_a_reader_is_not_moved_by_what_another_llamachat_writes(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES, answer("\n\n".join(f"line {n}" for n in range(40))))
    async with running(fleet, tmp_path, size=(100, 30)) as pilot:
        await ask(pilot, "mine")
        await shows(pilot, "line 39")
        await pilot.press("pageup", "pageup", "pageup")
        await until(pilot, lambda: not pilot.app.screen.query_one(Transcript).is_at_end)
        with Store.open(tmp_path / "history.db") as other:
            [mine] = other.list_chats()
            end = other.active_path(mine.id)[-1].id
            other.add_message(
                ChatMessage(id="q2", parent_id=end, role="user", content="asked elsewhere", created_at=1.0), mine.id
            )
            other.create_chat("Begun elsewhere")
        await shows(pilot, "Begun elsewhere")
        assert all(view.text != "asked elsewhere" for view in pilot.app.screen.query_one(Transcript).messages)
        await pilot.press("escape")
        await shows(pilot, "asked elsewhere")


async def test_what_is_sent_while_an_answer_runs_waits_its_turn(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES, [ROUTED, delta(0, "One"), None, finished("One")], answer("Two"), answer("Three"))
    async with running(fleet, tmp_path, size=(100, 30)) as pilot:
        await ask(pilot, "a")
        await shows(pilot, "One▊")
        await ask(pilot, "b")
        await ask(pilot, "c")
        await shows(pilot, "2 waiting")
        assert len(fleet.turns) == 1
        fleet.go_on()
        await shows(pilot, "Three")
        assert not any("waiting" in line for line in lines(pilot.app))
        assert [view.text for view in pilot.app.screen.query(MessageView)] == ["a", "One", "b", "Two", "c", "Three"]


async def test_questions_that_waited_are_sent_after_a_restart(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES, [ROUTED, delta(0, "One"), None])
    async with running(fleet, tmp_path, size=(100, 30)) as pilot:
        await ask(pilot, "a")
        await shows(pilot, "One▊")
        await ask(pilot, "b")
        await shows(pilot, "1 waiting")
    again = ScriptedFleet(TWO_NODES, answer("One, and whole"), answer("sent later"))
    async with running(again, tmp_path) as pilot:
        await until(pilot, lambda: any(turn.messages[-1].content == "b" for turn in again.turns))


@covers("chat.stop")
async def test_escape_stops_the_answer_and_keeps_what_came(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES, [ROUTED, delta(0, "Half an"), None])
    async with running(fleet, tmp_path) as pilot:
        await ask(pilot, "x")
        await shows(pilot, "Half an▊")
        await pilot.press("escape")
        await shows(pilot, "■ stopped")
        assert any("Half an" in line for line in lines(pilot.app))
    assert fleet.cancelled == [fleet.turns[0].message_id]


@pytest.mark.parametrize(
    ("event", "words"),
    [(Queued("llama-01", 2, 5, 4000.0), "queued 2 of 5"), (Queued(None, 1, 1), "waiting for a node")],
)
async def test_the_wait_for_the_first_word_is_explained(tmp_path: Path, event: Queued, words: str):
    fleet = ScriptedFleet(TWO_NODES, [ROUTED, event, None])
    async with running(fleet, tmp_path) as pilot:
        await ask(pilot, "x")
        await shows(pilot, words)


async def test_a_failover_is_one_answer_with_a_seam(tmp_path: Path):
    script = [ROUTED, delta(0, "from one"), Rerouted("llama-01", "llama-02", 8, "lost"), None]
    fleet = ScriptedFleet(TWO_NODES, [*script, delta(8, ", from two", "llama-02"), finished("from one, from two")])
    async with running(fleet, tmp_path) as pilot:
        await ask(pilot, "x")
        await shows(pilot, "⇄ continued on llama-02 at 8 characters")
        fleet.go_on()
        await shows(pilot, "from one, from two")


@covers("chat.retry")
async def test_a_failure_says_why_and_can_be_asked_again(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES, [ROUTED, Failed("model_failed", "The model broke.")], answer("Better now"))
    async with running(fleet, tmp_path) as pilot:
        await ask(pilot, "x")
        await shows(pilot, "✖ The model broke.")
        await pilot.press("ctrl+r")
        await shows(pilot, "Better now")
    assert fleet.turns[1].messages == fleet.turns[0].messages


async def test_asking_again_without_a_failure_says_so(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES, answer("Fine"))
    async with running(fleet, tmp_path) as pilot:
        await ask(pilot, "x")
        await shows(pilot, "Fine")
        await pilot.press("ctrl+r")
        await shows(pilot, "no failed answer")


@covers("nodes.reconnect")
async def test_a_lost_connection_shows_a_banner_and_can_be_tried_now(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES)
    async with running(fleet, tmp_path) as pilot:
        fleet.become(snapshot("llama-01", "offline", retry_at=NOON + 4), snapshot("llama-02", "offline"))
        await shows(pilot, "Connection to llama-01, llama-02 lost. Next try in 0 s — Ctrl+L: now")
        await pilot.press("ctrl+l")
        assert fleet.reconnected == ["llama-01", "llama-02"]
        fleet.become(*TWO_NODES)
        await until(pilot, lambda: not any("lost" in line for line in lines(pilot.app)))


async def test_an_earlier_conversation_is_opened_from_the_history(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES, answer("About one"), answer("About two"))
    async with running(fleet, tmp_path) as pilot:
        await ask(pilot, "topic one")
        await shows(pilot, "About one")
        await pilot.press("ctrl+n")
        await ask(pilot, "topic two")
        await shows(pilot, "About two")
        history = pilot.app.screen.query_one(HistoryList)
        history.focus_list()
        await pilot.press("down", "enter")
        await shows(pilot, "About one")
        assert pilot.app.screen.query_one(Composer).has_focus


async def test_conversations_are_there_after_a_restart(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES, answer("**Kept** answer")), tmp_path) as pilot:
        await ask(pilot, "keep me")
        await shows(pilot, "Kept answer")
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await shows(pilot, "keep me")
        pilot.app.screen.query_one(HistoryList).focus_list()
        await pilot.press("down", "enter")
        await shows(pilot, "Kept answer")
        assert any("⌂ llama-01" in line for line in lines(pilot.app))


@covers("app.quit")
async def test_a_draft_survives_quitting(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press(*"half typed")
        await pilot.press("ctrl+q")
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        assert pilot.app.screen.query_one(Composer).text == "half typed"


@covers("chat.new")
async def test_each_conversation_has_its_own_draft(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES, answer("ok")), tmp_path) as pilot:
        composer = pilot.app.screen.query_one(Composer)
        await ask(pilot, "chat")
        await shows(pilot, "ok")
        await pilot.press(*"more")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: composer.text == "")
        pilot.app.screen.query_one(HistoryList).focus_list()
        await pilot.press("down", "enter")
        await until(pilot, lambda: composer.text == "more")


@covers("composer.newline", "composer.recall")
async def test_new_lines_and_recall_in_the_composer(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES, answer("ok")), tmp_path) as pilot:
        composer = pilot.app.screen.query_one(Composer)
        await pilot.press("a", "ctrl+j", "b")
        assert composer.text == "a\nb"
        await pilot.press("enter")
        await shows(pilot, "ok")
        assert composer.text == ""
        await pilot.press("up")
        assert composer.text == "a\nb"


async def test_blank_text_is_not_sent(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES)
    async with running(fleet, tmp_path) as pilot:
        await pilot.press("space", "ctrl+j", "enter")
        assert not fleet.turns


@covers("composer.editor")
async def test_the_editor_writes_the_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    script = tmp_path / "editor"
    script.write_text('#!/bin/sh\nprintf "%s\\n" "edited: $(cat "$1")" > "$1"\n')
    script.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(script))
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        monkeypatch.setattr(type(pilot.app), "suspend", lambda self: contextlib.nullcontext())
        await pilot.press(*"draft")
        await pilot.press("ctrl+e")
        composer = pilot.app.screen.query_one(Composer)
        await until(pilot, lambda: composer.text == "edited: draft")


async def test_an_editor_that_is_missing_is_told_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press(*"draft", "ctrl+e")
        await shows(pilot, "Set $EDITOR")
        assert pilot.app.screen.query_one(Composer).text == "draft"


@covers("chat.previous", "chat.next", "message.copy", "message.code")
async def test_messages_are_reached_by_key_and_copied(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES, answer("Run:\n\n```sh\nls -l\n```\n"))
    async with running(fleet, tmp_path) as pilot:
        await ask(pilot, "x")
        await shows(pilot, "1 copy")
        await pilot.press("alt+up", "1")
        await shows(pilot, "Sent code block 1 to your")
        assert pilot.app.clipboard == "ls -l\n"
        await pilot.press("c")
        assert pilot.app.clipboard == "Run:\n\n```sh\nls -l\n```\n"
        await pilot.press("alt+down")
        assert pilot.app.screen.query_one(Composer).has_focus


@covers("chat.page_up")
async def test_the_reader_who_scrolls_up_is_left_alone_and_told_what_is_new(tmp_path: Path):
    long = "\n\n".join(f"paragraph {number}" for number in range(40))
    fleet = ScriptedFleet(TWO_NODES, [ROUTED, delta(0, long), None, delta(len(long), "\n\nthe end"), finished(long)])
    async with running(fleet, tmp_path) as pilot:
        await ask(pilot, "x")
        await shows(pilot, "paragraph 39")
        await pilot.press("pageup", "pageup")
        await until(pilot, lambda: not any("paragraph 39" in line for line in lines(pilot.app)))
        before = paragraphs(pilot.app)
        fleet.go_on()
        await shows(pilot, "new line")
        assert paragraphs(pilot.app) == before
        await until(pilot, lambda: not fleet.running)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen.query_one(Transcript).is_at_end)


async def test_older_messages_come_when_the_reader_reaches_the_top(tmp_path: Path):
    async with StoreThread(tmp_path / "history.db") as store:
        chat = await store.run(lambda s: s.create_chat())
        for number in range(90):
            await store.run(lambda s, number=number: add_question(s, chat, f"message {number}", NOON))
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        pilot.app.screen.query_one(HistoryList).focus_list()
        await pilot.press("down", "enter")
        await shows(pilot, "message 89")
        transcript = pilot.app.screen.query_one(Transcript)
        shown = len(transcript.messages)
        assert shown < 90
        await press_until(pilot, "pageup", lambda: len(transcript.messages) == 90)
        await pilot.pause()
        assert not any("new line" in line for line in lines(pilot.app)), "what is old is not counted as new"


@covers("chat.history")
async def test_the_history_can_be_put_away(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        history = pilot.app.screen.query_one(HistoryList)
        assert history.display
        await pilot.press("f5")
        assert not history.display
        await pilot.press("f5")
        assert history.display


async def test_in_a_narrow_terminal_the_history_opens_over_the_chat(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path, size=(60, 20)) as pilot:
        history = pilot.app.screen.query_one(HistoryList)
        assert not history.display
        await pilot.press("f5")
        assert history.display
        await pilot.press("escape")
        assert not history.display


@covers("app.help")
async def test_the_keys_are_shown_and_put_away(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press("f1")
        await shows(pilot, "Stop the answer")
        await pilot.press("escape")
        await until(pilot, lambda: not any("Stop the answer" in line for line in lines(pilot.app)))


@covers("app.palette")
async def test_every_action_is_found_by_name(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES, answer("Here"))
    async with running(fleet, tmp_path, size=(100, 40)) as pilot:
        await ask(pilot, "x")
        await shows(pilot, "Here")
        await pilot.press("ctrl+p")
        await shows(pilot, "Begin a new conversation. (Ctrl+N)")
        await pilot.press(*"new chat", "enter", "enter")
        await until(pilot, lambda: not pilot.app.screen.query(MessageView))


async def test_escape_sequences_from_a_model_or_a_peer_never_reach_the_terminal(tmp_path: Path):
    evil = "a\x1b[2Jb \x1b]52;c;AAAA\x07 \x9b31m [red]x[/red]"
    fleet = ScriptedFleet((snapshot("evil\x1b[2J"),), [replace(ROUTED, node="evil\x1b[2J"), Failed("x", evil, evil)])
    async with running(fleet, tmp_path, size=(100, 30)) as pilot:
        await ask(pilot, "x")
        await shows(pilot, "✖")
        text = "".join(lines(pilot.app))
        assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in text)
        assert "[red]x[/red]" in text
