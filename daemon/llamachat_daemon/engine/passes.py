"""Which rows of a step go through the model together, where every sequence has cells of its own: functions of values.

A pass (one `llama_decode`) reads all weights once, whatever the number of its rows. But attention computes every row of
it over as many cells as the fullest sequence in it has, in blocks of `CELL_BLOCK`, and it takes only sequences whose
numbers follow one another. So short conversations go together, and a long one among them goes by itself as soon as its
cells cost the others more than reading the weights once more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from llamachat_daemon.engine.scheduler import Feed

CELL_BLOCK: Final = 256
"""llama.cpp rounds the cells that attention looks at up to a multiple of this (`llama_kv_cache::get_n_kv`)."""

CELL_COST: Final = 3
"""Reading the keys and values of a cell takes so many times as long as reading as many bytes of weights (measured: 4 to
6 µs for 23 KB, with weights read at 12 GB/s)."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A feed, its sequence, and how many tokens that holds already."""

    feed: Feed
    sequence: int
    depth: int

    @property
    def cells(self) -> int:
        """Cells that attention looks at for it alone."""
        return -(-(self.depth + self.feed.rows) // CELL_BLOCK) * CELL_BLOCK


def weights_in_cells(model_bytes: int, cell_bytes: int) -> int:
    """How many cells, each seen by one row, cost as much as reading the weights once."""
    return model_bytes // max(1, CELL_COST * cell_bytes)


def passes(placed: Sequence[Placed], weights: int) -> list[list[Feed]]:
    """Divides the feeds (no two in the same sequence) into the passes that cost the least together; `weights` is what a
    pass costs by itself, in cells seen by one row."""
    order = sorted(placed, key=lambda item: item.sequence)
    best: list[tuple[int, int]] = [
        (0, 0)
    ]  # by number of feeds from the front: the least cost, where its last pass begins
    for end in range(1, len(order) + 1):
        rows = cells = 0
        found: tuple[int, int] | None = None
        for start in range(end - 1, -1, -1):
            if start + 1 < end and order[start].sequence + 1 != order[start + 1].sequence:
                break
            rows += order[start].feed.rows
            cells = max(cells, order[start].cells)
            cost = best[start][0] + weights + rows * cells
            if found is None or cost <= found[0]:
                found = (cost, start)
        assert found is not None
        best.append(found)
    divided: list[list[Feed]] = []
    end = len(order)
    while end:
        start = best[end][1]
        divided.append([item.feed for item in order[start:end]])
        end = start
    return divided[::-1]


def short_ones(depths: Mapping[int, int], limits: Mapping[int, int], weights: int) -> set[int]:
    """Which answers (by key, with the tokens that each has behind it) are better written in a pass of their own where a
    cell costs nobody else anything: those with fewer tokens than their limit, unless a pass more costs more than what
    the cells of the longest conversation cost them."""
    short = {key for key, depth in depths.items() if depth < limits[key]}
    longest = max((depth for key, depth in depths.items() if key not in short), default=None)
    return short if longest is None or len(short) * longest > weights else set()


def closer_together(sequences: Collection[int], available: Collection[int]) -> list[tuple[int, int]]:
    """The fewest moves (from, to) after which the sequences follow one another; `available` are those that a move may
    go to. None where that is so already, or cannot be."""
    usable = {*sequences, *available}
    windows = [range(first, first + len(sequences)) for first in usable]
    possible = [window for window in windows if usable.issuperset(window)]
    if not possible or not sequences:
        return []
    window = max(possible, key=lambda places: (len({*places} & {*sequences}), -places.start))
    outside = sorted({*sequences} - {*window})
    return list(zip(outside, sorted({*window} - {*sequences}), strict=True))
