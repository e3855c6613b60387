from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat_daemon.engine.cache import AppendOnlyCache, DividedCache, Place, SharedCache
from llamachat_daemon.engine.prefixes import Owner, Resident, common_prefix

NOBODY = Owner("", "")
WARM = 100
"""Bytes, enough for everything that a test puts aside."""

ANN, BEN = Owner("ann", "c"), Owner("ben", "c")
texts = st.lists(st.integers(0, 2), min_size=1, max_size=12)


def ids(*values: int) -> npt.NDArray[np.int32]:
    return np.array(values, dtype=np.int32)


class Sequences:
    """A cache that holds what was fed, as llama.cpp's does; a saved token takes a byte."""

    def __init__(self, *, can_drop_parts: bool = True, saves: bool = True, cells: int = 1000) -> None:
        self.held: dict[int, list[int]] = {}
        self.saves = saves
        self.cells = cells
        self.can_drop_parts = can_drop_parts

    def forget(self, sequence: int, start: int = 0) -> bool:
        if start and not self.can_drop_parts:
            return False
        self.held[sequence] = self.held.get(sequence, [])[:start]
        return True

    def save(self, sequence: int) -> npt.NDArray[np.uint8] | None:
        return np.array(self.held[sequence], dtype=np.uint8) if self.saves else None

    def load(self, sequence: int, state: npt.NDArray[np.uint8]) -> bool:
        assert not self.held.get(sequence)
        if sum(map(len, self.held.values())) + len(state) > self.cells:
            return False
        self.held[sequence] = state.tolist()
        return True

    def share(self, source: int, target: int, count: int) -> bool:
        assert not self.held.get(target)
        self.held[target] = self.held[source][:count]
        return True


@pytest.mark.parametrize("kind", [SharedCache, DividedCache])
@pytest.mark.parametrize("can_drop_parts", [True, False])
@given(
    prompts=st.lists(texts, max_size=25),
    sequences=st.integers(2, 5),
    fed=st.integers(0, 12),
    warm_bytes=st.integers(0, 60),
    memory=st.builds(Sequences, saves=st.booleans(), cells=st.integers(10, 80)),
)
def test_a_place_holds_exactly_the_beginning_it_claims(
    prompts: list[list[int]],
    sequences: int,
    fed: int,
    warm_bytes: int,
    memory: Sequences,
    can_drop_parts: bool,
    kind: type[SharedCache],
) -> None:
    memory.can_drop_parts = can_drop_parts
    cache = kind(memory, sequences, can_drop_parts=can_drop_parts, warm_bytes=warm_bytes)
    running: list[Resident] = []
    for prompt in prompts:
        if len(running) == sequences - 1:
            done = running.pop(0)
            cache.release(done.sequence or 0, done.ids, NOBODY)
        place = cache.take(ids(*prompt), NOBODY, running)
        assert place.sequence not in [busy.sequence for busy in running]
        assert sum(each.state.nbytes for each in cache.residents if each.state is not None) <= warm_bytes
        assert place.cached < len(prompt)
        assert memory.held.get(place.sequence, []) == prompt[: place.cached]
        memory.held[place.sequence] = prompt[: max(fed, place.cached)]  # its prompt may not be read to the end yet
        running.append(Resident(place.sequence, ids(*memory.held[place.sequence]), NOBODY))


@given(prompts=st.lists(st.tuples(texts, st.sampled_from([ANN, BEN])), max_size=25))
def test_in_isolation_nothing_of_another_principal_is_used(prompts: list[tuple[list[int], Owner]]) -> None:
    memory = Sequences()
    cache = SharedCache(memory, 4, can_drop_parts=True, warm_bytes=WARM, isolate=True)
    read: dict[Owner, list[list[int]]] = {ANN: [], BEN: []}
    busy: list[Resident] = []
    for prompt, owner in prompts:
        place = cache.take(ids(*prompt), owner, busy)
        own = max((int(common_prefix(ids(*prompt), ids(*other))) for other in read[owner]), default=0)
        assert place.cached <= own
        memory.held[place.sequence] = list(prompt)
        read[owner].append(prompt)
        busy.append(Resident(place.sequence, ids(*prompt), owner))
        if len(busy) == 3:
            done = busy.pop(0)
            cache.release(done.sequence or 0, done.ids, done.owner)


