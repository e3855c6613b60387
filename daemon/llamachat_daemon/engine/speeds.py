"""How fast a model runs here: tokens per second of prompts and of answers, for several thread counts.

    python -m llamachat_daemon.engine.speeds < LOAD_FRAME_AS_JSON

prints one JSON `Speed` a line. It is a process of its own because llama.cpp may end its process.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

import msgspec
import numpy as np

from llamachat_daemon.engine import llama
from llamachat_daemon.engine.scheduler import BATCH_ROWS
from llamachat_daemon.engine.threads import thread_candidates
from llamachat_daemon.pipe.frames import Load

STREAMS: Final = (1, 2, 4, 8, 16)
"""Answers written together, for which the speed is measured."""

DEPTH: Final = 32
"""Tokens that each answer has behind it when its speed is measured."""

ROUNDS: Final = 3
STEPS: Final = 6
"""Rounds over everything, so that whatever else the machine does meets all alike; decode steps of each in a round."""

ENOUGH: Final = 0.9
"""Slots beyond those that reach this part of the best total speed only make each answer slower."""


class Speed(msgspec.Struct, frozen=True):
    """Tokens per second with so many threads; `decode` has the total of all answers by their number."""

    threads: int
    prefill: float
    decode: dict[int, float]


class CannotMeasure(Exception):
    """The text is a sentence."""


def best(speeds: Sequence[Speed]) -> Speed:
    """The one to run with: by the geometric mean of all decode speeds."""
    return max(speeds, key=lambda speed: float(np.mean(np.log([*speed.decode.values()]))))


def suggested_slots(decode: Mapping[int, float]) -> int:
    """The fewest answers together that come near the best total."""
    enough = ENOUGH * max(decode.values())
    return min(streams for streams, rate in decode.items() if rate >= enough)


class Steps:
    """Steps that decode so many answers, each with `DEPTH` tokens behind it.

    The tokens are read once and stay until `forget`, so that a try costs little more than its steps.
    """

    def __init__(self, context: llama.Context, streams: int, clock: Callable[[], float] = time.perf_counter) -> None:
        self._context = context
        self._streams = streams
        self._clock = clock
        self._is_filled = False

    def seconds(self, steps: int) -> float:
        """Seconds of a step, the median of `steps`."""
        if not self._is_filled:
            self._fill()
        batch = self._context.batch
        token = np.zeros(1, dtype=np.int32)
        taken = []
        for step in range(steps + 1):
            batch.clear()
            for sequence in range(self._streams):
                batch.add(token, DEPTH + step, sequence, logits=True)
            started = self._clock()
            self._context.decode()
            self._context.logits()
            taken.append(self._clock() - started)
        # Some caches cannot go back by a part: what they hold is read again.
        self._is_filled = all(self._context.forget(sequence, DEPTH) for sequence in range(self._streams))
        return median(taken[1:])  # the first one starts the threads

    def forget(self) -> None:
        """Empties the sequences."""
        self._is_filled = False
        for sequence in range(self._streams):
            self._context.forget(sequence)

    def _fill(self) -> None:
        self.forget()
        for sequence in range(self._streams):
            self._context.batch.clear()
            self._context.batch.add(np.zeros(DEPTH, dtype=np.int32), 0, sequence, logits=False)
            self._context.decode()
        self._is_filled = True


def prefill_seconds(context: llama.Context, clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds to read a full batch of one prompt."""
    context.forget(0)
    context.batch.clear()
    context.batch.add(np.zeros(context.batch.capacity, dtype=np.int32), 0, 0, logits=True)
    started = clock()
    context.decode()
    context.logits()
    seconds = clock() - started
    context.forget(0)
    return seconds


def measure(request: Load, *, streams: Sequence[int] = STREAMS, threads: Iterable[int] = ()) -> list[Speed]:
    """The speeds of the model for each thread count (those that could be learned, where none are given).

    Raises:
        CannotMeasure: the model cannot be loaded or computed.
    """
    counts = [*threads] or ([request.threads] if request.threads else thread_candidates())
    llama.initialise()
    try:
        model = llama.Model.load(
            Path(request.path), gpu_layers=request.gpu_layers, progress=lambda _: None, repack=request.repack
        )
        most = max(streams)
        context = llama.Context(
            model,
            llama.ContextOptions(
                cells=BATCH_ROWS + most * (DEPTH + STEPS + 1),
                sequences=most,
                batch_rows=BATCH_ROWS,
                threads=counts[0],
                unified=True,
            ),
        )
        prefills: dict[int, list[float]] = {count: [] for count in counts}
        steps: dict[tuple[int, int], list[float]] = {(count, number): [] for count in counts for number in streams}
        for _ in range(ROUNDS):
            for count in counts:
                context.use_threads(count)
                prefills[count].append(prefill_seconds(context))
                for number in streams:
                    trial = Steps(context, number)
                    steps[count, number].append(trial.seconds(STEPS))
                    trial.forget()
    except llama.LlamaError as error:
        raise CannotMeasure(str(error)) from error
    rows = context.batch.capacity
    return [
        Speed(
            threads=count,
            prefill=rows / median(prefills[count]),
            decode={number: number / median(steps[count, number]) for number in streams},
        )
        for count in counts
    ]


def main() -> int:
    """The command; returns its exit status."""
    try:
        speeds = measure(msgspec.json.decode(sys.stdin.buffer.read(), type=Load))
    except CannotMeasure as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for speed in speeds:
        sys.stdout.write(msgspec.json.encode(speed).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
