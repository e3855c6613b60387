"""A node with the real worker and the bundled model: answers survive the death of their worker without a trace."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from llamachat.protocol import Cancel, Params, PromptMessage
from llamachat_daemon.config import DaemonConfig, EngineConfig, ModelFile, ModelsConfig, QueueConfig, guide_file
from llamachat_daemon.serving.node import Node, StartError
from llamachat_daemon.serving.telemetry import Telemetry
from tests.unit.serving.nodes import holds
from tests.unit.serving.scripted_client import Followed, ScriptedClient

TOUR = [PromptMessage("user", "Give me the tour.")]
GREEDY = Params(temperature=0.0, seed=1, max_tokens=300, ignore_eos=True)
DRAWN = Params(temperature=0.8, seed=12345, max_tokens=300, ignore_eos=True)


def settings(directory: Path, file: ModelFile | None = None, *, exact: bool = True) -> DaemonConfig:
    file = file or guide_file()
    return DaemonConfig(
        name="box",
        data_dir=directory,
        default_model=file.id,
        models=ModelsConfig(files=(file,)),
        queue=QueueConfig(parallel=16),
        engine=EngineConfig(exact_batches=exact),
    )


@asynccontextmanager
async def node_with_guide(directory: Path, *, exact: bool = True) -> AsyncIterator[Node]:
    node = Node(settings(directory, exact=exact), Telemetry())
    await node.start()
    try:
        yield node
    finally:
        await node.stop()


def kill_worker_when(node: Node, attempt_id: str, lengths: list[int]) -> None:
    """Kills the worker each time the answer has come so far (code points)."""
    generation = node.attempts.find("ann", attempt_id)

    def kill() -> None:
        pids = node.pool.pids()
        if lengths and pids and generation.record.length >= lengths[0]:
            lengths.pop(0)
            os.kill(pids[0], signal.SIGKILL)

    generation.watch(kill)


async def ask(client: ScriptedClient, attempt_id: str, **fields: object) -> Followed:
    client.ask(attempt_id, **{"messages": TOUR, **fields})
    return await client.follow(attempt_id)


@pytest.mark.parametrize("params", [GREEDY, DRAWN], ids=["greedy", "drawn"])
async def test_an_answer_whose_worker_is_killed_in_the_middle_is_what_it_would_have_been(
    tmp_path: Path, params: Params
):
    async with node_with_guide(tmp_path) as node, ScriptedClient(node) as client:
        whole = await ask(client, "whole", params=params)
        assert len(whole.text) > 100
        client.ask("killed", messages=TOUR, params=params)
        await holds(lambda: node.attempts.knows("ann", "killed"))
        kill_worker_when(node, "killed", [len(whole.text) // 4, len(whole.text) // 2])
        killed = await client.follow("killed")
        deaths = [event for event in node.telemetry.events_since(0)[1] if event.kind == "worker_died"]
    assert len(deaths) == 2
    assert (killed.text, killed.tokens) == (whole.text, whole.tokens)
    assert killed.last.finish_reason == whole.last.finish_reason
    assert killed.last.usage.completion_tokens == whole.last.usage.completion_tokens
    assert killed.last.timings.load_ms > 0


async def test_answers_side_by_side_all_survive_the_death_of_their_worker(tmp_path: Path):
    async with node_with_guide(tmp_path) as node, ScriptedClient(node) as client:
        whole = await ask(client, "whole", params=GREEDY)
        for number in range(3):
            client.ask(f"a{number}", messages=TOUR, params=GREEDY)
        await holds(lambda: node.attempts.knows("ann", "a2"))
        kill_worker_when(node, "a2", [50])
        answers = [node.attempts.find("ann", f"a{number}") for number in range(3)]
        for answer in answers:
            await answer.over()
    assert [answer.record.text() for answer in answers] == [whole.text] * 3


async def test_an_answer_continues_from_its_tokens_under_a_new_id(tmp_path: Path):
    async with node_with_guide(tmp_path) as node, ScriptedClient(node) as client:
        whole = await ask(client, "whole", params=DRAWN)
        # The ids of a text whose last part the client has not got: held back, or cut off with the connection.
        tokens, text = whole.tokens[:60], whole.text[:20]
        client.ask(
            "rest",
            message_id="whole",
            messages=TOUR,
            params=DRAWN,
            prefix=text,
            prefix_tokens=tokens,
            fingerprint=whole.frames[0].fingerprint,
        )
        rest = await client.follow("rest", text)
    assert rest.frames[0].tokens == tokens
    assert (rest.text, rest.tokens) == (whole.text, whole.tokens)


async def test_a_cancel_stops_the_real_worker_too_and_frees_its_slot(tmp_path: Path):
    async with node_with_guide(tmp_path) as node, ScriptedClient(node) as client:
        client.ask("long", messages=TOUR, params=Params(seed=1, ignore_eos=True))
        await holds(lambda: node.attempts.knows("ann", "long"))
        generation = node.attempts.find("ann", "long")
        await holds(lambda: generation.record.length > 20)
        client.send(Cancel(id="long"))
        answer = await client.follow("long")
        assert answer.last.finish_reason == "cancelled"
        assert node.status("ann").slots.busy == 0


async def test_more_requests_than_slots_are_all_answered(tmp_path: Path):
    async with node_with_guide(tmp_path) as node, ScriptedClient(node) as client:
        names = [f"a{number}" for number in range(9)]
        for name in names:
            client.ask(name, params=Params(seed=1, max_tokens=8, ignore_eos=True))
        await holds(lambda: node.attempts.knows("ann", names[-1]))
        for name in names:
            await asyncio.wait_for(node.attempts.find("ann", name).over(), 60)
        totals = node.telemetry.totals()
    assert (totals.completed, totals.completion_tokens) == (9, 72)


async def test_status_after_an_answer_is_true(tmp_path: Path):
    async with node_with_guide(tmp_path, exact=False) as node, ScriptedClient(node) as client:
        answer = await ask(client, "a", chat_id="mine", params=GREEDY)
        # The worker's figures come now and then; those from before its first token have no speed yet.
        await holds(lambda: node.status("ann").tokens_per_second is not None)
        await holds(lambda: "mine" in node.status("ann").resident)
        status = node.status("ann")
        assert status.resident["mine"] >= answer.last.usage.prompt_tokens
        (model,) = status.models
        assert (model.state, model.fingerprint) == ("loaded", answer.frames[0].fingerprint)
        assert status.memory.model > 1_000_000
        assert status.memory.kv_total > 0
        assert status.memory.process > psutil.Process(node.pool.pids()[0]).memory_info().rss / 2
        assert status.tokens_per_second is not None
        assert status.tokens_per_second > 0
        assert node.status("bob").resident == {}


@pytest.mark.parametrize(
    "content", [None, b"", b"not a model", b"GGUF" + b"\xff" * 64], ids=["missing", "empty", "text", "broken"]
)
async def test_a_missing_or_broken_file_is_a_clear_sentence(tmp_path: Path, content: bytes | None):
    path = tmp_path / "broken.gguf"
    if content is not None:
        path.write_bytes(content)
    node = Node(settings(tmp_path, ModelFile("broken", path)), Telemetry())
    with pytest.raises(StartError, match=r"broken\.gguf"):
        await node.start()


async def test_context_overflow_is_told_with_its_figures(tmp_path: Path):
    async with node_with_guide(tmp_path) as node, ScriptedClient(node) as client:
        client.ask("a", messages=[PromptMessage("user", "word " * 20_000)])
        error = (await client.follow("a")).error
    assert error is not None
    assert (error.code, error.final) == ("context_overflow", True)
    assert error.detail["prompt_tokens"] > error.detail["context"] > 0


async def test_no_process_is_left_when_the_node_has_stopped(tmp_path: Path):
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    async with node_with_guide(tmp_path) as node, ScriptedClient(node) as client:
        client.ask("a", messages=TOUR, params=Params(seed=1, ignore_eos=True))
        await holds(lambda: node.status("ann").slots.busy == 1)
        started = {process.pid for process in psutil.Process().children(recursive=True)} - before
        assert started
    await holds(lambda: not any(psutil.pid_exists(pid) for pid in started))
