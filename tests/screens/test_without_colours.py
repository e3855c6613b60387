"""With NO_COLOR: nothing but the terminal's own two colours, and what is known by its colour elsewhere stands out."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.screens.drawn import colors, drawn
from tests.screens.scenes.chat import ANSWER, QUESTION
from tests.screens.scenes.scene import pressing
from tests.screens.scenes.settings import to_group
from tests.screens.scripted import TWO_NODES, ScriptedApp, ScriptedFleet, answer, running, shows, typed, until

TABLE = pressing("alt+up", asked=(QUESTION,), until_shown="superposes")


@pytest.fixture(autouse=True)
def _no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")


def colored(pilot: Pilot[int]) -> list[str]:
    return [text for text, color in colors(drawn(pilot.app)) if not color.is_default]


def stands_out(pilot: Pilot[int], text: str) -> bool:
    """Whether a piece of the screen that has just this text, and blanks, is reversed."""
    return any(
        piece.text.strip() == text and piece.style is not None and bool(piece.style.reverse)
        for line in drawn(pilot.app)
        for piece in line
    )


@pytest.mark.parametrize("theme", ["llamachat", "llamachat-light", "high-contrast", "ansi"])
async def test_nothing_is_coloured_whatever_the_theme(tmp_path: Path, theme: str):
    app = ScriptedApp(ScriptedFleet(TWO_NODES, answer(ANSWER)), tmp_path, theme=theme)
    async with app.run_test(size=(100, 40)) as pilot:
        await TABLE(pilot)
        assert colored(pilot) == []


async def test_nothing_is_coloured_when_another_theme_is_tried(tmp_path: Path):
    (tmp_path / "config.toml").write_text('[look]\ntheme = "llamachat"\nmotion = false\n')
    app = ScriptedApp(ScriptedFleet(TWO_NODES), tmp_path)
    async with app.run_test(size=(100, 40)) as pilot:
        await to_group(pilot, "look")
        await pilot.press("left")
        await until(pilot, lambda: app.theme == "ansi")
        await pilot.press("left")
        await until(pilot, lambda: app.theme == "high-contrast")
        await pilot.pause()
        assert colored(pilot) == []


async def test_the_line_that_is_chosen_stands_out(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await pilot.press("f4")
        await shows(pilot, "[Settings]")
        await pilot.press("escape", "home", "down")
        await until(pilot, lambda: stands_out(pilot, "Chat") and not stands_out(pilot, "Nodes"))


async def test_the_place_where_one_writes_stands_out(tmp_path: Path):
    async with running(ScriptedFleet(TWO_NODES), tmp_path) as pilot:
        await typed(pilot, "ab")
        await pilot.press("left")
        await until(pilot, lambda: stands_out(pilot, "b") and not stands_out(pilot, "a"))
        await pilot.press("f9")
        await shows(pilot, "Search all")
        await typed(pilot, "cd")
        await pilot.press("left")
        await until(pilot, lambda: stands_out(pilot, "d") and not stands_out(pilot, "c"))
