"""Which sequence of llama.cpp's cache belongs to whom.

There are more sequences than slots: what a finished conversation left in the cache stays, as a warm beginning for its
next turn, until the room is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from llamachat_daemon.engine.prefixes import Ids, Match, Owner, PrefixIndex, Resident


class Memory(Protocol):
    """The operations of a context on its sequences."""

    def forget(self, sequence: int, start: int = 0) -> bool:
        """Drops positions from `start` on; False where only the whole can be dropped."""
        ...

    def share(self, source: int, target: int, count: int) -> None:
        """Lets `target` hold the first `count` positions of `source`."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """A sequence for an attempt, and how many of its ids the sequence holds already."""

    sequence: int
    cached: int


class SharedCache:
    """Sequences that come and go, with idle ones kept for their beginnings.

    Without `can_drop_parts` (the model's state is more than keys and values by position), only an idle sequence whose
    whole content is wanted helps. With `isolate`, nobody's prompt is served from what another principal's left: how
    quickly an answer begins would tell that somebody had asked the same.
    """

    def __init__(self, memory: Memory, sequences: int, *, can_drop_parts: bool, isolate: bool = False) -> None:
        self._memory = memory
        self._free = list(range(sequences))
        self._can_drop_parts = can_drop_parts
        self._isolate = isolate
        self._idle = PrefixIndex()

    @property
    def residents(self) -> tuple[Resident, ...]:
        """The idle sequences, the one that was used last at the end."""
        return self._idle.residents

    def take(self, ids: Ids, owner: Owner, busy: Sequence[Resident] = ()) -> Place:
        """A sequence for these ids. There must be fewer sequences in use than there are; `busy` are those in use, with
        what they hold by now."""
        principal = owner.principal if self._isolate else None
        idle = self._idle.longest(ids, principal=principal, parts=self._can_drop_parts)
        used = PrefixIndex(tuple(busy)).longest(ids, principal=principal) if self._can_drop_parts else None
        if used is not None and (idle is None or used.count > idle.count):
            return self._share(used, self._free_sequence())
        if idle is None:
            return Place(self._free_sequence(), 0)
        if not idle.whole and (self._free or self._give_up_least(keep=idle.resident.sequence) is not None):
            return self._share(idle, self._free.pop())
        return self._take_over(idle)

    def release(self, sequence: int, ids: Ids, owner: Owner) -> None:
        """The attempt is over; what it holds (`ids`) stays for later."""
        if len(ids):
            self._idle = self._idle.with_newest(Resident(sequence, ids, owner))
        else:
            self.drop(sequence)

    def drop(self, sequence: int) -> None:
        """The attempt gives its sequence back, with nothing to keep."""
        self._memory.forget(sequence)
        self._free.append(sequence)

    def make_room(self, cells: int = 1) -> bool:
        """Gives up idle sequences until about so many cells are free; False when there is none."""
        freed = self._give_up_least()
        if freed is None:
            return False
        while freed < cells and (more := self._give_up_least()) is not None:
            freed += more
        return True

    def _give_up_least(self, *, keep: int | None = None) -> int | None:
        """Gives up the idle sequence that is worth least; what only it held, or None when there is none."""
        least = self._idle.least_worth(keep=keep)
        if least is None:
            return None
        self._idle = self._idle.without(least.resident.sequence)
        self.drop(least.resident.sequence)
        return len(least.resident.ids) - least.count

    def _free_sequence(self) -> int:
        if not self._free:
            self._give_up_least()
        return self._free.pop()

    def _share(self, match: Match, target: int) -> Place:
        self._memory.share(match.resident.sequence, target, match.count)
        return Place(target, match.count)

    def _take_over(self, match: Match) -> Place:
        sequence, cached = match.resident.sequence, match.count
        self._idle = self._idle.without(sequence)
        if not match.whole and not self._memory.forget(sequence, cached):
            self._memory.forget(sequence)
            cached = 0
        return Place(sequence, cached)


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
        self.residents: tuple[Resident, ...] = ()

    @property
    def exhausted(self) -> bool:
        """No sequence is left before `reset`."""
        return self._next >= self._sequences

    def take(self, _ids: Ids, _owner: Owner, _busy: Sequence[Resident] = ()) -> Place:
        """A fresh sequence. The cache must not be exhausted."""
        self._next += 1
        return Place(self._next - 1, 0)

    def release(self, sequence: int, ids: Ids, owner: Owner) -> None:
        """The attempt is over; its cells stay used until `reset`."""

    def drop(self, sequence: int) -> None:
        """The attempt gives its sequence up; its cells stay used until `reset`."""

    def make_room(self, _cells: int = 1) -> bool:
        """Nothing can be given up in part."""
        return False

    def reset(self) -> None:
        """Forgets everything. Whoever is at work must take a new sequence and be fed again."""
        for sequence in range(self._next):
            self._memory.forget(sequence)
        self._next = 0
