from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.base.text import printable
from llamachat.cli import line_words
from llamachat.cli.line_words import HELP, NAMES, Ordered, Phrases, Said, changes, parse
from llamachat.cli.lines import MAX_AHEAD, Lines
from llamachat.cli.transcript import Transcript
from llamachat.fleet.events import Delta, Failed, Finished, Loading, Prefilling, Queued, Rerouted, Routed
from llamachat.fleet.snapshot import NodeSnapshot
from llamachat.protocol import Timings, Usage

TIMINGS = Timings(0, 0, 0, 240, 0, 30)


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("  ", None),
        (" Hello? ", Said("Hello?")),
        ("//etc is a directory", Said("/etc is a directory")),
        ("/open 3", Ordered("open", "3")),
        ("/4 3", Ordered("open", "3")),
        ("/STOP", Ordered("stop", "")),
        ("/6", Ordered("stop", "")),
        ("/99", Ordered("99", "")),
        ("/", Ordered("", "")),
    ],
)
def test_a_line_is_a_question_or_a_command(line: str, meaning: object) -> None:
    assert parse(line) == meaning


def test_the_help_numbers_the_commands_as_they_can_be_typed() -> None:
    for number, name in enumerate(NAMES, 1):
        assert f"\n{number}. /{name}" in HELP


@given(st.lists(st.text(alphabet="a .!?\n\r\x1b。", max_size=8)))
def test_phrases_lose_nothing_and_end_where_a_voice_pauses(pieces: list[str]) -> None:
    phrases = Phrases()
    said = [phrases.feed(piece) for piece in pieces]
    assert "".join(said) + phrases.end() == printable("".join(pieces))
    assert all(text == "" or text[-1] in ".!?\n。" for text in said)


def test_a_turn_reads_as_a_transcript() -> None:
    transcript = Transcript()
    events = [
        Routed("llama-01", "m", "free", 1.0),
        Queued("llama-01", 2, 5),
        Queued("llama-01", 2, 5),
        Loading("llama-01", 1, 9),
        Loading("llama-01", 5, 9),
        Prefilling("llama-01", 1, 3400, 0),
        Prefilling("llama-01", 2000, 3400, 0),
        Delta("llama-01", "m", 0, "One. Tw", 1),
        Delta("llama-01", "m", 7, "o", 1),
        Rerouted("llama-01", "llama-02", 8, "lost"),
        Delta("llama-02", "m", 8, " three.", 1),
        Finished("One. Two three.", "llama-02", "m", "stop", 1, Usage(9, 0, 4), TIMINGS, None, ()),
    ]
    assert "".join(map(transcript.feed, events)).splitlines() == [
        "[llama-01 · queued 2 of 5]",
        "[llama-01 · loading the model]",
        "[llama-01 · reading a prompt of 3 400 tokens]",
        "m on llama-01> One. Two",
        "[llama-01 · lost at 8 characters, continued on llama-02]",
        "m on llama-02>  three.",
        "[llama-02 · m · first token 0.24 s · 30.0 tokens/s · 9 in (0 cached), 4 out]",
    ]


def test_waiting_for_a_node_is_told_once_with_the_time_of_the_next_try() -> None:
    transcript = Transcript()
    events = [
        Queued(None, 1, 1, None, wait, "llama-01: You may make 5 requests a minute here.") for wait in (12.0, 9.0)
    ]
    assert "".join(map(transcript.feed, [*events, Queued(None, 1, 1, reason="llama-01: gone")])).splitlines() == [
        "[waiting for a node: llama-01: You may make 5 requests a minute here. (next try in 12 s)]",
        "[waiting for a node: llama-01: gone]",
    ]


def test_a_failure_keeps_what_had_come_and_says_why() -> None:
    transcript = Transcript()
    text = transcript.feed(Delta("n", "m", 0, "Half", 1)) + transcript.feed(Failed("internal", "It\x1b broke.", "Half"))
    assert text == "m on n> Half\n[No answer: It\ufffd broke.]\n"


def test_only_changed_states_are_told() -> None:
    def node(name: str, state: str, reason: str = "") -> NodeSnapshot:
        return NodeSnapshot(name, "ws://x", state, 0.0, reason)  # type: ignore[arg-type]

    before = (node("a", "online"), node("b", "online"))
    after = (
        node("a", "warning", "Its load is 100%."),
        node("b", "offline", "gone."),
        node("c", "connecting"),
    )
    assert changes(before, after) == ["b is offline: gone.", "c is connecting."]
    assert "\x1b" not in line_words.describe(node("\x1b[2J", "offline", "\x1b]0;x"))


async def _take_all(lines: Lines) -> list[str]:
    taken = []
    while True:
        await lines.wait()
        line = lines.take()
        if line is None:
            return taken
        taken.append(line)


async def test_lines_come_whole_from_a_pipe_however_it_is_cut() -> None:
    reader, writer = os.pipe()
    lines = Lines(reader)
    for piece in (b"on", b"e\r\ntw\xc3", b"\xa9\n\nlast"):
        os.write(writer, piece)
    os.close(writer)
    assert await _take_all(lines) == ["one", "twé", "", "last"]
    os.close(reader)


async def test_more_lines_than_are_read_ahead_all_come() -> None:
    reader, writer = os.pipe()
    lines = Lines(reader)
    os.write(writer, b"x\n" * (3 * MAX_AHEAD))
    os.close(writer)
    assert await _take_all(lines) == ["x"] * (3 * MAX_AHEAD)
    os.close(reader)
