"""Which sequence of llama.cpp's cache belongs to whom, and what of finished conversations stays warm.

What a finished conversation left stays in the cache until its room is needed; then it is put aside as bytes, and copied
back for its next turn: some microseconds a token, where reading it again takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from llamachat_daemon.engine.passes import closer_together
from llamachat_daemon.engine.prefixes import Ids, Match, Owner, PrefixIndex, Resident, State


class Memory(Protocol):
    """The operations of a context on its sequences."""

    def forget(self, sequence: int, start: int = 0) -> bool:
        """Drops positions from `start` on; False where only the whole can be dropped."""
        ...

    def share(self, source: int, target: int, count: int) -> bool:
        """Lets an empty `target` hold the first `count` positions of `source`; False (and still empty) where that
        cannot be."""
        ...

    def save(self, sequence: int) -> State | None:
        """What the sequence holds, as bytes; None where that is not possible."""
        ...

    def load(self, sequence: int, state: State) -> bool:
        """Has an empty sequence hold what was saved; False (and still empty) where there is no room."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """A sequence for an attempt, and how many of its ids the sequence holds already."""

    sequence: int
    cached: int


class SharedCache:
    """Sequences that come and go in cells for all, and up to `warm_bytes` of what finished conversations left.

    Attention takes time for every cell in use, whosever it is: what is idle is put aside as soon as somebody else
    begins. Without `can_drop_parts` (the model's state is more than keys and values by position), only a resident whose
    whole content is wanted helps. With `isolate`, nobody's prompt is served from what another principal's left: how
    quickly an answer begins would tell that somebody had asked the same.
    """

    def __init__(
        self, memory: Memory, sequences: int, *, can_drop_parts: bool, warm_bytes: int, isolate: bool = False
    ) -> None:
        self._memory = memory
        self._sequences = sequences
        self._free = list(range(sequences))
        self._can_drop_parts = can_drop_parts
        self._warm_bytes = warm_bytes
        self._isolate = isolate
        self._warm = PrefixIndex()

    @property
    def residents(self) -> tuple[Resident, ...]:
        """What is warm and not at work, the one that was used last at the end."""
        return self._warm.residents

    def take(self, ids: Ids, owner: Owner, busy: Sequence[Resident] = ()) -> Place:
        """A sequence for these ids. There must be fewer sequences in use than there are; `busy` are those in use, with
        what they hold by now."""
        principal = owner.principal if self._isolate else None
        warm = self._warm.longest(ids, principal=principal, parts=self._can_drop_parts)
        used = PrefixIndex(tuple(busy)).longest(ids, principal=principal) if self._can_drop_parts else None
        if warm is not None and (used is None or used.count <= warm.count):
            return self._take_warm(warm)
        sequence = self._fresh()
        if used is None or used.resident.sequence is None:
            return Place(sequence, 0)
        shared = self._memory.share(used.resident.sequence, sequence, used.count)
        return Place(sequence, used.count if shared else 0)

    def release(self, sequence: int, ids: Ids, owner: Owner) -> None:
        """The attempt is over; what it holds (`ids`) stays for later."""
        if len(ids):
            self._warm = self._warm.with_newest(Resident(sequence, ids, owner))
        else:
            self.drop(sequence)

    def drop(self, sequence: int) -> None:
        """The attempt gives its sequence back, with nothing to keep."""
        self._memory.forget(sequence)
        self._free.append(sequence)

    def make_room(self) -> bool:
        """Empties the cache of all that is not at work; False when there was nothing."""
        return self._put_aside(self._idle)

    @property
    def _idle(self) -> list[Resident]:
        """What is in the cache and not at work, the one that was used last at the end."""
        return [resident for resident in self._warm.residents if resident.sequence is not None]

    def _fresh(self) -> int:
        """An empty sequence for somebody who begins."""
        self._put_aside(self._idle)
        return self._free.pop()

    def _begin_again(self) -> None:
        """Somebody begins in the sequence where his conversation is."""
        self._put_aside(self._idle)

    def _take_warm(self, match: Match) -> Place:
        resident = match.resident
        if resident.sequence is None:
            return self._take_back(match)
        if not match.whole:  # it stays warm beside what begins like it
            saved = self._saved(resident)
            if saved is not None:
                self._warm = self._warm.replacing(resident, saved)
        self._warm = self._warm.without(resident)
        self._begin_again()
        self._trim()
        return self._shortened(resident.sequence, match)

    def _take_back(self, match: Match) -> Place:
        sequence = self._fresh()
        assert match.resident.state is not None
        if not self._memory.load(sequence, match.resident.state):
            return Place(sequence, 0)
        if match.whole:
            self._warm = self._warm.without(match.resident)
        return self._shortened(sequence, match)

    def _shortened(self, sequence: int, match: Match) -> Place:
        """The sequence with no more in it than the match."""
        if match.whole or self._memory.forget(sequence, match.count):
            return Place(sequence, match.count)
        self._memory.forget(sequence)
        return Place(sequence, 0)

    def _put_aside(self, idle: Sequence[Resident]) -> bool:
        """Copies these out of the cache, as far as `warm_bytes` go; False when there were none."""
        for resident in idle:
            saved = self._saved(resident)
            self._warm = self._warm.replacing(resident, saved) if saved else self._warm.without(resident)
            assert resident.sequence is not None
            self.drop(resident.sequence)
        self._trim()
        return bool(idle)

    def _trim(self) -> None:
        """Gives up what is aside beyond `warm_bytes`."""
        while sum(each.state.nbytes for each in self._warm.residents if each.state is not None) > self._warm_bytes:
            least = self._warm.least_worth()
            assert least is not None
            self._warm = self._warm.without(least.resident)

    def _saved(self, resident: Resident) -> Resident | None:
        if not self._warm_bytes or resident.sequence is None:
            return None
        state = self._memory.save(resident.sequence)
        return None if state is None else Resident(None, resident.ids, resident.owner, state)


class DividedCache(SharedCache):
    """Every sequence has cells of its own: what is idle in one costs nobody anything, and is put aside when the
    sequence is needed. Those that are used together should follow one another (see `passes`)."""

    def gather(self, busy: Sequence[Resident]) -> dict[int, int]:
        """Moves what is in these sequences so that they follow one another; where each of those moved is now."""
        idle = {resident.sequence: resident for resident in self._idle}
        sequences = {resident.sequence: resident for resident in busy if resident.sequence is not None}
        available = {*self._free, *(sequence for sequence in idle if sequence is not None)}
        moved = {}
        for source, target in closer_together(sequences.keys(), available):
            if target in idle:
                self._put_aside([idle[target]])
            if self._memory.share(source, target, len(sequences[source].ids)):
                self._free.remove(target)
                self.drop(source)
                moved[source] = target
        return moved

    def make_way(self, newcomer: Resident, busy: Sequence[Resident]) -> dict[int, int]:
        """Has the newcomer change places with the first or the last of those at work if it is between them, lest its
        prompt divides them while it is read; where each of the two is now. What it holds may be lost on the way."""
        placed = [(resident.sequence, resident) for resident in busy if resident.sequence is not None]
        placed.sort(key=lambda pair: pair[0])
        here = newcomer.sequence
        if here is None or not placed or not placed[0][0] < here < placed[-1][0]:
            return {}
        there, resident = min(placed[0], placed[-1], key=lambda end: len(end[1].ids))
        state = self._memory.save(here) if len(newcomer.ids) else None
        self._memory.forget(here)
        if len(resident.ids):
            if not self._memory.share(there, here, len(resident.ids)):
                return {}
            self._memory.forget(there)
        if state is not None:
            self._memory.load(there, state)
        return {there: here, here: there}

    def _fresh(self) -> int:
        if not self._free:
            self._put_aside(self._idle[:1])
        used = {*range(self._sequences)}.difference(self._free, (resident.sequence for resident in self._idle))
        nearest = min(self._free, key=lambda free: (min((abs(free - other) for other in used), default=0), free))
        self._free.remove(nearest)
        return nearest

    def _begin_again(self) -> None:
        """What is idle costs nobody anything."""


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

    def make_room(self) -> bool:
        """Nothing can be given up in part."""
        return False

    def reset(self) -> None:
        """Forgets everything. Whoever is at work must take a new sequence and be fed again."""
        for sequence in range(self._next):
            self._memory.forget(sequence)
        self._next = 0
