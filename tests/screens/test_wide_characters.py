"""Characters that take two columns, none, or run from right to left: everything stays where it belongs."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from llamachat.tui.widgets.composer import Composer
from tests.screens.drawn import drawn, widths
from tests.screens.scenes import STATES
from tests.screens.scenes.scene import played
from tests.screens.scripted import TWO_NODES, ScriptedFleet, lines, running, typed


@asynccontextmanager
async def answered(path: Path) -> AsyncGenerator[Pilot[Any]]:
    """An answer in many scripts, all of it on the screen."""
    async with played(STATES["wide-characters"], path, size=(100, 60)) as pilot:
        yield pilot


def columns(pilot: Pilot[Any], mark: str, *words: str) -> set[int]:
    """At which columns the mark stands in the lines with these words."""
    found = [next(line for line in lines(pilot.app) if word in line) for word in words]
    return {cell_len(line[: line.rindex(mark)]) for line in found}


async def test_the_columns_of_a_table_stay_in_line(tmp_path: Path):
    async with answered(tmp_path) as pilot:
        assert len(columns(pilot, "│", "whale  ", "llama  ", " e  ", "peace  ", "meaning")) == 1


async def test_the_frame_of_a_code_block_stays_in_line(tmp_path: Path):
    async with answered(tmp_path) as pilot:
        assert columns(pilot, "│", "鯨 = whale") == columns(pilot, "┐", "1 copy")


async def test_no_line_is_longer_or_shorter_than_the_terminal(tmp_path: Path):
    async with answered(tmp_path) as pilot:
        assert widths(drawn(pilot.app)) == {100}


@pytest.mark.parametrize(("text", "width"), [("鯨", 2), ("e\u0301", 1), ("🦙", 2), ("שלום", 4), ("ü", 1)])
async def test_the_cursor_stands_behind_what_was_typed(tmp_path: Path, text: str, width: int):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        composer = pilot.app.screen.query_one(Composer)
        start = composer.cursor_screen_offset.x
        await typed(pilot, text)
        assert composer.text == text
        assert composer.cursor_screen_offset.x - start == width
