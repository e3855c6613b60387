"""Where the time of an attempt went, whatever happened to its workers."""

from __future__ import annotations

import pytest

from llamachat.protocol import Timings
from llamachat_daemon.pipe.frames import Finished
from llamachat_daemon.serving.stopwatch import Stopwatch


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


def test_every_part_of_the_time_is_told_also_when_a_worker_died_in_between():
    clock = Clock()
    watch = Stopwatch(clock)
    clock.wait(1.0)  # in the queue
    watch.dispatched()
    clock.wait(2.0)  # the model is loaded
    watch.sent()
    clock.wait(0.5)  # prefill
    assert watch.produced(1)
    for _ in range(10):
        clock.wait(0.1)
        assert not watch.produced(1)
    clock.wait(0.05)
    watch.lost()
    clock.wait(3.0)  # the next worker loads it
    watch.sent()
    clock.wait(0.25)
    assert not watch.produced(1)
    run = Finished(key=1, reason="stop", prefill_ms=250.0, decode_ms=500.0, prefill_tokens=30, decode_tokens=5)
    found = watch.timings(run)
    assert found.queued_ms == pytest.approx(1000)
    assert found.load_ms == pytest.approx(5000)
    assert found.prefill_ms == 250
    assert found.ttft_ms == pytest.approx(3500)
    assert found.decode_ms == pytest.approx(1500)
    assert found.tokens_per_second == pytest.approx(10)
    assert watch.ran_s == pytest.approx(6.8)


def test_an_attempt_that_never_ran_only_waited():
    clock = Clock()
    watch = Stopwatch(clock)
    clock.wait(2.0)
    assert watch.timings(None) == Timings(2000.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert watch.ran_s is None


def test_an_attempt_that_ends_while_the_model_loads_waited_for_that():
    clock = Clock()
    watch = Stopwatch(clock)
    watch.dispatched()
    clock.wait(4.0)
    assert watch.timings(None).load_ms == 4000
