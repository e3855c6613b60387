"""What a node tells about itself, and how it ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from llamachat.protocol import AiResponse, Error, Hello, Ok, Principal, Queued, Status
from llamachat.protocol.frames import BackendStatus, Drain
from llamachat_daemon.config import LogConfig, ModelFile, ModelsConfig, PeerConfig, QueueConfig
from llamachat_daemon.pipe.frames import Generate, Snapshot, Stats
from llamachat_daemon.serving.node import MAX_RESIDENT_CHATS, Node, StartError
from llamachat_daemon.serving.telemetry import Telemetry
from tests.unit.serving.nodes import ADMIN, config, holds, running_node
from tests.unit.serving.scripted_client import ScriptedClient
from tests.unit.serving.scripted_worker import PATIENCE_S, ScriptedLauncher


def stats(**changes: object) -> Stats:
    values = {"busy": 0, "waiting": 0, "kv_tokens_used": 0, **changes}
    return Stats(**values)  # type: ignore[arg-type]


async def test_hello_tells_who_the_node_is_and_what_it_offers(tmp_path: Path):
    settings = config(tmp_path, queue=QueueConfig(limit=5, parallel=3), peers=(PeerConfig("ws://other:13000/chat"),))
    async with running_node(settings) as rig:
        client = rig.client(ADMIN)
        task = asyncio.create_task(client.session.run())
        hello = await client.expect(Hello)
        client.vanish()
        await task
    assert (hello.protocol, hello.node.name, hello.default_model) == (1, "box", "tiny")
    assert [model.id for model in hello.models] == ["tiny"]
    assert (hello.limits.queue, hello.limits.parallel, hello.limits.frame_bytes) == (5, 3, 4 * 1024 * 1024)
    assert hello.peers == ["ws://other:13000/chat"]
    assert hello.principal == ADMIN


async def test_a_node_keeps_its_id_over_restarts_and_starts_anew_each_time(tmp_path: Path):
    first = Node(config(tmp_path), Telemetry(), launch=ScriptedLauncher()).identity
    second = Node(config(tmp_path), Telemetry(), launch=ScriptedLauncher()).identity
    other = Node(config(tmp_path / "other"), Telemetry(), launch=ScriptedLauncher()).identity
    assert first.id == second.id != other.id
    assert second.started_at > first.started_at


async def test_a_data_directory_that_cannot_be_used_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match="--data-dir"):
        Node(config(tmp_path / "file"), Telemetry(), launch=ScriptedLauncher())


async def test_status_is_complete_and_true(tmp_path: Path):
    async with running_node(config(tmp_path), slots=1) as rig, rig.client() as client:
        client.ask("a")
        await rig.worker.answer("xyz")
        await client.follow("a")
        client.ask("b")
        await rig.worker.expect(Generate)
        client.ask("c")
        await client.until(Queued)
        rig.worker.say(
            stats(
                kv_tokens_used=500,
                decode_tokens_per_second=42.0,
                prefill_tokens_per_second=900.0,
                resident=[("ann", "chat", 12), ("bob", "secret", 9)],
            )
        )
        await holds(lambda: any(worker.stats for worker in rig.node.pool))
        client.send(Status(interval=60, req="s"))
        status = await client.until(BackendStatus)
        models = rig.node.models()
    assert (status.req, status.node, status.state) == ("s", rig.node.identity.id, "busy")
    assert 0 <= status.load <= 1
    assert (status.memory.model, status.memory.kv_total, status.memory.kv_used) == (4000, 8000, 2000)
    assert 0 < status.memory.process < status.memory.total
    assert 0 < status.memory.used <= status.memory.total
    assert (status.queue.depth, status.queue.limit) == (1, 64)
    assert (status.slots.busy, status.slots.total) == (1, 1)
    assert (status.tokens_per_second, status.prefill_tokens_per_second) == (42.0, 900.0)
    assert status.latency_ms is not None
    assert status.requests_per_second > 0
    assert status.models == models
    assert status.resident == {"chat": 12}
    assert (status.totals.requests, status.totals.completed) == (3, 1)
    assert (status.totals.prompt_tokens, status.totals.completion_tokens) == (3, 3)
    assert [event.kind for event in status.events] == ["model_loaded"]


async def test_events_come_once_on_each_connection(tmp_path: Path):
    async with running_node(config(tmp_path)) as rig, rig.client(ADMIN) as client:
        client.send(Status(interval=0.2))
        assert [event.kind for event in (await client.until(BackendStatus)).events] == ["model_loaded"]
        assert (await client.until(BackendStatus)).events == []
        client.send(Drain(on=True))
        while not (events := (await client.until(BackendStatus)).events):
            pass
        assert [event.kind for event in events] == ["drain"]


async def test_only_the_newest_resident_chats_are_named(tmp_path: Path):
    async with running_node(config(tmp_path)) as rig:
        chats = [("ann", f"c{number}", number) for number in range(MAX_RESIDENT_CHATS + 9)]
        rig.worker.say(stats(resident=chats))
        await holds(lambda: any(worker.stats for worker in rig.node.pool))
        resident = rig.node.status("ann").resident
    assert list(resident) == [chat for _, chat, _ in chats[9:]]


async def test_figures_are_asked_for_again_when_an_answer_has_ended(tmp_path: Path):
    async with running_node(config(tmp_path)) as rig, rig.client() as client:
        client.ask("a")
        await rig.worker.answer("x")
        await client.follow("a")
        await rig.worker.expect(Snapshot)


async def test_prices_make_a_cost(tmp_path: Path):
    file = ModelFile("tiny", tmp_path / "tiny.gguf", price_in=2.0, price_out=6.0)
    settings = config(tmp_path, models=ModelsConfig(files=(file,), currency="USD"))
    async with running_node(settings) as rig, rig.client() as client:
        client.ask("a")
        await rig.worker.answer("xyz")
        cost = (await client.follow("a")).last.cost
    assert cost is not None
    assert cost.amount == pytest.approx((3 * 2.0 + 3 * 6.0) / 1e6)
    assert cost.currency == "USD"
    assert rig.node.telemetry.totals().cost == pytest.approx(cost.amount)


async def test_a_draining_node_refuses_new_requests_and_finishes_old_ones(tmp_path: Path):
    async with running_node(config(tmp_path)) as rig, rig.client() as client, rig.client(ADMIN) as admin:
        asked = client.ask("a")
        request = await rig.worker.expect(Generate)
        admin.send(Drain(on=True, req="d"))
        await admin.expect(Ok)
        assert rig.node.not_ready() is not None
        assert rig.node.status("ann").state == "draining"
        client.ask("b")
        error = await client.until(Error)
        assert (error.code, error.id, error.final) == ("draining", "b", True)
        client.send(asked)  # known already: it is followed, not refused
        rig.worker.start(request)
        rig.worker.produce(request, "x")
        rig.worker.finish(request)
        assert (await client.follow("a")).last.finish_reason == "stop"
        admin.send(Drain(on=False, req="d"))
        await admin.expect(Ok)
        assert rig.node.not_ready() is None
        client.ask("b")
        await rig.worker.answer("y")


async def test_ending_waits_for_running_answers(tmp_path: Path):
    async with running_node(config(tmp_path)) as rig, rig.client() as client:
        client.ask("a")
        request = await rig.worker.expect(Generate)
        rig.node.begin_drain()
        rig.node.set_drain(on=False)  # too late
        assert rig.node.attempts.draining
        ending = asyncio.create_task(rig.node.finish_drain(PATIENCE_S))
        rig.worker.start(request)
        rig.worker.produce(request, "whole")
        rig.worker.finish(request)
        assert (await client.follow("a")).last.finish_reason == "stop"
        await asyncio.wait_for(ending, PATIENCE_S)


async def test_ending_interrupts_what_takes_too_long_and_tells_everybody(tmp_path: Path):
    async with running_node(config(tmp_path), slots=1) as rig, rig.client() as client, rig.client() as second:
        client.ask("runs")
        request = await rig.worker.expect(Generate)
        rig.worker.start(request)
        rig.worker.produce(request, "some")
        piece = await client.until(AiResponse)
        second.ask("waits")
        await second.until(Queued)
        client.send(Status(interval=60))
        await rig.node.finish_drain(0.01)
        # Everything was sent before this returned: the sockets may be closed now.
        assert client.connection.sent.qsize() >= 1
        assert second.connection.sent.qsize() >= 1
        assert (await client.follow("runs", piece.text, tuple(piece.tokens))).last.finish_reason == "interrupted"
        waited = await second.follow("waits")
        assert (waited.last.finish_reason, waited.last.message) == ("interrupted", "")


async def test_stopping_ends_the_workers_whatever_runs(tmp_path: Path):
    async with running_node(config(tmp_path)) as rig, rig.client() as client:
        client.ask("a")
        await rig.worker.expect(Generate)
        await rig.node.stop()
        assert rig.worker.stopped.is_set()
        assert (await client.follow("a")).last.finish_reason == "interrupted"
        await rig.node.stop()


async def test_stopping_while_the_model_loads_ends_that_too(tmp_path: Path):
    launcher = ScriptedLauncher()
    node = Node(config(tmp_path), Telemetry(), launch=launcher)
    starting = asyncio.create_task(node.start())
    worker = await launcher.next()
    starting.cancel()
    await asyncio.wait([starting])
    await node.stop()
    assert worker.stopped.is_set()


async def test_a_node_before_its_start_takes_no_requests_and_breaks_at_nothing(tmp_path: Path):
    node = Node(config(tmp_path), Telemetry(), launch=ScriptedLauncher())
    async with ScriptedClient(node) as client:
        client.ask("a")
        assert (await client.expect(Error)).code == "draining"
        assert node.status("ann").state == "loading"
    await node.stop()


@pytest.mark.parametrize(
    ("admin", "opened", "allowed"), [(True, False, True), (False, True, True), (False, False, False)]
)
async def test_the_log_is_for_administrators_unless_the_operator_opens_it(tmp_path: Path, admin, opened, allowed):
    node = Node(config(tmp_path, log=LogConfig(clients_may_read=opened)), Telemetry(), launch=ScriptedLauncher())
    assert node.may_read_logs(Principal("ann", admin=admin)) is allowed
