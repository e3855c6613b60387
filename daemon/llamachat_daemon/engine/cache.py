"""Which sequence of llama.cpp's cache belongs to whom.

There are more sequences than slots: what a finished conversation left in the cache stays, as a warm beginning for its
next turn, until the room is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]


class Memory(Protocol):
    """The operations of a context on its sequences."""

    def forget(self, sequence: int, start: int = 0) -> bool:
        """Drops positions from `start` on; False where only the whole can be dropped."""
        ...

    def share(self, source: int, target: int, count: int) -> None:
        """Lets `target` hold the first `count` positions of `source`."""
        ...


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose conversation a sequence holds."""

    principal: str
    chat: str


@dataclass(frozen=True, slots=True)
class Resident:
    """An idle sequence and what it holds."""

    sequence: int
    ids: Ids
    owner: Owner


@dataclass(frozen=True, slots=True)
class Place:
    """A sequence for an attempt, and how many of its ids the sequence holds already."""

    sequence: int
    cached: int


def common_prefix(first: Ids, second: Ids) -> int:
    """How many ids both begin with."""
    length = min(len(first), len(second))
    different = np.flatnonzero(first[:length] != second[:length])
    return int(different[0]) if len(different) else length


def best_resident(residents: Sequence[Resident], ids: Ids, *, can_drop_parts: bool) -> tuple[Resident, int] | None:
    """The idle sequence that saves the most of `ids`, and how much. The last id is never saved: it is fed again for its
    logits. Without `can_drop_parts`, only a sequence whose whole content is wanted helps."""
    best: tuple[Resident, int] | None = None
    for resident in residents:
        usable = min(common_prefix(resident.ids, ids), len(ids) - 1)
        if not can_drop_parts and usable < len(resident.ids):
            usable = 0
        if usable and (best is None or usable >= best[1]):  # of equals the youngest
            best = (resident, usable)
    return best


class SharedCache:
    """Sequences that come and go, with idle ones kept for their beginnings (oldest first in `residents`)."""

    def __init__(self, memory: Memory, sequences: int, *, can_drop_parts: bool) -> None:
        self._memory = memory
        self._free = list(range(sequences))
        self._can_drop_parts = can_drop_parts
        self.residents: list[Resident] = []

    def take(self, ids: Ids) -> Place:
        """A sequence for these ids. There must be fewer sequences in use than there are."""
        best = best_resident(self.residents, ids, can_drop_parts=self._can_drop_parts)
        if best is None:
            return Place(self._take_free(), 0)
        resident, usable = best
        if usable < len(resident.ids) and self._free and self._can_drop_parts:
            sequence = self._free.pop()
            self._memory.share(resident.sequence, sequence, usable)
            return Place(sequence, usable)
        self.residents.remove(resident)
        if usable < len(resident.ids) and not self._memory.forget(resident.sequence, usable):
            self._memory.forget(resident.sequence)
            usable = 0
        return Place(resident.sequence, usable)

    def release(self, sequence: int, ids: Ids, owner: Owner) -> None:
        """The attempt is over; what it holds (`ids`) stays for later."""
        if len(ids):
            self.residents.append(Resident(sequence, ids, owner))
        else:
            self.drop(sequence)

    def drop(self, sequence: int) -> None:
        """The attempt gives its sequence back, with nothing to keep."""
        self._memory.forget(sequence)
        self._free.append(sequence)

    def make_room(self) -> bool:
        """Gives up the oldest idle sequence; False when there is none."""
        if not self.residents:
            return False
        self.drop(self.residents.pop(0).sequence)
        return True

    def _take_free(self) -> int:
        if not self._free:
            self.make_room()
        return self._free.pop()


class AppendOnlyCache:
    """Sequences for bit-for-bit repeatable answers: cells are only ever appended, never freed one by one.

    Attention adds up in the order of the cells. In a cache where freed cells are filled again, the cells of a sequence
    are no longer in the order of its positions, and the sum differs in its last digits, depending on who else was
    there. So nothing is freed until the cache is full; then all of it is, and who is at work is fed again.
    """

    def __init__(self, memory: Memory, sequences: int) -> None:
        self._memory = memory
        self._sequences = sequences
        self._next = 0
        self.residents: list[Resident] = []

    @property
    def exhausted(self) -> bool:
        """No sequence is left before `reset`."""
        return self._next >= self._sequences

    def take(self, _ids: Ids) -> Place:
        """A fresh sequence. The cache must not be exhausted."""
        self._next += 1
        return Place(self._next - 1, 0)

    def release(self, sequence: int, ids: Ids, owner: Owner) -> None:
        """The attempt is over; its cells stay used until `reset`."""

    def drop(self, sequence: int) -> None:
        """The attempt gives its sequence up; its cells stay used until `reset`."""

    def make_room(self) -> bool:
        """Nothing can be given up in part."""
        return False

    def reset(self) -> None:
        """Forgets everything. Whoever is at work must take a new sequence and be fed again."""
        for sequence in range(self._next):
            self._memory.forget(sequence)
        self._next = 0
