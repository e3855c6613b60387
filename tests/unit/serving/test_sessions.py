"""What a client sees of one answer: streaming, resuming, sending twice, cancelling."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from llamachat.protocol import (
    AiResponse,
    Attach,
    Cancel,
    Codec,
    Detach,
    Error,
    Ok,
    Params,
    Principal,
    Progress,
    PromptMessage,
)
from llamachat_daemon.pipe import frames as pipe
from llamachat_daemon.pipe.frames import Generate
from tests.unit.serving.nodes import Rig, config, holds, running_node
from tests.unit.serving.scripted_worker import FINGERPRINT


@pytest.fixture
async def rig(tmp_path: Path):
    async with running_node(config(tmp_path)) as rig:
        yield rig


@pytest.mark.parametrize("codec", list(Codec))
async def test_an_answer_is_streamed_with_contiguous_offsets_and_ends_with_done(rig: Rig, codec: Codec):
    async with rig.client(codec=codec) as client:
        client.ask("a", message_id="m", params=Params(seed=7))
        request = await rig.worker.answer("Grüße, 👋🏽 Welt")
        answer = await client.follow("a")
    assert request.params.seed == 7
    assert answer.text == answer.last.message == "Grüße, 👋🏽 Welt"
    assert answer.tokens == [ord(character) for character in answer.text]
    first = answer.frames[0]
    assert (first.id, first.message_id, first.node, first.model, first.fingerprint) == (
        "a",
        "m",
        "box",
        "tiny",
        FINGERPRINT,
    )
    assert not any(frame.done for frame in answer.frames[:-1])
    last = answer.last
    assert (last.finish_reason, last.seed, last.cost) == ("stop", 7, None)
    assert last.usage.prompt_tokens == 3
    assert last.usage.completion_tokens == len(answer.text)
    assert (last.timings.prefill_ms, last.timings.decode_ms, last.timings.tokens_per_second) == (5.0, 20.0, 500.0)
    assert last.timings.ttft_ms > 0


async def test_the_daemon_picks_a_seed_and_reports_it(rig: Rig):
    async with rig.client() as client:
        client.ask("a", params=Params())
        request = await rig.worker.answer("x")
        answer = await client.follow("a")
    assert request.params.seed is not None
    assert answer.last.seed == request.params.seed


async def test_an_attempt_runs_to_its_end_without_anybody_attached(rig: Rig):
    async with rig.client() as client:
        client.ask("a")
        request = await rig.worker.expect(Generate)
        client.vanish()
        await client.task
    rig.worker.start(request)
    rig.worker.produce(request, "unseen")
    rig.worker.finish(request)
    async with rig.client() as client:
        client.send(Attach(id="a", offset=2, token_offset=3))
        answer = await client.follow("a", "un", (1, 2, 3))
    assert answer.text == "unseen"
    assert answer.last.message == "unseen"


async def test_a_lost_connection_resumes_in_the_middle_while_the_answer_goes_on(rig: Rig):
    async with rig.client() as client:
        client.ask("a")
        request = await rig.worker.expect(Generate)
        rig.worker.start(request)
        rig.worker.produce(request, "one ")
        while not isinstance(piece := await client.take(), AiResponse) or not piece.text:
            pass
    rig.worker.produce(request, "two ")
    async with rig.client() as client:
        client.send(Attach(id="a", offset=4, token_offset=4))
        rig.worker.produce(request, "three")
        rig.worker.finish(request)
        answer = await client.follow("a", "one ", (1, 1, 1, 1))
    assert answer.text == "one two three"


async def test_sending_the_same_attempt_twice_never_generates_twice(rig: Rig):
    async with rig.client() as one, rig.client() as two:
        one.ask("a")
        request = await rig.worker.expect(Generate)
        rig.worker.start(request)
        rig.worker.produce(request, "abc")
        two.ask("a", req="r2")
        first = await two.until(AiResponse)
        rig.worker.produce(request, "def")
        rig.worker.finish(request)
        answers = [(await one.follow("a")).text, (await two.follow("a", first.text, tuple(first.tokens))).text]
        two.ask("a", message_id="a")  # the default, spelt out
        answers.append((await two.follow("a")).text)
        assert rig.worker.idle()
    assert answers == ["abcdef"] * 3
    assert first.req == "r2"
    assert rig.node.telemetry.totals().requests == 1


async def test_the_same_id_with_anything_different_is_a_conflict_and_touches_nothing(rig: Rig):
    async with rig.client() as client:
        client.ask("a")
        request = await rig.worker.expect(Generate)
        for change in (
            {"chat_id": "other"},
            {"messages": [PromptMessage("user", "bye")]},
            {"params": Params(seed=8)},
            {"prefix": "x"},
            {"message_id": "other"},
        ):
            client.ask("a", req="again", **change)
            error = await client.until(Error)
            assert (error.code, error.id, error.req, error.final) == ("id_conflict", "a", "again", False)
        rig.worker.start(request)
        rig.worker.produce(request, "untouched")
        rig.worker.finish(request)
        assert (await client.follow("a")).text == "untouched"
    assert rig.worker.idle()


async def test_principals_never_see_each_others_attempts(rig: Rig):
    async with rig.client() as ann, rig.client(Principal("bob", admin=False)) as bob:
        ann.ask("a")
        request = await rig.worker.expect(Generate)
        bob.send(Attach(id="a", offset=0))
        assert (await bob.expect(Error)).code == "not_found"
        bob.send(Cancel(id="a", req="c"))
        assert await bob.expect(Ok) == Ok(req="c")
        bob.send(Cancel(id="unseen"))
        bob.ask("b", chat_id="chat")
        other = await rig.worker.expect(Generate)  # not a cancel
        assert (other.principal, request.principal) == ("bob", "ann")


async def test_a_continuation_begins_with_the_ids_of_its_prefix_and_no_text(rig: Rig):
    async with rig.client() as client:
        client.ask("b", message_id="a", prefix="Hello wor", prefix_tokens=[5, 6, 7], fingerprint=FINGERPRINT)
        request = await rig.worker.expect(Generate)
        rig.worker.start(request)
        rig.worker.produce(request, "ld", [8])
        rig.worker.finish(request)
        answer = await client.follow("b", "Hello wor")
    assert (request.prefix, request.prefix_tokens) == ("Hello wor", [5, 6, 7])
    assert (answer.frames[0].offset, answer.frames[0].text, answer.frames[0].tokens) == (9, "", [5, 6, 7])
    assert (answer.text, answer.tokens) == ("Hello world", [5, 6, 7, 8])
    assert answer.last.message == "Hello world"
    assert answer.last.usage.completion_tokens == 4


async def test_ids_of_another_model_are_not_used_the_text_is(rig: Rig):
    async with rig.client() as client:
        client.ask("b", prefix="ab", prefix_tokens=[5, 6, 7], fingerprint="of another model")
        request = await rig.worker.expect(Generate)
        rig.worker.start(request)  # tokenises the text: two ids
        rig.worker.finish(request)
        answer = await client.follow("b", "ab")
    assert (request.prefix, request.prefix_tokens) == ("ab", None)
    assert answer.tokens == [ord("a"), ord("b")]


async def test_prefill_is_shown_and_first_to_whoever_attaches(rig: Rig):
    async with rig.client() as client, rig.client() as second:
        client.ask("a", req="r")
        request = await rig.worker.expect(Generate)
        rig.worker.start(request, prompt_tokens=90, cached=10)
        first = await client.expect(Progress)
        assert (first.req, first.phase, first.done, first.total, first.cached) == ("r", "prefill", 10, 90, 10)
        rig.worker.say(pipe.Step(prefilled=[pipe.Prefilled(key=request.key, done=50, total=90)]))
        assert (await client.expect(Progress)).done == 50
        second.send(Attach(id="a", offset=0, req="s"))
        assert (await second.expect(Progress)).done == 50


async def test_a_cancel_reaches_the_worker_and_ends_with_what_there_is(rig: Rig):
    async with rig.client() as client:
        client.ask("a")
        request = await rig.worker.expect(Generate)
        rig.worker.start(request)
        rig.worker.produce(request, "part")
        client.send(Cancel(id="a", req="c"))
        cancel = await rig.worker.expect(pipe.Cancel)
        client.send(Cancel(id="a"))  # once more changes nothing
        rig.worker.finish(cancel, cancel.reason)
        answer = await client.follow("a")
    assert (answer.text, answer.last.finish_reason, answer.last.message) == ("part", "cancelled", "part")
    assert rig.worker.idle()
    assert rig.node.telemetry.totals().cancelled == 1


async def test_a_cancel_before_the_first_token_gives_done_with_empty_text(rig: Rig):
    async with rig.client() as client:
        client.ask("a")
        await rig.worker.expect(Generate)
        client.send(Cancel(id="a"))
        cancel = await rig.worker.expect(pipe.Cancel)
        rig.worker.finish(cancel, "cancelled")
        answer = await client.follow("a")
    assert (answer.last.text, answer.last.message, answer.last.finish_reason) == ("", "", "cancelled")


async def test_a_cancel_that_comes_before_its_attempt_is_remembered(rig: Rig):
    async with rig.client() as client:
        client.send(Cancel(id="late", req="c"))
        assert await client.expect(Ok) == Ok(req="c")
        client.ask("late")
        assert (await client.follow("late")).last.finish_reason == "cancelled"
    assert rig.worker.idle()


async def test_cancelling_what_is_unknown_or_has_ended_is_fine(rig: Rig):
    async with rig.client() as client:
        client.ask("a")
        await rig.worker.answer("x")
        await client.follow("a")
        for attempt_id in ("a", "unknown"):
            client.send(Cancel(id=attempt_id, req="c"))
            assert await client.expect(Ok) == Ok(req="c")


async def test_a_deadline_ends_a_running_answer(rig: Rig):
    async with rig.client() as client:
        client.ask("a", params=Params(seed=1, deadline_s=0.02))
        await rig.worker.expect(Generate)
        cancel = await rig.worker.expect(pipe.Cancel)
        assert cancel.reason == "deadline"
        rig.worker.finish(cancel, "deadline")
        assert (await client.follow("a")).last.finish_reason == "deadline"


async def test_what_the_worker_refuses_is_a_final_error_with_its_details(rig: Rig):
    async with rig.client() as client:
        client.ask("a")
        request = await rig.worker.expect(Generate)
        rig.worker.say(
            pipe.Failed(key=request.key, code="context_overflow", message="Too long.", detail={"context": 512})
        )
        error = (await client.follow("a")).error
    assert error == Error(id="a", code="context_overflow", message="Too long.", detail={"context": 512}, final=True)
    assert rig.node.telemetry.totals().failed == 1


@pytest.mark.parametrize(
    ("offset", "token_offset", "field"),
    [(-1, 0, "offset"), (4, 0, "offset"), (0, -1, "token_offset"), (0, 4, "token_offset")],
)
async def test_attaching_outside_of_the_record_is_refused(rig: Rig, offset: int, token_offset: int, field: str):
    async with rig.client() as client:
        client.ask("a")
        await rig.worker.answer("abc")
        await client.follow("a")
        client.send(Attach(id="a", offset=offset, token_offset=token_offset, req="r"))
        error = await client.expect(Error)
    assert (error.code, error.req, error.detail["field"], error.final) == ("invalid_params", "r", field, False)


async def test_attaching_to_what_nobody_asked_is_not_found(rig: Rig):
    async with rig.client() as client:
        client.send(Attach(id="nothing", offset=0, req="r"))
        error = await client.expect(Error)
    assert (error.code, error.req, error.id) == ("not_found", "r", "nothing")


async def test_a_second_attach_replaces_the_first(rig: Rig):
    async with rig.client() as client:
        client.ask("a")
        request = await rig.worker.expect(Generate)
        rig.worker.start(request)
        rig.worker.produce(request, "abc")
        await client.until(AiResponse)
        client.send(Attach(id="a", offset=1, token_offset=1))
        piece = await client.until(AiResponse)
        assert (piece.offset, piece.text) == (1, "bc")
        rig.worker.finish(request)
        ends = [await client.take()]
        client.send(Detach(id="a", req="end"))
        while not isinstance(frame := await client.take(), Ok):
            ends.append(frame)
    assert [frame.done for frame in ends if isinstance(frame, AiResponse)] == [True]


async def test_after_detach_nothing_comes_and_the_answer_runs_on(rig: Rig):
    async with rig.client() as client:
        client.ask("a")
        request = await rig.worker.expect(Generate)
        client.send(Detach(id="a", req="d"))
        await client.until(Ok)
        rig.worker.start(request)
        rig.worker.produce(request, "silent")
        rig.worker.finish(request)
        await rig.node.attempts.find("ann", "a").over()
        client.send(Cancel(id="unknown", req="after"))
        assert await client.expect(Ok) == Ok(req="after")
        client.send(Attach(id="a", offset=0))
        assert (await client.follow("a")).text == "silent"


async def test_a_slow_reader_gets_fewer_bigger_frames_and_nothing_is_kept_for_it(rig: Rig):
    async with rig.client() as client:
        client.ask("a")
        request = await rig.worker.expect(Generate)
        rig.worker.start(request)
        rig.worker.produce(request, "first")
        await client.until(AiResponse)
        client.connection.gate.clear()
        for _ in range(2000):
            rig.worker.produce(request, "x")
        rig.worker.finish(request)
        generation = rig.node.attempts.find("ann", "a")
        await generation.over()
        client.connection.gate.set()
        answer = await client.follow("a", "first", tuple(map(ord, "first")))
    assert answer.text == "first" + "x" * 2000
    assert len(answer.frames) <= 4


async def test_frames_of_a_fast_reader_are_coalesced(rig: Rig):
    async with rig.client() as client:
        client.ask("a")
        request = await rig.worker.expect(Generate)
        rig.worker.start(request)
        for _ in range(300):
            rig.worker.produce(request, "y")
            await asyncio.sleep(0)
        rig.worker.finish(request)
        answer = await client.follow("a")
    assert len(answer.text) == 300
    assert len(answer.frames) < 100


@pytest.mark.parametrize("phase", ["queued", "prefill", "decoding", "ended"])
async def test_a_client_that_vanishes_in_any_phase_leaves_nothing_behind(rig: Rig, phase: str):
    before = asyncio.all_tasks()
    fillers = 4 if phase == "queued" else 0
    async with rig.client() as other:
        for number in range(fillers):
            other.ask(f"filler{number}")
            await rig.worker.expect(Generate)
        async with rig.client() as client:
            client.ask("a")
            if phase != "queued":
                request = await rig.worker.expect(Generate)
                rig.worker.start(request)
            if phase in ("decoding", "ended"):
                rig.worker.produce(request, "abc")
            if phase == "ended":
                client.connection.gate.clear()  # it never reads the end
                rig.worker.finish(request)
            await holds(lambda: rig.node.attempts.knows("ann", "a"))
            generation = rig.node.attempts.find("ann", "a")
            if phase == "ended":
                await generation.over()
        assert generation.watchers == 0
    assert rig.node.sessions == set()
    assert asyncio.all_tasks() == before
