"""What a worker reads again, and what it finds in its cache."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from llamachat.protocol import Params, PromptMessage
from llamachat_daemon.pipe.frames import Attention, Loaded
from tests.random_models import tiny_model
from tests.worker_process import Answer, WorkerProcess, worker

# At this temperature the ids that were drawn are seldom those that their text would be split into.
WILD = Params(temperature=1.5, top_k=0, seed=11, max_tokens=40, ignore_eos=True)
BRIEF = Params(temperature=1.0, seed=3, max_tokens=12, ignore_eos=True)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory)


@pytest.fixture
async def running(tiny: Path) -> AsyncIterator[WorkerProcess]:
    async with worker(tiny, slots=4, context=1024) as process:
        yield process


@dataclass
class Chat:
    """A conversation with one worker."""

    process: WorkerProcess
    name: str
    principal: str = "ann"
    messages: list[PromptMessage] = field(default_factory=list)

    async def say(self, key: int, text: str, params: Params) -> Answer:
        """One turn, to its end."""
        self.messages.append(PromptMessage("user", text))
        answer = await self.process.answer(
            key, messages=self.messages, params=params, chat=self.name, principal=self.principal
        )
        assert answer.failed is None, answer.reason
        self.messages.append(PromptMessage("assistant", answer.text))
        return answer


def prefilled(answer: Answer) -> int:
    """Tokens of the prompt that were read for this answer."""
    assert answer.started is not None
    return answer.started.prompt_tokens - answer.started.cached_tokens


def asked_tokens(answer: Answer) -> int:
    assert answer.started is not None
    return answer.started.prompt_tokens


async def test_a_later_turn_reads_the_new_message_and_nothing_else(running: WorkerProcess) -> None:
    chat = Chat(running, "c")
    before = await chat.say(0, "Where does the road go?", WILD)
    for key in range(1, 5):
        answer = await chat.say(key, "And then?", WILD)
        held = asked_tokens(before) + len(before.tokens) - 1  # the last id of an answer is never fed
        assert answer.started is not None
        assert answer.started.cached_tokens == held
        assert prefilled(answer) < 30
        before = answer


async def test_an_answer_that_a_stop_string_ended_is_found_up_to_there(running: WorkerProcess) -> None:
    # Once the question has been read, both are computed alike, to the last digit.
    await Chat(running, "first").say(9, "Where does the road go?", WILD)
    whole = await Chat(running, "a").say(0, "Where does the road go?", WILD)
    stop = whole.text[30:34]
    stopping = Params(temperature=1.5, top_k=0, seed=11, max_tokens=40, ignore_eos=True, stop=[stop])
    chat = Chat(running, "b")
    cut = await chat.say(1, "Where does the road go?", stopping)
    assert cut.reason == "stop"
    after = await chat.say(2, "And then?", WILD)
    assert after.started is not None
    assert after.started.cached_tokens > asked_tokens(cut)
    assert prefilled(after) < 30


async def test_chats_that_take_turns_all_stay_warm(running: WorkerProcess) -> None:
    chats = [Chat(running, f"chat {number}") for number in range(32)]
    known = dict.fromkeys(range(32), 0)  # tokens of each conversation, its last answer included
    new = read = 0
    for turn in range(3):
        for number, chat in enumerate(chats):
            answer = await chat.say(turn * 100 + number, f"{number}: tell me about part {turn}", BRIEF)
            new += asked_tokens(answer) - known[number]
            read += prefilled(answer)
            known[number] = asked_tokens(answer) + len(answer.tokens)
    assert read <= 1.1 * new


async def test_a_chat_that_was_dropped_for_others_is_read_again_and_goes_on_as_well(tiny: Path) -> None:
    greedy = Params(temperature=0, seed=1, max_tokens=20, ignore_eos=True)
    async with worker(tiny, slots=2, context=256, warm_bytes=0) as process:
        assert isinstance(process.loaded, Loaded)
        first = Chat(process, "first")
        question = "Where does the road go? " * 3
        await first.say(0, question, greedy)
        others = [Chat(process, f"chat {number}") for number in range(16)]
        for number, chat in enumerate(others):
            answer = await chat.say(1 + number, f"{number} is a number, and {number + 1} is too. " * 2, greedy)
            assert answer.reason == "length"
        assert sum(map(asked_tokens, process.answers.values())) > process.loaded.kv_tokens
        again = await first.say(90, "And then?", greedy)
        assert len(again.tokens) == 20
        assert again.started is not None
        assert again.started.cached_tokens < asked_tokens(process.answers[0])


@pytest.mark.parametrize("isolate", [False, True])
async def test_a_prompt_of_another_principal_is_shared_unless_the_operator_isolates_them(
    tiny: Path, isolate: bool
) -> None:
    greedy = Params(temperature=0, seed=1, max_tokens=20, ignore_eos=True)
    async with worker(tiny, slots=2, context=512, isolate_principals=isolate) as process:
        question = "Where does the road go when nobody looks?"
        await Chat(process, "c", "ann").say(0, question, greedy)
        other = await Chat(process, "c", "ben").say(1, question, greedy)
        own = await Chat(process, "d", "ann").say(2, question, greedy)
        assert other.started is not None
        assert (other.started.cached_tokens == 0) == isolate
        assert prefilled(own) == 1


@pytest.mark.parametrize("attention", ["flash", "plain"])
async def test_with_either_attention_conversations_go_on_just_as_well(tiny: Path, attention: Attention) -> None:
    async with worker(tiny, slots=2, context=512, attention=attention) as process:
        chat = Chat(process, "c")
        before = await chat.say(0, "Where does the road go?", WILD)
        after = await chat.say(1, "And then?", WILD)
        assert len(after.tokens) == 40
        assert after.started is not None
        assert after.started.cached_tokens == asked_tokens(before) + len(before.tokens) - 1


async def test_a_question_begins_with_what_a_running_answer_has_read(running: WorkerProcess) -> None:
    text = "The road goes on and on. " * 20
    await running.ask(0, text, params=Params(temperature=0, seed=1, max_tokens=400, ignore_eos=True))
    await running.until(lambda: running.answers[0].tokens)
    other = await running.answer(1, text + "Where?", params=BRIEF)
    assert other.started is not None
    assert other.started.cached_tokens > asked_tokens(running.answers[0]) // 2
    await running.over(0)


async def test_in_exact_batches_a_conversation_is_read_in_the_same_ids_by_every_worker(tiny: Path) -> None:
    async with worker(tiny, slots=2, context=1024, exact_batches=True) as first:
        chat = Chat(first, "c")
        await chat.say(0, "Where does the road go?", WILD)
        messages = [*chat.messages]
        there = await chat.say(1, "And then?", WILD)
    async with worker(tiny, slots=2, context=1024, exact_batches=True) as second:
        here = await Chat(second, "c", messages=messages).say(0, "And then?", WILD)
    assert here.tokens == there.tokens
    assert asked_tokens(here) == asked_tokens(there)