@pytest.mark.parametrize("kind", [SharedCache, DividedCache])
@given(prompts=st.lists(texts, max_size=25))
def test_no_sequence_is_ever_lost(prompts: list[list[int]], kind: type[SharedCache]) -> None:
    memory = Sequences()
    cache = kind(memory, 3, can_drop_parts=True, warm_bytes=WARM)
    for prompt in prompts:
        place = cache.take(ids(*prompt), NOBODY)
        memory.held[place.sequence] = list(prompt)
        cache.release(place.sequence, ids(*prompt), NOBODY)
    while cache.make_room():
        pass
    assert sorted(cache.take(ids(9), NOBODY).sequence for _ in range(3)) == [0, 1, 2]
    assert not any(memory.held.values())


def test_a_sequence_that_holds_something_is_not_given_up_when_too_much_is_aside() -> None:
    memory = Sequences()
    cache = DividedCache(memory, 3, can_drop_parts=True, warm_bytes=10)
    for first, count in enumerate([10, 8, 1, 5]):
        place = cache.take(ids(first), NOBODY)
        memory.held[place.sequence] = [first] * count
        cache.release(place.sequence, ids(*memory.held[place.sequence]), NOBODY)
    assert sorted(cache.take(ids(9), NOBODY).sequence for _ in range(3)) == [0, 1, 2]
    assert [len(each.ids) for each in cache.residents] == [5]


def test_a_newcomer_between_others_changes_places_with_the_end_that_holds_less() -> None:
    memory = Sequences()
    cache = DividedCache(memory, 4, can_drop_parts=True, warm_bytes=WARM)
    memory.held = {0: [1] * 5, 1: [7] * 3, 2: [2] * 4, 3: [3] * 2}
    busy = [Resident(place, ids(*memory.held[place]), NOBODY) for place in (0, 2, 3)]
    assert cache.make_way(Resident(1, ids(7, 7, 7), NOBODY), busy) == {3: 1, 1: 3}
    assert memory.held == {0: [1] * 5, 1: [3] * 2, 2: [2] * 4, 3: [7] * 3}
    at_an_end = Resident(3, ids(7, 7, 7), NOBODY)
    assert cache.make_way(at_an_end, busy[:2]) == {}
    assert cache.make_way(at_an_end, []) == {}
    assert memory.held[3] == [7] * 3


def test_a_newcomer_that_loses_what_it_holds_has_changed_places_all_the_same() -> None:
    memory = Sequences(cells=8)
    cache = DividedCache(memory, 3, can_drop_parts=True, warm_bytes=WARM)
    memory.held = {0: [1] * 5, 1: [7] * 3, 2: [3] * 2}
    busy = [Resident(place, ids(*memory.held[place]), NOBODY) for place in (0, 2)]
    assert cache.make_way(Resident(1, ids(7, 7, 7), NOBODY), busy) == {2: 1, 1: 2}
    assert memory.held == {0: [1] * 5, 1: [3] * 2, 2: []}


def test_who_holds_nothing_yet_changes_places_too() -> None:
    cache = DividedCache(Sequences(), 3, can_drop_parts=True, warm_bytes=WARM)
    empty = [Resident(place, ids(), NOBODY) for place in range(3)]
    assert cache.make_way(empty[1], [empty[0], empty[2]]) == {0: 1, 1: 0}


def test_the_last_id_is_always_fed_again() -> None:
    memory = Sequences()
    cache = SharedCache(memory, 2, can_drop_parts=True, warm_bytes=WARM)
    place = cache.take(ids(1, 2, 3), NOBODY)
    memory.held[place.sequence] = [1, 2, 3]
    cache.release(place.sequence, ids(1, 2, 3), NOBODY)
    assert cache.take(ids(1, 2, 3), NOBODY).cached == 2


def filled(memory: Sequences, cache: SharedCache, *contents: list[int]) -> list[int]:
    """The sequences of conversations that are over, in that order."""
    sequences = []
    for content in contents:
        place = cache.take(ids(*content), NOBODY)
        memory.held[place.sequence] = list(content)
        cache.release(place.sequence, ids(*content), NOBODY)
        sequences.append(place.sequence)
    return sequences


