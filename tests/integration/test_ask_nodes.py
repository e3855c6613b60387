"""`llamachat nodes` as a process."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import pytest

from llamachat.cli.offering import look_at
from llamachat.fleet.discovery import offers, to_look_at
from tests.integration.programs import PATIENCE_S, Home, ending
from tests.unit.fleet.scripted_node import ScriptedNode

DEAD = "ws://127.0.0.1:1/chat"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


async def test_nodes_are_told_with_their_figures(home: Home) -> None:
    async with ScriptedNode(name="alpha") as node:
        both = await home.run("nodes", "--json", "--node", node.url, "--node", DEAD)
        table = await home.run("nodes", "--node", node.url)
    assert both.status == 0, both.stderr
    first, second = json.loads(both.stdout)
    assert (first["state"], first["load"], first["queue"]) == ("online", 0.1, {"depth": 0, "limit": 64})
    assert (second["state"], second["load"]) == ("offline", None)
    assert "● online" in table.stdout
    assert "0/64" in table.stdout


async def test_status_3_says_that_no_node_takes_work(home: Home) -> None:
    assert (await home.run("nodes", "--node", DEAD)).status == 3


async def test_watching_as_json_tells_every_change_until_interrupted(home: Home) -> None:
    async with (
        ScriptedNode(name="alpha") as node,
        home.start("nodes", "--watch", "--json", "--node", node.url) as process,
        asyncio.timeout(PATIENCE_S),
    ):
        assert process.stdout is not None

        async def until(state: str) -> Any:
            while True:
                line = await process.stdout.readline()  # type: ignore[union-attr]
                [told] = json.loads(line)
                if told["state"] == state:
                    return told

        await until("online")
        await node.stop()
        await until("offline")
        process.send_signal(signal.SIGINT)
        await process.stdout.read()
        assert await ending(process) == 0


async def test_watching_at_a_terminal_draws_the_table_and_gives_the_terminal_back(home: Home) -> None:
    async with (
        ScriptedNode(name="alpha") as node,
        home.at_terminal("nodes", "--watch", "--node", node.url) as (process, terminal),
    ):
        await terminal.until("● online")
        process.send_signal(signal.SIGINT)
        await terminal.to_the_end()
        assert await ending(process) == 0
    assert terminal.screen.rstrip().endswith("\x1b[?25h")  # the cursor is shown again


async def test_peers_that_a_node_names_are_told_and_never_asked(home: Home) -> None:
    async with ScriptedNode(name="alpha") as node, ScriptedNode(name="beta") as peer:
        node.peers = [peer.url, node.url, "http://x/\x1b[2J"]
        table = await home.run("nodes", "--node", node.url)
        found = await home.run("nodes", "--discover", "--json", "--node", node.url)
        watching = home.at_terminal("nodes", "--watch", "--node", node.url)
        async with watching as (process, terminal):
            await terminal.until(peer.url)
            process.send_signal(signal.SIGINT)
            await terminal.to_the_end()
            assert await ending(process) == 0
        assert peer.headers == []
    name = node.url.removeprefix("ws://").removesuffix("/chat")
    assert f"  {peer.url}  named by {name}" in table.stdout
    assert "nodes --add URL" in table.stdout
    assert "\x1b" not in table.stdout
    assert {"url": peer.url, "name": None, "named_by": [name]} in json.loads(found.stdout)
    assert home.config.read_text() == "", "nothing was added"


async def test_what_was_added_is_asked_from_then_on_and_no_longer_offered(home: Home) -> None:
    async with ScriptedNode(name="alpha") as node, ScriptedNode(name="beta") as peer:
        node.peers = [peer.url]
        for url in (node.url, peer.url):
            added = await home.run("nodes", "--add", url)
            assert added.status == 0, added.stderr
            assert url in added.stdout
        again = await home.run("nodes", "--add", peer.url)
        both = await home.run("nodes", "--json")
        offered = await home.run("nodes", "--discover", "--json", "--node", node.url)
    assert "already" in again.stdout
    assert [told["state"] for told in json.loads(both.stdout)] == ["online", "online"]
    assert peer.url not in offered.stdout


async def test_a_daemon_of_this_machine_is_found_unless_it_is_a_node_already() -> None:
    async with ScriptedNode(name="gamma") as node:
        port = int(node.url.rpartition(":")[2].removesuffix("/chat"))
        here = await look_at(to_look_at([DEAD], port))
        assert [(offer.url, offer.name) for offer in offers((), here)] == [(node.url, "gamma")]
        assert to_look_at([f"ws://localhost:{port}/chat"], port) is None
    assert await look_at(to_look_at([DEAD], port)) is None, "nothing listens there any more"
