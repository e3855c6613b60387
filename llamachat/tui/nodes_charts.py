"""The last minutes of a node as points of charts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from llamachat.tui.nodes_history import Sample


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: `ago` is where each value stands in time, in minutes, 0 for now and less for earlier; `top` is where
    the axis ends."""

    key: str
    title: str
    help: str
    ago: tuple[float, ...]
    values: tuple[float, ...]
    top: float


@dataclass(frozen=True, slots=True)
class _Figure:
    key: str
    title: str
    help: str
    top: float
    value_of: Callable[[Sample], float | None]


_FIGURES: Final = (
    _Figure(
        "latency",
        "first token after, ms",
        "From a question to its first token: the median of what the node answered in the minute before.",
        100.0,
        lambda sample: sample.latency_ms,
    ),
    _Figure(
        "throughput",
        "tokens/s of one answer",
        "How fast one answer was written, of those in the minute before.",
        10.0,
        lambda sample: sample.tokens_per_second,
    ),
    _Figure(
        "memory",
        "memory, %",
        "Of the whole machine, whatever uses it.",
        100.0,
        lambda sample: None if sample.memory is None else 100 * sample.memory,
    ),
    _Figure("queue", "waiting", "Questions that wait for a slot.", 4.0, lambda sample: float(sample.queue)),
)

KEYS: Final = tuple(figure.key for figure in _FIGURES)


def charts(samples: Sequence[Sample], now: float) -> tuple[Chart, ...]:
    """One chart for each of `KEYS`; moments at which a figure was not known are left out of its chart."""
    found = []
    for figure in _FIGURES:
        points = [(sample.at, value) for sample in samples if (value := figure.value_of(sample)) is not None]
        said = f"{figure.title}: {points[-1][1]:.0f}" if points else f"{figure.title}: not known yet"
        ago = tuple(round((at - now) / 60, 2) for at, _value in points)
        values = tuple(value for _at, value in points)
        top = _round_up(max(figure.top, *values, 0.0))
        found.append(Chart(figure.key, said, figure.help, ago, values, top))
    return tuple(found)


def _round_up(value: float) -> float:
    """The next of 1, 2, 4, 10, 20, 40, 100 and so on, so that half of it is a round number too."""
    step = 1.0
    while step * 4 < value:
        step *= 10
    return next(step * factor for factor in (1, 2, 4) if step * factor >= value)
