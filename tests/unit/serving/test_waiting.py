"""Attempts that wait, are refused, or are forgotten: the queue and the records of a node, as clients see them."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamachat.protocol import (
    AiResponse,
    Attach,
    Cancel,
    Error,
    Params,
    Principal,
    Progress,
    PromptMessage,
    ProtocolError,
    Queued,
    UserMessage,
)
from llamachat_daemon.config import QueueConfig, RecordsConfig
from llamachat_daemon.pipe import frames as pipe
from llamachat_daemon.pipe.frames import Generate
from llamachat_daemon.serving.cancels import CANCEL_MEMORY_S, MAX_REMEMBERED_CANCELS
from llamachat_daemon.serving.generations import Ending
from llamachat_daemon.serving.node import Node
from llamachat_daemon.serving.telemetry import Telemetry
from tests.unit.serving.nodes import Rig, config, holds, running_node
from tests.unit.serving.scripted_worker import ScriptedLauncher

BOB = Principal("bob", admin=False)


async def fill(rig: Rig, client, count: int) -> list[Generate]:
    """Takes this many slots."""
    requests = []
    for number in range(count):
        client.ask(f"filler{number}")
        requests.append(await rig.worker.expect(Generate))
    return requests


async def test_positions_are_told_and_again_when_they_change(tmp_path: Path):
    async with running_node(config(tmp_path), slots=1) as rig, rig.client() as client, rig.client() as second:
        (running,) = await fill(rig, client, 1)
        client.ask("one", req="r")
        queued = await client.expect(Queued)
        assert (queued.req, queued.id, queued.position, queued.depth) == ("r", "one", 1, 1)
        client.ask("two")
        queued = await client.expect(Queued)
        assert (queued.id, queued.position, queued.depth) == ("two", 2, 2)
        second.send(Attach(id="two", offset=0))
        assert (await second.expect(Queued)).position == 2
        rig.worker.finish(running)
        moved = await second.expect(Queued)
        assert (moved.id, moved.position) == ("two", 1)
        request = await rig.worker.answer("1")
        assert request.key != running.key
        await rig.worker.answer("2")
        assert (await second.follow("two")).text == "2"


async def test_no_more_run_than_there_are_slots_and_the_rest_follow_as_they_free(tmp_path: Path):
    async with running_node(config(tmp_path), slots=2) as rig, rig.client() as client:
        first, _ = await fill(rig, client, 2)
        client.ask("next")
        await client.until(Queued)
        assert rig.worker.idle()
        rig.worker.finish(first)
        await rig.worker.answer("now")
        assert (await client.follow("next")).text == "now"


async def test_one_principal_never_runs_more_than_parallel_while_another_passes(tmp_path: Path):
    settings = config(tmp_path, queue=QueueConfig(limit=8, parallel=2))
    async with running_node(settings) as rig, rig.client() as ann, rig.client(BOB) as bob:
        await fill(rig, ann, 2)
        ann.ask("third")
        assert (await ann.until(Queued)).position == 1
        bob.ask("b")
        assert (await rig.worker.expect(Generate)).principal == "bob"


async def test_a_full_queue_refuses_with_advice_and_forgets_the_attempt(tmp_path: Path):
    settings = config(tmp_path, queue=QueueConfig(limit=1, parallel=8))
    async with running_node(settings, slots=1) as rig, rig.client() as client:
        (running,) = await fill(rig, client, 1)
        client.ask("waits")
        await client.until(Queued)
        client.ask("refused", req="r")
        error = await client.expect(Error)
        assert (error.code, error.id, error.req, error.final) == ("queue_full", "refused", "r", True)
        assert error.retry_after is not None
        assert error.retry_after >= 1
        assert error.detail == {"depth": 1, "limit": 1}
        rig.worker.finish(running)
        await rig.worker.answer("a")
        client.ask("refused")
        await rig.worker.answer("b")
        assert (await client.follow("refused")).text == "b"


async def test_who_asks_too_often_is_refused_with_advice_and_others_are_not(tmp_path: Path):
    async with (
        running_node(config(tmp_path, queue=QueueConfig(requests_per_minute=2))) as rig,
        rig.client() as client,
        rig.client(BOB) as bob,
    ):
        await fill(rig, client, 2)
        client.ask("refused", req="r")
        error = await client.until(Error)
        assert (error.code, error.id, error.req, error.final) == ("rate_limited", "refused", "r", True)
        assert error.retry_after is not None
        assert 0 < error.retry_after <= 30
        assert error.detail == {"requests_per_minute": 2}
        bob.ask("b")
        assert (await rig.worker.expect(Generate)).principal == "bob"


async def test_asking_for_the_same_again_or_attaching_is_no_further_request(tmp_path: Path):
    settings = config(tmp_path, queue=QueueConfig(requests_per_minute=2))
    async with running_node(settings) as rig, rig.client() as client, rig.client() as second:
        client.ask("a")
        request = await rig.worker.expect(Generate)
        for _ in range(3):
            second.ask("a")
            second.send(Attach(id="a", offset=0))
        rig.worker.finish(request)
        assert (await second.follow("a")).last.done
        second.ask("a")
        assert (await second.follow("a")).last.done
        second.ask("next")
        assert (await rig.worker.expect(Generate)).key != request.key


async def test_a_request_that_is_refused_for_another_reason_does_not_count(tmp_path: Path):
    settings = config(tmp_path, queue=QueueConfig(limit=0, parallel=8, requests_per_minute=2))
    async with running_node(settings, slots=1) as rig, rig.client() as client:
        (running,) = await fill(rig, client, 1)
        for refused in ("b", "c"):
            client.ask(refused)
            assert (await client.until(Error)).code == "queue_full"
        client.ask("d", model="nobody's")
        assert (await client.until(Error)).code == "unknown_model"
        client.send(Cancel(id="e"))
        client.ask("e")
        assert (await client.follow("e")).last.finish_reason == "cancelled"
        rig.worker.finish(running)
        await client.follow("filler0")
        client.ask("b")
        await rig.worker.expect(Generate)
        client.ask("f")
        assert (await client.until(Error)).code == "rate_limited"


async def test_without_a_queue_a_free_slot_still_serves(tmp_path: Path):
    async with (
        running_node(config(tmp_path, queue=QueueConfig(limit=0, parallel=8)), slots=1) as rig,
        rig.client() as client,
    ):
        client.ask("a")
        await rig.worker.expect(Generate)
        client.ask("b")
        assert (await client.until(Error)).code == "queue_full"


async def test_cancelling_a_waiting_attempt_ends_it_at_once_and_moves_the_others_up(tmp_path: Path):
    async with running_node(config(tmp_path), slots=1) as rig, rig.client() as client, rig.client() as second:
        await fill(rig, client, 1)
        client.ask("one")
        await client.until(Queued)
        second.ask("two")
        assert (await second.expect(Queued)).position == 2
        client.send(Cancel(id="one"))
        answer = await client.follow("one")
        assert (answer.last.finish_reason, answer.last.message) == ("cancelled", "")
        assert (await second.expect(Queued)).position == 1
        assert rig.worker.idle()


async def test_a_deadline_holds_while_waiting_too(tmp_path: Path):
    async with running_node(config(tmp_path), slots=1) as rig, rig.client() as client:
        await fill(rig, client, 1)
        client.ask("late", params=Params(seed=1, deadline_s=0.01))
        answer = await client.follow("late")
    assert answer.last.finish_reason == "deadline"
    assert answer.last.timings.queued_ms >= 10


async def test_estimates_come_with_experience(tmp_path: Path):
    async with running_node(config(tmp_path), slots=1) as rig, rig.client() as client:
        client.ask("quick")
        await rig.worker.answer("x")
        await client.follow("quick")
        await fill(rig, client, 1)
        client.ask("waits")
        queued = await client.until(Queued)
    assert queued.eta_ms is not None
    assert queued.eta_ms > 0


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"model": "gpt"}, "unknown_model", None),
        ({"messages": []}, "invalid_params", "messages"),
        ({"messages": [PromptMessage("assistant", "x")]}, "invalid_params", "messages"),
        ({"params": Params(temperature=9)}, "invalid_params", "params.temperature"),
        ({"tools": ["clock"]}, "invalid_params", "tools"),
        ({"prefix_tokens": [1]}, "invalid_params", "prefix_tokens"),
    ],
)
async def test_a_wrong_request_is_refused_by_name_and_ends_there(tmp_path: Path, change, code, field):
    async with running_node(config(tmp_path)) as rig, rig.client() as client:
        client.ask("a", **change)
        error = await client.expect(Error)
        assert (error.code, error.id, error.final) == (code, "a", True)
        assert error.detail.get("field") == field
        if code == "unknown_model":
            assert error.detail == {"models": ["tiny"]}
        client.ask("a")  # the id is still free
        await rig.worker.answer("x")
        assert (await client.follow("a")).text == "x"


async def test_records_are_forgotten_after_their_time(tmp_path: Path):
    settings = config(tmp_path, records=RecordsConfig(retain_seconds=0.05))
    async with running_node(settings) as rig, rig.client() as client:
        client.ask("a")
        await rig.worker.answer("x")
        await client.follow("a")
        await holds(lambda: not rig.node.attempts.knows("ann", "a"))
        client.send(Attach(id="a", offset=0))
        assert (await client.expect(Error)).code == "not_found"


async def test_records_are_forgotten_oldest_first_when_all_together_are_too_large(tmp_path: Path):
    settings = config(tmp_path, records=RecordsConfig(retain_bytes=10_000))
    async with running_node(settings) as rig, rig.client() as client:
        for number in range(5):
            client.ask(f"a{number}")
            await rig.worker.answer("x" * 100)
            await client.follow(f"a{number}")
        known = [number for number in range(5) if rig.node.attempts.knows("ann", f"a{number}")]
    assert known == [2, 3, 4]


async def test_a_running_attempt_is_never_forgotten(tmp_path: Path):
    settings = config(tmp_path, records=RecordsConfig(retain_seconds=0.0, retain_bytes=0))
    async with running_node(settings) as rig, rig.client() as client:
        client.ask("a")
        request = await rig.worker.expect(Generate)
        rig.worker.start(request)
        rig.worker.produce(request, "x")
        await client.until(AiResponse)
        assert rig.node.attempts.knows("ann", "a")
        rig.worker.finish(request)
        assert (await client.follow("a", "x", (120,))).last.message == "x"  # whoever reads it gets the end
        assert not rig.node.attempts.knows("ann", "a")


async def test_an_early_cancel_is_remembered_for_its_time_and_no_longer(tmp_path: Path):
    now = 0.0
    node = Node(config(tmp_path), Telemetry(), launch=ScriptedLauncher(), clock=lambda: now)

    def cancelled(principal: str, attempt_id: str) -> bool:
        frame = UserMessage(id=attempt_id, chat_id="c", messages=[PromptMessage("user", "x")])
        try:
            return isinstance(node.attempts.submit(principal, frame).outcome, Ending)
        except ProtocolError as error:  # it would be served, had the node been started
            assert error.code == "draining"
            return False

    for number in range(MAX_REMEMBERED_CANCELS + 1):
        node.attempts.cancel("ann", f"a{number}")
    node.attempts.cancel("bob", "b")
    assert cancelled("ann", f"a{MAX_REMEMBERED_CANCELS}")
    assert not cancelled("ann", "a0")  # pushed out by the last one
    assert not cancelled("ann", "b")
    assert cancelled("bob", "b")
    now = CANCEL_MEMORY_S
    assert not cancelled("ann", "a5")


async def test_new_limits_hold_at_once(tmp_path: Path):
    settings = config(tmp_path, queue=QueueConfig(limit=8, parallel=1))
    async with running_node(settings) as rig, rig.client() as client:
        await fill(rig, client, 1)
        client.ask("second")
        await client.until(Queued)
        rig.node.reload(config(tmp_path, queue=QueueConfig(limit=0, parallel=2), records=RecordsConfig(retain_bytes=0)))
        request = await rig.worker.expect(Generate)
        rig.worker.start(request)
        assert (await client.until(Progress)).id == "second"
        client.ask("third")
        assert (await client.until(Error)).code == "queue_full"
        rig.worker.say(
            pipe.Finished(key=request.key, reason="stop", prefill_ms=0, decode_ms=0, prefill_tokens=0, decode_tokens=0)
        )
        await client.follow("second")
        assert not rig.node.attempts.knows("ann", "second")
        rig.node.reload(config(tmp_path, queue=QueueConfig(limit=8, parallel=8, requests_per_minute=1)))
        client.ask("fourth")
        await rig.worker.expect(Generate)
        client.ask("fifth")
        assert (await client.until(Error)).code == "rate_limited"
        rig.node.reload(config(tmp_path))
        client.ask("fifth")
        await rig.worker.expect(Generate)
