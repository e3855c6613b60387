import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train.packing import (
    CONTEXT,
    LENGTHS,
    SHARED_LENGTH,
    STEP_TOKENS,
    EncodedDialogue,
    Row,
    Tokens,
    batches,
    cut_pieces,
    fitting_length,
    pieces,
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
def test_every_dialogue_that_fits_is_in_exactly_one_piece_and_unbroken(found: list[EncodedDialogue], seed: int) -> None:
    packed = pieces(found, random.Random(seed))
    counts = Counter(token for row in packed for token in row.ids if token >= 0)
    assert counts == {d.body.ids[0]: len(d.body) for d in found if len(d.head) + len(d.body) <= CONTEXT}
    for row in packed:
        body = [token for token in row.ids if token >= 0]
        runs = [token for i, token in enumerate(body) if i == 0 or body[i - 1] != token]
        assert len(runs) == len(set(runs))


@settings(deadline=None)
@given(dialogues, st.integers())
def test_a_piece_joins_dialogues_of_one_system_message_which_stands_once_at_its_beginning(
    found: list[EncodedDialogue], seed: int
) -> None:
    for row in pieces(found, random.Random(seed)):
        systems = {found[token].system for token in row.ids if token >= 0}
        assert len(systems) == 1
        head = SYSTEMS[systems.pop()]
        assert row.ids[:head] == (-1,) * head
        assert -1 not in row.ids[head:]


def test_most_dialogues_stay_alone_and_some_become_conversations_of_the_whole_context() -> None:
    packed = pieces([dialogue(i, 60, "") for i in range(20_000)], random.Random(1))
    lengths = Counter(fitting_length(len(row)) for row in packed)
    assert lengths[SHARED_LENGTH] > 15_000
    assert lengths[CONTEXT] > 3


def test_cut_pieces_end_where_the_last_answer_is_decided_and_have_no_system_message() -> None:
    cut = cut_pieces([dialogue(1, 60, "tools"), dialogue(2, CONTEXT + 10, ""), dialogue(3, 2 * CONTEXT + 10, "")])
    assert [(set(row.ids), len(row)) for row in cut] == [({1}, 30), ({2}, CONTEXT // 2 + 5)]


def numbered(sizes: list[int]) -> list[Tokens]:
    return [Tokens((number,) * size, (1.0,) * size) for number, size in enumerate(sizes)]


sizes = st.lists(st.integers(1, CONTEXT) | st.integers(1, SHARED_LENGTH), max_size=60)


@settings(deadline=None)
@given(sizes, st.integers())
def test_every_piece_is_in_exactly_one_row_and_long_ones_are_alone(found: list[int], seed: int) -> None:
    made = rows(numbered(found), random.Random(seed))
    assert sorted(piece.ids[0] for row in made for piece in row.pieces) == list(range(len(found)))
    for row in made:
        assert len(row) <= SHARED_LENGTH or len(row.pieces) == 1


def test_shared_rows_hold_hardly_any_padding() -> None:
    rng = random.Random(1)
    made = rows(numbered([rng.randint(20, 140) for _ in range(3000)]), rng)
    assert sum(map(len, made)) > 0.95 * SHARED_LENGTH * len(made)


@settings(deadline=None)
@given(sizes, st.integers())
def test_every_row_is_in_exactly_one_batch_that_holds_it(found: list[int], seed: int) -> None:
    made = batches([Row((piece,)) for piece in numbered(found)], random.Random(seed))
    assert sorted(row.pieces[0].ids[0] for batch in made for row in batch.rows) == list(range(len(found)))
    for batch in made:
        assert batch.length in LENGTHS
        assert 1 <= len(batch.rows) <= batch.size
        assert batch.size * batch.length <= STEP_TOKENS
        assert all(fitting_length(len(row)) == batch.length for row in batch.rows)


@pytest.mark.parametrize(("tokens", "length"), [(1, 256), (256, 256), (257, 384), (1025, CONTEXT), (CONTEXT, CONTEXT)])
def test_a_row_takes_the_smallest_length_that_holds_it(tokens: int, length: int) -> None:
    assert fitting_length(tokens) == length


def test_a_row_longer_than_the_context_is_refused() -> None:
    with pytest.raises(ValueError, match="exceeds the context of 2048"):
        fitting_length(CONTEXT + 1)


def test_tokens_without_a_weight_for_each_are_refused() -> None:
    with pytest.raises(ValueError, match="2 ids but 1 weights"):
        Tokens((1, 2), (1.0,))
