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
import time
import uuid
from pathlib import Path

import websockets

from benchmarks.nodes import daemon
from benchmarks.random_gguf import SHAPES, write
from llamachat.protocol import (
    AiResponse,
    Codec,
    Error,
    Params,
    PromptMessage,
    UserMessage,
    decode_daemon,
    encode,
)
from llamachat.protocol.limits import MAX_FRAME_BYTES


async def one_answer(url: str, tokens: int) -> int:
    """Asks for exactly `tokens` tokens on a connection of its own; returns how many came."""
    async with websockets.connect(
        url, subprotocols=[websockets.Subprotocol(Codec.MSGPACK)], max_size=MAX_FRAME_BYTES, compression=None
    ) as socket:
        frame = UserMessage(
            id=uuid.uuid4().hex,
            chat_id=uuid.uuid4().hex,
            messages=[PromptMessage("user", "Tell me something long.")],
            params=Params(max_tokens=tokens, ignore_eos=True, seed=1),
        )
        await socket.send(encode(frame, Codec.MSGPACK))
        while True:
            answer = decode_daemon(await socket.recv(), Codec.MSGPACK)
            if isinstance(answer, Error):
                raise RuntimeError(f"{answer.code}: {answer.message}")
            if isinstance(answer, AiResponse) and answer.done:
                assert answer.usage
                return answer.usage.completion_tokens


async def rate(url: str, streams: int, tokens: int) -> float:
    """Tokens per second of all streams together, from the first question to the last token."""
    begin = time.perf_counter()
    counts = await asyncio.gather(*(one_answer(url, tokens) for _ in range(streams)))
    return sum(counts) / (time.perf_counter() - begin)


async def measure(url: str, streams: int, tokens: int, rounds: int) -> list[tuple[float, float]]:
    """(one alone, all together) for each round, after a warm-up."""
    await rate(url, streams, 8)
    return [(await rate(url, 1, tokens), await rate(url, streams, tokens)) for _ in range(rounds)]


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
            rounds = asyncio.run(measure(url, options.streams, options.tokens, options.rounds))
    print(f"{options.shape}, {options.tokens} tokens an answer, {options.rounds} rounds; tokens/s")
    print(f"{'one alone':>12} {f'{options.streams} together':>14} {'ratio':>8}")
    for alone, together in rounds:
        print(f"{alone:12.1f} {together:14.1f} {together / alone:8.2f}")
    print(f"median ratio: {statistics.median(together / alone for alone, together in rounds):.2f}")
    return 0
