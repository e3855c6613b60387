"""The live panel: what it says, where it stands, and that it does nothing while it is hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamachat.fleet.events import Delta, Prefilling, Rerouted, Routed
from llamachat.protocol import Cost
from llamachat.tui.widgets.composer import Composer
from llamachat.tui.widgets.history_list import HistoryList
from llamachat.tui.widgets.live_panel import LivePanel
from tests.screens.covering import covers
from tests.screens.scripted import (
    TWO_NODES,
    ScriptedFleet,
    answer,
    ask,
    finished,
    lines,
    running,
    shows,
    snapshot,
    until,
)

ROUTED = Routed("llama-01", "llama3-8b", "the quickest: 0.0 s to a first token", 40.0)
DELTA = Delta("llama-01", "llama3-8b", 0, "One", 3)


async def test_it_tells_the_choice_the_steps_the_use_and_the_sums(tmp_path: Path):
    end = finished("One", cost=Cost(0.0004, "EUR"))
    fleet = ScriptedFleet(TWO_NODES, [ROUTED, Prefilling("llama-01", 12, 21, 4), None, DELTA, end])
    async with running(fleet, tmp_path, size=(130, 40)) as pilot:
        await shows(pilot, "No answer yet since the")
        await ask(pilot, "x")
        await shows(pilot, "why: the quickest")
        await shows(pilot, "expected 0.04 s")
        fleet.go_on()
        await shows(pilot, "90 tok/s")
        await shows(pilot, "cost 0.0004 EUR")
        await shows(pilot, "1 answer, 9 out")
        text = "\n".join(lines(pilot.app))
        assert "21 in (4 cached)" in text
        assert "── today" in text


async def test_what_happens_in_the_fleet_is_a_line(tmp_path: Path):
    moved = Rerouted("llama-01", "llama-02", 3, "lost")
    fleet = ScriptedFleet(TWO_NODES, [ROUTED, DELTA, moved, finished("One", "llama-02")])
    async with running(fleet, tmp_path, size=(130, 40)) as pilot:
        await ask(pilot, "x")
        await shows(pilot, "llama-01 lost at 3")
        fleet.become(snapshot("llama-01", "offline"), TWO_NODES[1])
        await shows(pilot, "llama-01 is offline")


@covers("chat.live")
@pytest.mark.parametrize("width", [60, 80, 130])
async def test_f6_shows_and_hides_it_where_there_is_room(tmp_path: Path, width: int):
    async with running(ScriptedFleet(TWO_NODES), tmp_path, size=(width, 24)) as pilot:
        live, history = pilot.app.screen.query_one(LivePanel), pilot.app.screen.query_one(HistoryList)
        assert live.display is (width == 130)
        await pilot.press("f6")
        assert live.display is (width != 130)
        # Beside the conversation there is room for one of the two below 120 columns.
        assert history.display is (width == 130)
        await pilot.press("f6")
        assert live.display is (width == 130)
        assert history.display is (width > 60)
        assert pilot.app.screen.query_one(Composer).has_focus


async def test_the_history_takes_its_place_back(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press("f6", "f5")
        assert pilot.app.screen.query_one(HistoryList).display
        assert not pilot.app.screen.query_one(LivePanel).display


async def test_escape_closes_it_where_it_covers_the_conversation(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path, size=(60, 20)) as pilot:
        await pilot.press("f6", "escape")
        assert not pilot.app.screen.query_one(LivePanel).display


async def test_nothing_is_drawn_or_summed_while_it_is_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    drawn: list[object] = []
    monkeypatch.setattr(LivePanel, "show", lambda self, content: drawn.append(content))
    fleet = ScriptedFleet(TWO_NODES, answer("One"))
    async with running(fleet, tmp_path) as pilot:
        await ask(pilot, "x")
        await shows(pilot, "One")
        await until(pilot, lambda: not fleet.running)
        assert not drawn
        await pilot.press("f6")
        await until(pilot, lambda: bool(drawn))
