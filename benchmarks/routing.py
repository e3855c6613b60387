"""How long people wait for a first token when the router chooses among unlike nodes, and when they take turns.

    python -m benchmarks routing --clients 12 --rounds 6

Three daemons of different speed, and clients that each keep a few conversations going: ask, read, think for a moment,
ask on. Rounds of the three policies and of round robin alternate, and which begins changes, so that whatever else the
machine does hits all alike. The models have random weights: speed depends on shapes, not on values.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final, get_args

from benchmarks.nodes import daemon
from benchmarks.random_gguf import SHAPES, Shape, write
from llamachat.fleet import Fleet, NodeAddress
from llamachat.fleet.events import Delta, Failed, Finished
from llamachat.fleet.routing import Policy
from llamachat.fleet.turn import Turn
from llamachat.protocol import Params, PromptMessage

NODES: Final = (
    ("quick", SHAPES["15m"], 4),
    ("middling", Shape(32_000, 2048, 512, 8, 8, 8, 1408), 2),
    ("slow", SHAPES["135m"], 1),
)
"""Name, shape of the model (15, 42 and 135 million parameters), slots."""

ROUND_ROBIN: Final = "round robin"
MODEL: Final = "m"
"""Of all the nodes: what differs between them is how fast they are."""


async def first_token_s(fleet: Fleet, turn: Turn) -> tuple[float, str]:
    """Seconds from the question to the first text, and the whole answer."""
    begin, first = time.perf_counter(), None
    async for event in fleet.ask(turn):
        if isinstance(event, Delta) and first is None:
            first = time.perf_counter() - begin
        if isinstance(event, Failed):
            raise RuntimeError(f"{event.code}: {event.message}")
        if isinstance(event, Finished):
            return first if first is not None else time.perf_counter() - begin, event.text
    raise AssertionError("a turn ends with an event")


async def one_client(
    urls: Sequence[str], policy: str, seed: int, turns: int, tokens: int, node_of_turn: itertools.cycle[str]
) -> list[float]:
    """The waits of one person, who asks `turns` questions in one conversation."""
    rng = random.Random(seed)
    addresses = [NodeAddress(name, url) for (name, _, _), url in zip(NODES, urls, strict=True)]
    waits: list[float] = []
    chosen = policy if policy != ROUND_ROBIN else "fastest"
    async with Fleet(addresses, policy=_policy(chosen)) as fleet:
        messages: list[PromptMessage] = []
        chat = uuid.uuid4().hex
        for _ in range(turns):
            messages.append(PromptMessage("user", " ".join(rng.choices(_WORDS, k=rng.randint(20, 120)))))
            turn = Turn(
                message_id=uuid.uuid4().hex,
                chat_id=chat,
                messages=tuple(messages),
                model=MODEL,
                params=Params(max_tokens=rng.randint(tokens // 2, tokens), ignore_eos=True, seed=seed),
            )
            if policy == ROUND_ROBIN:
                turn = replace(turn, node=next(node_of_turn))
            wait, text = await first_token_s(fleet, turn)
            waits.append(wait)
            messages.append(PromptMessage("assistant", text or "–"))
            await asyncio.sleep(rng.expovariate(1 / THINK_S))
    return waits


THINK_S: Final = 1.0
"""Mean pause between an answer and the next question."""

_WORDS: Final = ("chat", "queue", "answer", "token", "light", "green", "house", "river", "stone", "bread", "window")


def _policy(name: str) -> Policy:
    return next(policy for policy in get_args(Policy) if policy == name)


async def one_round(urls: Sequence[str], policy: str, seed: int, options: argparse.Namespace) -> list[float]:
    """The waits of all clients, who begin together."""
    turn_taking = itertools.cycle(name for name, _, _ in NODES)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(one_client(urls, policy, seed + n, options.turns, options.tokens, turn_taking))
            for n in range(options.clients)
        ]
    return [wait for task in tasks for wait in task.result()]


async def measure(urls: Sequence[str], options: argparse.Namespace) -> dict[str, list[float]]:
    """Waits in seconds by policy."""
    policies: list[str] = [*get_args(Policy), ROUND_ROBIN]
    waits: dict[str, list[float]] = {policy: [] for policy in policies}
    for number in range(options.rounds):
        for place in range(len(policies)):
            policy = policies[(number + place) % len(policies)]
            waits[policy] += await one_round(urls, policy, 1000 * number, options)
    return waits


def main(arguments: list[str]) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="benchmarks routing", description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=12)
    parser.add_argument("--turns", type=int, default=3, help="questions of each client in a round")
    parser.add_argument("--tokens", type=int, default=48, help="longest answer")
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        urls = []
        for node, shape, slots in NODES:
            directory = Path(name) / node
            directory.mkdir()
            model = write(directory / f"{MODEL}.gguf", shape)
            more = ("--model", model, "--slots", str(slots), "--context", "2048", "--threads", "1")
            urls.append(stack.enter_context(daemon(directory, *more)))
        waits = asyncio.run(measure(urls, options))
    print(f"{len(NODES)} unlike nodes, {options.clients} clients; time to first token in milliseconds")
    print(f"{'':12} {'turns':>6} {'median':>8} {'p95':>8} {'p95 / round robin':>18}")
    base = _p95(waits[ROUND_ROBIN])
    for policy, found in waits.items():
        print(
            f"{policy:12} {len(found):6} {1000 * statistics.median(found):8.0f} {1000 * _p95(found):8.0f} "
            f"{_p95(found) / base:18.2f}"
        )
    return 0


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]
