"""The engine against the physical limit and against other servers, on the same machine and the same file.

    python -m benchmarks engine [--shapes 15m,135m,1b] [--only MEASUREMENT] [--rounds N] [--peers PYTHON]

decode: tokens per second of 1, 4 and 8 answers to a short question, through the socket, and in a bare loop over
        `llama_decode` (with flash attention: the quicker way there).
step:   what a step of our worker takes with as many answers, and how much of it is neither llama.cpp's nor sampling.
beside: as decode, beside another process that keeps one core busy.
long:   as decode, late in conversations of some hundred words; the time counts from the first token on.
gaps:   how long four running answers pause while a prompt of 1 500 words arrives.
turns:  conversations take turns on 4 slots: how much of their prompts is read again, and how soon they answer.

Rounds alternate between the servers, so that whatever else the machine does meets all alike; figures are medians of
rounds, and ratios are medians of the ratios of neighbouring rounds. Large models get fewer rounds and conversations
(`EFFORTS`). `--peers` is a Python that has the packages xllamacpp (llama.cpp's own server) and
llama-cpp-python[server]; `make bench` makes one. Without it, there is only the bare loop to compare with.
llama-cpp-python's server answers one question at a time: it takes part in `decode` only.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import math
import random
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from benchmarks import step
from benchmarks.peers import Reply, Server, bare_loop, busy_process, cpp_server, daemon, python_server
from benchmarks.random_gguf import SHAPES, write
from llamachat_daemon.engine.threads import default_threads
from llamachat_daemon.pipe.frames import ATTENTIONS

STREAMS = (1, 4, 8)
CONTEXT = 8192
LONG_PROMPT_WORDS = 1500
RUNNING = 4
STEADY_ARRIVALS = 40
CONVERSATION_WORDS = 400
CHAT_SLOTS = 4
WARM_UP_TOKENS = 4
"""Of the answers in the first round, which does not count."""

PLOT = Path("docs/engine.svg")
MEASUREMENTS = ("decode", "step", "beside", "long", "gaps", "turns")
PEERS = ".venv-peers/bin/python"
"""Where `make bench` puts the other servers."""


@dataclass(frozen=True)
class Effort:
    """How much of everything: rounds, tokens of an answer, conversations that take turns, and how many."""

    rounds: int = 5
    tokens: int = 64
    chats: int = 32
    turns: int = 4


EFFORTS = {"15m": Effort(rounds=2), "1b": Effort(rounds=1, tokens=32, chats=12, turns=3)}
"""Where it is not the usual one: of one model little is asked, and of the other all would take hours."""

Figures = dict[str, dict[str, float]]
"""By what is on the axis of a plot, by server."""
WORDS = (
    *("the", "other", "road", "was", "longer", "than", "all", "roads", "that", "anybody", "could", "see", "from"),
    *("there", "and", "nobody", "knew", "why"),
)


def text(words: int, seed: int) -> str:
    """So many words."""
    draw = random.Random(seed)
    return " ".join(draw.choice(WORDS) for _ in range(words))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """The median ratio of neighbouring rounds."""
    return f"{median(a / b for a, b in zip(ours, theirs, strict=True)):.2f}"


# ── decode ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def rate(server: Server, streams: int, tokens: int) -> float:
    """Tokens per second of so many answers together, from the first question to the last token."""
    started = time.perf_counter()
    asked = [server.ask([("user", text(8, number))], tokens, Reply()) for number in range(streams)]
    replies = await asyncio.gather(*asked)
    return sum(reply.tokens for reply in replies) / (time.perf_counter() - started)


async def late_rate(server: Server, streams: int, tokens: int) -> float:
    """The same late in conversations, from when all of them write until the first one has ended."""
    asked = [
        server.ask([("user", text(CONVERSATION_WORDS, number))], tokens, Reply(), f"late-{number}")
        for number in range(streams)
    ]
    replies = await asyncio.gather(*asked)
    begun = max(reply.arrivals[0] for reply in replies)
    ended = min(reply.arrivals[-1] for reply in replies)
    if ended <= begun:
        return math.nan  # they never wrote all together
    arrived = [pair for reply in replies for pair in zip(reply.arrivals, reply.counts, strict=True)]
    return sum(count for arrival, count in arrived if begun < arrival <= ended) / (ended - begun)


Measured = tuple[str, Callable[[int, int], float]]
"""A name, and what gives the tokens per second of so many answers of so many tokens."""


def over_the_socket(server: Server, measure: Callable[[Server, int, int], Coroutine[None, None, float]]) -> Measured:
    """A server, measured in that way."""
    return server.name, lambda streams, tokens: asyncio.run(measure(server, streams, tokens))


def measure_decode(name: str, measured: Sequence[Measured], effort: Effort) -> Figures:
    """Prints the table; the tokens per second of each."""
    print(f"\n{name}: tokens per second, {effort.tokens} tokens an answer, {effort.rounds} rounds")
    names = [server for server, _ in measured]
    others = names[1:]
    heads = [*names, *(f"/ {other}" for other in others)]
    print(f"{'together':>10}" + "".join(f"{head:>16}" for head in heads))
    figures: Figures = {}
    for streams in STREAMS:
        rates: dict[str, list[float]] = {server: [] for server in names}
        for number in range(effort.rounds + 1):
            for server, tokens_per_second in measured:
                found_rate = tokens_per_second(streams, effort.tokens if number else WARM_UP_TOKENS)
                if number:
                    rates[server].append(found_rate)
        found = figures[f"{streams} together"] = {server: median(rates[server]) for server in names}
        ratios = [ratio(rates[names[0]], rates[other]) for other in others]
        print(
            f"{streams:10d}" + "".join(f"{found[name]:16.1f}" for name in names) + "".join(f"{r:>16}" for r in ratios),
            flush=True,
        )
    return figures


def print_steps(parts: Sequence[step.Parts]) -> None:
    """The table of what our worker's steps take."""
    print(f"\nstep: milliseconds, median of {step.STEPS}")
    print(f"{'together':>10}{'step':>10}{'llama_decode':>14}{'sampling':>10}{'own':>10}{'own / step':>12}")
    for each in parts:
        times = f"{each.step:10.1f}{each.decode:14.1f}{each.sampling:10.2f}{each.own:10.2f}"
        print(f"{each.streams:10d}{times}{each.own / each.step:12.2%}", flush=True)


