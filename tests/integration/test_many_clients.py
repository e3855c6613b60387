"""Many clients of one daemon at once: with exact batches, each gets the answer that it would have got alone.

The tests play a few seeds; `python -m tests.integration.test_many_clients [RUNS [FIRST_SEED]]` plays as many as wanted.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import websockets

from llamachat.protocol import (
    AiResponse,
    Cancel,
    Codec,
    Error,
    Params,
    PromptMessage,
    UserMessage,
    decode_daemon,
    encode,
)
from llamachat.protocol.limits import MAX_FRAME_BYTES
from tests.integration.daemons import RunningDaemon, start_daemon

CLIENTS = 24
SLOTS = 6
RUNS = 20
PATIENCE_S = 100.0

LONG = "I have a box in the cellar and one under the stairs, and I want to know what happens when one of them dies. "
QUESTIONS = (
    "What is llamachat?",
    "How do I add a node?",
    "Give me the tour.",
    "Which key quits?",
    "How do I search?",
    LONG * 4 + "How do I add a node?",
    LONG * 8 + "What then?",
    LONG * 13,
)
LENGTHS = (1, 9, 40, 70)


@dataclass(frozen=True)
class Wish:
    """What one client asks for, and when: after so many tokens have come to all clients together. `cancel_after` is
    tokens of its own answer, None where it waits for the end."""

    question: str
    tokens: int
    arrives_after: int
    cancel_after: int | None


@dataclass(frozen=True)
class Answer:
    """What a client got."""

    tokens: list[int]
    text: str
    reason: str | None


class Crowd:
    """Counts the tokens of all clients, and lets those wait who come later."""

    def __init__(self) -> None:
        self.tokens = 0
        self._running = 0
        self._more = asyncio.Condition()

    async def arrive(self, after: int) -> None:
        """Returns after so many tokens; at once where nobody is left who would bring them."""
        async with self._more:
            await self._more.wait_for(lambda: self.tokens >= after or not self._running)
            self._running += 1

    async def count(self, tokens: int, *, over: bool) -> None:
        """So many more have come; `over` with the last ones of a client."""
        async with self._more:
            self.tokens += tokens
            self._running -= over
            self._more.notify_all()


async def ask(url: str, wish: Wish, crowd: Crowd) -> Answer:
    """One client on a connection of its own."""
    await crowd.arrive(wish.arrives_after)
    name = f"a{random.getrandbits(64):x}"
    tokens: list[int] = []
    text = ""
    async with websockets.connect(
        url, subprotocols=[websockets.Subprotocol(Codec.MSGPACK)], max_size=MAX_FRAME_BYTES, compression=None
    ) as socket:
        params = Params(temperature=0.0, seed=1, max_tokens=wish.tokens, ignore_eos=True)
        frame = UserMessage(id=name, chat_id=name, messages=[PromptMessage("user", wish.question)], params=params)
        await socket.send(encode(frame, Codec.MSGPACK))
        cancelled = False
        while True:
            if wish.cancel_after is not None and len(tokens) >= wish.cancel_after and not cancelled:
                cancelled = True
                await socket.send(encode(Cancel(id=name), Codec.MSGPACK))
            said = decode_daemon(await socket.recv(), Codec.MSGPACK)
            if isinstance(said, Error):
                raise AssertionError(f"{said.code}: {said.message}")
            if not isinstance(said, AiResponse):
                continue
            tokens += said.tokens
            text += said.text
            await crowd.count(len(said.tokens), over=said.done)
            if said.done:
                return Answer(tokens, text, said.finish_reason)


def wishes(seed: int) -> list[Wish]:
    """What the clients of this run ask for."""
    draw = random.Random(seed)
    drawn = []
    for number in range(CLIENTS):
        length = draw.choice(LENGTHS)
        cancel = draw.randrange(length) if draw.random() < 0.25 else None
        arrival = 0 if number < SLOTS else draw.randrange(300)
        drawn.append(Wish(draw.choice(QUESTIONS), length, arrival, cancel))
    return drawn


async def alone(url: str) -> dict[str, Answer]:
    """The longest answer to every question, asked one after another."""
    return {question: await ask(url, Wish(question, max(LENGTHS), 0, None), Crowd()) for question in QUESTIONS}


async def one_run(url: str, seed: int, known: dict[str, Answer]) -> None:
    """All clients of the seed; `AssertionError` where one got something else than it would have got alone."""
    crowd = Crowd()
    asked = wishes(seed)
    async with asyncio.timeout(PATIENCE_S):
        answers = await asyncio.gather(*(ask(url, wish, crowd) for wish in asked))
    for wish, answer in zip(asked, answers, strict=True):
        whole = known[wish.question]
        if wish.cancel_after is None:
            assert answer.reason == "length", f"seed {seed}"
            assert len(answer.tokens) == wish.tokens, f"seed {seed}"
        assert answer.tokens == whole.tokens[: len(answer.tokens)], f"seed {seed}"
        assert whole.text.startswith(answer.text.rstrip("\ufffd")), f"seed {seed}"


@contextmanager
def daemon() -> Iterator[RunningDaemon]:
    options = ("--exact-batches", "--slots", str(SLOTS), "--queue", str(CLIENTS), "--log-level", "warning")
    with start_daemon(*options) as running:
        yield running


@pytest.fixture(scope="module")
def running() -> Iterator[RunningDaemon]:
    with daemon() as started:
        yield started


@pytest.fixture(scope="module")
def known(running: RunningDaemon) -> dict[str, Answer]:
    return asyncio.run(alone(running.url))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_of_many_clients_gets_the_answer_that_it_gets_alone(
    running: RunningDaemon, known: dict[str, Answer], seed: int
) -> None:
    asyncio.run(one_run(running.url, seed, known))


def main(runs: int = RUNS, first: int = 1, say: Callable[[str], None] = print) -> int:
    """Plays so many seeds."""
    with daemon() as started:
        answers = asyncio.run(alone(started.url))
        for seed in range(first, first + runs):
            asyncio.run(one_run(started.url, seed, answers))
            say(f"seed {seed}: {CLIENTS} clients, each with the answer that it gets alone")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
