"""The measures that the pictures are held to find what they are for."""

from __future__ import annotations

from pathlib import Path

from rich.cells import cell_len
from rich.color import ColorSystem

from tests.screens.drawn import drawn, faint, lost_in, widths
from tests.screens.scripted import TWO_NODES, ScriptedFleet, running


async def test_text_that_is_too_faint_is_found(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        assert lost_in(ColorSystem.STANDARD, drawn(pilot.app)) == []
        hints = pilot.app.screen.query_one("#hints")
        hints.styles.auto_color = False
        hints.styles.background, hints.styles.color = "#000000", "#060606"
        await pilot.pause()
        assert any("F1 keys" in text for text, _ratio in faint(drawn(pilot.app)))
        assert any("F1 keys" in text for text in lost_in(ColorSystem.STANDARD, drawn(pilot.app)))


async def test_a_line_that_is_too_long_is_found(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        screen = drawn(pilot.app)
        assert widths(screen) == {80}
        longer = (*screen[:-1], (*screen[-1], screen[-1][0]))
        assert widths(longer) == {80, 80 + cell_len(screen[-1][0].text)}