# ── gaps ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Gaps:
    """Seconds between arrivals: usual before the newcomer, then the 99th percentile and the worst while its prompt was
    read; and the newcomer's time to its first token."""

    usual: float
    p99: float
    worst: float
    first_token: float


async def newcomer(server: Server, seed: int) -> Gaps:
    """Four answers run; a long prompt arrives."""
    replies = [Reply() for _ in range(RUNNING)]
    running = [
        asyncio.create_task(server.ask([("user", text(8, seed * 10 + number))], 3000, reply))
        for number, reply in enumerate(replies)
    ]
    try:
        await _arrivals(replies, STEADY_ARRIVALS)
        long_one = await server.ask([("user", text(LONG_PROMPT_WORDS, seed))], 8, Reply())
        await _arrivals(replies, max(len(reply.arrivals) for reply in replies) + 5)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    until = long_one.arrivals[0]
    before, during = [], []
    for reply in replies:
        for start, end in zip(reply.arrivals, reply.arrivals[1:], strict=False):
            if end < long_one.sent_at and start > reply.arrivals[5]:
                before.append(end - start)
            elif end >= long_one.sent_at and start <= until:
                during.append(end - start)
    during.sort()
    return Gaps(median(before), during[int(0.99 * (len(during) - 1))], during[-1], long_one.first_token_s)


async def _arrivals(replies: Sequence[Reply], count: int) -> None:
    while min(len(reply.arrivals) for reply in replies) < count:  # noqa: ASYNC110 - a measurement, and nothing to wait on
        await asyncio.sleep(0.005)


def measure_gaps(servers: Sequence[Server], rounds: int) -> Figures:
    """Prints the table; the pauses of each in usual ones."""
    print(f"\ngaps: {RUNNING} running answers while a prompt of {LONG_PROMPT_WORDS} words arrives, {rounds} rounds")
    print(f"{'':>14}{'usual ms':>12}{'p99/usual':>12}{'worst/usual':>12}{'first token s':>15}{'ours/its':>10}")
    found: dict[str, list[Gaps]] = {server.name: [] for server in servers}
    for number in range(rounds):
        for server in servers:
            found[server.name].append(asyncio.run(newcomer(server, number)))
    figures: Figures = {"99th percentile": {}, "worst": {}}
    for name, gaps in found.items():
        usual, first = median(gap.usual for gap in gaps), median(gap.first_token for gap in gaps)
        p99, worst = median(gap.p99 / gap.usual for gap in gaps), median(gap.worst / gap.usual for gap in gaps)
        figures["99th percentile"][name], figures["worst"][name] = p99, worst
        ours = ratio([gap.first_token for gap in found[servers[0].name]], [gap.first_token for gap in gaps])
        print(f"{name:>14}{usual * 1000:12.1f}{p99:12.1f}{worst:12.1f}{first:15.2f}{ours:>10}", flush=True)
    return figures


# ── turns ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Turns:
    """Prompt tokens that were read, those that were new, and the median seconds to the first token of later turns."""

    read: int
    new: int
    first_token: float


async def take_turns(server: Server, seed: int, effort: Effort) -> Turns:
    """Every chat says something, then every chat again."""
    chats: list[list[tuple[str, str]]] = [[] for _ in range(effort.chats)]
    known = [0] * effort.chats
    read = new = 0
    waits = []
    for turn in range(effort.turns):
        for number, chat in enumerate(chats):
            chat.append(("user", text(12, hash((seed, turn, number)))))
            reply = await server.ask(chat, 16, Reply(), f"{seed}-{number}")
            chat.append(("assistant", reply.text))
            read += reply.prompt_tokens - reply.cached_tokens
            new += reply.prompt_tokens - known[number]
            known[number] = reply.prompt_tokens + reply.tokens
            if turn:
                waits.append(reply.first_token_s)
    return Turns(read, new, median(waits))


