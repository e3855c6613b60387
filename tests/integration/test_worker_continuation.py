"""Answers that are continued: after a worker was killed, from ids, from text, from anything a client may send."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from llamachat.protocol import Params, PromptMessage
from llamachat_daemon.pipe.frames import Loaded
from tests.random_models import GUIDE, tiny_model
from tests.worker_process import Answer, WorkerProcess, worker

# Long enough for the cache to pass 512 cells, from where on ggml treats a single row in its own way.
LONG_QUESTION = "There is a road that goes on and on, and nobody knows where it ends. " * 10


def params(temperature: float, **more: object) -> Params:
    return Params(temperature=temperature, seed=7, ignore_eos=True, **{"max_tokens": 120, **more})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory)


@pytest.fixture
async def running(tiny: Path) -> AsyncIterator[WorkerProcess]:
    async with worker(tiny, slots=6, context=1024, exact_batches=True) as process:
        yield process


@pytest.mark.parametrize("temperature", [0, 0.8])
async def test_after_a_kill_another_worker_goes_on_exactly(tiny: Path, temperature: float) -> None:
    wanted = params(temperature)
    async with worker(tiny, slots=4, context=1024, exact_batches=True) as first:
        whole = await first.answer(1, LONG_QUESTION, params=wanted)
    async with worker(tiny, slots=4, context=1024, exact_batches=True) as second:
        await second.ask(1, LONG_QUESTION, params=wanted)
        await second.until(lambda: len(second.answers[1].tokens) > 20)
        await second.kill()
        cut = second.answers[1]
    assert len(cut.tokens) < 120
    async with worker(tiny, slots=4, context=1024, exact_batches=True) as third:
        rest = await third.answer(1, LONG_QUESTION, params=wanted, prefix=cut.text, prefix_tokens=cut.tokens)
    assert cut.tokens + rest.tokens == whole.tokens
    assert cut.text + rest.text == whole.text
    assert rest.started is not None
    assert rest.started.prefix_tokens == cut.tokens
    assert rest.reason == whole.reason == "length"


@pytest.mark.parametrize("temperature", [0, 0.8])
async def test_in_exact_batches_an_answer_does_not_depend_on_who_else_is_there(
    running: WorkerProcess, temperature: float
) -> None:
    questions = [LONG_QUESTION[: 40 + 110 * number] + str(number) for number in range(6)]
    alone = [await running.answer(key, text, params=params(temperature)) for key, text in enumerate(questions)]
    together = await asked_together(running, questions, params(temperature))
    assert [answer.tokens for answer in together] == [answer.tokens for answer in alone]


async def test_an_exact_cache_that_starts_over_changes_no_answer(tiny: Path) -> None:
    wanted = params(0, max_tokens=200)
    async with worker(tiny, slots=3, context=512, exact_batches=True) as process:
        assert isinstance(process.loaded, Loaded)
        first = await process.answer(0, "Who is there?", params=wanted)
        # Far more than the cells and the sequences of the cache hold, so that it starts over in the middle of answers.
        rounds = 1 + process.loaded.kv_tokens // (3 * 200)
        for number in range(1, rounds + 1):
            keys = [number * 10 + place for place in range(3)]
            for key in keys:
                await process.ask(key, "Who is there?", params=wanted)
            for key in keys:
                assert (await process.over(key)).tokens == first.tokens


@pytest.mark.parametrize("cut", [1, 17, 59])
async def test_only_text_behind_the_readers_prefix_is_released(running: WorkerProcess, cut: int) -> None:
    wanted = params(0, max_tokens=60)
    whole = await running.answer(1, params=wanted)
    # The ids may stand for more text than the reader has.
    seen = whole.text[: cut // 2]
    rest = await running.answer(2, params=wanted, prefix=seen, prefix_tokens=whole.tokens[:cut])
    assert seen + rest.text == whole.text
    assert rest.tokens == whole.tokens[cut:]


async def test_max_tokens_counts_the_prefix(running: WorkerProcess) -> None:
    whole = await running.answer(1, params=params(0.8, max_tokens=30))
    rest = await running.answer(
        2, params=params(0.8, max_tokens=30), prefix=whole.text[:5], prefix_tokens=whole.tokens[:25]
    )
    assert rest.tokens == whole.tokens[25:]
    done = await running.answer(3, params=params(0.8, max_tokens=30), prefix=whole.text, prefix_tokens=whole.tokens)
    assert (done.tokens, done.text, done.reason) == ([], "", "length")
    assert done.started is not None
    assert done.started.prefix_tokens == whole.tokens


async def test_a_stop_string_inside_the_prefix_ends_the_answer_at_once(running: WorkerProcess) -> None:
    whole = await running.answer(1, params=params(0, max_tokens=60))
    stop = whole.text[10:14]
    done = await running.answer(
        2, params=params(0, max_tokens=60, stop=[stop]), prefix=whole.text[:3], prefix_tokens=whole.tokens
    )
    assert (done.tokens, done.reason) == ([], "stop")
    assert whole.text[:3] + done.text == whole.text[: whole.text.index(stop)]


async def test_a_stop_string_across_the_seam_is_found(running: WorkerProcess) -> None:
    whole = await running.answer(1, params=params(0, max_tokens=60))
    # A stop string that begins in the text of the first 20 ids and ends behind it.
    head = await running.answer(2, params=params(0, max_tokens=20))
    stop = whole.text[len(head.text) - 2 : len(head.text) + 3]
    cut = await running.answer(3, params=params(0, max_tokens=60, stop=[stop]))
    rest = await running.answer(
        4,
        params=params(0, max_tokens=60, stop=[stop]),
        prefix=whole.text[: len(head.text) - 2],
        prefix_tokens=head.tokens,
    )
    assert cut.reason == rest.reason == "stop"
    assert whole.text[: len(head.text) - 2] + rest.text == cut.text
    assert head.tokens + rest.tokens == cut.tokens


async def test_an_answer_is_continued_from_its_text_alone() -> None:
    question = [PromptMessage("user", "How do I add a node?")]
    wanted = Params(temperature=0, seed=1, max_tokens=60)
    async with worker(GUIDE, slots=2, exact_batches=True) as process:
        whole = await process.answer(1, messages=question, params=wanted)
        cut = whole.text.index(" ", 12)
        rest = await process.answer(2, messages=question, params=wanted, prefix=whole.text[:cut])
        assert rest.started is not None
        assert rest.started.prefix_tokens
        assert rest.text
        assert not rest.text.startswith(whole.text[:4])
        again = await process.answer(
            3, messages=question, params=wanted, prefix=whole.text[:cut], prefix_tokens=rest.started.prefix_tokens
        )
        assert again.tokens == rest.tokens


async def test_prefix_ids_that_are_no_part_of_an_answer_are_refused(running: WorkerProcess) -> None:
    assert isinstance(running.loaded, Loaded)
    whole = await running.answer(0, params=params(0, max_tokens=10))
    wrong = {
        "beyond the vocabulary": (running.loaded.vocabulary, ""),
        "far beyond": (2**40, ""),
        "negative": (-1, ""),
        "a control token": (0, ""),
        "an end of generation": (2, ""),
    }
    for key, (token, prefix) in enumerate(wrong.values(), start=1):
        answer = await running.answer(key, params=params(0), prefix=prefix, prefix_tokens=[*whole.tokens, token])
        assert answer.failed is not None
        assert answer.failed.code == "invalid_params"
        assert answer.failed.detail["field"] == "prefix_tokens"
    other = await running.answer(9, params=params(0), prefix="something else", prefix_tokens=whole.tokens)
    assert other.failed is not None
    assert other.failed.code == "invalid_params"


async def test_a_grammar_runs_over_the_prefix(running: WorkerProcess) -> None:
    wanted = Params(temperature=0.8, seed=3, max_tokens=80, grammar='root ::= "<" [a-z]{40} ">"')
    whole = await running.answer(1, params=wanted)
    assert whole.reason == "stop"
    assert whole.text.startswith("<")
    assert whole.text.endswith(">")
    assert len(whole.text) == 42
    rest = await running.answer(2, params=wanted, prefix=whole.text[:2], prefix_tokens=whole.tokens[:6])
    assert rest.tokens == whole.tokens[6:]
    wrong = await running.answer(3, params=wanted, prefix="", prefix_tokens=whole.tokens[3:6])
    assert wrong.failed is not None
    assert wrong.failed.code == "invalid_params"


async def test_penalties_run_over_the_prefix(running: WorkerProcess) -> None:
    wanted = params(0.8, repeat_penalty=1.3, presence_penalty=0.5, frequency_penalty=0.3, top_k=0)
    whole = await running.answer(1, params=wanted)
    plain = await running.answer(2, params=params(0.8, top_k=0))
    assert whole.tokens != plain.tokens
    rest = await running.answer(3, params=wanted, prefix=whole.text[:2], prefix_tokens=whole.tokens[:50])
    assert rest.tokens == whole.tokens[50:]


async def asked_together(process: WorkerProcess, questions: list[str], wanted: Params) -> list[Answer]:
    """All questions at once, under keys of their own."""
    keys = range(1000, 1000 + len(questions))
    for key, question in zip(keys, questions, strict=True):
        await process.ask(key, question, params=wanted)
    return [await process.over(key) for key in keys]
