"""Whoever holds the mouse over a number or a mark is told what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from rich.cells import cell_len
from textual.app import App
from textual.widget import Widget
from textual.widgets import Input, TextArea

from llamachat.fleet.events import Failed, TurnEvent
from llamachat.tui.widgets.markdown_view import MarkdownView
from tests.screens.samples import ALL_LOST, EVERY_STATE, ROUTED, WAITING
from tests.screens.scripted import ScriptedApp, ScriptedFleet, ask, shows

MARKS: Final = frozenset("●◐✖○★▸✦⌂⇄■▲↓✓0123456789")
_KEY: Final = re.compile(r"\bF\d+")
WRITTEN: Final = (MarkdownView, Input, TextArea)
"""What people and models write, in which any character may stand."""

TWO: Final = EVERY_STATE[:2]
BROKEN: Final = (ROUTED, Failed("model_failed", "It broke."))
SCREENS: Final[dict[str, tuple[Sequence[Any], Sequence[TurnEvent | None], Sequence[str], str]]] = {
    "an answer": (TWO, WAITING, ("ask",), "One"),
    "a failed answer": (TWO, BROKEN, ("ask",), "asks again"),
    "a waiting question": (ALL_LOST, (), ("ask",), "1 waiting"),
    "a waiting question in the list": (ALL_LOST, (), ("ask", "f7"), "1 waiting"),
    "found words": (TWO, WAITING, ("ask", "f8", *"hello"), "1 message"),
    "the nodes": (EVERY_STATE, (), ("f3",), "OFFLINE"),
    "the charts of a node": (TWO, (), ("f3", "enter"), "1 Charts"),
    "the models of a node": (TWO, (), ("f3", "enter", "2"), "context 8"),
    "the log of a node": (TWO, (), ("f3", "enter", "3"), "0 lines"),
    "the settings of a node": (TWO, (), ("f3", "enter", "4"), "token_timeout"),
    "the settings": (TWO, (), ("f4",), "All is saved"),
    "the first steps": ((), (), (), "Start the demo"),
}


def untold(app: App[Any]) -> Iterator[tuple[str, str]]:
    """Numbers and marks without a tooltip: the widget, and its line."""
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        x = 0
        for character in _KEY.sub(lambda key: " " * len(key[0]), strip.text):
            if character in MARKS:
                widget, _region = app.screen.get_widget_at(x, y)
                if not explains(widget):
                    yield f"{widget!r}", strip.text.strip()
            x += cell_len(character)


def explains(widget: Widget) -> bool:
    chain = [one for one in widget.ancestors_with_self if isinstance(one, Widget)]
    return any(one.tooltip is not None or isinstance(one, WRITTEN) or one.has_class("question") for one in chain)


@pytest.mark.parametrize("name", SCREENS)
async def test_every_number_and_every_mark_has_a_tooltip(tmp_path: Path, name: str):
    nodes, script, steps, words = SCREENS[name]
    app = ScriptedApp(ScriptedFleet(nodes, script), tmp_path)
    async with app.run_test(size=(120, 50)) as pilot:
        await pilot.pause()
        for step in steps:
            if step == "ask":
                await ask(pilot, "Hello")
            else:
                await pilot.press(step)
                await pilot.pause()
        await shows(pilot, words)
        assert sorted(set(untold(app))) == []