def warm(cache: SharedCache) -> list[list[int]]:
    return [resident.ids.tolist() for resident in cache.residents]


def test_the_same_conversation_goes_on_in_its_sequence_and_nothing_is_copied() -> None:
    memory = Sequences(saves=False)
    cache = SharedCache(memory, 2, can_drop_parts=True, warm_bytes=WARM)
    [sequence] = filled(memory, cache, [1, 2])
    assert cache.take(ids(1, 2, 3), NOBODY) == Place(sequence, 2)


def test_what_is_idle_is_put_aside_when_somebody_else_begins_and_comes_back_for_its_next_turn() -> None:
    memory = Sequences()
    cache = SharedCache(memory, 4, can_drop_parts=True, warm_bytes=WARM)
    filled(memory, cache, [1, 2, 3, 4])
    other = cache.take(ids(8, 8), NOBODY)
    assert not any(memory.held.values()), "attention must not look at what is idle"
    assert warm(cache) == [[1, 2, 3, 4]]
    place = cache.take(ids(1, 2, 3, 4, 5), NOBODY)
    assert place.cached == 4
    assert place.sequence != other.sequence
    assert memory.held[place.sequence] == [1, 2, 3, 4]
    assert warm(cache) == []


@pytest.mark.parametrize("idle_in_the_cache", [True, False])
def test_another_conversation_with_the_same_beginning_stays_warm(idle_in_the_cache: bool) -> None:
    memory = Sequences()
    cache = SharedCache(memory, 4, can_drop_parts=True, warm_bytes=WARM)
    filled(memory, cache, [1, 2, 3, 4])
    if not idle_in_the_cache:
        cache.make_room()
    place = cache.take(ids(1, 2, 8, 8), NOBODY)
    assert place.cached == 2
    assert memory.held[place.sequence] == [1, 2]
    assert cache.take(ids(1, 2, 3, 4, 5), NOBODY).cached == 4


def test_only_so_much_is_kept_and_what_is_quickly_read_again_or_old_goes_first() -> None:
    memory = Sequences()
    cache = SharedCache(memory, 4, can_drop_parts=True, warm_bytes=20)
    filled(memory, cache, [5] * 10, [6], [7] * 10)
    cache.make_room()
    assert warm(cache) == [[5] * 10, [7] * 10]
    filled(memory, cache, [8] * 10)
    cache.make_room()
    assert warm(cache) == [[7] * 10, [8] * 10]


def test_with_no_bytes_for_it_a_conversation_is_warm_until_somebody_else_begins() -> None:
    memory = Sequences()
    cache = SharedCache(memory, 4, can_drop_parts=True, warm_bytes=0)
    filled(memory, cache, [1, 2, 3])
    assert cache.take(ids(1, 2, 3, 4), NOBODY).cached == 3
    filled(memory, cache, [5, 6])
    cache.take(ids(9), NOBODY)
    assert cache.residents == ()
    assert not cache.make_room()


def test_what_does_not_fit_back_into_the_cache_is_read_again_and_stays_warm() -> None:
    memory = Sequences(cells=5)
    cache = SharedCache(memory, 4, can_drop_parts=True, warm_bytes=WARM)
    filled(memory, cache, [1, 2, 3, 4])
    other = cache.take(ids(8, 8), NOBODY)
    memory.held[other.sequence] = [8, 8]
    place = cache.take(ids(1, 2, 3, 4, 5), NOBODY)
    assert place.cached == 0
    assert not memory.held.get(place.sequence)
    assert warm(cache) == [[1, 2, 3, 4]]


def test_where_nothing_can_be_saved_what_is_idle_goes() -> None:
    memory = Sequences(saves=False)
    cache = SharedCache(memory, 4, can_drop_parts=True, warm_bytes=WARM)
    filled(memory, cache, [1, 2, 3])
    assert cache.make_room()
    assert cache.residents == ()
    assert not any(memory.held.values())


