import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.schedule import FINAL_SHARE, learning_rate, progress


def rate(step: int, done: float) -> float:
    return learning_rate(step, done, peak=1.0, warm_up=80)


def test_the_rate_rises_evenly_to_the_peak_during_the_warm_up() -> None:
    assert [rate(step, 0.0) for step in (0, 39, 79, 80)] == [1 / 80, 0.5, 1.0, 1.0]


def test_the_rate_ends_at_its_final_share() -> None:
    assert rate(5000, 1.0) == pytest.approx(FINAL_SHARE)


@given(st.floats(0, 1), st.floats(0, 1))
def test_after_the_warm_up_the_rate_never_rises(a: float, b: float) -> None:
    earlier, later = sorted((a, b))
    assert rate(100, earlier) >= rate(100, later)


def test_without_a_budget_progress_is_counted_in_steps() -> None:
    assert progress(30, 120, 1e9, None) == 0.25


def test_a_short_budget_drives_progress_by_time() -> None:
    assert progress(30, 120, 50.0, 100.0) == 0.5
    assert progress(30, 120, 1.0, 100.0) == 0.25
    assert progress(30, 120, 100.0, 100.0) == 1.0
