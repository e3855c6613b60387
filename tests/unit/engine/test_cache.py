from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat_daemon.engine.cache import AppendOnlyCache, Place, SharedCache
from llamachat_daemon.engine.prefixes import Owner, Resident, common_prefix

NOBODY = Owner("", "")
ANN, BEN = Owner("ann", "c"), Owner("ben", "c")
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


@pytest.mark.parametrize("can_drop_parts", [True, False])
@given(prompts=st.lists(texts, max_size=25), sequences=st.integers(2, 5), fed=st.integers(0, 12))
def test_a_place_holds_exactly_the_beginning_it_claims(
    prompts: list[list[int]], sequences: int, fed: int, can_drop_parts: bool
) -> None:
    memory = Sequences(can_drop_parts=can_drop_parts)
    cache = SharedCache(memory, sequences, can_drop_parts=can_drop_parts)
    running: list[Resident] = []
    for prompt in prompts:
        if len(running) == sequences - 1:
            done = running.pop(0)
            cache.release(done.sequence, done.ids, NOBODY)
        place = cache.take(ids(*prompt), NOBODY, running)
        assert place.sequence not in [busy.sequence for busy in running]
        assert place.cached < len(prompt)
        assert memory.held.get(place.sequence, []) == prompt[: place.cached]
        memory.held[place.sequence] = prompt[: max(fed, place.cached)]  # its prompt may not be read to the end yet
        running.append(Resident(place.sequence, ids(*memory.held[place.sequence]), NOBODY))


@given(prompts=st.lists(st.tuples(texts, st.sampled_from([ANN, BEN])), max_size=25))
def test_in_isolation_nothing_of_another_principal_is_used(prompts: list[tuple[list[int], Owner]]) -> None:
    memory = Sequences()
    cache = SharedCache(memory, 4, can_drop_parts=True, isolate=True)
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
            cache.release(done.sequence, done.ids, done.owner)


@given(prompts=st.lists(texts, max_size=25))
def test_no_sequence_is_ever_lost(prompts: list[list[int]]) -> None:
    memory = Sequences()
    cache = SharedCache(memory, 3, can_drop_parts=True)
    for prompt in prompts:
        place = cache.take(ids(*prompt), NOBODY)
        memory.held[place.sequence] = list(prompt)
        cache.release(place.sequence, ids(*prompt), NOBODY)
    while cache.make_room():
        pass
    assert sorted(cache.take(ids(9), NOBODY).sequence for _ in range(3)) == [0, 1, 2]
    assert not any(memory.held.values())


def test_the_last_id_is_always_fed_again() -> None:
    memory = Sequences()
    cache = SharedCache(memory, 2, can_drop_parts=True)
    place = cache.take(ids(1, 2, 3), NOBODY)
    memory.held[place.sequence] = [1, 2, 3]
    cache.release(place.sequence, ids(1, 2, 3), NOBODY)
    assert cache.take(ids(1, 2, 3), NOBODY).cached == 2


def test_another_conversation_with_the_same_beginning_stays_warm() -> None:
    memory = Sequences()
    cache = SharedCache(memory, 4, can_drop_parts=True)
    place = cache.take(ids(1, 2, 3, 4), NOBODY)
    memory.held[place.sequence] = [1, 2, 3, 4]
    cache.release(place.sequence, ids(1, 2, 3, 4), NOBODY)
    other = cache.take(ids(1, 2, 8, 8), NOBODY)
    assert other.cached == 2
    assert other.sequence != place.sequence
    assert memory.held[place.sequence] == [1, 2, 3, 4]


def filled(memory: Sequences, cache: SharedCache, *contents: list[int]) -> list[int]:
    """The sequences of conversations that are over, in that order."""
    sequences = []
    for content in contents:
        place = cache.take(ids(*content), NOBODY)
        memory.held[place.sequence] = list(content)
        cache.release(place.sequence, ids(*content), NOBODY)
        sequences.append(place.sequence)
    return sequences


def test_room_is_made_by_the_oldest_until_there_is_enough() -> None:
    memory = Sequences()
    cache = SharedCache(memory, 4, can_drop_parts=True)
    filled(memory, cache, [5, 5], [6, 6], [7, 7])
    assert cache.make_room(3)
    assert [resident.ids[0] for resident in cache.residents] == [7]
    assert cache.make_room(3)
    assert not cache.make_room(3)


def test_what_is_quickly_read_again_goes_before_what_is_not() -> None:
    memory = Sequences()
    cache = SharedCache(memory, 4, can_drop_parts=True)
    filled(memory, cache, [5] * 10, [6], [7] * 10)
    assert cache.make_room()
    assert [resident.ids[0] for resident in cache.residents] == [5, 7]


def test_a_prompt_begins_with_what_a_busy_sequence_has_read() -> None:
    memory = Sequences()
    cache = SharedCache(memory, 4, can_drop_parts=True)
    place = cache.take(ids(1, 2, 3, 4), NOBODY)
    memory.held[place.sequence] = [1, 2, 3]
    other = cache.take(ids(1, 2, 3, 4), NOBODY, [Resident(place.sequence, ids(1, 2, 3), NOBODY)])
    assert other.cached == 3
    assert other.sequence != place.sequence
    assert memory.held[place.sequence] == memory.held[other.sequence] == [1, 2, 3]


def test_a_model_that_cannot_drop_parts_goes_on_from_a_whole_conversation_only() -> None:
    memory = Sequences(can_drop_parts=False)
    cache = SharedCache(memory, 4, can_drop_parts=False)
    [sequence] = filled(memory, cache, [1, 2, 3])
    assert cache.take(ids(1, 2, 9), NOBODY).cached == 0
    assert cache.take(ids(1, 2, 3, 4), NOBODY) == Place(sequence, 3)


def test_with_no_sequence_free_the_prompts_own_beginning_is_kept_and_another_one_goes() -> None:
    memory = Sequences()
    cache = SharedCache(memory, 2, can_drop_parts=True)
    first, second = filled(memory, cache, [1, 2, 3, 4], [5, 5, 5, 5])
    assert cache.take(ids(1, 2, 9), NOBODY) == Place(second, 2)
    assert memory.held[first] == [1, 2, 3, 4]


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
