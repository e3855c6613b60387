"""What stands in the frames can be read in the colours that have colours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.app import App
from textual.color import Color

from tests.screens.drawn import Drawn, drawn, ratio, written
from tests.screens.samples import THREE
from tests.screens.scripted import ScriptedApp, ScriptedFleet, shows

READABLE = 4.5
"""WCAG 2.2, success criterion 1.4.3: contrast (minimum)."""

TITLES = {
    ("f2",): ("History", "search", "Live"),
    ("f3", "a"): ("Add a node", "Esc: cancel"),
    ("f3", "enter", "2"): ("l: load",),
    ("f4", "enter"): ("look.theme", "Theme"),
    ("f1",): ("Keys", "Esc closes"),
}


def contrasts(screen: Drawn, words: str) -> Iterator[float]:
    for piece in written(screen):
        if words in piece.text:
            assert piece.style is not None
            assert piece.style.color is not None
            assert piece.style.bgcolor is not None
            yield ratio(Color.from_rich_color(piece.style.color), Color.from_rich_color(piece.style.bgcolor))


@pytest.mark.parametrize("theme", ["llamachat", "llamachat-light"])
@pytest.mark.parametrize("keys", TITLES, ids=" ".join)
async def test_the_words_in_a_frame_can_be_told_from_what_is_behind_them(
    tmp_path: Path, theme: str, keys: tuple[str, ...]
):
    app: App[int] = ScriptedApp(ScriptedFleet(THREE), tmp_path, theme=theme)
    async with app.run_test(size=(120, 40)) as pilot:
        for key in keys:
            await pilot.press(key)
        if keys == ("f4", "enter"):
            await pilot.app.run_action("show_group('look')", pilot.app.screen)
        for words in TITLES[keys]:
            await shows(pilot, words)
            found = list(contrasts(drawn(app), words))
            assert found
            assert min(found) >= READABLE, (words, found)
