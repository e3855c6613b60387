"""How much faster several answers are decoded together than one alone, through the socket of a real daemon.

    python -m benchmarks batching --shape 135m --streams 8

Rounds alternate between one stream and many, so that whatever else the machine does hits both alike; the figure is the
median of the ratios of neighbouring rounds. The model has random weights: speed depends on shapes, not on values.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from pathlib import Path

from benchmarks.engine import rate
from benchmarks.nodes import daemon
from benchmarks.peers import Daemon
from benchmarks.random_gguf import SHAPES, write


async def measure(server: Daemon, streams: int, tokens: int, rounds: int) -> list[tuple[float, float]]:
    """(one alone, all together) for each round, after a warm-up."""
    await rate(server, streams, 8)
    return [(await rate(server, 1, tokens), await rate(server, streams, tokens)) for _ in range(rounds)]


def main(arguments: list[str]) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="benchmarks batching", description=__doc__.splitlines()[0])
    parser.add_argument("--shape", choices=sorted(SHAPES), default="135m")
    parser.add_argument("--streams", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        model = write(Path(directory) / f"{options.shape}.gguf", options.shape)
        more = ("--model", model, "--slots", str(options.streams), "--context", "1024")
        with daemon(Path(directory), *more) as url:
            rounds = asyncio.run(measure(Daemon(url), options.streams, options.tokens, options.rounds))
    print(f"{options.shape}, {options.tokens} tokens an answer, {options.rounds} rounds; tokens/s")
    print(f"{'one alone':>12} {f'{options.streams} together':>14} {'ratio':>8}")
    for alone, together in rounds:
        print(f"{alone:12.1f} {together:14.1f} {together / alone:8.2f}")
    print(f"median ratio: {statistics.median(together / alone for alone, together in rounds):.2f}")
    return 0
