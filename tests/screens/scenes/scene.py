"""What a picture shows: a fleet, a history, and what a person does. The pictures of the tests and those of the docs are
both made from scenes, by the running program."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from llamachat.config.loading import parse
from llamachat.fleet import NodeSnapshot
from llamachat.fleet.events import TurnEvent
from llamachat.tui.screens.chat import ChatScreen
from tests.screens.scripted import TWO_NODES, ScriptedApp, ScriptedFleet, ask, opened, shows, typed, until

Steps = Callable[[Pilot[Any]], Awaitable[None]]
Prepare = Callable[[Path, pytest.MonkeyPatch], Awaitable[None]]

PLAIN = '[chat]\ntitles = "words"\n[look]\nmotion = false\n'


async def nothing(pilot: Pilot[Any]) -> None:
    """The program as it starts."""
    await pilot.pause()


async def bare(path: Path, patch: pytest.MonkeyPatch) -> None:
    """A computer without files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A state of the program.

    Attributes:
        steps: what is done once the program runs.
        nodes, scripts: the scripted fleet.
        settings: the text of the settings file; a theme is added at its end, where `[look]` stands.
        prepare: makes files and a history, or changes the surroundings, before the program starts.
        looks: what answers at addresses that are tried.
        fresh: what is done depends on the size of the terminal, so each picture takes a start of its own.
    """

    steps: Steps = nothing
    nodes: Sequence[NodeSnapshot] = TWO_NODES
    scripts: Sequence[Sequence[TurnEvent | None]] = ()
    settings: str = PLAIN
    prepare: Prepare = bare
    banner: str = ""
    looks: Mapping[str, NodeSnapshot] = field(default_factory=dict)
    fresh: bool = False


@asynccontextmanager
async def played(
    scene: Scene, path: Path, *, theme: str = "llamachat", size: tuple[int, int] = (80, 24)
) -> AsyncGenerator[Pilot[int], None]:
    """The program in that state, with a home directory of its own at `path`."""
    config = path / ".config"
    config.mkdir()
    with pytest.MonkeyPatch.context() as patch, at_greenwich():
        patch.setenv("HOME", str(path))
        patch.chdir(path)
        await scene.prepare(config, patch)
        text = f'{scene.settings}theme = "{theme}"\n'
        (config / "config.toml").write_text(text)
        fleet = ScriptedFleet(scene.nodes, *scene.scripts)
        settings = parse(text, config / "config.toml")
        app = ScriptedApp(fleet, config, banner=scene.banner, settings=settings, looks=scene.looks)
        async with app.run_test(size=size, notifications=True) as pilot:
            await pilot.pause()
            await scene.steps(pilot)
            await still(pilot)
            yield pilot


@contextmanager
def at_greenwich() -> Iterator[None]:
    """The same time zone on every machine, for the parts of the screen that take the machine's own."""
    with pytest.MonkeyPatch.context() as zone:
        zone.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


async def still(pilot: Pilot[Any]) -> None:
    """Waits until nothing more is due to be drawn, and what is drawn stays the same."""
    for screen in pilot.app.screen_stack:
        if isinstance(screen, ChatScreen):
            await until(pilot, lambda screen=screen: screen.is_settled)  # type: ignore[misc]
    before = None
    while (drawn := pilot.app.screen._compositor.render_strips()) != before:
        before = drawn
        await pilot.pause()


def pressing(
    *keys: str,
    asked: Sequence[str] = (),
    until_shown: str = "",
    screen: type[Screen[Any]] | None = None,
) -> Steps:
    """Asks the questions, presses the keys, and waits for words or for a screen. Of the keys, what starts with a space
    is text to be typed."""

    async def steps(pilot: Pilot[Any]) -> None:
        for question in asked:
            await ask(pilot, question)
        await still(pilot)
        for key in keys:
            await (typed(pilot, key[1:]) if key.startswith(" ") else pilot.press(key))
        if screen is not None:
            await opened(pilot, screen)
        if until_shown:
            await shows(pilot, until_shown)

    return steps


def asking(question: str, until_shown: str) -> Steps:
    """Asks, and waits for words."""
    return pressing(asked=(question,), until_shown=until_shown)
