"""The queue is bounded, fair between principals, first come first served within one, and tells true positions."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from llamachat_daemon.serving.admission import MAX_RETRY_S, MIN_RETRY_S, Entry, FairQueue, Pace, QueueFull

SLOTS = 3
LIMIT = 12


def anywhere(_: str) -> bool:
    return True


class QueueMachine(RuleBasedStateMachine):
    """Arrivals, starts and ends in any order, against a model made of plain lists."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = FairQueue(LIMIT, parallel=2)
        self.keys = 0
        self.waiting: dict[str, list[int]] = {}
        self.running: Counter[str] = Counter()
        self.passed_over: Counter[str] = Counter()  # starts of others while it could have started

    @rule(principal=st.sampled_from("abcd"))
    def arrive(self, principal: str) -> None:
        self.keys += 1
        entry = Entry(self.keys, principal, "m")
        if sum(map(len, self.waiting.values())) == LIMIT:
            with pytest.raises(QueueFull):
                self.queue.push(entry)
            return
        self.queue.push(entry)
        self.waiting.setdefault(principal, []).append(entry.key)

    @precondition(lambda self: sum(self.running.values()) < SLOTS)
    @rule()
    def start(self) -> None:
        expected = self.queue.order(self.running)
        entry = self.queue.take(self.running, anywhere)
        able = {name for name, keys in self.waiting.items() if keys and self.running[name] < 2}
        if entry is None:
            assert not able
            return
        assert entry == expected[0]
        assert entry.principal in able
        assert self.waiting[entry.principal].pop(0) == entry.key
        self.running[entry.principal] += 1
        self.passed_over[entry.principal] = 0
        for name in able - {entry.principal}:
            self.passed_over[name] += 1
            assert self.passed_over[name] < 4  # there are four principals

    @precondition(lambda self: self.running.total() > 0)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        principal = data.draw(st.sampled_from(sorted(+self.running)))
        self.running[principal] -= 1

    @precondition(lambda self: any(self.waiting.values()))
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        principal = data.draw(st.sampled_from(sorted(name for name, keys in self.waiting.items() if keys)))
        key = data.draw(st.sampled_from(self.waiting[principal]))
        assert self.queue.remove(key, principal)
        assert not self.queue.remove(key, principal)
        self.waiting[principal].remove(key)
        if not self.waiting[principal]:
            self.passed_over[principal] = 0

    @invariant()
    def everybody_who_waits_has_a_place_in_line_in_the_order_of_arrival(self) -> None:
        order = self.queue.order(self.running)
        assert len(order) == self.queue.depth == sum(map(len, self.waiting.values()))
        for principal, keys in self.waiting.items():
            assert [entry.key for entry in order if entry.principal == principal] == keys


TestQueue = QueueMachine.TestCase


def test_one_with_many_questions_delays_one_with_a_single_one_by_a_single_answer():
    queue = FairQueue(64, parallel=8)
    for key in range(60):
        queue.push(Entry(key, "busy", "m"))
    queue.push(Entry(60, "rare", "m"))
    assert [entry.principal for entry in queue.order({})[:2]] == ["busy", "rare"]


def test_whoever_has_as_many_running_as_allowed_lets_others_pass():
    queue = FairQueue(64, parallel=2)
    queue.push(Entry(1, "busy", "m"))
    queue.push(Entry(2, "rare", "m"))
    assert queue.take({"busy": 2}, anywhere) == Entry(2, "rare", "m")
    assert queue.take({"busy": 2, "rare": 1}, anywhere) is None
    assert queue.take({"busy": 1}, anywhere) == Entry(1, "busy", "m")


def test_an_attempt_for_a_full_model_does_not_hold_up_one_for_another():
    queue = FairQueue(64, parallel=2)
    queue.push(Entry(1, "ann", "full"))
    queue.push(Entry(2, "ann", "free"))
    assert queue.take({}, lambda model: model == "free") == Entry(2, "ann", "free")
    assert queue.depth == 1


@given(st.lists(st.floats(0, 1e5), min_size=1), st.integers(1, 64), st.integers(1, 16))
def test_estimates_grow_with_the_position_and_advice_to_retry_is_within_bounds(durations, position, slots):
    pace = Pace()
    assert pace.eta_ms(position, slots) is None
    for duration in durations:
        pace.ended(duration)
    eta, next_eta = pace.eta_ms(position, slots), pace.eta_ms(position + 1, slots)
    assert eta is not None
    assert next_eta is not None
    assert 0 <= eta <= next_eta
    assert MIN_RETRY_S <= pace.retry_after(slots) <= MAX_RETRY_S


def test_the_estimate_is_the_mean_answer_shared_by_the_slots():
    pace = Pace()
    pace.ended(8.0)
    assert pace.eta_ms(1, 4) == 2000
    assert pace.eta_ms(3, 4) == 6000
    assert pace.retry_after(4) == 2.0
