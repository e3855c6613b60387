"""What is warm, and which of it helps a prompt: values without I/O.

There are some hundreds of conversations at most, and comparing two of thousands of ids takes microseconds: looking
through them all is quicker than keeping a tree of tokens, which every new token would change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]
State = npt.NDArray[np.uint8]
"""What a sequence holds, as bytes that only the same context understands."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose conversation a sequence holds."""

    principal: str
    chat: str


@dataclass(frozen=True, slots=True, eq=False)
class Resident:
    """A conversation that is warm: in a sequence of the cache, or (`sequence` is None) put aside as `state`."""

    sequence: int | None
    ids: Ids
    owner: Owner
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A resident that begins with the first `count` ids of a prompt, and perhaps has more of its own."""

    resident: Resident
    count: int

    @property
    def whole(self) -> bool:
        """All that the resident holds is wanted."""
        return self.count == len(self.resident.ids)


@dataclass(frozen=True, slots=True)
class PrefixIndex:
    """The residents, the one that was used last at the end."""

    residents: tuple[Resident, ...] = ()

    def with_newest(self, resident: Resident) -> PrefixIndex:
        """The same and one more."""
        return PrefixIndex((*self.residents, resident))

    def without(self, left_out: Resident) -> PrefixIndex:
        """The same but for that one."""
        return PrefixIndex(tuple(resident for resident in self.residents if resident is not left_out))

    def replacing(self, old: Resident, new: Resident) -> PrefixIndex:
        """The same with one in the place of another, as old as that."""
        return PrefixIndex(tuple(new if resident is old else resident for resident in self.residents))

    def longest(self, ids: Ids, *, principal: str | None = None, parts: bool = True) -> Match | None:
        """The resident that saves the most of `ids`, of equals the newest; None where none saves anything.

        The last id is never saved: it is fed again for its logits. With `principal`, only that one's residents count.
        Without `parts`, only those whose whole content is wanted.
        """
        best: Match | None = None
        for resident in self.residents:
            if principal is not None and resident.owner.principal != principal:
                continue
            match = Match(resident, min(common_prefix(resident.ids, ids), len(ids) - 1))
            if match.count > 0 and (parts or match.whole) and (best is None or match.count >= best.count):
                best = match
        return best

    def least_worth(self) -> Match | None:
        """What of those put aside to give up first, if any; its `count` is what it shares with another resident.

        Its worth is what would have to be read again (what no other resident holds), divided by its age: 1 for the
        newest, and one more for each that was used since. Of equals the oldest goes.
        """
        shared = shared_counts([resident.ids for resident in self.residents])
        best: tuple[float, Match] | None = None
        for place, (resident, count) in enumerate(zip(self.residents, shared, strict=True)):
            if resident.sequence is not None:
                continue
            worth = (len(resident.ids) - count) / (len(self.residents) - place)
            if best is None or worth < best[0]:
                best = (worth, Match(resident, count))
        return best[1] if best else None


def common_prefix(first: Ids, second: Ids) -> int:
    """How many ids both begin with."""
    length = min(len(first), len(second))
    different = np.flatnonzero(first[:length] != second[:length])
    return int(different[0]) if len(different) else length


def shared_counts(contents: Sequence[Ids]) -> list[int]:
    """For each, how many of its first ids another one begins with too."""
    counts = [0] * len(contents)
    # In the order of their bytes, what begins alike stands together.
    order = sorted(range(len(contents)), key=lambda place: contents[place].tobytes())
    for one, other in pairwise(order):
        common = common_prefix(contents[one], contents[other])
        counts[one] = max(counts[one], common)
        counts[other] = max(counts[other], common)
    return counts


def distinct_tokens(contents: Sequence[Ids]) -> int:
    """Ids in all, where a beginning that several have is counted once."""
    ordered = sorted(contents, key=lambda ids: ids.tobytes())
    common = sum(common_prefix(one, other) for one, other in pairwise(ordered))
    return sum(map(len, contents)) - common
