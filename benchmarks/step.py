"""What a step of the worker takes, and which part of it is llama.cpp's, the sampling's, and its own.

    python -m benchmarks.step MODEL THREADS STREAMS...

runs a worker with no daemon around it (what it would tell the daemon is packed and written to nowhere) and prints a
JSON `Parts` for each number of answers that are written together.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue
from statistics import median
from typing import Any

import msgspec

from benchmarks.peers import SAMPLING
from llamachat.protocol import Params, PromptMessage
from llamachat_daemon.engine import llama
from llamachat_daemon.engine.engine import Engine, load
from llamachat_daemon.engine.interruption import Interruption
from llamachat_daemon.engine.preparing import Desk
from llamachat_daemon.engine.rendering import Renderer
from llamachat_daemon.engine.sampling import Sampler
from llamachat_daemon.engine.worker import Item, Worker
from llamachat_daemon.pipe.frames import Cancel, Generate, Load
from llamachat_daemon.pipe.launch import environment
from llamachat_daemon.pipe.worker_end import WorkerEnd

STEPS = 60
"""Steps that are measured, once all answers are being written."""

WARM_STEPS = 10
CONTEXT = 512


class Parts(msgspec.Struct, frozen=True):
    """Median milliseconds of a step in all, in `llama_decode`, in sampling (all answers of it), and its own rest."""

    streams: int
    step: float
    decode: float
    sampling: float
    own: float


class Watch:
    """Seconds spent in the functions that it wraps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def over(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, timed."""

        def timed(*arguments: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*arguments)
            finally:
                self.seconds += time.perf_counter() - started

        return timed

    def taken(self) -> float:
        """Milliseconds since the last call."""
        taken, self.seconds = self.seconds * 1000, 0.0
        return taken


def parts(engine: Engine, streams: int, sampling: Params, decoding: Watch, drawing: Watch) -> Parts:
    """The medians of `STEPS` steps that write so many answers."""
    desk = Desk(engine.model.vocabulary, engine.template, context=engine.sequence_tokens, answers=engine.answers)
    inbox: SimpleQueue[Item] = SimpleQueue()
    pipe = WorkerEnd(-1, os.open(os.devnull, os.O_WRONLY), deliver=lambda _: None, on_gone=lambda _: None)
    worker = Worker(
        engine,
        inbox,
        Interruption(engine.context.stop_decoding),
        send=pipe.send,
        prepare=lambda frame: inbox.put(desk.prepare(frame)),
    )
    for key in range(streams):
        question = [PromptMessage("user", f"Question {key} of some")]
        inbox.put(Generate(key=key, messages=question, params=sampling, chat=f"{streams}-{key}"))
    found: list[tuple[float, float, float]] = []
    for _ in range(WARM_STEPS + STEPS):
        worker.take()
        decoding.taken()
        drawing.taken()
        started = time.perf_counter()
        worker.step()
        found.append(((time.perf_counter() - started) * 1000, decoding.taken(), drawing.taken()))
    for key in range(streams):
        inbox.put(Cancel(key=key))
    worker.take()
    found = found[WARM_STEPS:]
    step, decode, draw = (median(each[part] for each in found) for part in range(3))
    return Parts(streams, step, decode, draw, median(each[0] - each[1] - each[2] for each in found))


def measured(model: Path, threads: int, streams: Sequence[int]) -> list[Parts]:
    """In a process of its own, with the environment of a worker."""
    command = [sys.executable, "-m", "benchmarks.step", str(model), str(threads), *map(str, streams)]
    done = subprocess.run(command, env=environment(os.environ), stdout=subprocess.PIPE, text=True, check=True)
    return [msgspec.json.decode(line, type=Parts) for line in done.stdout.splitlines() if line.startswith("{")]


def main(arguments: list[str]) -> int:
    """Prints the parts."""
    sampling = msgspec.structs.replace(SAMPLING, max_tokens=2 * (WARM_STEPS + STEPS), seed=1)
    decoding, drawing = Watch(), Watch()
    llama.c.llama_decode = decoding.over(llama.c.llama_decode)
    Sampler.next = drawing.over(Sampler.next)  # type: ignore[method-assign]
    streams = [*map(int, arguments[2:])]
    request = Load(path=arguments[0], slots=max(streams), context=CONTEXT, threads=int(arguments[1]), gpu_layers=0)
    engine = load(request, Renderer(), lambda _done, _size: None)
    for count in streams:
        print(msgspec.json.encode(parts(engine, count, sampling, decoding, drawing)).decode(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
