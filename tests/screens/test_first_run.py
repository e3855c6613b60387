"""The first run: while no node is configured, three ways to begin stand where messages and nodes would be."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from llamachat.config import AppContext, Settings
from llamachat.config.loading import parse
from llamachat.config.places import Places
from llamachat.demo.trouble import DemoError
from llamachat.fleet import NodeSnapshot
from llamachat.tui.screens.chat import ChatScreen
from llamachat.tui.screens.nodes_dialogs import AddNodeScreen
from llamachat.tui.services import StartDemo
from llamachat.tui.widgets.composer import Composer
from llamachat.tui.widgets.first_run import FirstChoice, FirstRun
from llamachat.tui.widgets.node_offer import NodeOffer
from tests.screens.covering import covers
from tests.screens.samples import HERE
from tests.screens.samples import at_work as node
from tests.screens.scripted import TWO_NODES, ScriptedApp, ScriptedFleet, lines, opened, shows, snapshot, until

FOUND = {HERE: replace(node("mine"), url=HERE)}
DEMO = AppContext(Settings(), Places(*[Path("/nowhere")] * 4))


@asynccontextmanager
async def first_run(
    path: Path,
    *,
    fleet: ScriptedFleet | None = None,
    size: tuple[int, int] = (80, 24),
    looks: Mapping[str, NodeSnapshot] | None = None,
    start_demo: StartDemo | None = None,
    settings: Settings | None = None,
) -> AsyncGenerator[Pilot[int], None]:
    app = ScriptedApp(fleet or ScriptedFleet(()), path, looks=looks, settings=settings)
    app.services.start_demo = start_demo
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.focused, FirstChoice))
        yield pilot


def chosen(pilot: Pilot[Any]) -> str:
    widget = pilot.app.focused
    return widget.wish if isinstance(widget, FirstChoice) else str(widget)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_all_three_ways_and_how_to_take_one_can_be_read_at_once(tmp_path: Path, size: tuple[int, int]):
    async with first_run(tmp_path, size=size) as pilot:
        for text in ("a  Add a node", "f  Find nodes on this computer", "d  Start the demo", "Press its letter"):
            await shows(pilot, text)


@covers("first.add")
async def test_a_node_is_added_by_its_letter_and_the_chat_goes_on(tmp_path: Path):
    fleet = ScriptedFleet(())
    async with first_run(tmp_path, fleet=fleet, looks={"ws://box:13000/chat": node("box")}) as pilot:
        await pilot.press("a")
        await opened(pilot, AddNodeScreen)
        await pilot.press(*"box", "enter")
        await shows(pilot, "box was added. Saved in")
        await shows(pilot, "Ask something")
        assert isinstance(pilot.app.focused, Composer)
        assert not pilot.app.screen.query(FirstRun)
    assert [kept.name for kept in parse((tmp_path / "config.toml").read_text()).nodes] == ["box"]


@covers("first.find")
async def test_a_daemon_on_this_computer_is_found_and_added_only_after_a_yes(tmp_path: Path):
    fleet = ScriptedFleet(())
    async with first_run(tmp_path, fleet=fleet, looks=FOUND) as pilot:
        await pilot.press("f")
        await opened(pilot, AddNodeScreen)
        await shows(pilot, HERE)
        assert fleet.nodes == ()
        await pilot.press("enter")
        await until(pilot, lambda: bool(fleet.nodes))
        assert fleet.nodes[0].url == HERE


async def test_looking_in_vain_says_what_to_do(tmp_path: Path):
    async with first_run(tmp_path) as pilot:
        await pilot.press("f")
        await shows(pilot, "No node was found on this computer.")


@covers("first.above", "first.below", "first.choose")
async def test_the_arrows_and_enter_take_a_way_and_below_the_last_one_is_the_composer(tmp_path: Path):
    async with first_run(tmp_path) as pilot:
        seen = []
        for key in ("up", "down", "down", "up"):
            await pilot.press(key)
            seen.append(chosen(pilot))
        assert seen == ["add", "find", "demo", "find"]
        await pilot.press("enter")
        await shows(pilot, "No node was found")
        await pilot.press("down", "down")
        assert isinstance(pilot.app.focused, Composer)


async def test_the_mouse_takes_a_way(tmp_path: Path):
    async with first_run(tmp_path) as pilot:
        await pilot.click(FirstChoice)
        await opened(pilot, AddNodeScreen)


@covers("first.demo")
async def test_the_demo_says_how_far_it_is_and_the_program_goes_on_in_it(tmp_path: Path):
    told: list[Callable[[str], None]] = []

    async def start(tell: Callable[[str], None]) -> AppContext:
        tell("starting 2 local nodes, 1 ready")
        told.append(tell)
        await until(pilot, lambda: any("1 ready" in line for line in lines(pilot.app)))
        return DEMO

    async with first_run(tmp_path, start_demo=start) as pilot:
        app = pilot.app
        assert isinstance(app, ScriptedApp)
        await pilot.press("d")
        await until(pilot, lambda: app.services.following is DEMO and app._exit)
    assert len(told) == 1


async def test_a_demo_that_cannot_start_says_what_to_do_and_can_be_tried_again(tmp_path: Path):
    tries: list[str] = []

    async def start(tell: Callable[[str], None]) -> AppContext:
        tries.append("again")
        raise DemoError("Run: pip install 'llamachat[daemon]'")

    async with first_run(tmp_path, start_demo=start) as pilot:
        await pilot.press("d")
        await shows(pilot, "✖ Run: pip install 'llamachat[daemon]'")
        await pilot.press("d")
        await until(pilot, lambda: len(tries) == 2)


async def test_what_is_written_there_waits_for_a_node(tmp_path: Path):
    async with first_run(tmp_path) as pilot:
        await pilot.press("escape", *"hello", "enter")
        await shows(pilot, "1 waiting: hello")
        assert pilot.app.screen.query(FirstRun)


async def test_the_panel_leaves_with_the_first_node_and_comes_back_without_any(tmp_path: Path):
    fleet = ScriptedFleet(())
    async with first_run(tmp_path, fleet=fleet) as pilot:
        fleet.become(*TWO_NODES)
        await shows(pilot, "Ask something")
        fleet.become()
        await shows(pilot, "Start the demo")


async def test_the_keys_that_are_named_are_the_persons_own(tmp_path: Path):
    settings = Settings(keys={"first.demo": ("s",), "tab.nodes": ("f12",)})
    async with first_run(tmp_path, settings=settings) as pilot:
        await shows(pilot, "s  Start the demo")
        await shows(pilot, "add one in the Nodes tab (F12)")
        await pilot.press("s")
        await shows(pilot, "This run cannot start a demo.")


async def test_the_nodes_tab_has_the_same_ways_with_what_was_found_below_them(tmp_path: Path):
    async with first_run(tmp_path, looks=FOUND) as pilot:
        await pilot.press("f3")
        await shows(pilot, "runs on this computer as mine")
        await until(pilot, lambda: chosen(pilot) == "add")
        await pilot.press("f")
        await until(pilot, lambda: isinstance(pilot.app.focused, NodeOffer))
        await pilot.press("up")
        assert chosen(pilot) == "add"
        await pilot.press("down", "down", "down")
        assert isinstance(pilot.app.focused, NodeOffer)
        await pilot.press("up", "d")
        await shows(pilot, "This run cannot start a demo.")


async def test_with_a_node_there_are_no_first_steps(tmp_path: Path):
    async with ScriptedApp(ScriptedFleet((snapshot("a"),)), tmp_path).run_test() as pilot:
        await shows(pilot, "Ask something")
        assert isinstance(pilot.app.screen, ChatScreen)
        assert not pilot.app.screen.query(FirstRun)
        assert isinstance(pilot.app.focused, Composer)
