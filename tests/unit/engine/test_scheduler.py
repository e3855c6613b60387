from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llamachat_daemon.engine.scheduler import Budget, Pending, plan, share

sequences = st.lists(st.integers(1, 2000), max_size=12).map(
    lambda rows: [Pending(key, count) for key, count in enumerate(rows)]
)
budgets = st.builds(Budget, st.integers(1, 512), st.integers(1, 128))


@given(sequences, budgets, st.integers(0, 1000))
def test_a_plan_stays_inside_the_budget_and_feeds_nobody_twice(
    pending: list[Pending], budget: Budget, turn: int
) -> None:
    feeds = plan(pending, budget, turn)
    rows = {item.key: item.rows for item in pending}
    assert len({feed.key for feed in feeds}) == len(feeds)
    assert all(1 <= feed.rows <= rows[feed.key] for feed in feeds)
    assert sum(feed.rows for feed in feeds) <= budget.batch_rows
    prefill = sum(feed.rows for feed in feeds if rows[feed.key] > 1)
    if any(item.rows == 1 for item in pending):
        assert prefill <= budget.mixed_prefill_rows


@given(sequences, budgets, st.integers(0, 1000))
def test_a_plan_uses_the_whole_budget_while_there_is_work(pending: list[Pending], budget: Budget, turn: int) -> None:
    feeds = plan(pending, budget, turn)
    decodes = min(sum(item.rows == 1 for item in pending), budget.batch_rows)
    prefill = sum(item.rows for item in pending if item.rows > 1)
    assert sum(feed.rows for feed in feeds) == decodes + min(prefill, budget.prefill_rows(decodes))


@given(sequences.filter(bool), budgets)
def test_nobody_is_left_out_for_longer_than_a_round(pending: list[Pending], budget: Budget) -> None:
    if any(item.rows == 1 for item in pending) and budget.batch_rows <= sum(item.rows == 1 for item in pending):
        pending = [item for item in pending if item.rows == 1]  # decodes go before prefills
    fed = {feed.key for turn in range(len(pending)) for feed in plan(pending, budget, turn)}
    assert fed == {item.key for item in pending}


def test_every_decode_comes_before_any_prefill() -> None:
    pending = [Pending(1, 900), Pending(2, 1), Pending(3, 1), Pending(4, 50)]
    feeds = plan(pending, Budget(512, 64), 0)
    assert [(feed.key, feed.rows) for feed in feeds] == [(2, 1), (3, 1), (1, 32), (4, 32)]


def test_with_nothing_decoding_the_whole_batch_is_for_prefill() -> None:
    assert sum(feed.rows for feed in plan([Pending(1, 9000), Pending(2, 9000)], Budget(512, 64), 0)) == 512


def test_what_one_prefill_does_not_need_goes_to_the_others() -> None:
    feeds = share([Pending(1, 4), Pending(2, 100), Pending(3, 100)], 64)
    assert [(feed.key, feed.rows) for feed in feeds] == [(1, 4), (2, 30), (3, 30)]
    feeds = share([Pending(1, 100), Pending(2, 100), Pending(3, 100)], 64)
    assert sorted(feed.rows for feed in feeds) == [21, 21, 22]
