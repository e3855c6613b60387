import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train.packing import (
    CONTEXT,
    LENGTHS,
    STEP_TOKENS,
    EncodedDialogue,
    Tokens,
    batches,
    fitting_length,
    rows,
)

SYSTEMS = {"": 0, "tools": 7}


def dialogue(number: int, length: int, system: str) -> EncodedDialogue:
    """A dialogue whose body repeats its number, so that it is found again in the rows; half of it decides."""
    head = Tokens((-1,) * SYSTEMS[system], (0.0,) * SYSTEMS[system])
    return EncodedDialogue(system, head, Tokens((number,) * length, (1.0,) * length), decided=(length + 1) // 2)


dialogues = st.lists(
    st.tuples(st.integers(1, CONTEXT), st.sampled_from(sorted(SYSTEMS))) | st.tuples(st.integers(1, 90), st.just("")),
    max_size=60,
).map(lambda sizes: [dialogue(number, *size) for number, size in enumerate(sizes)])


@settings(deadline=None)
@given(dialogues, st.integers())
def test_every_dialogue_that_fits_is_in_exactly_one_row_whole_or_alone_and_cut(
    found: list[EncodedDialogue], seed: int
) -> None:
    packed = rows(found, random.Random(seed))
    counts = Counter(token for row in packed for token in row.ids if token >= 0)
    assert set(counts) == {d.body.ids[0] for d in found if len(d.head) + len(d.body) <= CONTEXT}
    for row in packed:
        body = [token for token in row.ids if token >= 0]
        cut = [token for token in set(body) if counts[token] != len(found[token].body)]
        assert all(counts[token] == found[token].decided and set(body) == {token} for token in cut)
        runs = [token for i, token in enumerate(body) if i == 0 or body[i - 1] != token]
        assert len(runs) == len(set(runs))


@settings(deadline=None)
@given(dialogues, st.integers())
def test_a_row_joins_dialogues_of_one_system_message_which_stands_once_at_its_beginning(
    found: list[EncodedDialogue], seed: int
) -> None:
    for row in rows(found, random.Random(seed)):
        systems = {found[token].system for token in row.ids if token >= 0}
        assert len(systems) == 1
        head = SYSTEMS[systems.pop()]
        assert row.ids[:head] == (-1,) * head
        assert -1 not in row.ids[head:]


def test_some_dialogues_stay_alone_half_of_them_cut_and_some_become_conversations_of_the_whole_context() -> None:
    packed = rows([dialogue(i, 60, "") for i in range(20_000)], random.Random(1))
    lengths = Counter(fitting_length(len(row)) for row in packed)
    assert min(lengths[48], lengths[64]) > 5000
    assert lengths[CONTEXT] > 3


@settings(deadline=None)
@given(st.lists(st.integers(1, CONTEXT), max_size=60), st.integers())
def test_every_row_is_in_exactly_one_batch_that_holds_it(sizes: list[int], seed: int) -> None:
    packed = [Tokens((number,) * size, (1.0,) * size) for number, size in enumerate(sizes)]
    made = batches(packed, random.Random(seed))
    assert sorted(row.ids[0] for batch in made for row in batch.rows) == list(range(len(sizes)))
    for batch in made:
        assert batch.length in LENGTHS
        assert 1 <= len(batch.rows) <= batch.size
        assert batch.size * batch.length <= STEP_TOKENS
        assert all(fitting_length(len(row)) == batch.length for row in batch.rows)


@pytest.mark.parametrize(("tokens", "length"), [(1, 48), (48, 48), (49, 64), (1025, CONTEXT), (CONTEXT, CONTEXT)])
def test_a_row_takes_the_smallest_length_that_holds_it(tokens: int, length: int) -> None:
    assert fitting_length(tokens) == length


def test_a_row_longer_than_the_context_is_refused() -> None:
    with pytest.raises(ValueError, match="exceeds the context of 2048"):
        fitting_length(CONTEXT + 1)


def test_tokens_without_a_weight_for_each_are_refused() -> None:
    with pytest.raises(ValueError, match="2 ids but 1 weights"):
        Tokens((1, 2), (1.0,))
