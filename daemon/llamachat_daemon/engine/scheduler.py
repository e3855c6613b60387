"""What the next decode feeds: pure functions of values.

Every sequence at work has ids that the model has not read yet. One left is a decode (its last token, or the end of its
prompt); more is a prefill. A step takes every decode first, then shares what is left of its rows among the prefills.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

BATCH_ROWS: Final = 512
"""Rows of a full batch. A CPU's prefill speed is flat long before."""

EXACT_BATCH_ROWS: Final = 63
"""From 64 rows on, ggml's CPU attention adds up in another order, and the logits differ in the last digits."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A sequence at work and the number of its ids that are not fed yet (at least 1)."""

    key: int
    rows: int


@dataclass(frozen=True, slots=True)
class Feed:
    """So many of a sequence's next ids go into this batch."""

    key: int
    rows: int


@dataclass(frozen=True, slots=True)
class Budget:
    """How many rows a step may have. `mixed_prefill_rows` bounds the prefill while anything decodes."""

    batch_rows: int
    mixed_prefill_rows: int

    def prefill_rows(self, decoding: int) -> int:
        """Rows for prefill in a step with so many decodes."""
        left = max(0, self.batch_rows - decoding)
        return min(left, self.mixed_prefill_rows) if decoding else left


def decodes_of(pending: Sequence[Pending]) -> int:
    """How many of the sequences decode."""
    return sum(item.rows == 1 for item in pending)


def plan(pending: Sequence[Pending], budget: Budget, turn: int) -> list[Feed]:
    """The feeds of one step, no two of the same sequence. With a growing `turn`, nobody is left out for long: where not
    all can be served, another one is the first each time."""
    order = [*pending[turn % len(pending) :], *pending[: turn % len(pending)]] if pending else []
    decodes = [Feed(item.key, 1) for item in order if item.rows == 1][: budget.batch_rows]
    prefills = [item for item in order if item.rows > 1]
    return decodes + share(prefills, budget.prefill_rows(len(decodes)))


def share(prefills: Sequence[Pending], rows: int) -> list[Feed]:
    """Divides `rows` among the prefills evenly; what one does not need goes to the others, odd ones to the first."""
    given = dict.fromkeys((item.key for item in prefills), 0)
    open_items = list(prefills)
    while rows and open_items:
        portion = max(1, rows // len(open_items))
        still_open = []
        for item in open_items:
            more = min(portion, item.rows - given[item.key], rows)
            given[item.key] += more
            rows -= more
            if given[item.key] < item.rows:
                still_open.append(item)
        open_items = still_open
    return [Feed(key, count) for key, count in given.items() if count]
