"""The hybrid logical clock: stamps whose order as strings is the order of what happened."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.protocol.stamps import MAX_AHEAD_MS, Clock, is_acceptable, parse

NOW = 1_750_000_000_000
HOUR = 3_600_000
writers = st.from_regex(r"\A[A-Za-z0-9_-]{1,64}\Z")
times = st.integers(NOW - HOUR, NOW + HOUR)


class Time:
    """Milliseconds since the epoch that move only when told to."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


@given(st.lists(times | st.tuples(times, st.integers(0, 9_999)), max_size=40))
def test_every_stamp_is_larger_than_all_made_or_seen_before(steps: list[int | tuple[int, int]]) -> None:
    time = Time()
    clock = Clock("me", time)
    largest = ""
    for step in steps:
        if isinstance(step, int):
            time.now = step
        else:
            seen = f"{step[0]:013d}-{step[1]:04d}-zz"
            if is_acceptable(seen, time.now):
                clock.observe(seen)
                largest = max(largest, seen)
        made = clock.stamp()
        assert made > largest
        largest = made


@given(st.integers(0, 10**13 - 1), st.integers(0, 9_999), writers)
def test_a_stamp_is_read_as_it_was_written(ms: int, counter: int, writer: str) -> None:
    assert parse(f"{ms:013d}-{counter:04d}-{writer}") == (ms, counter, writer)


@given(
    st.tuples(st.integers(0, 10**13 - 1), st.integers(0, 9_999), writers),
    st.tuples(st.integers(0, 10**13 - 1), st.integers(0, 9_999), writers),
)
def test_the_order_of_strings_is_the_order_of_stamps(a: tuple[int, int, str], b: tuple[int, int, str]) -> None:
    def text(stamp: tuple[int, int, str]) -> str:
        return "{:013d}-{:04d}-{}".format(*stamp)

    assert (text(a) < text(b)) == (a < b)


def test_a_stamp_carries_the_time_and_the_writer() -> None:
    assert Clock("me", Time()).stamp() == f"{NOW:013d}-0000-me"


def test_ten_thousand_stamps_and_more_in_one_millisecond_stay_in_order() -> None:
    clock = Clock("me", Time())
    made = [clock.stamp() for _ in range(25_000)]
    assert made == sorted(set(made))
    assert parse(made[-1])[0] == NOW + 2


def test_a_clock_that_goes_back_does_not_take_the_stamps_back() -> None:
    time = Time()
    clock = Clock("me", time)
    before = clock.stamp()
    time.now -= HOUR
    assert clock.stamp() > before


def test_a_stamp_a_day_ahead_is_accepted_and_one_later_is_not_and_does_not_move_the_clock() -> None:
    clock = Clock("me", Time())
    edge, beyond = (f"{NOW + MAX_AHEAD_MS + more:013d}-0000-zz" for more in (0, 1))
    assert is_acceptable(edge, NOW)
    assert not is_acceptable(beyond, NOW)
    clock.observe(beyond)
    assert parse(clock.stamp())[0] == NOW
    clock.observe(edge)
    assert clock.stamp() > edge


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "1750000000000-0000-", "175000000000-0000-me", "1750000000000-000-me", "1750000000000-0000-me!",
        "1750000000000-0000-" + "x" * 65, "-750000000000-0000-me", "1750000000000-0000-me\n",
        "\u0661750000000000-0000-me", " 1750000000000-0000-me",
    ],
)  # fmt: skip
def test_what_is_no_stamp_is_refused(text: str) -> None:
    assert not is_acceptable(text, NOW)
    with pytest.raises(ValueError, match="not a stamp"):
        parse(text)
    clock = Clock("me", Time())
    clock.observe(text)
    assert clock.stamp() == f"{NOW:013d}-0000-me"


@pytest.mark.parametrize("writer", ["", "with space", "x" * 65, "ünï"])
def test_a_writer_must_be_an_id(writer: str) -> None:
    with pytest.raises(ValueError, match="not a stamp"):
        Clock(writer)
