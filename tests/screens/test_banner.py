"""The banner when too many questions were asked: until when, in orange, and gone when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.color import ColorSystem
from textual.color import Color
from textual.pilot import Pilot

from llamachat.fleet import RateLimited
from llamachat.tui.screens.chat_banner import Banner
from tests.screens.drawn import drawn, lost_in, ratio, written
from tests.screens.scripted import NOON, TWO_NODES, ScriptedApp, ScriptedFleet, lines, shows, snapshot, until

ONE = TWO_NODES[:1]
WORDS = "llama-01 takes your next question in 12 s"


def limited(*nodes: str, awaited: bool = False) -> tuple[RateLimited, ...]:
    return tuple(RateLimited(node, NOON + 12, awaited) for node in nodes)


def colours(pilot: Pilot[int], words: str) -> Iterator[tuple[Color, Color]]:
    """Of the words, and behind them."""
    for piece in written(drawn(pilot.app)):
        if words in piece.text:
            assert piece.style is not None
            assert piece.style.color is not None
            assert piece.style.bgcolor is not None
            yield Color.from_rich_color(piece.style.color), Color.from_rich_color(piece.style.bgcolor)


def is_shown(pilot: Pilot[int], words: str) -> bool:
    return any(words in line for line in lines(pilot.app))


async def test_the_seconds_are_counted_down_and_the_banner_goes_when_they_are_over(tmp_path: Path):
    fleet = ScriptedFleet(ONE)
    fleet.limited = limited("llama-01")
    app = ScriptedApp(fleet, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, WORDS)
        app.services.clock = lambda: NOON + 5
        await shows(pilot, "llama-01 takes your next question in 7 s")
        app.services.clock = lambda: NOON + 12
        await until(pilot, lambda: not is_shown(pilot, "takes your next question"))
        assert not app.screen.query_one(Banner).display


async def test_a_node_that_takes_the_next_question_needs_no_banner_until_an_answer_waits_for_the_other(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES)
    fleet.limited = limited("llama-01")
    app = ScriptedApp(fleet, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert not is_shown(pilot, "takes your next question")
        fleet.limited = limited("llama-01", awaited=True)
        fleet.become(*TWO_NODES)
        await shows(pilot, WORDS)


async def test_a_lost_connection_has_the_banner_and_its_colour_first(tmp_path: Path):
    fleet = ScriptedFleet(ONE)
    fleet.limited = limited("llama-01", awaited=True)
    async with ScriptedApp(fleet, tmp_path).run_test(size=(80, 24)) as pilot:
        await shows(pilot, WORDS)
        [(_, orange)] = colours(pilot, "next question")
        fleet.become(snapshot("llama-01", "offline", retry_at=NOON + 4))
        await shows(pilot, "Connection to llama-01 lost")
        assert not is_shown(pilot, "takes your next question")
        [(_, red)] = colours(pilot, "Connection to")
        assert red != orange
        fleet.become(*ONE)
        await shows(pilot, WORDS)
        assert [behind for _, behind in colours(pilot, "next question")] == [orange]


@pytest.mark.parametrize(
    ("theme", "contrast"), [("llamachat", 4.5), ("llamachat-light", 4.5), ("high-contrast", 7.0), ("ansi", None)]
)
async def test_the_words_can_be_told_from_what_is_behind_them(tmp_path: Path, theme: str, contrast: float | None):
    fleet = ScriptedFleet(ONE)
    fleet.limited = limited("llama-01")
    async with ScriptedApp(fleet, tmp_path, theme=theme).run_test(size=(80, 24)) as pilot:
        await shows(pilot, WORDS)
        screen = drawn(pilot.app)
        assert lost_in(ColorSystem.EIGHT_BIT, screen) == lost_in(ColorSystem.STANDARD, screen) == []
        if contrast is not None:  # that of a terminal's own colours is not known here
            assert [ratio(*pair) >= contrast for pair in colours(pilot, "next question")] == [True]
