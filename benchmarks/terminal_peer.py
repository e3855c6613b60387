"""A node whose answers are known and come at a set pace, for what a screen costs: a process that speaks the protocol.

    python -m benchmarks.terminal_peer TOKENS_A_SECOND

It answers by the first word of a question: `code` and `list` with one long block of that kind, anything else with one
paragraph that grows; a number behind it is how many seconds the answer lasts. The moment an answer ends is printed.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from llamachat.protocol import (
    AiResponse,
    BackendStatus,
    Codec,
    Hello,
    Limits,
    Memory,
    ModelInfo,
    NodeInfo,
    Principal,
    QueueState,
    SlotState,
    Status,
    Timings,
    Usage,
    UserMessage,
    decode_client,
    encode,
)

NAME, MODEL = "peer", "paced"
END = "Finis"
"""The last word of every answer."""

WORDS = (
    *("the", "other", "road", "was", "longer", "than", "all", "roads", "that"),
    *("anybody", "could", "see", "from", "there", "and", "nobody", "knew", "why"),
)


def tokens_of(kind: str) -> Iterator[str]:
    """An answer without end, token by token: about four characters each, as models write."""
    if kind == "code":
        yield "```python\n"
        for number in itertools.count():
            body = f"    # which of them is longer\n    return max(one, other) + {number}\n"
            yield from _pieces(f"def road_{number}(one, other):\n{body}\n")
    elif kind == "list":
        for number in itertools.count(1):
            yield from _pieces(
                f"{number}. the **{WORDS[number % len(WORDS)]}** road was `longer` than all {number} roads\n"
            )
    else:
        for number in itertools.count():
            yield WORDS[number % len(WORDS)] + " "


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), 4):
        yield text[start : start + 4]


class Peer:
    """One connection's worth of a node."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._model = ModelInfo(id=MODEL, name=MODEL, context=131_072, fingerprint="paced", state="loaded", slots=8)

    async def serve(self, connection: ServerConnection) -> None:
        """Answers until the connection ends."""
        tasks: set[asyncio.Task[None]] = set()
        hello = Hello(
            protocol=1,
            node=NodeInfo(NAME, NAME, "1", time.time()),
            models=[self._model],
            default_model=MODEL,
            limits=Limits(4 << 20, 64, 8),
            principal=Principal("local", True),
        )
        try:
            await connection.send(encode(hello, Codec.MSGPACK))
            async for data in connection:
                match decode_client(data, Codec.MSGPACK):
                    case UserMessage() as question:
                        tasks.add(asyncio.create_task(self._answer(connection, question)))
                    case Status(interval=interval):
                        tasks.add(asyncio.create_task(self._report(connection, interval)))
        except ConnectionClosed:
            pass
        finally:
            for task in tasks:
                task.cancel()

    async def _report(self, connection: ServerConnection, interval: float) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                status = BackendStatus(
                    node=NAME, time=time.time(), state="ready", load=0.1, memory=Memory(1, 10, 1, 1, 0, 1),
                    queue=QueueState(0, 64), slots=SlotState(0, 8), models=[self._model],
                )  # fmt: skip
                await connection.send(encode(status, Codec.MSGPACK))
                await asyncio.sleep(interval)

    async def _answer(self, connection: ServerConnection, question: UserMessage) -> None:
        kind, _, rest = question.messages[-1].content.strip().partition(" ")
        lasts = next((float(word) for word in rest.split() if word.isdigit()), 10.0)
        pieces = itertools.islice(tokens_of(kind), round(lasts * self._rate))
        text, count, begin = "", 0, time.perf_counter()
        with contextlib.suppress(ConnectionClosed):
            for piece in pieces:
                await asyncio.sleep(max(0.0, begin + count / self._rate - time.perf_counter()))
                await connection.send(encode(self._piece(question, text, piece, count), Codec.MSGPACK))
                text, count = text + piece, count + 1
            end = ("\n```\n\n" if kind == "code" else "\n\n") + END
            last = self._piece(
                question, text, end, count, done=True, finish_reason="stop", message=text + end, seed=0,
                usage=Usage(7, 0, count + 1), timings=Timings(0, 0, 1, 1, 1, self._rate), cost=None,
            )  # fmt: skip
            await connection.send(encode(last, Codec.MSGPACK))
            print(f"ended {time.perf_counter()} {len(text)}", flush=True)

    def _piece(self, question: UserMessage, text: str, piece: str, count: int, **more: object) -> AiResponse:
        return AiResponse(
            id=question.id,
            message_id=question.message_id or question.id,
            node=NAME,
            model=MODEL,
            fingerprint="paced",
            offset=len(text),
            text=piece,
            token_offset=count,
            tokens=[count],
            **more,  # type: ignore[arg-type]
        )


@contextmanager
def peer(rate: float) -> Iterator[tuple[str, IO[str]]]:
    """The URL of such a node that runs in a process of its own, and what it prints when answers end."""
    command = [sys.executable, "-m", "benchmarks.terminal_peer", str(rate)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().split()[2], process.stdout
        finally:
            process.terminate()


def ended_at(said: IO[str]) -> float:
    """When the next answer ended, by `time.perf_counter`, which all processes of a machine share here."""
    return float(said.readline().split()[1])


async def _run(rate: float) -> None:
    peer = Peer(rate)
    async with serve(
        peer.serve, "127.0.0.1", 0, subprotocols=[Subprotocol(Codec.MSGPACK.value)], compression=None
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        print(f"ready on ws://127.0.0.1:{port}/chat", flush=True)
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(float(sys.argv[1])))
