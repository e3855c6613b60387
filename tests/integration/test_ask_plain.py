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


async def test_what_is_typed_while_an_answer_comes_waits_where_it_can_be_changed(
    home: Home, node: ScriptedNode
) -> None:
    node.plans += [Plan(at={3: "hold"})]
    async with home.at_terminal("--plain", "--node", node.url, env={"TERM": "dumb"}) as (process, terminal):
        await terminal.until("you> ")
        terminal.type("What jumps?\n")
        await terminal.until("> Foxes jump.")
        terminal.type("Second?\n")
        await terminal.until("[It waits as number 1; /waiting lists what waits.]")
        terminal.type("Third?\nDropped?\n")
        await terminal.until("[It waits as number 3")
        terminal.type("/drop 3\n/move 2 1\n")
        await terminal.until("[Dropped: Dropped?]")
        await terminal.until("[1. Third? (in What jumps?)]")
        terminal.type("/edit 1 Third, or not?\n")
        await terminal.until("[Number 1 is changed.]")
        node.go.set()
        await terminal.until(node.answer, times=2)
        terminal.type("/waiting\n/quit\n")
        await terminal.until("[Nothing waits.]")
        assert await ending(process) == 0
    asked = [question.messages[-1].content for question in node.asked]
    assert asked == ["What jumps?", "Third, or not?", "Second?"]


async def test_who_leaves_stops_nothing_and_finds_what_waited_the_next_time(home: Home, node: ScriptedNode) -> None:
    node.plans += [Plan(at={3: "hold"})]
    async with home.at_terminal("--plain", "--node", node.url, env={"TERM": "dumb"}) as (process, terminal):
        await terminal.until("you> ")
        terminal.type("What jumps?\n")
        await terminal.until("> Foxes jump.")
        terminal.type("And then?\n")
        await terminal.until("[It waits as number 1")
        terminal.type("/quit\n")
        assert await ending(process) == 0
    assert node.cancelled == []
    node.go.set()
    async with home.at_terminal("--plain", "--node", node.url, env={"TERM": "dumb"}) as (process, terminal):
        await terminal.until("[Going on with the last answer in What jumps?; so far:]")
        await terminal.until("you> And then?")
        await terminal.until(node.answer)
        terminal.type("/quit\n")
        assert await ending(process) == 0
    questions = [question.messages for question in node.asked]
    assert [question[-1].content for question in questions] == ["What jumps?", "And then?"]
    assert questions[1][1].content == node.answer, "the answer that was left is whole before the next question"
