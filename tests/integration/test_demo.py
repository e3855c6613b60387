"""`llamachat demo`: real daemons with the bundled model, and nothing left of them afterwards."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from llamachat.store import Store
from tests.integration.daemons import eventually
from tests.integration.programs import Home, ending

QUESTION = "How do I add a node?"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def processes_of(home: Home) -> list[psutil.Process]:
    """Every process of a demo of this home: daemons and their workers, told by where their files are."""
    found = []
    place = f"{home.directory}/llamachat-demo-"
    for process in psutil.process_iter():
        try:
            if any(place in argument for argument in process.cmdline()):
                found += [process, *process.children(recursive=True)]
        except psutil.Error:
            continue  # it ended while it was looked at
    return found


def leftovers(home: Home) -> list[Path]:
    return list(home.directory.glob("llamachat-demo-*"))


def answered(home: Home) -> list[str]:
    """The roles of the complete messages that the client of a running demo keeps."""
    [directory] = leftovers(home)
    with Store.open(directory / "client" / "history.db") as store:
        messages = [message for chat in store.list_chats() for message in store.active_path(chat.id)]
    return [message.role for message in messages if message.state == "complete"]


async def test_one_answer_is_printed_and_nothing_is_left(home: Home) -> None:
    ended = await home.run("demo", "ask", QUESTION)
    assert ended.status == 0, ended.stderr
    assert ended.stdout.strip()
    assert ended.stdout.endswith("\n")
    assert ended.stderr == ""
    assert processes_of(home) == []
    assert leftovers(home) == []
    assert not home.data_dir.exists()


async def test_the_answer_of_a_demo_is_drawn_greedily_by_one_of_its_nodes(home: Home) -> None:
    answers = []
    for seed in ("1", "2"):
        ended = await home.run("demo", "--nodes", "1", "ask", QUESTION, "--json", "--seed", seed)
        answers.append(json.loads(ended.stdout.splitlines()[-1]))
    assert [(answer["node"], answer["model"]) for answer in answers] == [("demo-1", "guide")] * 2
    assert answers[0]["text"] == answers[1]["text"]


async def test_a_demo_asks_the_guide_whatever_the_person_has_configured(home: Home) -> None:
    home.config.write_text("[[nodes]]\nurl = 'ws://127.0.0.1:1/chat'\n[chat]\nmodel = 'llama3-70b'\n")
    ended = await home.run("demo", "--nodes", "1", "ask", QUESTION, env={"LLAMACHAT_TOKEN": "s3cret"})
    assert ended.status == 0, ended.stderr


async def test_the_line_mode_says_who_answers(home: Home) -> None:
    ended = await home.run("demo", "--plain", stdin=f"{QUESTION}\n".encode())
    assert ended.status == 0, ended.stderr
    assert "[Demo on 2 nodes of this computer. Answers come from the tiny built-in guide" in ended.stdout
    assert processes_of(home) == []


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -signal.SIGKILL)],
)
async def test_however_a_demo_ends_its_daemons_end_too(home: Home, number: signal.Signals, status: int) -> None:
    async with home.start("demo", "--plain", stdin=asyncio.subprocess.PIPE) as process:
        assert process.stdout is not None
        await process.stdout.readuntil(b"/help")  # both daemons run, and somebody could type now
        running = processes_of(home)
        assert len(running) >= 4  # two daemons, each with a worker
        process.send_signal(number)
        assert await ending(process) == status
    eventually(lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in running))
    if number != signal.SIGKILL:
        assert leftovers(home) == []


async def test_a_demo_that_is_ended_while_it_starts_leaves_nothing(home: Home) -> None:
    async with home.start("demo", "ask", QUESTION) as process:
        await asyncio.to_thread(eventually, lambda: bool(leftovers(home)))
        process.send_signal(signal.SIGTERM)
        assert await ending(process) == 143
    assert leftovers(home) == []
    assert processes_of(home) == []


async def test_the_screen_of_a_demo_answers_and_gives_the_terminal_back_when_it_is_ended(home: Home) -> None:
    async with home.at_terminal("demo", env={"TERM": "xterm-256color"}) as (process, terminal):
        await terminal.until("built-in guide")
        terminal.type("What is llamachat?\r")
        await asyncio.to_thread(eventually, lambda: "assistant" in answered(home))
        process.send_signal(signal.SIGTERM)
        await terminal.to_the_end()
        assert await ending(process) == 143
    assert terminal.screen.rfind("\x1b[?1049l") > terminal.screen.rfind("\x1b[?1049h")  # the screen as it was before
    assert leftovers(home) == []
    assert processes_of(home) == []


async def test_files_of_a_killed_demo_are_removed_by_the_next_one(home: Home) -> None:
    async with home.start("demo", "--nodes", "1", "--plain", stdin=asyncio.subprocess.PIPE) as process:
        assert process.stdout is not None
        await process.stdout.readuntil(b"/help")
        [left] = leftovers(home)
        running = await home.run("demo", "--nodes", "1", "ask", QUESTION)
        assert running.status == 0
        assert leftovers(home) == [left], "a demo removed the files of another one that runs"
        process.send_signal(signal.SIGKILL)
        await ending(process)
    await home.run("demo", "--nodes", "1", "ask", QUESTION)
    assert leftovers(home) == []


def test_without_the_daemon_it_says_what_to_install(home: Home) -> None:
    code = "import sys; sys.modules['llama_cpp'] = None; from llamachat.cli import main; main(['demo', 'ask', 'hi'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=home.environment(),
    )
    assert done.returncode == 1
    assert "pip install 'llamachat[daemon]'" in done.stderr


async def test_a_daemon_that_cannot_start_is_reported_with_its_last_words(home: Home) -> None:
    # The daemons refuse to serve with no slot, and say so.
    code = (
        "import llamachat.demo.daemons as demo, llamachat.cli as cli\n"
        "make = demo._command\n"
        "demo._command = lambda *given: [*make(*given), '--slots=0']\n"
        "cli.main(['demo', 'ask', 'hi'])"
    )
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=home.environment(),
    )
    assert done.returncode == 1
    assert "did not start" in done.stderr
    assert "slots" in done.stderr
    assert leftovers(home) == []
