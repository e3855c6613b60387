"""Threads, rates and interruptions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from llamachat_daemon.engine.interruption import Interruption
from llamachat_daemon.engine.rates import WINDOW_SECONDS, Rates
from llamachat_daemon.engine.scheduler import Feed
from llamachat_daemon.engine.threads import default_threads
from llamachat_daemon.engine.worker import interruptible


def test_threads_are_at_least_one_and_no_more_than_cores(tmp_path: Path) -> None:
    assert 1 <= default_threads(quota=tmp_path / "none") <= (os.cpu_count() or 1)


@pytest.mark.parametrize("text", ["100000 100000\n", "50000 100000\n"])
def test_a_containers_quota_of_a_core_or_less_is_one_thread(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cpu.max"
    path.write_text(text)
    assert default_threads(quota=path) == 1


@pytest.mark.parametrize("text", ["max 100000\n", "", "nonsense", "1 0"])
def test_without_a_readable_quota_all_cores_count(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cpu.max"
    path.write_text(text)
    assert default_threads(quota=path) == default_threads(quota=tmp_path / "none")


def test_rates_count_the_steps_that_brought_something() -> None:
    rates = Rates()
    assert rates.decode is None
    assert rates.prefill is None
    rates.add(1.0, 0, 100)
    rates.add(0.5, 4, 0)
    assert rates.decode == 8
    assert rates.prefill == 100


def test_rates_forget_what_lies_behind_the_window() -> None:
    rates = Rates()
    rates.add(1.0, 1000, 0)
    for _ in range(int(WINDOW_SECONDS) + 1):
        rates.add(1.0, 2, 0)
    assert rates.decode == 2


class Decoder:
    """What an interruption may stop."""

    def __init__(self) -> None:
        self.stopping = False
        self.interruption = Interruption(self._set)

    def _set(self, stop: bool) -> None:
        self.stopping = stop


def test_a_cancel_stops_a_decode_that_may_be_interrupted_for_it() -> None:
    decoder = Decoder()
    decoder.interruption.begin([1, 2])
    decoder.interruption.cancel(3)
    assert not decoder.stopping
    decoder.interruption.cancel(2)
    assert decoder.stopping
    decoder.interruption.end()
    assert not decoder.stopping


def test_a_cancel_that_came_just_before_stops_the_decode_too_until_it_is_handled() -> None:
    decoder = Decoder()
    decoder.interruption.cancel(2)
    assert not decoder.stopping
    decoder.interruption.begin([2])
    assert decoder.stopping
    decoder.interruption.end()
    decoder.interruption.handled(2)
    decoder.interruption.begin([2])
    assert not decoder.stopping


def test_a_decode_is_interrupted_for_long_prefills_or_where_nobody_elses_token_is_in_it() -> None:
    assert interruptible([Feed(1, 1), Feed(2, 30)]) == []
    assert interruptible([Feed(1, 1), Feed(2, 65)]) == [2]
    assert interruptible([Feed(1, 2), Feed(2, 30)]) == [1, 2]
