"""A worker process, driven through its pipe."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from llamachat.protocol import Params, PromptMessage
from llamachat_daemon.engine.passes import CELL_BLOCK
from llamachat_daemon.engine.short import ShortContext
from llamachat_daemon.pipe.frames import Cancel, Loaded, LoadFailed, Snapshot, Stop
from tests.random_models import GUIDE, slow_model, tiny_model
from tests.worker_process import WorkerProcess, worker

GREEDY = Params(temperature=0, seed=1, max_tokens=60, ignore_eos=True)
SAMPLED = Params(temperature=0.8, seed=42, max_tokens=60, ignore_eos=True)
LONG_TEXT = "the other road was longer than all roads " * 400


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory)


@pytest.fixture(scope="session")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return slow_model(tmp_path_factory)


@pytest.fixture
async def running(tiny: Path) -> AsyncIterator[WorkerProcess]:
    async with worker(tiny, slots=8, context=2048) as process:
        yield process


async def test_an_answer_streams_token_by_token_and_ends_with_its_timings(running: WorkerProcess) -> None:
    answer = await running.answer(1, params=GREEDY)
    assert answer.started is not None
    assert answer.started.prompt_tokens > 10
    assert answer.started.cached_tokens == 0
    assert answer.prefilled[-1].done == answer.prefilled[-1].total == answer.started.prompt_tokens
    assert len(answer.tokens) == 60
    assert answer.reason == "length"
    assert len(answer.text) > 60
    with_tokens = [step for step in running.steps if any(item.tokens for item in step.produced)]
    assert all(len(item.tokens) == 1 for step in with_tokens for item in step.produced)
    assert answer.finished is not None
    assert answer.finished.decode_tokens == 60
    assert answer.finished.prefill_tokens == answer.started.prompt_tokens
    assert answer.finished.prefill_ms > 0
    assert answer.finished.decode_ms > 0


async def test_the_same_question_gets_the_same_answer_and_another_seed_another_one(running: WorkerProcess) -> None:
    first = await running.answer(1, params=SAMPLED)
    again = await running.answer(2, params=SAMPLED)
    other = await running.answer(3, params=Params(temperature=0.8, seed=43, max_tokens=60, ignore_eos=True))
    assert first.tokens == again.tokens
    assert first.tokens != other.tokens


async def test_eight_answers_are_decoded_in_one_batch(running: WorkerProcess) -> None:
    # So long that the first one still runs when the last one has been prepared.
    long = Params(temperature=0, seed=1, max_tokens=400, ignore_eos=True)
    for key in range(8):
        await running.ask(key, f"Question {key}", params=long)
    for key in range(8):
        assert len((await running.over(key)).tokens) == 400
    assert max(sum(bool(item.tokens) for item in step.produced) for step in running.steps) == 8


async def test_more_questions_than_slots_wait_and_are_all_answered(tiny: Path) -> None:
    async with worker(tiny, slots=2, context=1024) as process:
        for key in range(7):
            await process.ask(key, f"Question {key}", params=GREEDY)
        for key in range(7):
            assert (await process.over(key)).reason == "length"
        assert max(len(step.produced) for step in process.steps) == 2


async def test_the_context_is_what_was_asked_for_each_sequence(tiny: Path) -> None:
    async with worker(tiny, slots=3, context=700) as process:
        assert isinstance(process.loaded, Loaded)
        assert process.loaded.context == 700
        assert process.loaded.slots == 3
        assert process.loaded.kv_tokens >= 3 * 700
        short = -(-3 * ShortContext.tokens // CELL_BLOCK) * CELL_BLOCK  # llama.cpp rounds up
        assert process.loaded.kv_bytes == (process.loaded.kv_tokens + short) * 2 * 3 * (32 + 32)
        assert len(process.loaded.fingerprint) == 32


async def test_without_a_wish_the_context_is_the_models_own(tiny: Path) -> None:
    async with worker(tiny, slots=1) as process:
        assert isinstance(process.loaded, Loaded)
        assert process.loaded.context == 4096


async def test_an_answer_that_fills_the_context_ends_with_length(tiny: Path) -> None:
    async with worker(tiny, slots=2, context=128) as process:
        answer = await process.answer(1, "Go on", params=Params(temperature=0, seed=1, ignore_eos=True))
        assert answer.reason == "length"
        assert answer.started is not None
        assert answer.started.prompt_tokens + len(answer.tokens) == 128


async def test_a_message_over_the_context_is_refused_with_the_figures(running: WorkerProcess) -> None:
    answer = await running.answer(1, LONG_TEXT, params=GREEDY)
    assert answer.failed is not None
    assert answer.failed.code == "context_overflow"
    assert answer.failed.detail["context"] == 2048
    assert answer.failed.detail["prompt_tokens"] > 2048
    assert (await running.answer(2, params=GREEDY)).reason == "length"


async def test_old_turns_are_left_out_when_a_conversation_is_too_long(running: WorkerProcess) -> None:
    turns = [PromptMessage("system", "Be brief.")]
    for number in range(30):
        turns += [PromptMessage("user", f"{number} " + "word " * 60), PromptMessage("assistant", "Yes.")]
    turns.append(PromptMessage("user", "And now?"))
    answer = await running.answer(1, messages=turns, params=GREEDY)
    assert answer.started is not None
    assert 0 < answer.started.dropped_messages < 60
    assert answer.started.dropped_messages % 2 == 0
    assert answer.started.prompt_tokens <= 2048 - 60


async def test_a_conversation_finds_what_its_last_turn_left_in_the_cache() -> None:
    question = [PromptMessage("user", "How do I add a node?")]
    params = Params(temperature=0, seed=1, max_tokens=40)
    async with worker(GUIDE, slots=2, threads=2) as process:
        first = await process.answer(1, messages=question, params=params, chat="c1")
        again = await process.answer(2, messages=question, params=params, chat="c1")
        assert first.started is not None
        assert again.started is not None
        assert first.started.cached_tokens == 0
        assert again.started.cached_tokens == again.started.prompt_tokens - 1
        assert again.text == first.text
        other = await process.answer(3, "What is llamachat?", params=params, chat="c2")
    async with worker(GUIDE, slots=2, threads=2) as process:
        alone = await process.answer(1, "What is llamachat?", params=params)
        assert other.started is not None
        assert 0 < other.started.cached_tokens < other.started.prompt_tokens - 1
        assert other.text == alone.text


async def test_a_cancel_ends_an_answer_that_is_being_decoded(running: WorkerProcess) -> None:
    await running.ask(1, params=Params(temperature=0, seed=1, ignore_eos=True))
    await running.until(lambda: len(running.answers[1].tokens) > 3)
    await running.send(Cancel(key=1))
    answer = await running.over(1)
    assert answer.reason == "cancelled"
    assert len(answer.tokens) < 1900


async def test_a_cancel_ends_a_long_prefill_without_waiting_for_its_batch(slow: Path) -> None:
    async with worker(slow, slots=2, context=6000, threads=2) as process:
        await process.ask(1, LONG_TEXT[:8000], params=GREEDY)
        await process.until(lambda: process.answers[1].started is not None)
        await process.send(Cancel(key=1, reason="deadline"))
        answer = await process.over(1)
        assert answer.reason == "deadline"
        assert answer.tokens == []
        assert not answer.prefilled or answer.prefilled[-1].done < answer.prefilled[-1].total
        # What was read before the cancel is not lost, and what comes next is sound.
        few = Params(temperature=0, seed=1, max_tokens=6, ignore_eos=True)
        warm = await process.answer(2, LONG_TEXT[:400], params=few)
    async with worker(slow, slots=2, context=6000, threads=2) as process:
        assert warm.tokens == (await process.answer(1, LONG_TEXT[:400], params=few)).tokens


async def test_a_cancel_of_something_unknown_or_over_is_ignored(running: WorkerProcess) -> None:
    await running.answer(1, params=GREEDY)
    await running.send(Cancel(key=1))
    await running.send(Cancel(key=99))
    assert (await running.answer(2, params=GREEDY)).reason == "length"


async def test_a_cancel_right_behind_the_request_ends_it(running: WorkerProcess) -> None:
    await running.ask(1, params=Params(temperature=0, seed=1, ignore_eos=True))
    await running.send(Cancel(key=1))
    assert (await running.over(1)).reason == "cancelled"


async def test_a_stop_string_across_tokens_ends_the_answer_in_front_of_it(running: WorkerProcess) -> None:
    whole = await running.answer(1, params=GREEDY)
    stop = whole.text[20:27]
    cut = await running.answer(2, params=Params(temperature=0, seed=1, max_tokens=60, ignore_eos=True, stop=[stop]))
    assert cut.reason == "stop"
    assert cut.text == whole.text[: whole.text.index(stop)]
    assert cut.tokens == whole.tokens[: len(cut.tokens)]


async def test_text_is_never_cut_inside_a_character(running: WorkerProcess) -> None:
    # The tiny model's answers are full of lone bytes: every one of them must come out as U+FFFD, none halved.
    answer = await running.answer(1, params=Params(temperature=1.5, seed=5, max_tokens=400, ignore_eos=True, top_k=0))
    assert "\ufffd" in answer.text
    answer.text.encode("utf-8")


async def test_a_character_of_several_tokens_comes_out_whole(running: WorkerProcess) -> None:
    params = Params(temperature=0, seed=1, grammar='root ::= "😀" "x" "你"', stop=["😀你"])
    answer = await running.answer(1, params=params)
    assert answer.reason == "stop"
    assert len(answer.tokens) == 8
    texts = [item.text for step in running.steps for item in step.produced]
    assert [text for text in texts if text] == ["😀x", "你"]  # the emoji waits: it may begin the stop string


async def test_a_schema_makes_json_of_any_model(running: WorkerProcess) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    for key, temperature in enumerate((0, 1.5)):
        params = Params(temperature=temperature, seed=3, json_schema=schema, max_tokens=200)
        answer = await running.answer(key, params=params)
        assert answer.reason == "stop"
        assert isinstance(json.loads(answer.text)["n"], int)


async def test_a_killed_worker_leaves_no_process_behind(running: WorkerProcess) -> None:
    children = psutil.Process(running.process.pid).children(recursive=True)
    assert children
    await running.kill()
    _, alive = await asyncio.to_thread(psutil.wait_procs, children, timeout=30)
    assert alive == []


async def test_the_worker_ignores_interrupts(running: WorkerProcess) -> None:
    await running.ask(1, params=GREEDY)
    running.process.send_signal(signal.SIGINT)
    assert (await running.over(1)).reason == "length"
    assert (await running.answer(2, params=GREEDY)).reason == "length"


async def test_the_worker_leads_a_session_of_its_own(running: WorkerProcess) -> None:
    assert os.getsid(running.process.pid) == running.process.pid


async def test_the_worker_ends_when_the_front_is_gone_even_in_the_middle_of_a_prefill(slow: Path) -> None:
    async with worker(slow, slots=1, context=6000) as process:
        await process.ask(1, LONG_TEXT[:8000], params=GREEDY)
        await process.until(lambda: process.answers[1].started is not None)
        await process.pipe.close()
        assert await process.end() == 0


async def test_the_worker_ends_when_told(running: WorkerProcess) -> None:
    await running.send(Stop())
    assert await running.end() == 0


async def test_a_snapshot_tells_how_the_worker_is(running: WorkerProcess) -> None:
    await running.answer(1, params=GREEDY, chat="c1")
    await running.until(lambda: running.stats and running.stats[-1].busy == 0)
    count = len(running.stats)
    await running.send(Snapshot())
    await running.until(lambda: len(running.stats) > count)
    stats = running.stats[-1]
    assert stats.busy == stats.waiting == 0
    assert stats.decode_tokens_per_second is not None
    assert stats.prefill_tokens_per_second is not None
    assert [(chat, warm == stats.kv_tokens_used) for _, chat, warm in stats.resident] == [("c1", True)]


@pytest.mark.parametrize(
    ("contents", "word"),
    [(b"", "too short"), (b"not a model at all, but long enough", "not a GGUF"), (None, "does not exist")],
)
async def test_a_wrong_file_is_refused_with_a_sentence(tmp_path: Path, contents: bytes | None, word: str) -> None:
    path = tmp_path / "broken.gguf"
    if contents is not None:
        path.write_bytes(contents)
    async with worker(path) as process:
        assert isinstance(process.loaded, LoadFailed)
        assert word in process.loaded.message
        assert "broken.gguf" in process.loaded.message
        assert await process.end() != 0


async def test_a_file_that_is_cut_short_is_refused_with_a_sentence(tmp_path: Path, tiny: Path) -> None:
    path = changed_copy(tiny, tmp_path / "cut.gguf", lambda data: data[:-5000])
    async with worker(path) as process:
        assert isinstance(process.loaded, LoadFailed)
        assert "cut short" in process.loaded.message


@pytest.mark.parametrize(
    "options", [{"context": 10**9}, {"slots": 0}, {"slots": 600}, {"slots": 70, "exact_batches": True}, {"context": -1}]
)
async def test_sizes_that_are_not_possible_are_refused_with_a_sentence(tiny: Path, options: dict[str, object]) -> None:
    async with worker(tiny, **options) as process:
        assert isinstance(process.loaded, LoadFailed)
        assert process.loaded.message.endswith(".")


async def test_broken_weights_fail_the_answer_and_not_the_worker(tmp_path: Path, tiny: Path) -> None:
    ones, nans = bytes.fromhex("0000803f") * 64, bytes.fromhex("0000c07f") * 64  # the weights of a norm
    path = changed_copy(tiny, tmp_path / "nan.gguf", lambda data: nans.join(data.rsplit(ones, 1)))
    async with worker(path, slots=2, context=512) as process:
        for key, params in ((1, GREEDY), (2, SAMPLED)):
            answer = await process.answer(key, params=params)
            assert answer.failed is not None
            assert answer.failed.code == "model_failed"
            assert "not numbers" in answer.failed.message


async def test_values_that_would_end_the_process_in_c_are_refused(running: WorkerProcess) -> None:
    bad = [
        Params(seed=1, temperature=-1),
        Params(seed=1, top_k=-5),
        Params(seed=1, repeat_penalty=0),
        Params(seed=1, stop=[""]),
        Params(seed=None),
        Params(seed=1, grammar="root ::= ("),
        Params(seed=1, grammar="root ::= " + "(" * 30000 + '"a"' + ")" * 30000),
        Params(seed=1, grammar='root ::= [a-z]+ "\0"'),
        Params(seed=1, json_schema={"type": "no such type"}),
        Params(seed=1, json_schema={"type": "string", "minLength": 10**9}),
    ]
    for key, params in enumerate(bad):
        answer = await running.answer(key, params=params)
        assert answer.failed is not None, params
        assert answer.failed.code == "invalid_params"
    assert (await running.answer(100, params=GREEDY)).reason == "length"


async def test_the_bundled_model_answers_and_ends_by_itself() -> None:
    async with worker(GUIDE, slots=2) as process:
        answer = await process.answer(1, "Hello!", params=Params(temperature=0, seed=1, max_tokens=300))
        assert answer.reason == "stop"
        assert answer.text


async def test_many_cancels_and_requests_in_flight_leave_nothing_behind(running: WorkerProcess) -> None:
    for key in range(24):
        await running.ask(key, f"{key} " + "word " * (key * 7 % 90), params=GREEDY)
        if key % 3 == 0:
            await running.send(Cancel(key=key))
        await asyncio.sleep(0)
    for key in range(24):
        answer = await running.over(key)
        assert answer.reason in ("length", "cancelled")
    await running.until(lambda: running.stats and running.stats[-1].busy == 0 and running.stats[-1].waiting == 0)


def changed_copy(source: Path, target: Path, change: Callable[[bytes], bytes]) -> Path:
    """A copy of a file with its contents changed."""
    target.write_bytes(change(source.read_bytes()))
    return target
