from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llamachat_daemon.engine.llama import Context, ContextOptions, Model
from llamachat_daemon.engine.speeds import DEPTH, ENOUGH, Speed, Steps, best, suggested_slots
from llamachat_daemon.engine.threads import LEARNING_ROUNDS, LEARNING_SECONDS, fastest, learn_threads, thread_candidates

rates = st.dictionaries(st.integers(1, 64), st.floats(0.1, 1e4), min_size=1)


@given(rates)
def test_the_suggested_slots_come_near_the_best_total_and_fewer_do_not(decode: dict[int, float]) -> None:
    slots = suggested_slots(decode)
    assert decode[slots] >= ENOUGH * max(decode.values())
    assert all(rate < ENOUGH * max(decode.values()) for streams, rate in decode.items() if streams < slots)


def test_the_best_thread_count_is_the_fastest_over_all_numbers_of_answers() -> None:
    slow = Speed(1, prefill=900.0, decode={1: 20.0, 8: 40.0})
    fast = Speed(2, prefill=100.0, decode={1: 19.0, 8: 80.0})
    assert best([slow, fast]) is fast


@given(st.integers(1, 256))
def test_thread_candidates_are_few_and_end_with_all_cores(cores: int) -> None:
    candidates = thread_candidates(cores)
    assert candidates == sorted(set(candidates))
    assert candidates[0] >= 1
    assert candidates[-1] == cores
    assert len(candidates) <= 3


def test_more_threads_are_taken_only_where_they_are_worth_it() -> None:
    assert fastest({2: 1.0, 4: 0.97}) == 2
    assert fastest({2: 1.0, 4: 0.9}) == 4
    assert fastest({2: 1.0, 3: 0.8, 4: 1.2}) == 3


class Trials:
    """A machine whose steps take so many seconds by thread count."""

    def __init__(self, seconds: dict[int, float]) -> None:
        self.seconds = seconds
        self.now = 0.0
        self.tried: list[int] = []

    def step(self, threads: int) -> float:
        self.tried.append(threads)
        self.now += self.seconds[threads]
        return self.seconds[threads]


def test_the_thread_count_whose_steps_are_the_shortest_is_learned() -> None:
    machine = Trials({2: 0.02, 3: 0.01, 4: 0.03})
    assert learn_threads([2, 3, 4], machine.step, lambda: machine.now) == 3
    assert len(machine.tried) == 1 + 3 * LEARNING_ROUNDS


def test_with_a_slow_model_learning_takes_no_time_and_all_cores_are_used() -> None:
    machine = Trials({1: 9.0, 2: LEARNING_SECONDS / 3})
    assert learn_threads([1, 2], machine.step, lambda: machine.now) == 2
    assert machine.tried == [2]


def test_learning_ends_when_its_time_is_over() -> None:
    machine = Trials({1: LEARNING_SECONDS, 2: LEARNING_SECONDS / 5})
    assert learn_threads([1, 2], machine.step, lambda: machine.now) == 2
    assert machine.tried.count(1) == 1


def test_measured_steps_leave_nothing_in_the_cache_and_read_the_text_before_them_once(model: Model) -> None:
    context = Context(model, ContextOptions(cells=256, sequences=3, batch_rows=64, threads=1, unified=True))
    try:
        trial = Steps(context, streams=3)
        for _ in range(40):  # would not fit, if each left something
            assert trial.seconds(steps=2) > 0
            assert [context.last_position(sequence) for sequence in range(3)] == [DEPTH - 1] * 3
        trial.forget()
        assert [context.last_position(sequence) for sequence in range(3)] == [-1, -1, -1]
    finally:
        context.free()
