from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from llamachat_daemon.engine.prefixes import (
    Owner,
    PrefixIndex,
    Resident,
    common_prefix,
    distinct_tokens,
    shared_counts,
)

ANN, BEN = Owner("ann", "c"), Owner("ben", "c")
texts = st.lists(st.integers(0, 2), min_size=1, max_size=12)
contents = st.lists(texts, max_size=12)


def ids(*values: int) -> npt.NDArray[np.int32]:
    return np.array(values, dtype=np.int32)


def index_of(held: list[list[int]], owners: list[Owner] | None = None) -> PrefixIndex:
    index = PrefixIndex()
    for sequence, content in enumerate(held):
        index = index.with_newest(Resident(sequence, ids(*content), owners[sequence] if owners else ANN))
    return index


def aside(index: PrefixIndex) -> PrefixIndex:
    saved = np.zeros(1, dtype=np.uint8)
    return PrefixIndex(tuple(Resident(None, each.ids, each.owner, saved) for each in index.residents))


def common(first: list[int], second: list[int]) -> int:
    different = (place for place, (a, b) in enumerate(zip(first, second, strict=False)) if a != b)
    return next(different, min(len(first), len(second)))


def beginnings(held: list[list[int]]) -> set[tuple[int, ...]]:
    return {tuple(content[:end]) for content in held for end in range(1, len(content) + 1)}


@given(texts, texts)
def test_the_common_prefix_is_where_two_begin_to_differ(first: list[int], second: list[int]) -> None:
    assert common_prefix(ids(*first), ids(*second)) == common(first, second)


@given(contents, texts)
def test_no_resident_would_save_more_than_the_one_found(held: list[list[int]], prompt: list[int]) -> None:
    match = index_of(held).longest(ids(*prompt))
    most = max((min(common(content, prompt), len(prompt) - 1) for content in held), default=0)
    assert (match.count if match else 0) == most
    if match:
        assert match.resident.ids.tolist()[: match.count] == prompt[: match.count]


@given(contents, texts)
def test_without_parts_only_a_whole_content_is_found(held: list[list[int]], prompt: list[int]) -> None:
    match = index_of(held).longest(ids(*prompt), parts=False)
    whole = [len(content) for content in held if content == prompt[: len(content)] and len(content) < len(prompt)]
    assert (match.count if match else 0) == max(whole, default=0)
    assert match is None or match.whole


@given(contents, texts, st.data())
def test_with_a_principal_nothing_of_anybody_else_is_found(
    held: list[list[int]], prompt: list[int], data: st.DataObject
) -> None:
    owners = [data.draw(st.sampled_from([ANN, BEN])) for _ in held]
    match = index_of(held, owners).longest(ids(*prompt), principal="ann")
    of_ann = [content for content, owner in zip(held, owners, strict=True) if owner is ANN]
    assert (match.count if match else 0) == max(
        (min(common(content, prompt), len(prompt) - 1) for content in of_ann), default=0
    )


@given(contents)
def test_what_is_shared_is_the_longest_beginning_that_another_one_has(held: list[list[int]]) -> None:
    counts = shared_counts([ids(*content) for content in held])
    for place, content in enumerate(held):
        others = held[:place] + held[place + 1 :]
        assert counts[place] == max((common(content, other) for other in others), default=0)


@given(contents)
def test_distinct_tokens_are_the_nodes_of_the_tree_of_beginnings(held: list[list[int]]) -> None:
    assert distinct_tokens([ids(*content) for content in held]) == len(beginnings(held))


@given(contents.filter(bool))
def test_giving_up_what_is_worth_least_frees_what_only_it_held(held: list[list[int]]) -> None:
    index = aside(index_of(held))
    least = index.least_worth()
    assert least is not None
    rest = [content for content, resident in zip(held, index.residents, strict=True) if resident is not least.resident]
    assert len(beginnings(held)) - len(beginnings(rest)) == len(least.resident.ids) - least.count


def test_of_equal_costs_the_oldest_goes_first_and_of_equal_ages_the_cheapest() -> None:
    index = aside(index_of([[1, 1, 1], [2, 2, 2], [3, 3, 3]]))
    least = index.least_worth()
    assert least is not None
    assert least.resident is index.residents[0]
    index = aside(index_of([[1] * 12, [2], [3] * 12]))
    least = index.least_worth()
    assert least is not None
    assert least.resident is index.residents[1]


def test_what_is_in_the_cache_is_not_given_up_for_what_is_aside() -> None:
    in_cells = index_of([[1], [2]])
    assert in_cells.least_worth() is None
    kept, given_up = in_cells.residents[0], aside(index_of([[3] * 12])).residents[0]
    least = PrefixIndex((kept, given_up)).least_worth()
    assert least is not None
    assert least.resident is given_up


def test_an_index_is_a_value() -> None:
    index = index_of([[1], [2]])
    first, second = index.residents
    assert index.without(first).residents == (second,)
    saved = Resident(None, first.ids, first.owner, np.zeros(3, dtype=np.uint8))
    assert index.replacing(first, saved).residents == (saved, second)
    assert index.residents == (first, second)
