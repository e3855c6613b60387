from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from llamachat_daemon.engine.passes import CELL_BLOCK, Placed, closer_together, passes, short_ones, weights_in_cells
from llamachat_daemon.engine.scheduler import Feed

sequences = st.lists(st.integers(0, 9), unique=True, max_size=7)
placed_feeds = sequences.flatmap(
    lambda numbers: st.tuples(
        *(
            st.builds(Placed, st.builds(Feed, st.just(100 + number), st.integers(1, 40)), st.just(number), depths)
            for number in numbers
        )
    )
)
depths = st.integers(0, 5000)


def cost(division: list[list[Placed]], weights: int) -> int:
    return sum(
        weights + sum(each.feed.rows for each in together) * max(each.cells for each in together)
        for together in division
    )


def divisions(order: list[Placed]) -> list[list[list[Placed]]]:
    """All ways to cut a row into passes of sequences that follow one another."""
    found = []
    for count in range(len(order)):
        for cuts in combinations(range(1, len(order)), count):
            edges = [0, *cuts, len(order)]
            division = [order[start:end] for start, end in pairwise(edges)]
            if all(b.sequence == a.sequence + 1 for together in division for a, b in pairwise(together)):
                found.append(division)
    return found


@given(placed_feeds, st.integers(0, 20_000))
def test_everybody_is_in_one_pass_and_no_other_division_costs_less(placed: tuple[Placed, ...], weights: int) -> None:
    by_key = {item.feed.key: item for item in placed}
    division = [[by_key[feed.key] for feed in together] for together in passes(placed, weights)]
    assert sorted(item.sequence for together in division for item in together) == sorted(
        item.sequence for item in placed
    )
    order = sorted(placed, key=lambda item: item.sequence)
    if order:
        assert division in divisions(order)
        assert cost(division, weights) == min(cost(other, weights) for other in divisions(order))


def test_a_long_conversation_goes_by_itself_as_soon_as_it_costs_the_others_more_than_the_weights() -> None:
    long_one = Placed(Feed(3, 1), 3, 3000)
    placed = [*(Placed(Feed(number, 1), number, 60) for number in range(3)), long_one]
    extra = 3 * (long_one.cells - CELL_BLOCK)
    assert [len(together) for together in passes(placed, extra - 1)] == [3, 1]
    assert [len(together) for together in passes(placed, extra + 1)] == [4]


def test_cells_are_counted_in_whole_blocks_with_the_rows_themselves() -> None:
    assert Placed(Feed(1, 1), 0, 0).cells == CELL_BLOCK
    assert Placed(Feed(1, 1), 0, CELL_BLOCK - 1).cells == CELL_BLOCK
    assert Placed(Feed(1, 2), 0, CELL_BLOCK - 1).cells == 2 * CELL_BLOCK


def test_weights_are_worth_the_cells_that_are_read_in_the_same_time() -> None:
    assert weights_in_cells(138_000_000, 23_040) == 1996
    assert weights_in_cells(10, 0) == 10, "a model that keeps nothing has no cells that could cost anything"


@given(sequences, sequences)
def test_moves_bring_sequences_together_with_as_few_as_possible(at_work: list[int], others: list[int]) -> None:
    available = set(others) - set(at_work)
    moves = closer_together(at_work, available)
    after = sorted(set(at_work) - {source for source, _ in moves} | {target for _, target in moves})
    windows = [
        set(range(first, first + len(at_work)))
        for first in range(10)
        if set(range(first, first + len(at_work))) <= {*at_work, *available}
    ]
    assert {source for source, _ in moves} <= set(at_work)
    assert {target for _, target in moves} <= available
    assert len(after) == len(at_work)
    assert len(moves) == min((len(window - set(at_work)) for window in windows), default=0)
    if windows:
        assert all(b == a + 1 for a, b in pairwise(after))


@given(st.dictionaries(st.integers(0, 9), st.tuples(depths, depths), max_size=6), st.integers(0, 20_000))
def test_only_short_conversations_are_short(held: dict[int, tuple[int, int]], weights: int) -> None:
    depths, limits = ({key: pair[side] for key, pair in held.items()} for side in (0, 1))
    assert all(depths[key] < limits[key] for key in short_ones(depths, limits, weights))


def test_short_ones_go_apart_unless_a_pass_more_costs_more_than_a_long_one_beside_them() -> None:
    limits = dict.fromkeys(range(4), 200)
    assert short_ones({1: 10, 2: 199}, limits, 2000) == {1, 2}
    assert short_ones({1: 10, 2: 199, 3: 300}, limits, 2000) == set()
    assert short_ones({1: 10, 2: 199, 3: 3000}, limits, 2000) == {1, 2}
    assert short_ones({1: 200}, limits, 2000) == set()


def test_who_is_there_may_stay_longer_than_others_may_come() -> None:
    assert short_ones({1: 150, 2: 150}, {1: 200, 2: 100}, 100) == {1}
