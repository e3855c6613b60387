"""`llamachat --plain` as a process: through pipes, and at a terminal."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.programs import Home, ending
from tests.unit.fleet.scripted_node import Plan, ScriptedNode


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
async def node() -> AsyncIterator[ScriptedNode]:
    async with ScriptedNode("Foxes jump. Dogs sleep.", name="alpha") as one:
        yield one


async def test_questions_by_a_pipe_are_answered_in_turn(home: Home, node: ScriptedNode) -> None:
    script = b"What jumps?\n\nAnd who sleeps?\n/nonsense\n/chats\n/quit\nnever asked\n"
    ended = await home.run("--plain", "--node", node.url, stdin=script)
    assert ended.status == 0, ended.stderr
    assert ended.stderr == ""
    lines = ended.stdout.splitlines()
    said = [line for line in lines if not line.startswith("[")]
    label = f"guide on {node.url[5:-5]}> "
    assert said[1:4] == ["you> What jumps?", label + node.answer, "you> "]
    assert "[There is no command /nonsense; /help lists them.]" in lines
    assert any(line.startswith("1. What jumps?") for line in lines)
    assert [message.content for message in node.asked[1].messages] == ["What jumps?", node.answer, "And who sleeps?"]
    assert len(node.asked) == 2
    assert "\x1b" not in ended.stdout


async def test_a_chat_is_opened_by_its_number_and_a_new_one_begun(home: Home, node: ScriptedNode) -> None:
    await home.run("--plain", "--node", node.url, stdin=b"One?\n/new\nTwo?\n")
    ended = await home.run("--plain", "--node", node.url, stdin=b"/4 2\nThree?\n/open 9\n")
    assert "you> One?" in ended.stdout
    assert "[/open wants a number from 1 to 2; /chats lists the chats.]" in ended.stdout
    assert [message.content for message in node.asked[2].messages] == ["One?", node.answer, "Three?"]


async def test_the_status_says_how_the_last_question_of_a_script_ended(home: Home, node: ScriptedNode) -> None:
    node.plans += [Plan(refuse="internal"), Plan(refuse="internal")]
    ended = await home.run("--plain", "--node", node.url, stdin=b"One?\n")
    assert ended.status == 1
    assert "[No answer: " in ended.stdout
    dead = await home.run("--plain", "--node", "ws://127.0.0.1:1/chat", stdin=b"One?\n")
    assert dead.status == 3


async def test_at_a_terminal_an_answer_is_stopped_by_command_and_by_key(home: Home, node: ScriptedNode) -> None:
    node.plans += [Plan(at={3: "hold"}), Plan(), Plan(at={3: "hold"})]
    async with home.at_terminal("--plain", "--node", node.url, env={"TERM": "dumb"}) as (process, terminal):
        await terminal.until("you> ")
        terminal.type("What jumps?\n")
        await terminal.until("> Foxes jump.")
        terminal.type("Typed ahead?\n/stop\n")
        await terminal.until("· stopped]")
        await terminal.until(node.answer)
        node.go.clear()
        terminal.type("Again?\n")
        await terminal.until("> Foxes jump.", times=3)
        process.send_signal(signal.SIGINT)
        await terminal.until("· stopped]", times=2)
        await terminal.until("you> ", times=4)
        process.send_signal(signal.SIGINT)
        assert await ending(process) == 130
    assert [question.messages[-1].content for question in node.asked] == ["What jumps?", "Typed ahead?", "Again?"]
    assert len(node.cancelled) == 2
