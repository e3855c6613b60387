"""Counts, rates of the last minute, events: right, and of bounded size."""

from __future__ import annotations

import os

import pytest

from llamachat.protocol import Usage
from llamachat_daemon.serving.telemetry import MAX_EVENTS, MAX_LATENCIES, TTFT_BUCKETS_MS, Telemetry


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def telemetry(clock: Clock) -> Telemetry:
    return Telemetry(clock=clock)


def test_totals_add_up(telemetry: Telemetry):
    for _ in range(3):
        telemetry.request()
    telemetry.finished(Usage(10, 4, 7), "completed", 0.5)
    telemetry.finished(Usage(1, 0, 2), "cancelled", 0.25)
    telemetry.finished(None, "failed")
    totals = telemetry.totals()
    assert (totals.requests, totals.completed, totals.cancelled, totals.failed) == (3, 1, 1, 1)
    assert (totals.prompt_tokens, totals.cached_tokens, totals.completion_tokens) == (11, 4, 9)
    assert totals.cost == 0.75


def test_the_rate_is_that_of_the_last_minute(telemetry: Telemetry, clock: Clock):
    for _ in range(30):
        telemetry.request()
    clock.now += 30
    for _ in range(30):
        telemetry.request()
    assert telemetry.requests_per_second() == 1.0
    clock.now += 31
    assert telemetry.requests_per_second() == 0.5
    clock.now += 60
    assert telemetry.requests_per_second() == 0.0


def test_many_requests_take_one_place_a_second(telemetry: Telemetry, clock: Clock):
    for _ in range(600):
        clock.now += 0.5
        for _ in range(20):
            telemetry.request()
    assert telemetry.requests_per_second() == pytest.approx(40, rel=0.02)
    assert len(telemetry._requests) <= 61


def test_latency_is_the_median_of_the_last_minute(telemetry: Telemetry, clock: Clock):
    assert telemetry.latency_ms() is None
    telemetry.first_token(9000)
    clock.now += 61
    assert telemetry.latency_ms() is None
    for ttft in (100, 300, 200):
        telemetry.first_token(ttft)
    assert telemetry.latency_ms() == 200
    for _ in range(2 * MAX_LATENCIES):
        telemetry.first_token(50)
    assert telemetry.latency_ms() == 50
    assert len(telemetry._latencies) == MAX_LATENCIES


def test_the_histogram_counts_each_time_once(telemetry: Telemetry):
    for ttft in (50, 51, 10_000_000):
        telemetry.first_token(ttft)
    histogram = telemetry.time_to_first_token()
    assert sum(histogram.counts) == 3
    assert histogram.counts[0] == 1  # a bound belongs to its bucket
    assert histogram.counts[1] == 1
    assert histogram.counts[len(TTFT_BUCKETS_MS)] == 1
    assert histogram.sum_ms == 10_000_101


def test_events_are_given_once_to_each_reader(telemetry: Telemetry):
    telemetry.event("a", "first")
    seen, events = telemetry.events_since(0)
    assert [event.text for event in events] == ["first"]
    assert telemetry.events_since(seen) == (seen, [])
    telemetry.event("b", "second")
    assert [event.kind for event in telemetry.events_since(seen)[1]] == ["b"]
    assert [event.kind for event in telemetry.events_since(0)[1]] == ["a", "b"]


def test_a_reader_that_was_away_gets_the_events_that_are_left(telemetry: Telemetry):
    for number in range(3 * MAX_EVENTS):
        telemetry.event("n", str(number))
    seen, events = telemetry.events_since(5)
    assert seen == 3 * MAX_EVENTS
    assert [event.text for event in events] == [str(number) for number in range(2 * MAX_EVENTS, 3 * MAX_EVENTS)]


def test_the_machine_is_read_truly(telemetry: Telemetry):
    memory = telemetry.read_memory([os.getpid(), 2**22 - 1])
    assert 0 < memory.process < memory.total
    assert 0 < memory.used <= memory.total
    assert 0.0 <= telemetry.read_load() <= 1.0
