"""What does not change is not drawn: noise of idle nodes, a cursor that nobody types at, the lines above the last."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from textual.geometry import Region

from llamachat.tui.widgets.composer import BLINKS, Composer
from llamachat.tui.widgets.markdown_view import MarkdownView
from llamachat.tui.widgets.node_card import NodeCard
from tests.screens.scripted import TWO_NODES, ScriptedFleet, running, snapshot, until


def loaded(load: float):
    """The two nodes at this load."""
    return [replace(node, status=replace_load(node.status, load)) for node in TWO_NODES]


def replace_load(status, load: float):
    import msgspec

    return msgspec.structs.replace(status, load=load)


async def test_loads_that_differ_by_less_than_a_step_draw_nothing(tmp_path: Path, monkeypatch):
    fleet = ScriptedFleet(loaded(0.10))
    async with running(fleet, tmp_path, size=(100, 30)) as pilot:
        await pilot.press("f3")
        await until(pilot, lambda: len(pilot.app.screen.query(NodeCard)) == 2)
        await pilot.pause()
        drawn: list[object] = []
        monkeypatch.setattr(NodeCard, "refresh", lambda self, *regions, **more: drawn.append(regions))
        fleet.become(*loaded(0.11))
        await pilot.pause()
        assert drawn == []
        fleet.become(*loaded(0.31))
        await until(pilot, lambda: bool(drawn))


async def test_the_cursor_stops_blinking_until_the_next_key(tmp_path: Path):
    async with running(ScriptedFleet([snapshot("llama-01")]), tmp_path) as pilot:
        composer = pilot.app.screen.query_one(Composer)
        composer.cursor_blink = True
        await pilot.press("x")
        for _ in range(BLINKS):
            composer._toggle_cursor_blink_visible()
        assert not composer.blink_timer._active.is_set()
        assert composer._cursor_visible
        await pilot.press("y")
        assert composer.blink_timer._active.is_set()


async def test_a_word_more_in_a_line_draws_that_line_alone(tmp_path: Path, monkeypatch):
    async with running(ScriptedFleet([snapshot("llama-01")]), tmp_path) as pilot:
        view = MarkdownView("first\n\nsecond\n\nthird")
        await pilot.app.screen.mount(view)
        await until(pilot, lambda: view.size.height == 5)
        drawn: list[Region] = []
        monkeypatch.setattr(view, "refresh", lambda *regions, **more: drawn.extend(regions))
        view.append(" and more")
        assert [(region.y, region.height) for region in drawn] == [(4, 1)]
