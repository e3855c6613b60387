"""How well text can be told from what is behind it, computed from what is drawn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.color import Color as RichColor
from textual.app import App
from textual.color import Color
from textual.pilot import Pilot
from textual.widgets import OptionList

from llamachat.fleet.events import Failed
from tests.screens.scripted import NOON, TWO_NODES, ScriptedApp, ScriptedFleet, answer, ask, shows, snapshot, until

ENOUGH = 7.0
"""WCAG 2.2, success criterion 1.4.6: contrast (enhanced)."""

Steps = Callable[[Pilot[Any]], Awaitable[None]]


def luminance(color: Color) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [part / 255 for part in color.rgb]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one: Color, two: Color) -> float:
    """Their contrast, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(two)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def faint(app: App[Any]) -> Iterator[tuple[str, float]]:
    """Every piece of text on the screen with less contrast than enough. Frames and bars are no text."""
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            style = segment.style
            if style is None or not any(character.isalnum() for character in segment.text):
                continue
            assert style.color is not None, segment.text
            assert style.bgcolor is not None, segment.text
            assert not style.dim, segment.text
            found = ratio(Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor))
            if found < ENOUGH:
                yield segment.text, found


def asking(words: str) -> Steps:
    async def steps(pilot: Pilot[Any]) -> None:
        await ask(pilot, "Explain it")
        await shows(pilot, words)
        await pilot.press("alt+up")
        await pilot.pause()

    return steps


async def losing(pilot: Pilot[Any]) -> None:
    pilot.app.fleet.become(snapshot("llama-01", "offline", retry_at=NOON + 4, reason="Gone."))  # type: ignore[attr-defined]
    await shows(pilot, "lost")


def pressing(*keys: str) -> Steps:
    async def steps(pilot: Pilot[Any]) -> None:
        await pilot.press(*keys)
        await pilot.pause()

    return steps


def settings(place: int, *keys: str) -> Steps:
    async def steps(pilot: Pilot[Any]) -> None:
        await pilot.press("f4")
        await until(pilot, lambda: bool(pilot.app.screen.query("#groups")))
        listed = pilot.app.screen.query_one("#groups", OptionList)
        await until(pilot, lambda: listed.has_focus)
        await pilot.press(*["down"] * place, *keys)
        await pilot.pause()

    return steps


STATES: dict[str, Steps] = {
    "empty": pressing(),
    "answered": asking("A table"),
    "failed": asking("✖"),
    "lost": losing,
    "help": pressing("f1"),
    "palette": pressing("ctrl+p"),
    "nodes": pressing("f3"),
    "settings": settings(0),
    "system-prompt": settings(1, "enter", "down", "h", "i"),
    "sampling-wrong": settings(2, "enter", "x", "ctrl+s"),
    "look": settings(4, "enter"),
    "keys": settings(5, "enter"),
    "naming-a-key": settings(5, "enter", "enter"),
}
ANSWER = """# A table

| a | b |
|---|---|
| `c` | **d** |

> quoted

```python
def f(x):  # comment
    return 'x' + 1
```
"""


@pytest.mark.parametrize("state", STATES)
async def test_with_high_contrast_all_text_can_be_told_from_what_is_behind_it(tmp_path: Path, state: str):
    script = [Failed("model_failed", "It broke.")] if state == "failed" else answer(ANSWER)
    (tmp_path / "config.toml").write_text('[look]\ntheme = "high-contrast"\nmotion = false\n')
    app = ScriptedApp(ScriptedFleet(TWO_NODES, script), tmp_path, theme="high-contrast")
    async with app.run_test(size=(100, 40), notifications=True) as pilot:
        await pilot.pause()
        await STATES[state](pilot)
        assert list(faint(pilot.app)) == []


async def test_the_measure_finds_text_that_is_too_faint(tmp_path: Path):
    async with ScriptedApp(ScriptedFleet(TWO_NODES), tmp_path).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        pilot.app.screen.query_one("#hints").styles.background = "#777777"
        await pilot.pause()
        assert any("F1 keys" in text for text, _ratio in faint(pilot.app))


def colors(app: App[Any]) -> Iterator[tuple[str, RichColor]]:
    """Every colour on the screen, with the text that has it or lies on it."""
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            if segment.style is not None:
                yield from ((segment.text, c) for c in (segment.style.color, segment.style.bgcolor) if c is not None)


async def test_without_colour_everything_is_grey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = ScriptedApp(ScriptedFleet(TWO_NODES, answer(ANSWER)), tmp_path)
    async with app.run_test(size=(100, 40)) as pilot:
        await asking("A table")(pilot)
        assert [text for text, color in colors(app) if len(set(Color.from_rich_color(color).rgb)) > 1] == []


async def test_without_colour_the_terminals_own_two_remain_where_the_theme_is_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "config.toml").write_text('[look]\ntheme = "llamachat"\nmotion = false\n')
    app = ScriptedApp(ScriptedFleet(TWO_NODES, answer(ANSWER)), tmp_path, theme="ansi")
    async with app.run_test(size=(100, 40)) as pilot:
        await asking("A table")(pilot)
        assert [text for text, color in colors(app) if not color.is_default] == []
        await settings(4, "enter", "left", "left")(pilot)  # to a theme of ours, and back
        await until(pilot, lambda: app.theme == "high-contrast")
        assert not all(color.is_default for _text, color in colors(app))
        await pilot.press("right")
        await until(pilot, lambda: app.theme == "ansi" and all(color.is_default for _text, color in colors(app)))
