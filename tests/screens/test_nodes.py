"""The tabs and the nodes tab: what a person does there, key by key and with the mouse, and pictures of every state."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from llamachat.config.loading import parse
from llamachat.fleet import NodeSnapshot
from llamachat.protocol import Drain, LoadModel, UnloadModel
from llamachat.tui.screens.jump import JumpScreen
from llamachat.tui.screens.node_detail import NodeDetailScreen
from llamachat.tui.screens.nodes import NodesScreen
from llamachat.tui.widgets.composer import Composer
from llamachat.tui.widgets.node_card import NodeCard
from llamachat.tui.widgets.node_grid import NodeGrid
from llamachat.tui.widgets.node_log import NodeLog
from llamachat.tui.widgets.node_offer import NodeOffer
from llamachat.tui.widgets.top_bar import TopBar
from tests.screens.covering import covers
from tests.screens.samples import EVERY_STATE, HERE, LOST, THREE, at_work
from tests.screens.scripted import ScriptedApp, ScriptedFleet, lines, shows, until

CONFIG = "".join(
    f'# number {name}\n[[nodes]]\nname = "{name}"\nurl = "ws://{name}.example:13000/chat"\n\n'
    for name in ("llama-01", "llama-02", "llama-03")
)


@asynccontextmanager
async def at_the_nodes(
    fleet: ScriptedFleet,
    path: Path,
    *,
    size: tuple[int, int] = (80, 24),
    looks: Mapping[str, NodeSnapshot] | None = None,
    config: str = "",
) -> AsyncGenerator[Pilot[int], None]:
    """The app with its nodes tab open."""
    if config:
        (path / "config.toml").write_text(config)
    async with ScriptedApp(fleet, path, looks=looks).run_test(size=size, notifications=True) as pilot:
        await pilot.press("f3")
        await until(
            pilot, lambda: isinstance(pilot.app.screen, NodesScreen) and bool(grid(pilot).cards or not fleet.nodes)
        )
        yield pilot


def grid(pilot: Pilot[Any]) -> NodeGrid:
    return pilot.app.screen.query_one(NodeGrid)


def order(pilot: Pilot[Any]) -> list[str]:
    return [card.node for card in grid(pilot).cards]


def focused(pilot: Pilot[Any]) -> str:
    widget = pilot.app.focused
    return widget.node if isinstance(widget, NodeCard) else str(widget)


# ── the tabs ────────────────────────────────────────────────────────────────────────────────────────────────────────


@covers("tab.chat", "tab.nodes", "tab.settings")
async def test_the_tabs_are_changed_by_keys_and_each_keeps_what_was_there(tmp_path: Path):
    async with at_the_nodes(ScriptedFleet(THREE), tmp_path) as pilot:
        await pilot.press("right", "f2")
        await pilot.press(*"a draft")
        await pilot.press("f3")
        assert focused(pilot) == "llama-02"
        await pilot.press("alt+1")
        assert pilot.app.screen.query_one(Composer).text == "a draft"
        await pilot.press("f4")
        assert pilot.app.current_mode == "settings"


async def test_the_tabs_are_changed_with_the_mouse(tmp_path: Path):
    async with at_the_nodes(ScriptedFleet(THREE), tmp_path) as pilot:
        await pilot.click("TabLabel")
        await until(pilot, lambda: pilot.app.current_mode == "chat")


@pytest.mark.parametrize(("keys", "mode"), [("f2", "chat"), ("f3", "nodes"), ("f4", "settings")])
async def test_the_open_tab_is_known_without_colours(tmp_path: Path, keys: str, mode: str):
    async with at_the_nodes(ScriptedFleet(THREE), tmp_path) as pilot:
        await pilot.press(keys)
        await until(pilot, lambda: pilot.app.current_mode == mode)
        await shows(pilot, f"[{mode.capitalize()}]")
        assert lines(pilot.app)[0].count("[") == 1


async def test_a_tab_is_found_by_its_name(tmp_path: Path):
    async with at_the_nodes(ScriptedFleet(THREE), tmp_path) as pilot:
        await pilot.press("ctrl+p", *"chat", "enter", "enter")
        await until(pilot, lambda: pilot.app.current_mode == "chat")


@covers("app.jump")
async def test_letters_lead_to_tabs_and_panels(tmp_path: Path):
    async with at_the_nodes(ScriptedFleet(THREE), tmp_path) as pilot:
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(pilot.app.screen, JumpScreen))
        await pilot.press("a")
        await until(pilot, lambda: pilot.app.current_mode == "chat" and not isinstance(pilot.app.screen, JumpScreen))
        composer = pilot.app.screen.query_one(Composer)
        pilot.app.screen.query_one("HistoryList OptionList").focus()
        await pilot.press("ctrl+o")
        jump = pilot.app.screen
        assert isinstance(jump, JumpScreen)
        letter = next(target.letter for target in jump._targets if target.widget is composer)
        await pilot.press(letter)
        await until(pilot, lambda: composer.has_focus)


async def test_the_letters_go_when_the_terminal_is_resized(tmp_path: Path):
    async with at_the_nodes(ScriptedFleet(THREE), tmp_path) as pilot:
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(pilot.app.screen, JumpScreen))
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: isinstance(pilot.app.screen, NodesScreen))


async def test_any_other_key_leaves_the_letters(tmp_path: Path):
    async with at_the_nodes(ScriptedFleet(THREE), tmp_path) as pilot:
        await pilot.press("ctrl+o", "escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, NodesScreen))
        assert focused(pilot) == "llama-01"


@pytest.mark.parametrize(
    ("keys", "there", "not_there"),
    [(["f3"], "Take this node out", "Stop the answer"), (["enter"], "Load the chosen model", "Take this node out")],
)
async def test_the_keys_that_are_shown_are_those_of_where_one_is(
    tmp_path: Path, keys: list[str], there: str, not_there: str
):
    async with at_the_nodes(ScriptedFleet(THREE), tmp_path, size=(100, 50)) as pilot:
        await pilot.press(*keys, "f1")
        await shows(pilot, there)
        assert not any(not_there in line for line in lines(pilot.app))


async def test_what_is_hidden_is_not_drawn(tmp_path: Path):
    fleet = ScriptedFleet(THREE)
    async with at_the_nodes(fleet, tmp_path) as pilot:
        hidden = pilot.app.screen
        await pilot.press("f2")
        bar = hidden.query_one(TopBar).query_one("#mark")
        before = str(bar.content)  # type: ignore[attr-defined]
        fleet.become(LOST)
        await shows(pilot, "✖ 0 of 1 node")
        assert len(hidden.query(NodeCard)) == 3
        assert str(bar.content) == before  # type: ignore[attr-defined]
        await pilot.press("f3")
        await shows(pilot, "retry in 12 s (r: now)")
        assert len(hidden.query(NodeCard)) == 1


# ── cards ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("width", "across"), [(60, 1), (80, 2), (120, 3), (160, 4), (240, 4)])
async def test_as_many_cards_stand_side_by_side_as_fit(tmp_path: Path, width: int, across: int):
    fleet = ScriptedFleet(tuple(at_work(f"llama-0{number}") for number in range(1, 7)))
    async with at_the_nodes(fleet, tmp_path, size=(width, 40)) as pilot:
        await until(pilot, lambda: bool(grid(pilot).cards[0].region))
        assert len({card.region.x for card in grid(pilot).cards}) == across
        assert {card.region.height for card in grid(pilot).cards} == {1 if width == 60 else 8}


@covers("node.left", "node.right", "node.up", "node.down")
async def test_the_arrows_move_among_cards_and_offers(tmp_path: Path):
    nodes = (at_work("llama-01", peers=["ws://10.0.0.9:13000/chat"]), *THREE[1:])
    async with at_the_nodes(ScriptedFleet(nodes), tmp_path) as pilot:
        await until(pilot, lambda: bool(pilot.app.screen.query(NodeOffer)))
        seen = [focused(pilot)]
        for key in ("right", "down", "left", "down", "up"):
            await pilot.press(key)
            seen.append(focused(pilot) if isinstance(pilot.app.focused, NodeCard) else "offer")
        assert seen == ["llama-01", "llama-02", "llama-03", "llama-02", "llama-03", "llama-01"]
        await pilot.press("down", "down")
        assert isinstance(pilot.app.focused, NodeOffer)
        await pilot.press("up")
        assert focused(pilot) == "llama-03"


async def test_the_seconds_to_the_next_try_are_counted_down_only_while_they_can_be_seen(tmp_path: Path):
    async with at_the_nodes(ScriptedFleet((LOST,)), tmp_path) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, NodesScreen)
        assert screen._countdown is not None
        counting = screen._countdown._active
        await until(pilot, counting.is_set)
        await pilot.press("f2")
        await until(pilot, lambda: not counting.is_set())


async def test_what_a_peer_writes_is_shown_as_it_is_and_commands_nothing(tmp_path: Path):
    evil = "\x1b[2J[red]x[/red]\x9b31m"
    nodes = (at_work(evil, "warning", reason=evil), at_work("llama-02", peers=[f"ws://a/{evil}"]))
    async with at_the_nodes(ScriptedFleet(nodes), tmp_path, size=(120, 40)) as pilot:
        await shows(pilot, "[red]x[/red]")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, NodeDetailScreen))
        text = "".join(lines(pilot.app))
        assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in text)


# ── the order ───────────────────────────────────────────────────────────────────────────────────────────────────────


@covers("node.later")
async def test_a_new_order_takes_effect_and_is_saved_with_its_comments(tmp_path: Path):
    fleet = ScriptedFleet(THREE)
    async with at_the_nodes(fleet, tmp_path, config=CONFIG) as pilot:
        await pilot.press("shift+right")
        await shows(pilot, "llama-01 is number 2 now. Saved.")
        assert order(pilot) == [snapshot.name for snapshot in fleet.nodes] == ["llama-02", "llama-01", "llama-03"]
        assert focused(pilot) == "llama-01"
        await shows(pilot, "A new question would go to llama-02")
    text = (tmp_path / "config.toml").read_text()
    assert [kept.name for kept in parse(text).nodes] == ["llama-02", "llama-01", "llama-03"]
    assert '# number llama-02\n[[nodes]]\nname = "llama-02"' in text


@covers("node.earlier")
async def test_a_node_moves_to_the_front_again_and_no_further(tmp_path: Path):
    async with at_the_nodes(ScriptedFleet(THREE), tmp_path) as pilot:
        await pilot.press("right", "shift+left")
        await until(pilot, lambda: order(pilot)[0] == "llama-02")
        await pilot.press("shift+left")
        assert order(pilot) == ["llama-02", "llama-01", "llama-03"]


async def test_an_order_of_nodes_that_are_not_in_the_file_holds_for_the_session_and_says_so(tmp_path: Path):
    async with at_the_nodes(ScriptedFleet(THREE), tmp_path) as pilot:
        await pilot.press("shift+right")
        await shows(pilot, "until you leave: these")
        assert order(pilot)[1] == "llama-01"
    assert not (tmp_path / "config.toml").exists()


async def test_an_order_that_cannot_be_saved_says_why_and_holds_for_now(tmp_path: Path):
    fleet = ScriptedFleet(THREE)
    async with at_the_nodes(fleet, tmp_path, config="nonsense = 1\n") as pilot:
        await pilot.press("shift+right")
        await shows(pilot, "Not saved")
        assert fleet.nodes[1].name == "llama-01"
    assert (tmp_path / "config.toml").read_text() == "nonsense = 1\n"


async def test_a_card_is_dragged_to_the_place_of_another(tmp_path: Path):
    async with at_the_nodes(ScriptedFleet(THREE), tmp_path, size=(120, 24), config=CONFIG) as pilot:
        await until(pilot, lambda: bool(grid(pilot).cards[2].region))
        first, third = grid(pilot).cards[0], grid(pilot).cards[2]
        await pilot.mouse_down(first)
        await pilot.hover(third)
        await until(pilot, lambda: third.has_class("-under"))
        await pilot.mouse_up(third)
        await until(pilot, lambda: order(pilot) == ["llama-02", "llama-03", "llama-01"])
        assert not third.has_class("-under")


# ── adding, removing, administering ─────────────────────────────────────────────────────────────────────────────────


@covers("node.add")
async def test_a_node_is_tested_added_connected_to_and_saved(tmp_path: Path):
    fleet = ScriptedFleet(THREE)
    looks = {"ws://10.0.0.7:13000/chat": at_work("there")}
    async with at_the_nodes(fleet, tmp_path, config=CONFIG, looks=looks) as pilot:
        await pilot.press("a", *"10.0.0.7", "tab", *"big", "tab", *"s3cret")
        assert not any("s3cret" in line for line in lines(pilot.app))
        await pilot.press("enter")
        await shows(pilot, "big was added. Saved in")
        assert order(pilot)[-1] == "big"
        app = pilot.app
        assert isinstance(app, ScriptedApp)
        assert app.looked_at[-1].token is not None
        assert app.looked_at[-1].token() == "s3cret"
    added = parse((tmp_path / "config.toml").read_text()).nodes[-1]
    assert (added.name, added.url, added.token) == ("big", "ws://10.0.0.7:13000/chat", "s3cret")
    assert (tmp_path / "config.toml").read_text().startswith(CONFIG.rstrip())


async def test_a_node_that_does_not_answer_is_added_only_when_asked_twice(tmp_path: Path):
    fleet = ScriptedFleet(THREE)
    async with at_the_nodes(fleet, tmp_path) as pilot:
        await pilot.press("a", *"asleep", "enter")
        await shows(pilot, "✖ Nothing listens there.")
        assert len(fleet.nodes) == 3
        await pilot.press("enter")
        await shows(pilot, "asleep was added")
        assert fleet.nodes[-1].url == "ws://asleep:13000/chat"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["ftp://x"], "An address looks like"),
        (["somewhere", "tab", *"llama-02"], "There is a node called llama-02 already"),
    ],
)
async def test_a_wrong_address_or_name_is_said_and_nothing_is_tried(tmp_path: Path, typed: list[str], said: str):
    async with at_the_nodes(ScriptedFleet(THREE), tmp_path) as pilot:
        await pilot.press("a", *typed[0], *typed[1:], "enter")
        await shows(pilot, said)
        app = pilot.app
        assert isinstance(app, ScriptedApp)
        assert [address.url for address in app.looked_at] == [HERE]
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, NodesScreen))


@covers("node.remove", "node.undo")
async def test_a_removed_node_is_gone_from_the_file_and_comes_back_whole(tmp_path: Path):
    fleet = ScriptedFleet(THREE)
    async with at_the_nodes(fleet, tmp_path, config=CONFIG) as pilot:
        await pilot.press("right", "x")
        await shows(pilot, "Remove llama-02?")
        await pilot.press("y")
        await shows(pilot, "llama-02 was removed. u: undo")
        assert order(pilot) == ["llama-01", "llama-03"]
        assert "llama-02" not in (tmp_path / "config.toml").read_text()
        await pilot.press("u")
        await shows(pilot, "llama-02 is back.")
        assert order(pilot) == ["llama-01", "llama-02", "llama-03"]
    assert (tmp_path / "config.toml").read_text() == CONFIG


async def test_nothing_is_removed_without_a_yes_and_nothing_undone_without_a_removal(tmp_path: Path):
    async with at_the_nodes(ScriptedFleet(THREE), tmp_path, config=CONFIG) as pilot:
        await pilot.press("x", "n")
        await until(pilot, lambda: isinstance(pilot.app.screen, NodesScreen))
        assert len(order(pilot)) == 3
        await pilot.press("u")
        await shows(pilot, "There is nothing to undo.")
    assert (tmp_path / "config.toml").read_text() == CONFIG


@covers("node.reconnect", "detail.reconnect")
async def test_a_lost_node_is_tried_again_now(tmp_path: Path):
    fleet = ScriptedFleet((LOST,))
    async with at_the_nodes(fleet, tmp_path) as pilot:
        await pilot.press("r")
        assert fleet.reconnected == ["llama-03"]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, NodeDetailScreen))
        await pilot.press("r")
        assert fleet.reconnected == ["llama-03"] * 2


@covers("node.drain")
async def test_a_node_is_drained_and_takes_work_again(tmp_path: Path):
    fleet = ScriptedFleet(EVERY_STATE)
    async with at_the_nodes(fleet, tmp_path) as pilot:
        await pilot.press("d")
        await shows(pilot, "llama-01 finishes what it has")
        await pilot.press("down", "right", "d")
        await shows(pilot, "llama-04 takes work again.")
    assert fleet.administered == [("llama-01", Drain(on=True)), ("llama-04", Drain(on=False))]


async def test_what_a_node_refuses_is_told_in_its_words(tmp_path: Path):
    fleet = ScriptedFleet(THREE)
    fleet.refusal = "This is for administrators."
    async with at_the_nodes(fleet, tmp_path) as pilot:
        await pilot.press("d")
        await shows(pilot, "This is for")


# ── finding ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_was_found_is_offered_and_added_only_by_the_person(tmp_path: Path):
    fleet = ScriptedFleet(THREE)
    async with at_the_nodes(fleet, tmp_path, looks={HERE: replace(at_work("mine"), url=HERE)}) as pilot:
        await shows(pilot, f"+ {HERE}  runs on this computer as mine")
        assert len(fleet.nodes) == 3
        await pilot.click(NodeOffer)
        await shows(pilot, "Add a node")
        await pilot.press("enter")
        await shows(pilot, "127.0.0.1 was added")
        await until(pilot, lambda: not pilot.app.screen.query(NodeOffer))
        assert fleet.nodes[-1].url == HERE


@covers("node.find")
async def test_looking_for_nodes_in_vain_says_so(tmp_path: Path):
    async with at_the_nodes(ScriptedFleet(THREE), tmp_path) as pilot:
        await pilot.press("f")
        await shows(pilot, "No other node was found")


async def test_without_nodes_the_tab_says_how_to_begin(tmp_path: Path):
    async with at_the_nodes(ScriptedFleet(()), tmp_path) as pilot:
        await shows(pilot, "a  Add a node")
        await shows(pilot, "d  Start the demo")
        await pilot.press("x", "r", "shift+left", "down", "a")
        await shows(pilot, "Add a node")


# ── one node ────────────────────────────────────────────────────────────────────────────────────────────────────────


@covers("node.open", "detail.back")
async def test_a_node_is_opened_and_left(tmp_path: Path):
    async with at_the_nodes(ScriptedFleet(THREE), tmp_path) as pilot:
        await pilot.press("right", "enter")
        await shows(pilot, "ws://llama-02.example:13000/chat  no token is sent")
        await shows(pilot, "first token after, ms")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, NodesScreen))
        await pilot.click("NodeCard", times=2)
        await until(pilot, lambda: isinstance(pilot.app.screen, NodeDetailScreen))


@covers("detail.models", "detail.load", "detail.unload")
async def test_models_are_loaded_and_unloaded(tmp_path: Path):
    fleet = ScriptedFleet(THREE)
    async with at_the_nodes(fleet, tmp_path) as pilot:
        await pilot.press("enter", "2")
        await shows(pilot, "✖ broken  failed  The file is cut short.")
        await pilot.press("down", "l")
        await shows(pilot, "guide is loaded.")
        await pilot.press("up", "u")
        await shows(pilot, "llama3-8b is unloaded.")
        fleet.refusal = "All answers must end first."
        await pilot.press("u")
        await shows(pilot, "All answers must")
    assert fleet.administered == [
        ("llama-01", LoadModel(model="guide")),
        ("llama-01", UnloadModel(model="llama3-8b")),
    ]


@covers("detail.search")
async def test_the_log_is_followed_and_searched(tmp_path: Path):
    fleet = ScriptedFleet(THREE)
    fleet.write_log("ready on port 13000", "Loading [guide]")
    async with at_the_nodes(fleet, tmp_path) as pilot:
        await pilot.press("enter", "3")
        await shows(pilot, "12:00:00 INFO    daemon: Loading [guide]")
        fleet.write_log("loading done", "goodbye")
        await shows(pilot, "goodbye")
        await pilot.press("slash", *"LOADING")
        await shows(pilot, "2 of 4 lines")
        assert not any("goodbye" in line for line in lines(pilot.app))
        fleet.write_log("loading more", "something else")
        await shows(pilot, "3 of 6 lines")
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, NodeDetailScreen)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, NodesScreen))


@covers("detail.charts", "detail.log")
async def test_the_log_is_asked_for_only_while_it_is_shown(tmp_path: Path):
    fleet = ScriptedFleet(THREE)
    async with at_the_nodes(fleet, tmp_path) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, NodeDetailScreen))
        assert fleet.followed == 0
        await pilot.press("3")
        await until(pilot, lambda: fleet.followed == 1)
        await pilot.press("f2")
        await until(pilot, lambda: fleet.followed == 0)
        await pilot.press("f3")
        await until(pilot, lambda: fleet.followed == 1)
        await pilot.press("1")
        await until(pilot, lambda: fleet.followed == 0)


async def test_a_log_that_is_not_shown_to_everybody_says_why(tmp_path: Path):
    fleet = ScriptedFleet(THREE)
    fleet.refusal = "The log is for administrators."
    async with at_the_nodes(fleet, tmp_path) as pilot:
        await pilot.press("enter", "3")
        await shows(pilot, "The log is for administrators.")
        assert pilot.app.screen.query_one(NodeLog)
