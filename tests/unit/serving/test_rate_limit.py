"""The limit of requests a minute: never more than it says, never less, told to the second, and little is remembered."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat_daemon.serving.rate_limit import MINUTE_S, RateLimit

PER_MINUTE = st.integers(1, 100)
STEPS = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 90)), max_size=80)
UPTIME = st.floats(0, 1e8)


@dataclass
class World:
    """A limit and its clock; `served` has who was, and when."""

    per_minute: int
    time: float = 0.0
    served: list[tuple[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.limit = RateLimit(self.per_minute, lambda: self.time)

    def ask(self, principal: str) -> float:
        """The wait; a request that may be served is."""
        wait = self.limit.wait_s(principal)
        if not wait:
            self.limit.count(principal)
            self.served.append((principal, self.time))
        return wait


@given(PER_MINUTE, UPTIME)
def test_after_a_quiet_minute_exactly_as_many_as_the_limit_are_served_at_once(per_minute: int, uptime: float):
    world = World(per_minute, uptime)
    for _ in range(3):
        assert [world.ask("ann") for _ in range(per_minute)] == [0.0] * per_minute
        assert world.ask("ann") == pytest.approx(MINUTE_S / per_minute, rel=1e-3)
        world.time += MINUTE_S + 1e-3


@given(PER_MINUTE, STEPS)
def test_no_stretch_of_time_sees_more_than_the_limit_and_what_comes_back_in_it(
    per_minute: int, steps: list[tuple[str, float]]
):
    world = World(per_minute)
    for principal, pause in steps:
        world.time += pause
        for _ in range(3):
            world.ask(principal)
    for principal in "abc":
        times = [time for who, time in world.served if who == principal]
        for first, begin in enumerate(times):
            for last, end in enumerate(times[first:], first):
                assert last - first + 1 <= per_minute * (1 + (end - begin) / MINUTE_S) + 1e-3


@given(PER_MINUTE, STEPS, UPTIME)
def test_who_waits_as_long_as_told_is_served_and_nobody_is_told_to_wait_over_a_minute(
    per_minute: int, steps: list[tuple[str, float]], uptime: float
):
    world = World(per_minute, uptime)
    for principal, pause in steps:
        world.time += pause
        for _ in range(3):
            wait = world.ask(principal)
            assert 0.0 <= wait <= MINUTE_S + 1e-3
            if wait:
                world.time += wait
                assert world.ask(principal) == 0.0


def test_one_principal_takes_nothing_from_another():
    world = World(1)
    assert world.ask("ann") == 0.0
    assert world.ask("ann") == MINUTE_S
    assert world.ask("bob") == 0.0


def test_asking_for_the_wait_or_being_refused_uses_nothing_up():
    world = World(2)
    world.ask("ann")
    assert [world.limit.wait_s("ann") for _ in range(9)] == [0.0] * 9
    world.ask("ann")
    assert {world.ask("ann") for _ in range(9)} == {30.0}


@given(PER_MINUTE, st.lists(st.tuples(st.integers(0, 10**6), st.floats(0, 10)), max_size=200))
def test_only_those_served_in_the_last_minute_are_remembered(per_minute: int, steps: list[tuple[int, float]]):
    world = World(per_minute)
    for number, pause in steps:
        world.time += pause
        if not world.ask(str(number)):
            recent = {who for who, time in world.served if time > world.time - MINUTE_S}
            assert len(world.limit) <= len(recent)


def test_no_limit_serves_everything_and_remembers_nobody():
    world = World(0)
    assert [world.ask(f"p{number % 7}") for number in range(1000)] == [0.0] * 1000
    assert len(world.limit) == 0


def test_a_changed_limit_holds_for_what_was_served_before():
    world = World(60)
    for _ in range(60):
        world.ask("ann")
    world.limit.per_minute = 2
    assert world.ask("ann") == 30.0
    world.limit.per_minute = 0
    assert world.ask("ann") == 0.0
    assert len(world.limit) == 0
