"""`llamachat nodes` as a process."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import pytest

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