def test_a_prompt_begins_with_what_a_busy_sequence_has_read() -> None:
    memory = Sequences()
    cache = SharedCache(memory, 4, can_drop_parts=True, warm_bytes=WARM)
    place = cache.take(ids(1, 2, 3, 4), NOBODY)
    memory.held[place.sequence] = [1, 2, 3]
    other = cache.take(ids(1, 2, 3, 4), NOBODY, [Resident(place.sequence, ids(1, 2, 3), NOBODY)])
    assert other.cached == 3
    assert other.sequence != place.sequence
    assert memory.held[place.sequence] == memory.held[other.sequence] == [1, 2, 3]


def test_a_model_that_cannot_drop_parts_goes_on_from_a_whole_conversation_only() -> None:
    memory = Sequences(can_drop_parts=False)
    cache = SharedCache(memory, 4, can_drop_parts=False, warm_bytes=WARM)
    filled(memory, cache, [1, 2, 3])
    assert cache.take(ids(1, 2, 9), NOBODY).cached == 0
    assert cache.take(ids(1, 2, 3, 4), NOBODY).cached == 3


def test_what_is_idle_in_a_divided_cache_stays_where_it_is_until_its_sequence_is_needed() -> None:
    memory = Sequences()
    cache = DividedCache(memory, 3, can_drop_parts=True, warm_bytes=WARM)
    filled(memory, cache, [1, 2], [5, 6])
    third = cache.take(ids(8), NOBODY)
    assert [memory.held[0], memory.held[1]] == [[1, 2], [5, 6]]
    cache.take(ids(9), NOBODY, [Resident(third.sequence, ids(8), NOBODY)])
    assert memory.held[0] == [], "the one that was used least recently gives way"
    assert memory.held[1] == [5, 6]
    assert sorted(warm(cache)) == [[1, 2], [5, 6]]


def test_who_begins_in_a_divided_cache_is_placed_beside_those_at_work() -> None:
    cache = DividedCache(Sequences(), 5, can_drop_parts=True, warm_bytes=WARM)
    places = [cache.take(ids(number), NOBODY).sequence for number in range(3)]
    assert places == [0, 1, 2]
    cache.drop(0)
    assert cache.take(ids(7), NOBODY).sequence == 0


@given(st.sets(st.integers(0, 5), min_size=1, max_size=6), st.sets(st.integers(0, 5)))
def test_gathering_moves_what_is_at_work_and_loses_nothing(at_work: set[int], idle: set[int]) -> None:
    memory = Sequences()
    cache = DividedCache(memory, 6, can_drop_parts=True, warm_bytes=WARM)
    for sequence in range(6):
        content = [sequence, 6 + sequence]
        assert cache.take(ids(*content), NOBODY).sequence == sequence
        memory.held[sequence] = content
    for sequence in range(6):
        if sequence in idle - at_work:
            cache.release(sequence, ids(*memory.held[sequence]), NOBODY)
        elif sequence not in at_work:
            cache.drop(sequence)
    before = {sequence: list(memory.held[sequence]) for sequence in at_work}
    moved = cache.gather([Resident(sequence, ids(*before[sequence]), NOBODY) for sequence in sorted(at_work)])
    after = [moved.get(sequence, sequence) for sequence in sorted(at_work)]
    assert max(after) - min(after) == len(at_work) - 1
    for sequence in at_work:
        assert memory.held[moved.get(sequence, sequence)] == before[sequence]
    assert sorted(warm(cache)) == sorted([sequence, 6 + sequence] for sequence in idle - at_work)
    for sequence in after:
        cache.drop(sequence)
    cache.make_room()
    assert sorted(cache.take(ids(50 + number), NOBODY).sequence for number in range(6)) == [0, 1, 2, 3, 4, 5]


def test_an_append_only_cache_frees_nothing_until_it_starts_over() -> None:
    memory = Sequences()
    cache = AppendOnlyCache(memory, 3)
    for sequence in range(3):
        assert not cache.exhausted
        assert cache.take(ids(1), NOBODY).sequence == sequence
        memory.held[sequence] = [1]
        cache.release(sequence, ids(1), NOBODY)
    assert cache.exhausted
    assert not cache.make_room()
    assert all(memory.held.values())
    cache.reset()
    assert not any(memory.held.values())
    assert not cache.exhausted
