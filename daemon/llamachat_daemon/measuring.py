"""What `bench` prints: how fast a model runs on this machine, and what to run it with."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence

import msgspec

from llamachat.base.text import one_line
from llamachat_daemon.config import ModelFile
from llamachat_daemon.engine.speeds import Speed, best, suggested_slots
from llamachat_daemon.pipe import launch
from llamachat_daemon.pipe.frames import Load


class MeasuringFailed(Exception):
    """The text is a sentence."""


def report(file: ModelFile) -> Iterator[str]:
    """The lines for this model; the first one comes before the measuring, which takes a while.

    Raises:
        MeasuringFailed: the model cannot be measured.
    """
    yield f"{file.id}: {file.path}"
    yield "measuring, best while nothing else runs …"
    yield from table(speeds_of(file))


def speeds_of(file: ModelFile) -> list[Speed]:
    """Measures in a process of its own: llama.cpp ends its process on many mistakes.

    Raises:
        MeasuringFailed: it did not come to an end.
    """
    load = Load(path=str(file.path), gpu_layers=file.gpu_layers, threads=file.threads)
    done = subprocess.run(
        [sys.executable, "-m", "llamachat_daemon.engine.speeds"],
        input=msgspec.json.encode(load),
        capture_output=True,
        env=launch.environment(os.environ),
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = one_line(said[-1]) if said else f"its process ended with status {done.returncode}"
        raise MeasuringFailed(f"{file.id} cannot be measured: {reason}")
    return [msgspec.json.decode(line, type=Speed) for line in done.stdout.splitlines()]


def table(speeds: Sequence[Speed]) -> Iterator[str]:
    """The figures as lines, and the advice."""
    chosen = best(speeds)
    yield ""
    yield "tokens per second   prompt" + "".join(f"{f'{number} at once':>13}" for number in chosen.decode)
    for speed in speeds:
        name = f"{speed.threads} thread{'s' if speed.threads > 1 else ''}"
        yield f"{name:<18}{speed.prefill:8.0f}" + "".join(f"{rate:13.1f}" for rate in speed.decode.values())
    slots = suggested_slots(chosen.decode)
    yield ""
    yield f"suggested: --threads {chosen.threads} --slots {slots}"
    each = chosen.decode[slots] / slots
    yield f"Then {slots} answers at once get {each:.1f} tokens per second each; more slots bring little more in all."
