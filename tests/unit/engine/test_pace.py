from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat_daemon.engine.pace import (
    MAX_GROWTH,
    MEMORY_STEPS,
    MIN_PREFILL_ROWS,
    MIXED_STEPS_BETWEEN_PLAIN,
    Pace,
)

seconds = st.floats(0, 10, allow_nan=False)
steps = st.lists(st.tuples(seconds, st.integers(0, 6), st.integers(0, 600)), max_size=60)


@dataclass(frozen=True)
class Machine:
    """Seconds of a step: so much for itself, for each decode, for reading prompts at all, and for each row of them."""

    step: float
    decode: float
    mixing: float
    row: float

    def seconds(self, decodes: int, prefill_rows: int) -> float:
        mixed = self.mixing + self.row * prefill_rows if prefill_rows else 0.0
        return self.step + self.decode * decodes + mixed


machines = st.builds(Machine, st.floats(1e-3, 0.1), st.floats(0, 1e-2), st.floats(0, 0.05), st.floats(1e-6, 1e-2))
target_gaps = st.floats(1, 10)


def run(pace: Pace, machine: Machine, decodes: int, count: int, most: int = 500) -> list[tuple[int, float]]:
    """(rows of prompts, seconds) of so many steps on that machine, with prompts that never end."""
    done = []
    for _ in range(count):
        rows = min(most, pace.prefill_rows(decodes))
        taken = machine.seconds(decodes, rows)
        pace.add(taken, decodes, rows)
        done.append((rows, taken))
    return done


@given(steps, target_gaps, st.integers(1, 8))
def test_whatever_was_measured_prompts_get_a_least_share_or_wait_for_a_plain_step(
    measured: list[tuple[float, int, int]], target_gap: float, decodes: int
) -> None:
    pace = Pace(target_gap)
    for step in measured:
        pace.add(*step)
    rows = pace.prefill_rows(decodes)
    assert rows == 0 or rows >= MIN_PREFILL_ROWS
    pace.add(0.01, decodes, 0)
    assert pace.prefill_rows(decodes) >= MIN_PREFILL_ROWS


@given(steps, target_gaps)
def test_a_step_reads_little_more_than_one_of_the_last_did(
    measured: list[tuple[float, int, int]], target_gap: float
) -> None:
    pace = Pace(target_gap)
    pace.add(0.01, 1, 0)
    for step in measured:
        pace.add(*step)
    recent = [rows for _, decodes, rows in measured if decodes and rows][-MEMORY_STEPS:]
    assert pace.prefill_rows(1) <= max(MIN_PREFILL_ROWS, MAX_GROWTH * max(recent, default=0))


@given(machines, target_gaps, st.integers(1, 8))
def test_on_a_steady_machine_no_step_is_longer_than_the_target_by_more_than_a_row_unless_at_the_least_share(
    machine: Machine, target_gap: float, decodes: int
) -> None:
    plain = machine.seconds(decodes, 0)
    for rows, taken in run(Pace(target_gap), machine, decodes, 100):
        assert rows <= MIN_PREFILL_ROWS or taken <= target_gap * plain * (1 + 1e-6) + machine.row


@given(machines, st.floats(1.5, 10), st.integers(1, 8))
def test_on_a_steady_machine_the_target_is_used(machine: Machine, target_gap: float, decodes: int) -> None:
    room = (target_gap - 1) * machine.seconds(decodes, 0)
    machine = replace(machine, mixing=min(machine.mixing, room / 2))
    pace = Pace(target_gap)
    run(pace, machine, decodes, 80)
    pace.add(machine.seconds(decodes, 0), decodes, 0)
    possible = min(500, int((room - machine.mixing) / machine.row))
    assert pace.prefill_rows(decodes) >= 0.9 * possible - 1


@given(machines, target_gaps, st.integers(1, 8))
def test_plain_steps_come_now_and_then_and_never_two_in_a_row(
    machine: Machine, target_gap: float, decodes: int
) -> None:
    rows = [rows for rows, _ in run(Pace(target_gap), machine, decodes, 200)]
    plain = [place for place, count in enumerate(rows) if not count]
    assert plain[0] == 0
    assert all(1 < b - a <= MIXED_STEPS_BETWEEN_PLAIN + 1 for a, b in pairwise(plain))
    assert len(plain) >= 200 // (MIXED_STEPS_BETWEEN_PLAIN + 1)


def test_a_machine_that_becomes_slower_and_then_faster_again_is_followed() -> None:
    idle, busy = Machine(0.01, 0.0, 0.0, 1e-4), Machine(0.03, 0.0, 0.0, 3e-4)
    pace = Pace(2.3)
    while_idle = run(pace, idle, 1, 100)[-1][0]
    while_busy = run(pace, busy, 1, 100)[-1][0]
    again = run(pace, idle, 1, 100)[-1][0]
    assert min(while_idle, while_busy, again) >= 120
    assert max(while_idle, while_busy, again) <= 130


def test_one_slow_step_changes_nothing() -> None:
    machine = Machine(0.01, 0.0, 0.0, 1e-4)
    pace = Pace(2.3)
    run(pace, machine, 1, 60)
    pace.add(1.0, 1, 0)
    before = pace.prefill_rows(1)
    pace.add(5.0, 1, before)
    assert pace.prefill_rows(1) == before


def test_a_number_of_decodes_not_met_yet_is_taken_for_the_nearest() -> None:
    pace = Pace(2.0)
    pace.add(0.01, 1, 0)
    pace.add(0.08, 8, 0)
    assert pace.plain_seconds(2) == 0.01
    assert pace.plain_seconds(7) == 0.08


@pytest.mark.parametrize("mixing", [0.002, 0.012, 0.03])
def test_where_reading_at_all_costs_much_the_rows_that_the_target_allows_are_found_all_the_same(mixing: float) -> None:
    # 12 rows are as good as free beside what it costs to read any: whoever judges by the cost of a row reads fewer.
    machine = Machine(0.02, 0.0, mixing, 0.001)
    possible = round((0.044 - mixing) / 0.001)
    pace = Pace(3.2)
    pace.add(0.02, 4, 0)
    pace.add(machine.seconds(4, MIN_PREFILL_ROWS), 4, MIN_PREFILL_ROWS)
    rows = [rows for rows, _ in run(pace, machine, 4, 300)]
    assert possible - 1 <= max(rows[200:]) <= possible + 1
