"""`llamachat doctor` as a process, with a real node and without one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.programs import Home, ending
from tests.unit.fleet.scripted_node import ScriptedNode


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


async def test_all_is_told_as_json_and_a_lost_node_is_status_1(home: Home) -> None:
    async with ScriptedNode(name="alpha") as node:
        home.config.write_text(
            f"[[nodes]]\nname = 'alpha'\nurl = '{node.url}'\n\n[[nodes]]\nname = 'gone'\nurl = 'ws://127.0.0.1:1/chat'\n"
        )
        ended = await home.run("doctor", "--json")
    assert ended.status == 1
    assert ended.stderr == ""
    found = json.loads(ended.stdout)
    assert found["ok"] is False
    by_name = {finding["name"]: finding for finding in found["findings"]}
    assert by_name["alpha"]["level"] == "ok"
    assert by_name["gone"]["level"] == "problem"
    assert by_name["gone"]["change"] == f"{home.config}:7, if the address is another one"
    assert {finding["area"] for finding in found["findings"]} == {"terminal", "files", "nodes"}


async def test_with_a_node_that_answers_all_is_well(home: Home) -> None:
    async with ScriptedNode(name="alpha") as node:
        ended = await home.run("doctor", "--node", node.url)
    assert ended.status == 0, ended.stdout
    assert "problem  " not in ended.stdout
    assert not (home.data_dir / "history.db").exists()


async def test_wrong_settings_are_findings_and_the_rest_is_still_looked_at(home: Home) -> None:
    home.config.write_text("[look]\nmotion = 3\n")
    ended = await home.run("doctor")
    assert ended.status == 1
    assert "look.motion: found 3; allowed: true or false" in ended.stdout
    assert f"change: {home.config}:2, or `llamachat config edit`" in ended.stdout
    assert "history: none yet" in ended.stdout


async def test_the_key_tester_shows_what_arrives_until_q_and_needs_a_terminal(home: Home) -> None:
    async with home.at_terminal("doctor", "--keys") as (process, terminal):
        await terminal.until("\x1b[>25u")
        terminal.type("\x1b[13;5u")
        await terminal.until("Ctrl+Enter: ESC [ 1 3 ; 5 u")
        terminal.type("\x1b[113;;113u")
        await terminal.until("\x1b[<u")
        assert await ending(process) == 0
    assert (await home.run("doctor", "--keys")).status == 2


async def test_at_a_terminal_its_kind_and_size_are_told_and_it_is_left_as_it_was(home: Home) -> None:
    async with ScriptedNode(name="alpha") as node:
        arguments = ("doctor", "--node", node.url)
        async with home.at_terminal(*arguments, env={"TERM": "xterm-256color"}) as (process, terminal):
            await terminal.until("\x1b[c")
            terminal.type("\x1b[?1u\x1b[?62;22c")
            await terminal.to_the_end()
            assert await ending(process) == 0
    assert "size: 120 columns, 40 lines" in terminal.screen
    assert "Shift+Enter and Ctrl+Enter are told from Enter" in terminal.screen
