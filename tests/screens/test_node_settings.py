"""The settings of one node: filled in, tried, saved with the comments of the file, and in use at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from llamachat.config import Settings
from llamachat.config.loading import parse
from llamachat.fleet import NodeAddress, NodeSnapshot
from llamachat.tui.screens.node_detail import NodeDetailScreen
from llamachat.tui.screens.nodes import NodesScreen
from llamachat.tui.widgets.setting_field import SettingField
from tests.screens.covering import covers
from tests.screens.samples import at_work as node
from tests.screens.scripted import NOON, ScriptedApp, ScriptedFleet, lines, opened, shows, until

NODES = (node("box"), node("other"))
CONFIG = """# mine
[[nodes]]
name = "box" # the big one
url = "ws://box.example:13000/chat"
token = "s3cret"

[[nodes]]
name = "other"
url = "ws://other.example:13000/chat"
"""


class Fleet(ScriptedFleet):
    """Takes a new address for a node, and keeps what it was given."""

    def __init__(self) -> None:
        super().__init__(NODES)
        self.replaced: list[tuple[str, NodeAddress]] = []

    async def replace(self, name: str, address: NodeAddress) -> None:
        self.replaced.append((name, address))
        new = NodeSnapshot(address.name, address.url, "connecting", NOON)
        self.become(*(new if known.name == name else known for known in self.nodes))


@asynccontextmanager
async def at_the_settings(
    path: Path,
    fleet: ScriptedFleet | None = None,
    *,
    size: tuple[int, int] = (100, 60),
    config: str | None = CONFIG,
    looks: Mapping[str, NodeSnapshot] | None = None,
    settings: Settings | None = None,
) -> AsyncGenerator[Pilot[int], None]:
    if config is not None:
        (path / "config.toml").write_text(config)
    app = ScriptedApp(fleet or Fleet(), path, looks=looks, settings=settings)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.press("f3")
        await opened(pilot, NodesScreen)
        await pilot.press("enter")
        await opened(pilot, NodeDetailScreen)
        await pilot.press("4")
        await until(pilot, lambda: key(pilot) == "url")
        yield pilot


def key(pilot: Pilot[Any]) -> str:
    """The setting with the focus."""
    widget = pilot.app.focused
    return widget.parent.field.key if widget is not None and isinstance(widget.parent, SettingField) else str(widget)


def field(pilot: Pilot[Any], name: str) -> Input:
    found = next(shown for shown in pilot.app.screen.query(SettingField) if shown.field.key == name)
    assert isinstance(found.editor, Input)
    return found.editor


async def fill(pilot: Pilot[Any], name: str, text: str) -> None:
    """Replaces what stands in a field."""
    field(pilot, name).focus()
    field(pilot, name).value = ""
    await pilot.press(*text)
    await pilot.pause()


def there(url: str) -> dict[str, NodeSnapshot]:
    return {url: replace(node("there"), url=url)}


async def test_the_settings_are_those_of_the_file_and_the_token_is_never_shown(tmp_path: Path):
    async with at_the_settings(tmp_path) as pilot:
        assert field(pilot, "url").value == "ws://box.example:13000/chat"
        assert field(pilot, "name").value == "box"
        assert field(pilot, "token").value == ""
        await shows(pilot, "kept, and never shown")
        await fill(pilot, "token", "another")
        text = "\n".join(lines(pilot.app))
        assert "s3cret" not in text
        assert "another" not in text
        assert "•••••••" in text


@covers("detail.settings", "detail.save")
async def test_what_is_changed_is_tried_saved_with_its_comments_and_used_at_once(tmp_path: Path):
    fleet = Fleet()
    url = "ws://10.0.0.7:13000/chat"
    async with at_the_settings(tmp_path, fleet, looks=there(url)) as pilot:
        await fill(pilot, "url", "10.0.0.7")
        await fill(pilot, "name", "big")
        await pilot.press("ctrl+s")
        await shows(pilot, "Saved. It is being connected to")
        [(name, address)] = fleet.replaced
        assert (name, address.name, address.url) == ("box", "big", url)
        assert address.token is not None
        assert address.token() == "s3cret"
        assert [known.name for known in fleet.nodes] == ["big", "other"]
        assert " big " in lines(pilot.app)[0]
        await pilot.press("escape", "escape")
        await opened(pilot, NodesScreen)
        await until(pilot, lambda: getattr(pilot.app.focused, "node", "") == "big")
        app = pilot.app
        assert isinstance(app, ScriptedApp)
        assert app.looked_at[-1].url == url
    expected = CONFIG.replace('"box"', '"big"').replace("ws://box.example:13000/chat", url)
    assert (tmp_path / "config.toml").read_text() == expected


async def test_a_node_that_does_not_answer_is_saved_only_when_that_is_said_twice(tmp_path: Path):
    fleet = Fleet()
    async with at_the_settings(tmp_path, fleet) as pilot:
        await fill(pilot, "url", "asleep")
        await pilot.press("ctrl+s")
        await shows(pilot, "✖ Nothing listens there.")
        await shows(pilot, "Ctrl+S again saves it all the same.")
        assert fleet.replaced == []
        assert (tmp_path / "config.toml").read_text() == CONFIG
        await pilot.press("ctrl+s")
        await shows(pilot, "Saved.")
        assert fleet.replaced[0][1].url == "ws://asleep:13000/chat"


async def test_after_another_change_it_is_tried_anew(tmp_path: Path):
    fleet = Fleet()
    async with at_the_settings(tmp_path, fleet) as pilot:
        await fill(pilot, "url", "asleep")
        await pilot.press("ctrl+s")
        await shows(pilot, "again saves it")
        await fill(pilot, "name", "b")
        await pilot.press("ctrl+s")
        await shows(pilot, "again saves it")
        assert fleet.replaced == []


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("url", "ftp://x", "Allowed: ws://HOST:PORT/chat"),
        ("name", "other", "There is a node called other already."),
        ("token_file", "t", "The token comes from one place, and Token is filled in too."),
        ("token_timeout", "soon", "Allowed: a number"),
    ],
)
async def test_what_cannot_be_is_said_while_it_is_typed_and_not_saved(
    tmp_path: Path, name: str, text: str, reason: str
):
    fleet = Fleet()
    async with at_the_settings(tmp_path, fleet) as pilot:
        await fill(pilot, name, text)
        await shows(pilot, f"✖ {reason}")
        field(pilot, "url" if name != "url" else "name").focus()
        await pilot.press("ctrl+s")
        await shows(pilot, "Nothing was saved")
        await until(pilot, lambda: key(pilot) == name)
        assert fleet.replaced == []
    assert (tmp_path / "config.toml").read_text() == CONFIG


async def test_the_token_is_taken_out_by_the_key_of_the_default(tmp_path: Path):
    fleet = Fleet()
    url = "ws://box.example:13000/chat"
    async with at_the_settings(tmp_path, fleet, looks=there(url)) as pilot:
        field(pilot, "token").focus()
        await pilot.press("ctrl+r")
        await shows(pilot, "taken out")
        await pilot.press("ctrl+s")
        await shows(pilot, "Saved.")
        assert fleet.replaced[0][1].token is None
    assert "token" not in (tmp_path / "config.toml").read_text()


async def test_a_node_that_is_not_in_the_file_says_so_and_is_kept_there_when_wanted(tmp_path: Path):
    url = "ws://box.example:13000/chat"
    async with at_the_settings(tmp_path, config=None, looks=there(url)) as pilot:
        await shows(pilot, "It is not in your settings file and is forgotten when you leave.")
        await pilot.press("ctrl+s")
        await shows(pilot, "Saved in")
        await shows(pilot, "From ")
    [kept] = parse((tmp_path / "config.toml").read_text()).nodes
    assert (kept.name, kept.url) == ("box", url)


async def test_without_a_settings_file_a_change_holds_until_one_leaves(tmp_path: Path):
    fleet = Fleet()
    url = "ws://10.0.0.7:13000/chat"
    app = ScriptedApp(fleet, tmp_path, looks=there(url))
    app.services.config_file = None
    async with app.run_test(size=(100, 60), notifications=True) as pilot:
        await pilot.press("f3")
        await opened(pilot, NodesScreen)
        await pilot.press("enter")
        await opened(pilot, NodeDetailScreen)
        await pilot.press("4")
        await shows(pilot, "This run has no settings file.")
        await fill(pilot, "url", "10.0.0.7")
        await pilot.press("ctrl+s")
        await shows(pilot, "It holds until you leave.")
        assert fleet.replaced[0][1].url == url


async def test_a_file_with_a_mistake_is_not_written_and_nothing_changes(tmp_path: Path):
    fleet = Fleet()
    url = "ws://box.example:13000/chat"
    async with at_the_settings(tmp_path, fleet, looks=there(url)) as pilot:
        await fill(pilot, "name", "big")
        (tmp_path / "config.toml").write_text("nonsense = 1\n")
        await pilot.press("ctrl+s")
        await shows(pilot, "✖ Not saved:")
        assert fleet.replaced == []
        assert field(pilot, "name").value == "big"
    assert (tmp_path / "config.toml").read_text() == "nonsense = 1\n"


async def test_what_is_not_saved_is_thrown_away_only_when_that_is_said_twice(tmp_path: Path):
    async with at_the_settings(tmp_path) as pilot:
        await fill(pilot, "name", "big")
        await pilot.press("1", "escape")
        assert key(pilot) != "name"
        await pilot.press("1", "4")
        await until(pilot, lambda: key(pilot) == "url")
        assert field(pilot, "name").value == "big1"
        await pilot.press("escape", "escape")
        await shows(pilot, "Ctrl+S saves them")
        assert isinstance(pilot.app.screen, NodeDetailScreen)
        await pilot.press("escape")
        await opened(pilot, NodesScreen)
    assert (tmp_path / "config.toml").read_text() == CONFIG


async def test_the_arrows_move_among_the_fields_and_above_the_first_are_the_panes(tmp_path: Path):
    async with at_the_settings(tmp_path, size=(80, 24)) as pilot:
        seen = []
        for press in ("down", "enter", "up", "up", "up"):
            await pilot.press(press)
            await pilot.pause()
            seen.append(key(pilot))
        assert seen[:4] == ["name", "token", "name", "url"]
        assert "Tabs" in seen[4]


async def test_saving_where_nothing_was_changed_says_so(tmp_path: Path):
    fleet = Fleet()
    async with at_the_settings(tmp_path, fleet) as pilot:
        await pilot.press("ctrl+s")
        await shows(pilot, "Nothing was changed.")
        assert fleet.replaced == []


async def test_the_keys_that_are_named_are_the_persons_own(tmp_path: Path):
    async with at_the_settings(tmp_path, settings=Settings(keys={"detail.save": ("f10",)})) as pilot:
        await shows(pilot, "F10")
        await fill(pilot, "url", "asleep")
        await pilot.press("f10")
        await shows(pilot, "F10 again saves it all the same.")