def measure_turns(servers: Sequence[Server], effort: Effort) -> Figures:
    """Prints the table; how soon each begins later turns, in milliseconds."""
    print(
        f"\nturns: {effort.chats} conversations of {effort.turns} turns on {CHAT_SLOTS} slots, {effort.rounds} rounds"
    )
    print(f"{'':>14}{'read':>10}{'new':>10}{'read/new':>10}{'first token of later turns ms':>32}{'ours/its':>10}")
    found: dict[str, list[Turns]] = {server.name: [] for server in servers}
    for number in range(effort.rounds):
        for server in servers:
            found[server.name].append(asyncio.run(take_turns(server, number, effort)))
    figures: Figures = {"later turns": {}}
    for name, turns in found.items():
        again = median(each.read / max(1, each.new) for each in turns)
        first = median(each.first_token for each in turns) * 1000
        figures["later turns"][name] = first
        counts = f"{turns[-1].read:10d}{turns[-1].new:10d}{again:10.2f}" if turns[-1].read else f"{'–':>10}" * 3
        ours = ratio([each.first_token for each in found[servers[0].name]], [each.first_token for each in turns])
        print(f"{name:>14}{counts}{first:32.1f}{ours:>10}", flush=True)
    return figures


def measure(shape: str, wanted: Sequence[str], options: argparse.Namespace, directory: Path) -> dict[str, Figures]:
    """The figures of one model, which is written into `directory`."""
    model = write(directory / f"{shape}.gguf", replace(SHAPES[shape], context=CONTEXT))
    print(f"\n{shape}, Q8_0, random weights")
    effort = EFFORTS.get(shape, Effort())
    if options.rounds:
        effort = replace(effort, rounds=options.rounds)
    few = (max(STREAMS), 512)
    sizes = {"decode": few, "beside": few, "long": (max(STREAMS), 2048), "gaps": (RUNNING + 1, CONTEXT)}
    figures = {}
    for name in wanted:
        if name == "step":
            print_steps(step.measured(model, options.threads, STREAMS))
            continue
        slots, context = sizes.get(name, (CHAT_SLOTS, 2048))
        with ExitStack() as stack:
            ours = daemon(model, slots, context, directory, options.threads, options.attention)
            servers: list[Server] = [stack.enter_context(ours)]
            if options.peers:
                servers.append(stack.enter_context(cpp_server(options.peers, model, slots, context)))
            if name == "decode":
                if options.peers:
                    servers.append(stack.enter_context(python_server(options.peers, model, context)))
                bare = stack.enter_context(bare_loop(model, max(STREAMS), context, options.threads))
                measured = [*(over_the_socket(server, rate) for server in servers), (bare.name, bare.rate)]
                figures[name] = measure_decode(name, measured, effort)
            elif name == "beside":
                stack.enter_context(busy_process())
                figures[name] = measure_decode(name, [over_the_socket(each, rate) for each in servers], effort)
            elif name == "long":
                figures[name] = measure_decode(name, [over_the_socket(each, late_rate) for each in servers], effort)
            elif name == "gaps":
                figures[name] = measure_gaps(servers, effort.rounds)
            else:
                figures[name] = measure_turns(servers, effort)
    return figures


def main(arguments: list[str]) -> int:
    """Prints the tables."""
    parser = argparse.ArgumentParser(prog="benchmarks engine", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shapes", default="15m,135m,1b", help=f"of {', '.join(SHAPES)}")
    parser.add_argument(
        "--rounds", type=int, help="of every measurement (5; 2 and 1 of the models of 15 million and 1 billion)"
    )
    parser.add_argument("--only", choices=MEASUREMENTS)
    parser.add_argument("--peers", metavar="PYTHON", default=PEERS if Path(PEERS).exists() else None)
    parser.add_argument("--attention", choices=ATTENTIONS, default="auto", help="of our daemon")
    parser.add_argument("--threads", type=int, default=default_threads(), help="of our daemon and of the bare loop")
    parser.add_argument("--plot", type=Path, metavar="FILE", default=PLOT, help=f"an SVG to draw ({PLOT})")
    options = parser.parse_args(arguments)
    wanted = [options.only] if options.only else MEASUREMENTS
    with tempfile.TemporaryDirectory() as scratch:
        figures = {shape: measure(shape, wanted, options, Path(scratch)) for shape in options.shapes.split(",")}
    if importlib.util.find_spec("matplotlib"):
        from benchmarks.plot import draw

        draw(figures, options.plot)
        print(f"\n{options.plot} shows it.")
    else:
        print("\nWith matplotlib (pip install '.[bench]') there would be a plot.")
    return 0
