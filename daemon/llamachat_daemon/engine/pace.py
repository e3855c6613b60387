"""How much of the prompts a step may read while answers are being written, learned from how long steps took. No clock.

A step that reads a part of a prompt makes everybody's next token late. The target is a multiple of the *plain* step,
the one that only decodes. What a row of prompt costs on top of it is learned from the steps that read some; it depends
on the machine, on who else uses it and on how much has been read, so only the last few steps count, by their median.

Rows cost the less the more of them are read at once (the weights are read once for all). So the cost of a row in one
step tells only how few must be given up when it was too much. Upwards the way is found by trying one row more now and
then, and keeping it as long as the steps stay inside the target.
"""

from __future__ import annotations

import math
from collections import deque
from statistics import median
from typing import Final

from llamachat_daemon.pipe.frames import DEFAULT_TARGET_GAP

MIN_PREFILL_ROWS: Final = 4
"""Rows that prompts get whatever they cost: a prompt that never ends helps nobody."""

MEMORY_STEPS: Final = 5
"""Steps of a kind that count."""

MIXED_STEPS_BETWEEN_PLAIN: Final = 16
"""So many steps in a row may read prompts; then a plain one shows again how long that takes. The machine may have
become slower or faster since."""

STEPS_BETWEEN_TRIES: Final = 6
"""So many steps read as much of the prompts as is known to be affordable; then one reads a row more."""

MAX_GROWTH: Final = 1.5
"""A step reads at most so many times what one of the last few did: costs are known only near what was tried."""


class Pace:
    """See the module. `target_gap` is at least 1."""

    def __init__(self, target_gap: float = DEFAULT_TARGET_GAP) -> None:
        self._target_gap = target_gap
        self._plain: dict[int, deque[float]] = {}
        self._mixed: deque[tuple[int, float]] = deque(maxlen=MEMORY_STEPS)
        self._mixed_in_a_row = 0
        self._steps = 0

    def add(self, seconds: float, decodes: int, prefill_rows: int) -> None:
        """A step with so many decodes and rows of prompts took so long. Steps without decodes say nothing."""
        if not decodes:
            return
        if not prefill_rows:
            self._mixed_in_a_row = 0
            self._plain.setdefault(decodes, deque(maxlen=MEMORY_STEPS)).append(seconds)
            return
        self._mixed_in_a_row += 1
        self._steps += 1
        plain = self.plain_seconds(decodes)
        if plain is not None:
            self._mixed.append((prefill_rows, max(0.0, seconds - plain) / prefill_rows))

    def plain_seconds(self, decodes: int) -> float | None:
        """How long a step with so many decodes and nothing else takes, as far as steps like it are known."""
        if not self._plain:
            return None
        nearest = min(self._plain, key=lambda count: (abs(count - decodes), count))
        return median(self._plain[nearest])

    def prefill_rows(self, decodes: int) -> int:
        """Rows of prompts for a step with so many decodes (at least 1): `MIN_PREFILL_ROWS` or more, or 0 where the next
        step is to be a plain one."""
        plain = self.plain_seconds(decodes)
        if plain is None or self._mixed_in_a_row >= MIXED_STEPS_BETWEEN_PLAIN:
            return 0
        if not self._mixed:
            return MIN_PREFILL_ROWS
        most = math.floor(MAX_GROWTH * max(rows for rows, _ in self._mixed))
        cost = median(cost for _, cost in self._mixed)
        room = (self._target_gap - 1) * plain
        affordable = math.floor(room / cost) if cost * most > room else most
        proven = max((rows for rows, each in self._mixed if rows * each <= room), default=0)
        trial = self._steps % (STEPS_BETWEEN_TRIES + 1) == STEPS_BETWEEN_TRIES
        return max(MIN_PREFILL_ROWS, min(max(affordable, proven) + trial, most))
