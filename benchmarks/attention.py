"""What attention costs on a processor, by the way in which it is computed and in which cells: why `passes` divides.

    python -m benchmarks attention [--shape 135m] [--rounds 5]

answers: milliseconds of a step that writes so many answers, each of which has so many tokens behind it.
prompts: milliseconds of a step that writes four short answers and reads so many rows of a prompt, of which so many
         tokens were read before.

The ways take turns in every round. "shared" is one pass over the cells of all; in "divided", every sequence has cells
of its own, and the prompt goes in a pass of its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.random_gguf import SHAPES, write
from llamachat_daemon.engine import llama
from llamachat_daemon.engine.threads import default_threads
from llamachat_daemon.pipe.launch import environment

ANSWERS = (1, 4, 8)
DEPTHS = (50, 200, 400, 800, 1600)
WRITING = 4
WRITTEN = 50
READ = (1536, 3072)
ROWS = (0, 4, 8, 16, 64)
CELLS = 4096
"""Of each sequence: more than any of them comes to."""

PROMPT_ROWS = 512
WAYS = ("flash, shared", "plain, shared", "plain, divided")

Part = tuple[int, int, int]
"""A sequence, the tokens behind it, and how many rows it is fed."""


@contextmanager
def contexts(model: llama.Model, sequences: int) -> Iterator[dict[str, llama.Context]]:
    """An empty context for each way."""
    made = {
        way: llama.Context(
            model,
            llama.ContextOptions(
                cells=sequences * CELLS,
                sequences=sequences,
                batch_rows=PROMPT_ROWS,
                threads=default_threads(),
                unified=way.endswith("shared"),
                plain_attention=way.startswith("plain"),
            ),
        )
        for way in WAYS
    }
    yield made
    for context in made.values():
        context.free()


def feed(context: llama.Context, parts: Sequence[Part]) -> None:
    """One pass."""
    context.batch.clear()
    for sequence, depth, rows in parts:
        context.batch.add(np.arange(300, 300 + rows, dtype=np.int32), depth, sequence, logits=True)
    context.decode()
    context.logits()


def fill(context: llama.Context, sequence: int, start: int, end: int) -> None:
    """Reads that much of a prompt."""
    for depth in range(start, end, PROMPT_ROWS):
        feed(context, [(sequence, depth, min(PROMPT_ROWS, end - depth))])


def step_ms(context: llama.Context, passes: Sequence[Sequence[Part]]) -> float:
    """Milliseconds of a step of these passes, which leaves the cache as it was."""
    started = time.perf_counter()
    for parts in passes:
        feed(context, parts)
    taken = (time.perf_counter() - started) * 1000
    for parts in passes:
        for sequence, depth, _ in parts:
            context.forget(sequence, depth)
    return taken


def measure_answers(model: llama.Model, rounds: int) -> None:
    """Prints the table."""
    print(f"\nanswers: ms a step\n{'':>16}{'answers':>9}" + "".join(f"{depth:>9}" for depth in DEPTHS))
    for answers in ANSWERS:
        with contexts(model, answers) as made:
            found: dict[str, list[float]] = {way: [] for way in WAYS}
            before = 0
            for depth in DEPTHS:
                for context in made.values():
                    for sequence in range(answers):
                        fill(context, sequence, before, depth)
                before = depth
                step = [[(sequence, depth, 1) for sequence in range(answers)]]
                times = [{way: step_ms(context, step) for way, context in made.items()} for _ in range(rounds)]
                for way in WAYS:
                    found[way].append(median(each[way] for each in times))
            for way in WAYS:
                print(f"{way:>16}{answers:9d}" + "".join(f"{taken:9.1f}" for taken in found[way]), flush=True)


def measure_prompts(model: llama.Model, rounds: int) -> None:
    """Prints the table."""
    print(f"\nprompts: ms a step with {WRITING} answers\n{'':>16}{'read':>9}" + "".join(f"{rows:>9}" for rows in ROWS))
    writing = [(sequence, WRITTEN, 1) for sequence in range(WRITING)]
    with contexts(model, WRITING + 1) as made:
        for context in made.values():
            for sequence in range(WRITING):
                fill(context, sequence, 0, WRITTEN)
        before = 0
        for read in READ:
            for context in made.values():
                fill(context, WRITING, before, read)
            before = read
            found: dict[str, list[float]] = {way: [] for way in WAYS}
            for rows in ROWS:
                prompt = [(WRITING, read, rows)] if rows else []
                shared, divided = [[*writing, *prompt]], [part for part in (writing, prompt) if part]
                times = [
                    {way: step_ms(made[way], divided if way.endswith("divided") else shared) for way in WAYS}
                    for _ in range(rounds)
                ]
                for way in WAYS:
                    found[way].append(median(each[way] for each in times))
            for way in WAYS:
                print(f"{way:>16}{read:9d}" + "".join(f"{taken:9.1f}" for taken in found[way]), flush=True)


def run(shape: str, rounds: int) -> None:
    """Both measurements, in this process."""
    llama.initialise()
    with tempfile.TemporaryDirectory() as directory:
        path = write(Path(directory) / "model.gguf", replace(SHAPES[shape], context=CELLS))
        model = llama.Model.load(path, gpu_layers=0, progress=lambda _: None)
        print(f"{shape}, Q8_0, random weights, {default_threads()} threads, medians of {rounds} rounds")
        measure_answers(model, rounds)
        measure_prompts(model, rounds)


def main(arguments: list[str]) -> int:
    """Prints the tables, measured in a process that has the environment of a worker."""
    parser = argparse.ArgumentParser(prog="benchmarks attention", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shape", choices=SHAPES, default="135m")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    program = f"from benchmarks.attention import run; run({options.shape!r}, {options.rounds})"
    return subprocess.call([sys.executable, "-c", program], env=environment(os.environ))
