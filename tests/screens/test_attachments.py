"""Files for a question in the chat screen: attached by key and by drop, read, refused, trimmed, taken out, and sent."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.events import Key, Paste
from textual.pilot import Pilot
from textual.widgets import Input

from llamachat.config import Settings
from llamachat.config.schema import AttachmentSettings, ChatSettings
from llamachat.fleet.events import Delta, Routed
from llamachat.store import StoreError
from llamachat.tui.screens.attaching import AttachScreen, completions
from llamachat.tui.widgets.attachment_row import AttachmentChip, AttachmentRow
from llamachat.tui.widgets.composer import Composer
from tests.screens.covering import covers
from tests.screens.samples import offering
from tests.screens.scenes.files import about, attach, attached, chips, hold_reading, make_files
from tests.screens.scripted import (
    TWO_NODES,
    ScriptedApp,
    ScriptedFleet,
    answer,
    finished,
    opened,
    running,
    shows,
    until,
)
from tests.unit.documents.building import pdf

HEAVY = pdf("short", b"BT " + b"(aaaaaaaaaaaaaaaa) Tj " * 1_000_000 + b"ET", deflate=True)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files to attach, in the directory in which the program runs."""
    made = make_files(tmp_path)
    monkeypatch.chdir(made)
    return made


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Once it is set, slow.pdf is read to its end."""
    return hold_reading(monkeypatch)


def composer(pilot: Pilot[Any]) -> Composer:
    return pilot.app.screen.query_one(Composer)


def drop(pilot: Pilot[Any], text: str) -> None:
    """What a terminal does when files are dropped on it."""
    pilot.app.post_message(Paste(text))


def contents(fleet: ScriptedFleet) -> list[str]:
    return [turn.messages[-1].content for turn in fleet.turns]


# ── attaching ───────────────────────────────────────────────────────────────────────────────────────────────────────


@covers("chat.attach")
async def test_a_pdf_goes_into_the_question_page_by_page(tmp_path: Path, files: Path):
    fleet = ScriptedFleet(TWO_NODES, answer("Two pages."))
    async with running(fleet, tmp_path) as pilot:
        await attached(pilot, "notes.pdf")
        assert "2 pages, about" in chips(pilot)[0]
        await pilot.press(*"hm", "enter")
        await shows(pilot, "Two pages.")
        assert chips(pilot) == []
        await shows(pilot, f"⌕ notes.pdf ({(files / 'notes.pdf').stat().st_size} B)")
    assert contents(fleet)[0].startswith("hm\n\nFile: notes.pdf\n")
    assert "[page 2 of 2]\nThe second page." in contents(fleet)[0]


async def test_files_alone_are_a_question(tmp_path: Path, files: Path):
    fleet = ScriptedFleet(TWO_NODES, answer("A list."), answer("Again."))
    async with running(fleet, tmp_path) as pilot:
        await attached(pilot, "todo.txt")
        await pilot.press("enter")
        await shows(pilot, "A list.")
        await shows(pilot, "⌕ todo.txt (10 B)")
        await pilot.press("enter")  # nothing is attached any more, and nothing is asked
        await pilot.pause()
    assert contents(fleet) == ["File: todo.txt\n```\nbuy bread\n```"]


async def test_enter_twice_sends_files_alone_once(tmp_path: Path, files: Path):
    fleet = ScriptedFleet(TWO_NODES, answer("A list."), answer("Again."))
    async with running(fleet, tmp_path) as pilot:
        await attached(pilot, "todo.txt")
        await pilot.press("enter", "enter")
        await shows(pilot, "A list.")
        await pilot.pause()
    assert len(fleet.turns) == 1


@pytest.mark.parametrize("form", ["{}", "'{}'", "file://{}", "{} \n"])
async def test_a_file_dropped_on_the_terminal_is_attached_and_not_inserted(tmp_path: Path, files: Path, form: str):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press(*"look: ")
        drop(pilot, form.format(files / "todo.txt"))
        await until(pilot, lambda: len(chips(pilot)) == 1 and "tokens" in chips(pilot)[0])
        await pilot.press("x")
        assert composer(pilot).text == "look: x"


async def test_several_files_dropped_at_once_are_all_attached(tmp_path: Path, files: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        drop(pilot, f"'{files}/two words.md' {files}/todo.txt")
        await until(pilot, lambda: [text.split("  ")[0] for text in chips(pilot)] == ["⌕ two words.md", "⌕ todo.txt"])


@pytest.mark.parametrize("text", ["/etc/no such file", "todo.txt", "two words"])
async def test_pasted_words_are_inserted(tmp_path: Path, files: Path, text: str):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        drop(pilot, text)
        await until(pilot, lambda: composer(pilot).text == text)
        assert chips(pilot) == []


async def test_tab_completes_the_name_of_a_file(tmp_path: Path, files: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press("ctrl+f")
        await opened(pilot, AttachScreen)
        await pilot.press(*"to")
        await shows(pilot, "│ todo.txt")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: any("todo.txt" in text for text in chips(pilot)))


async def test_tab_completes_what_was_typed_in_one_go_with_it(tmp_path: Path, files: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press("ctrl+f")
        await opened(pilot, AttachScreen)
        for key in ("t", "o", "tab", "enter"):
            pilot.app.post_message(Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: any("todo.txt" in text for text in chips(pilot)))


async def test_the_dialog_keeps_what_is_no_file_with_a_sentence(tmp_path: Path, files: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press("ctrl+f", "enter")
        await shows(pilot, "Type the path of one file.")
        await pilot.press(*"papers", "enter")
        await shows(pilot, "That is a directory.")
        await pilot.press(*"/x", "enter")
        await shows(pilot, "There is no such file.")
        assert pilot.app.screen.query_one(Input).value == "papers/x"
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, AttachScreen))
        assert chips(pilot) == []


def test_completions_are_written_as_the_path_was_begun(files: Path):
    (files / ".hidden").write_text("")
    assert completions("t") == ["todo.txt", "two words.md"]
    assert completions("pa") == ["papers/"]
    assert completions(f"{files}/no") == [f"{files}/notes.pdf"]
    assert completions(".h") == [".hidden"]
    assert ".hidden" not in completions("")
    assert completions("nowhere/x") == []
    assert completions("a\0b/") == []


# ── what cannot be used ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "why"), [("photo.png", "is a picture"), ("scan.pdf", "its 2 pages are probably scanned")]
)
async def test_what_cannot_be_used_says_why_and_is_not_sent(tmp_path: Path, files: Path, name: str, why: str):
    fleet = ScriptedFleet(TWO_NODES, answer("ok"))
    async with running(fleet, tmp_path) as pilot:
        await attach(pilot, name)
        await until(pilot, lambda: why in chips(pilot)[0])
        assert chips(pilot)[0].startswith(f"✖ {name} ")
        await pilot.press("enter")
        await shows(pilot, "There is nothing to send")
        await pilot.press(*"hm", "enter")
        await shows(pilot, "ok")
        assert chips(pilot) == []
    assert contents(fleet) == ["hm"]


async def test_more_files_than_the_settings_allow_are_left_out_in_words(tmp_path: Path, files: Path):
    settings = Settings(chat=ChatSettings(titles="words"), attachments=AttachmentSettings(max_files=1))
    app = ScriptedApp(ScriptedFleet(TWO_NODES), tmp_path, settings=settings)
    async with app.run_test(size=(80, 24)) as pilot:
        await attached(pilot, "todo.txt")
        await attach(pilot, "notes.pdf")
        await until(pilot, lambda: "a question takes at most 1 file" in chips(pilot)[-1])


@covers("chat.trim")
async def test_too_large_is_said_and_trimmed_by_a_key(tmp_path: Path, files: Path):
    fleet = ScriptedFleet((offering("llama-01", "llama3-8b", context=1000),), answer("ok"))
    async with running(fleet, tmp_path) as pilot:
        await attached(pilot, "long.txt")
        assert "llama3-8b has a context of 1 000 tokens" in about(pilot)
        assert about(pilot).endswith("Ctrl+G keeps that.")
        await pilot.press(*"hm", "enter")
        await shows(pilot, "Not sent: the attached")
        assert composer(pilot).text == "hm"
        await pilot.press("ctrl+g")
        await until(pilot, lambda: about(pilot) == "")
        assert "lines 1" in chips(pilot)[0]
        await pilot.press("enter")
        await shows(pilot, "ok")
    assert "This is line 3 of many." in contents(fleet)[0]
    assert "This is line 399 of many." not in contents(fleet)[0]


async def test_what_fits_follows_the_nodes(tmp_path: Path, files: Path):
    fleet = ScriptedFleet((offering("llama-01", "llama3-8b", context=1000),))
    async with running(fleet, tmp_path) as pilot:
        await attached(pilot, "long.txt")
        await until(pilot, lambda: "1 000 tokens" in about(pilot))
        fleet.become(offering("llama-01", "llama3-8b", context=100_000))
        await until(pilot, lambda: about(pilot) == "")


async def test_trimming_what_fits_changes_nothing(tmp_path: Path, files: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await attached(pilot, "todo.txt")
        before = chips(pilot)
        await pilot.press("ctrl+g")
        await shows(pilot, "There is nothing to trim")
        assert chips(pilot) == before


# ── taking out ──────────────────────────────────────────────────────────────────────────────────────────────────────


@covers("attachment.remove", "attachment.above", "attachment.below")
async def test_files_are_gone_through_and_taken_out_by_keys(tmp_path: Path, files: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        for name in ("notes.pdf", "todo.txt", "two words.md"):
            await attached(pilot, name)
        await pilot.press("shift+tab")
        assert focused(pilot) == "two words.md"
        await pilot.press("up")
        assert focused(pilot) == "todo.txt"
        await pilot.press("x")
        await until(pilot, lambda: len(chips(pilot)) == 2)
        assert focused(pilot) == "two words.md"
        await pilot.press("delete")
        await until(pilot, lambda: len(chips(pilot)) == 1)
        assert focused(pilot) == "notes.pdf"
        await pilot.press("down")
        assert composer(pilot).has_focus
        await pilot.press("shift+tab", "x")
        await until(pilot, lambda: not chips(pilot))
        assert composer(pilot).has_focus
        assert not pilot.app.screen.query_one(AttachmentRow).display


async def test_a_click_on_the_cross_takes_a_file_out(tmp_path: Path, files: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await attached(pilot, "todo.txt")
        await pilot.click("AttachmentChip .words")
        assert len(chips(pilot)) == 1
        await pilot.click("AttachmentChip .cross")
        await until(pilot, lambda: not chips(pilot))


def focused(pilot: Pilot[Any]) -> str:
    view = pilot.app.focused
    assert isinstance(view, AttachmentChip), view
    return view.shown.name


# ── while it is read ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_sent_while_a_file_is_read_waits_for_it_in_sight(
    tmp_path: Path, files: Path, reading: asyncio.Event
):
    fleet = ScriptedFleet(TWO_NODES, answer("ok"))
    async with running(fleet, tmp_path) as pilot:
        await attach(pilot, "slow.pdf")
        await pilot.press(*"hm", "enter")
        await until(pilot, lambda: "is sent as soon as its files are read" in about(pilot))
        assert composer(pilot).text == "hm"
        assert not fleet.turns
        await until(pilot, lambda: "reading, 1 of 2 pages" in chips(pilot)[0])
        reading.set()
        await shows(pilot, "ok")
        assert composer(pilot).text == ""
    assert contents(fleet)[0].startswith("hm\n\nFile: slow.pdf\n")


@pytest.mark.parametrize("key", ["escape", "x"])
async def test_what_waits_for_its_files_is_held_back_by_escape_and_by_writing_on(
    tmp_path: Path, files: Path, reading: asyncio.Event, key: str
):
    fleet = ScriptedFleet(TWO_NODES, answer("ok"))
    async with running(fleet, tmp_path) as pilot:
        await attach(pilot, "slow.pdf")
        await pilot.press(*"hm", "enter")
        await until(pilot, lambda: "as soon as" in about(pilot))
        await pilot.press(key)
        await until(pilot, lambda: about(pilot) == "")
        reading.set()
        await until(pilot, lambda: "tokens" in chips(pilot)[0])
        await pilot.pause()
        assert not fleet.turns
        assert composer(pilot).text == ("hm" if key == "escape" else "hmx")


async def test_taking_a_file_out_while_the_question_waits_for_it_sends_nothing(
    tmp_path: Path, files: Path, reading: asyncio.Event
):
    fleet = ScriptedFleet(TWO_NODES, answer("ok"))
    async with running(fleet, tmp_path) as pilot:
        await attach(pilot, "slow.pdf")
        await pilot.press(*"hm", "enter")
        await until(pilot, lambda: "as soon as" in about(pilot))
        await pilot.press("shift+tab", "x")
        await until(pilot, lambda: not chips(pilot))
        reading.set()
        await pilot.pause()
        assert not fleet.turns
        assert composer(pilot).text == "hm"


async def test_a_file_that_turns_out_to_be_of_no_use_sends_nothing(tmp_path: Path, files: Path, reading: asyncio.Event):
    fleet = ScriptedFleet(TWO_NODES, answer("ok"))
    async with running(fleet, tmp_path) as pilot:
        await attach(pilot, "slow.pdf")
        await pilot.press(*"hm", "enter")
        await until(pilot, lambda: "as soon as" in about(pilot))
        drop(pilot, str(files / "scan.pdf"))
        await until(pilot, lambda: "scanned" in chips(pilot)[-1])
        reading.set()
        await shows(pilot, "Not sent: a file could not be used.")
        assert not fleet.turns
        assert composer(pilot).text == "hm"
        await pilot.press("enter")
        await shows(pilot, "ok")
    assert "File: slow.pdf" in contents(fleet)[0]


async def test_leaving_while_a_file_is_read_ends(tmp_path: Path, files: Path):
    fleet = ScriptedFleet(TWO_NODES)
    (files / "heavy.pdf").write_bytes(HEAVY)
    async with running(fleet, tmp_path) as pilot:
        await attach(pilot, "heavy.pdf")
        await pilot.press(*"hm", "enter")
        await until(pilot, lambda: "as soon as" in about(pilot))
    assert not fleet.turns


# ── files and chats ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_files_stay_with_the_chat_they_were_attached_in(tmp_path: Path, files: Path):
    fleet = ScriptedFleet(TWO_NODES, answer("One."), answer("Two."))
    async with running(fleet, tmp_path) as pilot:
        await pilot.press(*"a", "enter")
        await shows(pilot, "One.")
        await attached(pilot, "todo.txt")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: not chips(pilot))
        await pilot.press(*"b", "enter")
        await shows(pilot, "Two.")
        await pilot.press("f5", "f5", "down", "enter")
        await until(pilot, lambda: len(chips(pilot)) == 1)
    assert contents(fleet) == ["a", "b"]


async def test_a_question_that_waits_keeps_its_files(tmp_path: Path, files: Path):
    script = [Routed("llama-01", "llama3-8b", "free", 40.0), Delta("llama-01", "llama3-8b", 0, "One", 1), None]
    fleet = ScriptedFleet(TWO_NODES, [*script, finished("One")], answer("Two."))
    async with running(fleet, tmp_path) as pilot:
        await pilot.press(*"a", "enter")
        await shows(pilot, "One▊")
        await attached(pilot, "todo.txt")
        await pilot.press("enter")
        await shows(pilot, "1 waiting: todo.txt")
        assert chips(pilot) == []
        fleet.go_on()
        await shows(pilot, "Two.")
    assert contents(fleet)[1] == "File: todo.txt\n```\nbuy bread\n```"


async def test_files_and_words_stay_when_the_question_cannot_be_kept(
    tmp_path: Path, files: Path, monkeypatch: pytest.MonkeyPatch
):
    fleet = ScriptedFleet(TWO_NODES, answer("ok"))
    async with running(fleet, tmp_path) as pilot:
        await attached(pilot, "todo.txt")

        def full(*_: Any, **__: Any) -> Any:
            raise StoreError("full", "The disk is full.")

        with monkeypatch.context() as patched:
            patched.setattr("llamachat.tui.conversations.keep_question", full)
            await pilot.press(*"hm", "enter")
            await shows(pilot, "The disk is full.")
        assert composer(pilot).text == "hm"
        assert len(chips(pilot)) == 1
        await pilot.press("enter")
        await shows(pilot, "ok")
    assert contents(fleet) == ["hm\n\nFile: todo.txt\n```\nbuy bread\n```"]
