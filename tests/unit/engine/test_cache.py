from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat_daemon.engine.cache import AppendOnlyCache, Owner, Resident, SharedCache, best_resident, common_prefix

NOBODY = Owner("", "")
texts = st.lists(st.integers(0, 2), min_size=1, max_size=12)


def ids(*values: int) -> npt.NDArray[np.int32]:
    return np.array(values, dtype=np.int32)


class Sequences:
    """A cache that holds what was fed, as llama.cpp's does."""

    def __init__(self, *, can_drop_parts: bool = True) -> None:
        self.held: dict[int, list[int]] = {}
        self.can_drop_parts = can_drop_parts

    def forget(self, sequence: int, start: int = 0) -> bool:
        if start and not self.can_drop_parts:
            return False
        self.held[sequence] = self.held.get(sequence, [])[:start]
        return True

    def share(self, source: int, target: int, count: int) -> None:
        assert not self.held.get(target)
        self.held[target] = self.held[source][:count]


@given(texts, texts)
def test_the_common_prefix_is_where_two_begin_to_differ(first: list[int], second: list[int]) -> None:
    wanted = next((i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), None)
    assert common_prefix(ids(*first), ids(*second)) == (min(len(first), len(second)) if wanted is None else wanted)


@pytest.mark.parametrize("can_drop_parts", [True, False])
@given(prompts=st.lists(texts, max_size=25), sequences=st.integers(2, 5))
def test_a_place_holds_exactly_the_beginning_it_claims(
    prompts: list[list[int]], sequences: int, can_drop_parts: bool
) -> None:
    memory = Sequences(can_drop_parts=can_drop_parts)
    cache = SharedCache(memory, sequences, can_drop_parts=can_drop_parts)
    running: list[tuple[int, list[int]]] = []
    for prompt in prompts:
        if len(running) == sequences - 1:
            sequence, done = running.pop(0)
            cache.release(sequence, ids(*done), NOBODY)
        place = cache.take(ids(*prompt))
        assert place.sequence not in [sequence for sequence, _ in running]
        assert place.cached < len(prompt)
        assert memory.held.get(place.sequence, []) == prompt[: place.cached]
        memory.held[place.sequence] = list(prompt)
        running.append((place.sequence, prompt))


@given(prompts=st.lists(texts, max_size=25))
def test_no_sequence_is_ever_lost(prompts: list[list[int]]) -> None:
    memory = Sequences()
    cache = SharedCache(memory, 3, can_drop_parts=True)
    for prompt in prompts:
        place = cache.take(ids(*prompt))
        memory.held[place.sequence] = list(prompt)
        cache.release(place.sequence, ids(*prompt), NOBODY)
    while cache.make_room():
        pass
    assert sorted(cache.take(ids(9)).sequence for _ in range(3)) == [0, 1, 2]
    assert not any(memory.held.values())


def test_the_idle_sequence_that_saves_the_most_is_taken() -> None:
    residents = [Resident(0, ids(1, 2), NOBODY), Resident(1, ids(1, 2, 3, 4), NOBODY), Resident(2, ids(5), NOBODY)]
    assert best_resident(residents, ids(1, 2, 3, 9), can_drop_parts=True) == (residents[1], 3)
    assert best_resident(residents, ids(1, 2, 3, 9), can_drop_parts=False) == (residents[0], 2)
    assert best_resident(residents, ids(7), can_drop_parts=True) is None


def test_the_last_id_is_always_fed_again() -> None:
    memory = Sequences()
    cache = SharedCache(memory, 2, can_drop_parts=True)
    place = cache.take(ids(1, 2, 3))
    memory.held[place.sequence] = [1, 2, 3]
    cache.release(place.sequence, ids(1, 2, 3), NOBODY)
    assert cache.take(ids(1, 2, 3)).cached == 2


def test_another_conversation_with_the_same_beginning_stays_warm() -> None:
    memory = Sequences()
    cache = SharedCache(memory, 4, can_drop_parts=True)
    place = cache.take(ids(1, 2, 3, 4))
    memory.held[place.sequence] = [1, 2, 3, 4]
    cache.release(place.sequence, ids(1, 2, 3, 4), NOBODY)
    other = cache.take(ids(1, 2, 8, 8))
    assert other.cached == 2
    assert other.sequence != place.sequence
    assert memory.held[place.sequence] == [1, 2, 3, 4]


def test_room_is_made_by_the_oldest() -> None:
    memory = Sequences()
    cache = SharedCache(memory, 4, can_drop_parts=True)
    for value in (5, 6, 7):
        place = cache.take(ids(value, value))
        memory.held[place.sequence] = [value, value]
        cache.release(place.sequence, ids(value, value), NOBODY)
    assert cache.make_room()
    assert [resident.ids[0] for resident in cache.residents] == [6, 7]


def test_an_append_only_cache_frees_nothing_until_it_starts_over() -> None:
    memory = Sequences()
    cache = AppendOnlyCache(memory, 3)
    for sequence in range(3):
        assert not cache.exhausted
        assert cache.take(ids(1)).sequence == sequence
        memory.held[sequence] = [1]
        cache.release(sequence, ids(1), NOBODY)
    assert cache.exhausted
    assert not cache.make_room()
    assert all(memory.held.values())
    cache.reset()
    assert not any(memory.held.values())
    assert not cache.exhausted
