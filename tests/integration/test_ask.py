"""`llamachat ask` as a process, against a daemon whose answers are known."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.programs import Home, ending
from tests.unit.fleet.scripted_node import ANSWER, Plan, ScriptedNode


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
async def node() -> AsyncIterator[ScriptedNode]:
    async with ScriptedNode(name="alpha") as one:
        yield one


def asked(node: ScriptedNode, number: int = 0) -> list[tuple[str, str]]:
    """What the node was sent."""
    return [(message.role, message.content) for message in node.asked[number].messages]


async def test_the_answer_and_nothing_else_is_printed(home: Home, node: ScriptedNode) -> None:
    ended = await home.run("ask", "What", "jumps?", "--node", node.url)
    assert ended.status == 0, ended.stderr
    assert ended.stdout == ANSWER + "\n"
    assert ended.stderr == ""
    assert asked(node) == [("user", "What jumps?")]


async def test_what_is_piped_in_and_files_follow_the_prompt(home: Home, node: ScriptedNode, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("llamas\n")
    await home.run("ask", "Sum up:", "-f", str(file), "--node", node.url, stdin="häy\n".encode())
    assert asked(node) == [("user", "Sum up:\n\nhäy\n\nFile: notes.txt\n```\nllamas\n```")]
    await home.run("ask", "--node", node.url, stdin=b"Only this?\n")
    assert asked(node, 1) == [("user", "Only this?")]


async def test_options_reach_the_node(home: Home, node: ScriptedNode) -> None:
    home.config.write_text(
        f"[[nodes]]\nname = 'box'\nurl = '{node.url}'\n[chat]\nsystem_prompt = 'Be brief.'\n"
        "[chat.sampling]\ntop_k = 5\ntemperature = 1.5\n"
    )
    sampling = ["--temperature", "0.25", "--seed", "7", "--max-tokens", "9"]
    ended = await home.run("ask", "Hi", "--node", "box", "--model", "guide", *sampling)
    assert ended.status == 0, ended.stderr
    params = node.asked[0].params
    assert (params.temperature, params.seed, params.max_tokens, params.top_k) == (0.25, 7, 9, 5)
    assert node.asked[0].model == "guide"
    assert asked(node) == [("system", "Be brief."), ("user", "Hi")]
    await home.run("ask", "Hi", "--system", "Be long.")
    assert asked(node, 1)[0] == ("system", "Be long.")
    assert (node.asked[1].params.temperature, node.asked[1].model) == (1.5, None)


async def test_json_prints_one_object_for_each_event(home: Home, node: ScriptedNode) -> None:
    node.plans.append(Plan(queue=(2, 1)))
    ended = await home.run("ask", "What jumps?", "--json", "--node", node.url)
    assert ended.status == 0, ended.stderr
    events = [json.loads(line) for line in ended.stdout.splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds[0] == "routed"
    assert [event["position"] for event in events if event["event"] == "queued"] == [2, 1]
    assert kinds[-1] == "finished"
    assert "".join(event["text"] for event in events if event["event"] == "delta") == ANSWER
    assert events[-1]["text"] == ANSWER
    assert events[-1]["node"] == events[0]["node"]
    assert {"prompt_tokens", "cached_tokens", "completion_tokens"} <= events[-1]["usage"].keys()


async def test_without_streaming_the_answer_comes_in_one_piece(home: Home, node: ScriptedNode) -> None:
    assert (await home.run("ask", "Hi", "--no-stream", "--node", node.url)).stdout == ANSWER + "\n"
    ended = await home.run("ask", "Hi", "--no-stream", "--json", "--node", node.url)
    assert "delta" not in {json.loads(line)["event"] for line in ended.stdout.splitlines()}


async def test_control_characters_of_an_answer_are_printed_harmlessly_and_kept_in_json(home: Home) -> None:
    async with ScriptedNode("a\r\nb\x1b]0;x\x07\x9b2J") as node:
        assert (await home.run("ask", "Hi", "--node", node.url)).stdout == "a\nb\ufffd]0;x\ufffd\ufffd2J\n"
        ended = await home.run("ask", "Hi", "--json", "--node", node.url)
        assert json.loads(ended.stdout.splitlines()[-1])["text"] == node.answer
        assert "\x1b" not in ended.stdout


async def test_a_refusal_is_told_on_standard_error_with_status_1(home: Home, node: ScriptedNode) -> None:
    node.plans += [Plan(refuse="context_overflow"), Plan(refuse="context_overflow")]
    ended = await home.run("ask", "Hi", "--node", node.url)
    assert (ended.status, ended.stdout) == (1, "")
    assert ended.stderr == "llamachat: The node says context_overflow.\n"
    ended = await home.run("ask", "Hi", "--json", "--node", node.url)
    last = json.loads(ended.stdout.splitlines()[-1])
    assert (last["event"], last["code"]) == ("failed", "context_overflow")


async def test_no_node_within_reach_is_status_3(home: Home) -> None:
    ended = await home.run("ask", "Hi", "--node", "ws://127.0.0.1:1/chat")
    assert (ended.status, ended.stdout) == (3, "")
    assert ended.stderr.startswith("llamachat: No node can be reached: ")
    listed = await home.run("chats", "list", "--json")
    assert json.loads(listed.stdout) == []


async def test_a_wrong_token_is_told_and_a_right_one_lets_in(home: Home, node: ScriptedNode, tmp_path: Path) -> None:
    node.token = "s3cret"
    refused = await home.run("ask", "Hi", "--node", node.url)
    assert refused.status == 3
    assert "token" in refused.stderr
    assert (await home.run("ask", "Hi", "--node", node.url, env={"LLAMACHAT_TOKEN": "s3cret"})).status == 0
    (tmp_path / "token").write_text("s3cret\n")
    home.config.write_text(f"[[nodes]]\nurl = '{node.url}'\ntoken_file = 'token'\n")
    ended = await home.run("ask", "Hi")
    assert ended.status == 0, ended.stderr


async def test_an_answer_goes_on_at_another_node_without_a_seam_in_the_text(home: Home) -> None:
    async with ScriptedNode(name="alpha") as alpha, ScriptedNode(name="beta") as beta:
        alpha.plans.append(Plan(at={3: "hold"}))
        beta.plans.append(Plan(at={3: "hold"}))
        arguments = ("ask", "Hi", "--node", alpha.url, "--node", beta.url)
        async with home.start(*arguments) as process:
            assert process.stdout is not None
            text = await process.stdout.readexactly(10)
            await (alpha if alpha.asked else beta).stop()
            (beta if alpha.asked else alpha).go.set()
            text += await process.stdout.read()
            assert await ending(process) == 0
        assert text.decode() == ANSWER + "\n"


async def test_a_chat_is_gone_on_with_by_option(home: Home, node: ScriptedNode) -> None:
    first = await home.run("ask", "One?", "--json", "--node", node.url)
    chat = json.loads(first.stdout.splitlines()[-1])["chat"]
    await home.run("ask", "Other?", "--node", node.url)
    await home.run("ask", "Two?", "--chat", chat[:10], "--node", node.url)
    assert asked(node, 2) == [("user", "One?"), ("assistant", ANSWER), ("user", "Two?")]
    await home.run("ask", "Three?", "--continue", "--node", node.url)
    assert asked(node, 3)[-1] == ("user", "Three?")
    assert len(asked(node, 3)) == 5
    assert {question.chat_id for question in node.asked} == {chat, node.asked[1].chat_id}
    listed = json.loads((await home.run("chats", "list", "--json")).stdout)
    assert [(one["title"], one["messages"]) for one in listed] == [("One?", 6), ("Other?", 2)]


async def test_nothing_to_go_on_with_is_wrong_usage(home: Home, node: ScriptedNode) -> None:
    ended = await home.run("ask", "Hi", "--continue", "--node", node.url)
    assert ended.status == 2
    assert "no chat" in ended.stderr
    assert not node.asked


async def test_without_history_nothing_is_kept(home: Home, node: ScriptedNode) -> None:
    ended = await home.run("ask", "Hi", "--no-history", "--node", node.url)
    assert ended.stdout == ANSWER + "\n"
    assert not home.data_dir.exists()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
async def test_a_signal_cancels_the_answer_at_its_node(
    home: Home, node: ScriptedNode, number: signal.Signals, status: int
) -> None:
    node.plans.append(Plan(at={2: "hold"}))
    async with home.start("ask", "Hi", "--node", node.url) as process:
        assert process.stdout is not None
        begun = await process.stdout.readexactly(15)
        process.send_signal(number)
        assert await ending(process) == status
        rest = await process.stdout.read()
    assert (begun + rest).decode() == ANSWER[:15] + "\n"
    assert node.cancelled == [node.asked[0].id]
    shown = await home.run("chats", "show", node.asked[0].chat_id)
    assert ANSWER[:15] in shown.stdout


async def test_a_reader_that_leaves_ends_it_quietly_and_cancels_the_answer(home: Home, node: ScriptedNode) -> None:
    node.plans.append(Plan(at={2: "hold"}))
    reader, writer = os.pipe()
    async with home.start("ask", "Hi", "--node", node.url, stdout=writer) as process:
        os.close(writer)
        assert await asyncio.to_thread(os.read, reader, 1) == ANSWER[:1].encode()
        os.close(reader)
        node.go.set()
        assert await ending(process) == 141
        assert process.stderr is not None
        assert await process.stderr.read() == b""
    await node.until(lambda: node.cancelled)


async def test_an_interrupt_is_heard_even_when_nobody_reads_the_output(home: Home) -> None:
    async with ScriptedNode("x" * 400_000) as node:
        node.plans.append(Plan(size=40_000))
        reader, writer = os.pipe()
        async with home.start("ask", "Hi", "--node", node.url, stdout=writer) as process:
            assert await asyncio.to_thread(os.read, reader, 1) == b"x"
            process.send_signal(signal.SIGINT)
            assert await ending(process) == 130
        os.close(reader)
        os.close(writer)


async def test_a_terminal_shows_progress_before_and_figures_after_the_answer(home: Home, node: ScriptedNode) -> None:
    node.plans.append(Plan(queue=(2, 1)))
    async with home.at_terminal("ask", "Hi", "--node", node.url, stdin=asyncio.subprocess.DEVNULL) as (
        process,
        terminal,
    ):
        await terminal.to_the_end()
        assert await ending(process) == 0
    before, _, after = terminal.screen.partition(ANSWER)
    assert "queued 2 of 2" in before
    assert before.endswith("\r\x1b[K")
    assert "first token" in after
    assert "the tiny built-in guide" in after


async def test_output_that_cannot_be_written_is_told_and_cancels_the_answer(home: Home, node: ScriptedNode) -> None:
    node.plans.append(Plan(at={2: "hold"}))
    full = os.open("/dev/full", os.O_WRONLY)
    async with home.start("ask", "Hi", "--node", node.url, stdout=full) as process:
        os.close(full)
        assert await ending(process) == 1
        assert process.stderr is not None
        assert b"cannot be written: No space left" in await process.stderr.read()
    assert node.cancelled == [node.asked[0].id]


async def test_without_standard_output_nothing_is_asked(home: Home, node: ScriptedNode) -> None:
    command = f'exec "{sys.executable}" -m llamachat ask Hi --node {node.url} >&-'
    process = await asyncio.create_subprocess_shell(
        command, env=home.environment(), stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, stderr = await process.communicate()
    assert process.returncode == 1
    assert b"standard output is closed" in stderr
    assert not node.asked
