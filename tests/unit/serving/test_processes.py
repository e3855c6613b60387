"""Real worker processes: started with their pipe, logged, and gone for certain at the end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from llamachat.protocol import AiResponse, PromptMessage
from llamachat_daemon.pipe.codec import PipeError
from llamachat_daemon.pipe.frames import Loaded
from llamachat_daemon.serving import process
from llamachat_daemon.serving.node import Node, StartError
from llamachat_daemon.serving.process import WorkerProcess, start_worker
from llamachat_daemon.serving.telemetry import Telemetry
from tests.unit.serving.nodes import config, holds
from tests.unit.serving.scripted_client import ScriptedClient
from tests.unit.serving.scripted_worker import PATIENCE_S
from tests.unit.serving.worker_program import command


async def first_frame(worker: WorkerProcess) -> object:
    async with asyncio.timeout(PATIENCE_S):
        return await anext(aiter(worker))


def open_descriptors() -> int:
    return psutil.Process().num_fds()


async def test_a_worker_ends_when_it_is_asked_to(tmp_path: Path):
    lines: list[str] = []
    async with start_worker(lines.append, command("answers")) as worker:
        assert isinstance(await first_frame(worker), Loaded)
        assert os.getsid(worker.pid) == worker.pid  # Ctrl+C in a terminal does not reach it
    assert worker.describe_end() == "ended with status 0"
    assert not psutil.pid_exists(worker.pid)


@pytest.mark.parametrize("stopped", [False, True])
async def test_a_worker_that_does_not_listen_or_is_stopped_is_killed(monkeypatch: pytest.MonkeyPatch, stopped: bool):
    monkeypatch.setattr(process, "STOP_GRACE_S", 0.1)
    async with start_worker(print, command("deaf")) as worker:
        await first_frame(worker)
        if stopped:
            os.kill(worker.pid, signal.SIGSTOP)
    assert worker.describe_end() == "was killed by SIGKILL"
    assert not psutil.pid_exists(worker.pid)


@pytest.mark.parametrize(
    ("end", "crashed"), [(signal.SIGSEGV, True), (signal.SIGILL, True), (signal.SIGKILL, False), (signal.SIGHUP, False)]
)
async def test_a_worker_that_ends_by_a_fault_of_its_code_has_crashed(end: signal.Signals, crashed: bool):
    async with start_worker(print, command("deaf")) as worker:
        await first_frame(worker)
        os.kill(worker.pid, end)
        async with asyncio.timeout(PATIENCE_S):
            async for _ in worker:
                pass
    assert worker.crashed is crashed


async def test_what_a_worker_writes_is_read_in_lines_of_bounded_length():
    lines: list[str] = []
    async with start_worker(lines.append, command("noisy")) as worker:
        with pytest.raises(PipeError):
            await first_frame(worker)
        worker.kill()
    assert "a line on stdout" in lines
    assert "a line on stderr" in lines
    assert lines[-1].endswith(" the end")
    assert max(map(len, lines)) <= 2 * process.LOG_CHUNK_BYTES
    assert sum(line.count("x") for line in lines) >= 20_000


async def test_nothing_stays_open_after_a_worker_even_one_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch):
    async with start_worker(print, command("dies")):
        pass
    before = open_descriptors()
    async with start_worker(print, command("dies")):
        pass
    with pytest.raises(FileNotFoundError):
        async with start_worker(print, lambda *_: ["/no/such/program"]):
            pass
    assert open_descriptors() == before


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    node = Node(config(tmp_path), Telemetry(), launch=partial(start_worker, command=command("answers")))
    await node.start()
    yield node
    await node.stop()


async def test_an_answer_goes_on_after_its_worker_process_is_killed_again_and_again(node: Node):
    text = "abcdefghij" * 5000
    marks = [length * len(text) // 10 for length in (1, 4, 7)]

    async with ScriptedClient(node) as client:
        client.ask("a", messages=[PromptMessage("user", text)])
        await holds(lambda: node.attempts.knows("ann", "a"))
        generation = node.attempts.find("ann", "a")

        def kill_at_marks() -> None:
            if marks and generation.record.length >= marks[0]:
                marks.pop(0)
                os.kill(node.pool.pids()[0], signal.SIGKILL)

        generation.watch(kill_at_marks)
        answer = await client.follow("a")
    assert answer.text == answer.last.message == text
    assert answer.tokens == [ord(character) for character in text]
    deaths = [event for event in node.telemetry.events_since(0)[1] if event.kind == "worker_died"]
    assert [event.text for event in deaths] == ["The worker of tiny was killed by SIGKILL."] * 3


async def test_the_worker_s_process_is_counted_and_gone_after_the_stop(node: Node):
    (pid,) = node.pool.pids()
    assert node.status("ann").memory.process > node.telemetry.read_memory([os.getpid()]).process
    await node.stop()
    assert not psutil.pid_exists(pid)


async def test_a_worker_in_the_middle_of_saying_a_lot_stops_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("llamachat_daemon.serving.supervisor.STOP_GRACE_S", 3600.0)  # it is not killed
    node = Node(config(tmp_path), Telemetry(), launch=partial(start_worker, command=command("floods")))
    await node.start()
    async with ScriptedClient(node) as client:
        client.ask("a")
        await client.until(AiResponse)
        await asyncio.wait_for(node.stop(), PATIENCE_S)


async def test_a_worker_program_that_dies_at_once_makes_a_clear_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("llamachat_daemon.serving.supervisor.RESTART_DELAYS_S", (0.0,))
    node = Node(config(tmp_path), Telemetry(), launch=partial(start_worker, command=command("dies")))
    with pytest.raises(StartError, match="ended with status 3 while loading tiny, 3 times in a row"):
        await node.start()
