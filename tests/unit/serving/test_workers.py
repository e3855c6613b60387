"""Workers that load, fail, die, fall silent: the model's state, and answers that go on all the same."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from llamachat.protocol import AiResponse, Cancel, Error, Progress, PromptMessage, UserMessage
from llamachat_daemon.config import DaemonConfig, QueueConfig
from llamachat_daemon.pipe import frames as pipe
from llamachat_daemon.pipe.frames import Generate, Load, LoadFailed, LoadProgress
from llamachat_daemon.serving import supervisor
from llamachat_daemon.serving.generations import Generation
from llamachat_daemon.serving.node import Node, StartError
from llamachat_daemon.serving.supervisor import MAX_FAILED_STARTS, Supervisor
from llamachat_daemon.serving.telemetry import Telemetry
from llamachat_daemon.serving.workload import MAX_LOSSES
from tests.unit.serving.nodes import config, holds, running_node
from tests.unit.serving.scripted_client import ScriptedClient
from tests.unit.serving.scripted_worker import PATIENCE_S, ScriptedLauncher, ScriptedWorker


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "RESTART_DELAYS_S", (0.0,))


async def next_life(launcher: ScriptedLauncher) -> ScriptedWorker:
    worker = await launcher.next()
    await worker.load()
    return worker


async def test_a_worker_is_told_to_load_the_model_as_configured(tmp_path: Path):
    launcher = ScriptedLauncher()
    node = Node(config(tmp_path), Telemetry(), launch=launcher)
    starting = asyncio.create_task(node.start())
    worker = await launcher.next()
    frame = await worker.load()
    await starting
    assert frame == Load(path=str(tmp_path / "tiny.gguf"), slots=4)
    info = node.models()[0]
    assert (info.state, info.name, info.context, info.fingerprint, info.slots) == (
        "loaded",
        "Scripted",
        512,
        "f" * 16,
        4,
    )
    await node.stop()
    assert worker.stopped.is_set()


async def test_a_model_that_cannot_be_loaded_says_why_and_the_node_does_not_start(tmp_path: Path):
    launcher = ScriptedLauncher()
    node = Node(config(tmp_path), Telemetry(), launch=launcher)
    starting = asyncio.create_task(node.start())
    worker = await launcher.next()
    worker.say(LoadFailed(message="tiny.gguf is not a GGUF file."))
    worker.die()
    with pytest.raises(StartError, match=r"tiny\.gguf is not a GGUF file\."):
        await starting
    assert launcher.started == 1
    assert launcher.running == 0


async def test_a_worker_that_keeps_dying_at_the_start_makes_the_node_fail_to_start(tmp_path: Path):
    launcher = ScriptedLauncher()
    node = Node(config(tmp_path), Telemetry(), launch=launcher)
    starting = asyncio.create_task(node.start())
    for _ in range(MAX_FAILED_STARTS):
        (await launcher.next()).die()
    with pytest.raises(StartError, match="was killed by SIGKILL while loading tiny, 3 times in a row"):
        await starting


async def test_after_a_crash_while_loading_the_next_worker_does_without_the_processors_extensions(tmp_path: Path):
    launcher = ScriptedLauncher()
    node = Node(config(tmp_path), Telemetry(), launch=launcher)
    starting = asyncio.create_task(node.start())
    first = await launcher.next()
    assert (await first.expect(Load)).repack
    first.crashed = True
    first.die()
    second = await launcher.next()
    assert not (await second.load()).repack
    await starting
    await node.stop()


async def test_a_kill_while_loading_says_nothing_against_the_processor(tmp_path: Path):
    launcher = ScriptedLauncher()
    node = Node(config(tmp_path), Telemetry(), launch=launcher)
    starting = asyncio.create_task(node.start())
    (await launcher.next()).die()
    assert (await (await launcher.next()).load()).repack
    await starting
    await node.stop()


async def test_a_worker_that_cannot_be_started_at_all_is_reported(tmp_path: Path):
    launcher = ScriptedLauncher()
    launcher.failures = [OSError("no memory")] * MAX_FAILED_STARTS
    with pytest.raises(StartError, match="no memory"):
        await Node(config(tmp_path), Telemetry(), launch=launcher).start()


async def test_attempts_that_come_while_the_model_loads_wait_for_it_and_see_it(tmp_path: Path):
    launcher = ScriptedLauncher()
    node = Node(config(tmp_path), Telemetry(), launch=launcher)
    starting = asyncio.create_task(node.start())
    worker = await launcher.next()
    async with ScriptedClient(node) as client:
        client.ask("a")
        assert (await client.expect(Progress)).phase == "loading"
        worker.say(LoadProgress(done=10, total=40))
        progress = await client.expect(Progress)
        assert (progress.phase, progress.done, progress.total) == ("loading", 10, 40)
        assert node.not_ready() is not None
        assert node.status("ann").state == "loading"
        await worker.load()
        await worker.answer("x")
        answer = await client.follow("a")
        assert answer.last.timings.load_ms > 0
    await starting
    assert node.not_ready() is None
    await node.stop()


async def test_a_worker_killed_in_the_middle_is_replaced_and_the_answer_goes_on_from_its_tokens(tmp_path: Path):
    async with running_node(config(tmp_path)) as rig, rig.client() as client:
        client.ask("a")
        request = await rig.worker.expect(Generate)
        rig.worker.start(request)
        rig.worker.produce(request, "Hel", [1, 2])
        rig.worker.produce(request, "", [3])  # sampled, its text held back
        rig.worker.die()
        second = await next_life(rig.launcher)
        again = await second.expect(Generate)
        assert (again.prefix, again.prefix_tokens) == ("Hel", [1, 2, 3])
        assert (again.params, again.messages, again.key) == (request.params, request.messages, request.key)
        second.start(again)
        second.produce(again, "lo", [4])
        second.finish(again)
        answer = await client.follow("a")
        assert (answer.text, answer.tokens) == ("Hello", [1, 2, 3, 4])
        assert answer.last.message == "Hello"
        assert answer.last.usage.completion_tokens == 4
        kinds = [event.kind for event in rig.node.telemetry.events_since(0)[1]]
        assert kinds == ["model_loaded", "worker_died", "model_loaded"]
    assert rig.launcher.started == 2


async def test_all_answers_of_a_dead_worker_go_on(tmp_path: Path):
    async with running_node(config(tmp_path)) as rig, rig.client() as client:
        for number in range(4):
            client.ask(f"a{number}")
            request = await rig.worker.expect(Generate)
            rig.worker.start(request)
            rig.worker.produce(request, str(number))
        rig.worker.die()
        second = await next_life(rig.launcher)
        again = [await second.expect(Generate) for _ in range(4)]
        assert [request.prefix for request in again] == ["0", "1", "2", "3"]


async def test_a_continuation_keeps_its_prefix_through_a_death_before_its_first_token(tmp_path: Path):
    async with running_node(config(tmp_path)) as rig, rig.client() as client:
        client.ask("b", prefix="ab", prefix_tokens=[5, 6], fingerprint="f" * 16)
        request = await rig.worker.expect(Generate)
        rig.worker.die()
        second = await next_life(rig.launcher)
        again = await second.expect(Generate)
        assert (again.prefix, again.prefix_tokens) == (request.prefix, request.prefix_tokens) == ("ab", [5, 6])
        second.start(again)
        second.die()
        third = await next_life(rig.launcher)
        once_more = await third.expect(Generate)
        assert (once_more.prefix, once_more.prefix_tokens) == ("ab", [5, 6])
        third.start(once_more)
        third.produce(once_more, "c", [7])
        third.finish(once_more)
        assert (await client.follow("b", "ab")).tokens == [5, 6, 7]


async def test_a_request_that_kills_every_worker_is_given_up_and_the_others_live(tmp_path: Path):
    async with running_node(config(tmp_path)) as rig, rig.client() as client:
        client.ask("innocent")
        good = await rig.worker.expect(Generate)
        client.ask("poison")
        poison = await rig.worker.expect(Generate)
        rig.worker.die()
        worker = await next_life(rig.launcher)
        for _ in range(MAX_LOSSES - 1):
            request = await worker.expect(Generate)
            if request.key == good.key:
                worker.start(request)
                worker.produce(request, "a")
                request = await worker.expect(Generate)
            assert request.key == poison.key
            worker.die()
            worker = await next_life(rig.launcher)
        assert (await worker.expect(Generate)).key == good.key
        error = await client.until(Error)
        assert (error.id, error.code, error.final) == ("poison", "worker_failed", True)
        worker.produce(good, "b")
        worker.finish(good)
        generation = rig.node.attempts.find("ann", "innocent")
        await asyncio.wait_for(generation.over(), PATIENCE_S)
        assert len(generation.record.text()) >= 2


async def test_progress_between_deaths_counts_as_progress(tmp_path: Path):
    async with running_node(config(tmp_path)) as rig, rig.client() as client:
        client.ask("a")
        worker = rig.worker
        for _ in range(MAX_LOSSES + 2):
            request = await worker.expect(Generate)
            worker.start(request)
            worker.produce(request, "x")
            worker.die()
            worker = await next_life(rig.launcher)
        await worker.answer("!")
        assert (await client.follow("a")).text == "x" * (MAX_LOSSES + 2) + "!"


async def test_a_cancel_holds_when_the_worker_dies_before_it_obeys(tmp_path: Path):
    async with running_node(config(tmp_path)) as rig, rig.client() as client:
        client.ask("a")
        request = await rig.worker.expect(Generate)
        rig.worker.start(request)
        rig.worker.produce(request, "x")
        await client.until(AiResponse)
        client.send(Cancel(id="a"))
        await rig.worker.expect(pipe.Cancel)
        rig.worker.die()
        assert (await client.follow("a", "x", (120,))).last.finish_reason == "cancelled"
        second = await next_life(rig.launcher)
        await rig.node.pool.serving(rig.node.catalogue.default).settled()
        assert second.idle()


async def test_ids_that_mean_something_else_now_are_not_continued_here(tmp_path: Path):
    async with running_node(config(tmp_path)) as rig, rig.client() as client:
        client.ask("a")
        request = await rig.worker.expect(Generate)
        rig.worker.start(request)
        rig.worker.produce(request, "x")
        rig.worker.die()
        second = await rig.launcher.next()
        await second.load(fingerprint="another file")
        assert (await client.follow("a")).last.finish_reason == "interrupted"


@asynccontextmanager
async def supervised(directory: Path, silence_s: float):
    """A loaded model that counts as silent after so long, with its worker and launcher."""
    launcher = ScriptedLauncher()
    node = Node(config(directory), Telemetry(), launch=launcher)
    model = node.catalogue.default
    supervised = Supervisor(
        model, node.catalogue.load_frame(model), launcher, event=node.telemetry.event, silence_s=silence_s
    )
    running = asyncio.create_task(supervised.run())
    worker = await launcher.next()
    await worker.load()
    await supervised.settled()
    yield supervised, worker, launcher, node
    supervised.stop()
    await running


async def test_a_worker_that_says_nothing_while_it_has_work_is_replaced_an_idle_one_is_not(tmp_path: Path):
    frame = UserMessage(id="a", chat_id="c", messages=[PromptMessage("user", "x")])
    async with (
        supervised(tmp_path, silence_s=0.02) as (_, idle, _, _),
        supervised(tmp_path, silence_s=0.1) as (busy, worker, launcher, node),
    ):
        busy.work.take(Generation(1, "ann", frame, "tiny", digest=b"", observer=node.attempts, clock=node.clock))
        await launcher.next()
        assert worker.killed
        assert "said nothing" in node.telemetry.events_since(0)[1][-1].text
        assert not idle.killed


async def test_a_model_that_fails_later_ends_its_attempts_and_refuses_new_ones(tmp_path: Path):
    async with running_node(config(tmp_path)) as rig, rig.client() as client:
        client.ask("a")
        await rig.worker.expect(Generate)
        rig.worker.die()
        second = await rig.launcher.next()
        second.say(LoadFailed(message="The file is gone."))
        second.die()
        error = await client.until(Error)
        assert (error.id, error.code, error.message, error.final) == ("a", "model_failed", "The file is gone.", True)
        client.ask("b")
        error = await client.until(Error)
        assert (error.id, error.code, error.final) == ("b", "model_failed", True)
        assert "The file is gone." in error.message
        assert rig.node.status("ann").state == "degraded"
        assert "The file is gone." in (rig.node.not_ready() or "")


async def test_many_waiting_attempts_all_end_when_the_model_fails(tmp_path: Path):
    settings: DaemonConfig = config(tmp_path, queue=QueueConfig(limit=2000, parallel=2000))
    async with running_node(settings, slots=1) as rig, rig.client() as client:
        for number in range(1500):
            client.ask(f"a{number}")
        await rig.worker.expect(Generate)
        await holds(lambda: rig.node.attempts.queue.depth == 1499)
        rig.worker.say(LoadFailed(message="gone"))
        errors = [await client.until(Error) for _ in range(1500)]
    assert {error.code for error in errors} == {"model_failed"}
    assert len({error.id for error in errors}) == 1500


async def test_the_worker_s_log_lines_reach_the_node_s_log(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    async with running_node(config(tmp_path)) as rig:
        with caplog.at_level("INFO"):
            rig.worker.on_line("llama_model_loader: 12 tensors")
    (record,) = [record for record in caplog.records if "12 tensors" in record.getMessage()]
    assert record.__dict__["source"] == "tiny"
