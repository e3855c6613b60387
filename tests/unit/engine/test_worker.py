"""The worker's loop: who is let in, what is fed, who gives way, and what the front is told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamachat.protocol import Params
from llamachat_daemon.engine.llama import Decoded, DecodeFailed
from llamachat_daemon.engine.pace import MIN_PREFILL_ROWS
from llamachat_daemon.pipe.frames import Cancel, Generate, Stats, Step
from tests.unit.engine.benches import CONTEXT, ROW_SECONDS, STEP_SECONDS, TARGET_GAP, VOCABULARY, Bench, bench, expected

PATIENCE_STEPS = 1500

prompts = st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=60)
requests = st.lists(st.tuples(prompts, st.integers(1, 30), st.integers(0, 5)), min_size=1, max_size=10)
asks = st.tuples(st.just("ask"), prompts, st.integers(1, 30))
# Prompts with the same beginning, so that there is something to share.
kindred = st.tuples(st.just("ask"), st.integers(1, 60).map(lambda count: [7] * count), st.integers(1, 30))
happenings = st.one_of(
    asks,
    kindred,
    st.tuples(st.just("cancel"), st.integers(0, 20)),
    st.tuples(st.just("mishap"), st.sampled_from([Decoded.ABORTED, Decoded.NO_ROOM])),
    st.tuples(st.just("broken"), st.none()),
    st.tuples(st.just("steps"), st.integers(1, 12)),
)


def play(at: Bench, events: list[tuple[object, ...]]) -> tuple[dict[int, tuple[list[int], int]], set[int]]:
    """Lets it all happen; what was asked (prompt and length) by key, and which keys were cancelled."""
    asked: dict[int, tuple[list[int], int]] = {}
    cancelled: set[int] = set()
    for event in events:
        match event:
            case ("ask", list() as prompt, int() as count):
                asked[len(asked)] = (prompt, count)
                at.ask(len(asked) - 1, prompt, count)
            case ("cancel", int() as key):
                at.inbox.put(Cancel(key=key))
                cancelled |= {key} & asked.keys()
            case ("mishap", Decoded() as mishap):
                at.context.mishaps.append(mishap)
            case ("broken", None):
                at.context.nan_next = True
            case ("steps", int() as count):
                at.run(count)
    at.run(PATIENCE_STEPS)
    return asked, cancelled


@pytest.mark.parametrize("exact", [False, True])
@settings(max_examples=60, deadline=None)
@given(events=st.lists(happenings, max_size=30), cells=st.integers(CONTEXT, 3 * CONTEXT))
def test_whatever_happens_every_answer_ends_once_and_is_right_as_far_as_it_goes(
    events: list[tuple[object, ...]], cells: int, exact: bool
) -> None:
    at = bench(cells=cells + 3 * CONTEXT if exact else cells, rows=48, exact=exact)
    asked, cancelled = play(at, events)
    for key, (prompt, count) in asked.items():
        wanted, tokens = expected(prompt, count), at.tokens(key)
        assert len(at.reasons(key)) + len(at.failures(key)) == 1
        if at.reasons(key) == ["length"]:
            assert tokens == wanted
        else:
            assert tokens == wanted[: len(tokens)]
            assert key in cancelled or at.failures(key) == ["model_failed"]


@pytest.mark.parametrize("visits", [None, 30])
@settings(max_examples=60, deadline=None)
@given(events=st.lists(happenings, max_size=30), slots=st.integers(1, 5), failures=st.lists(st.booleans(), max_size=6))
def test_whatever_happens_every_answer_is_right_where_sequences_have_cells_of_their_own(
    events: list[tuple[object, ...]], slots: int, failures: list[bool], visits: int | None
) -> None:
    at = bench(cells=0, slots=slots, rows=48, divided=True, visits=visits)
    if at.visits is not None:
        at.visits.failures.extend(failures)
    asked, cancelled = play(at, events)
    for key, (prompt, count) in asked.items():
        wanted, tokens = expected(prompt, count), at.tokens(key)
        assert len(at.reasons(key)) + len(at.failures(key)) == 1
        if at.reasons(key) == ["length"]:
            assert tokens == wanted
        else:
            assert tokens == wanted[: len(tokens)]
            assert key in cancelled or at.failures(key) == ["model_failed"]
    while at.worker._engine.cache.make_room():
        pass
    assert at.context.used == 0
    assert at.visits is None or at.visits.context.used == 0


@settings(max_examples=60, deadline=None)
@given(events=st.lists(happenings, max_size=30), cells=st.integers(CONTEXT, 3 * CONTEXT))
def test_whatever_happens_nothing_is_left_in_the_cache_that_cannot_be_given_up(
    events: list[tuple[object, ...]], cells: int
) -> None:
    at = bench(cells=cells, rows=48)
    play(at, events)
    assert not at.worker._active
    assert not at.worker._waiting
    cache = at.worker._engine.cache
    while cache.make_room():
        pass
    assert at.context.used == 0
    assert sorted(cache._free) == sorted(at.context.held)  # type: ignore[union-attr]


@settings(max_examples=60, deadline=None)
@given(events=st.lists(happenings, max_size=30), cells=st.integers(CONTEXT, 3 * CONTEXT))
def test_whatever_happens_nobody_at_work_is_passed_over_for_long(events: list[tuple[object, ...]], cells: int) -> None:
    at = bench(cells=cells, rows=48)
    play(at, events)
    assert at.longest_wait <= 2  # a plain step, and one after a batch that had to be halved


@settings(max_examples=60, deadline=None)
@given(events=st.lists(st.one_of(asks, kindred, happenings), max_size=30))
def test_whatever_happens_steps_with_answers_in_them_keep_to_the_target_gap(events: list[tuple[object, ...]]) -> None:
    at = bench(cells=3 * CONTEXT, rows=48)
    play(at, events)
    for decodes, prefill_rows, seconds in at.batches:
        plain = STEP_SECONDS + ROW_SECONDS * decodes
        # Plain steps with fewer decodes, which stand in until one with so many was met, are a little shorter.
        assert not decodes or prefill_rows <= MIN_PREFILL_ROWS or seconds <= TARGET_GAP * plain * 1.1


@pytest.mark.parametrize("exact", [False, True])
@settings(max_examples=60, deadline=None)
@given(asked=requests, cells=st.integers(CONTEXT, 3 * CONTEXT))
def test_every_answer_is_right_whatever_the_cache_has_room_for(
    asked: list[tuple[list[int], int, int]], cells: int, exact: bool
) -> None:
    if exact:
        cells += 3 * CONTEXT  # an append-only cache holds all slots at once, and then some
    at = bench(cells=cells, exact=exact)
    for key, (prompt, count, pause) in enumerate(asked):
        at.ask(key, prompt, count)
        at.run(pause)
    at.run(PATIENCE_STEPS)
    for key, (prompt, count, _) in enumerate(asked):
        assert at.tokens(key) == expected(prompt, count)
        assert at.reasons(key) == ["length"]
    assert max(at.context.sizes) <= 16


def test_a_long_prompt_is_read_in_parts_that_hardly_delay_the_answers_that_run() -> None:
    at = bench(cells=1000, rows=48)
    at.ask(1, [1], 60)
    at.run(5)
    at.ask(2, [2] * 100, 3)
    at.run(60)
    beside = [rows for decodes, rows, _ in at.batches if decodes and rows]
    assert sum(beside) == 100
    assert beside[0] == MIN_PREFILL_ROWS
    assert max(beside) == 27  # what 1.3 plain steps more can pay for


def test_with_a_larger_target_gap_more_of_a_prompt_is_read_beside_running_answers() -> None:
    most = {}
    for target_gap in (1.0, 2.0, 3.0):
        at = bench(cells=1000, rows=48, target_gap=target_gap)
        at.ask(1, [1], 60)
        at.run(5)
        at.ask(2, [2] * 100, 3)
        at.run(60)
        most[target_gap] = max(rows for decodes, rows, _ in at.batches if decodes)
    assert most[1.0] == MIN_PREFILL_ROWS < most[2.0] < most[3.0]


def test_where_sequences_have_cells_of_their_own_answers_are_told_before_prompts_are_read() -> None:
    at = bench(cells=0, rows=48, divided=True)
    at.ask(1, [1], 60)
    at.run(5)
    at.ask(2, [2] * 60, 3)
    at.run(1)
    before = len(at.sent)
    at.run(1)
    first = next(frame for frame in at.sent[before:] if isinstance(frame, Step))
    assert [each.key for each in first.produced] == [1]
    assert len(at.context.sizes) >= 2
    assert at.context.sizes[-2:] == [1, at.batches[-1][1]]
    at.run(60)
    assert at.tokens(2) == expected([2] * 60, 3)


def test_answers_visit_the_context_for_short_conversations_until_they_are_long() -> None:
    at = bench(cells=0, divided=True, visits=30)
    assert at.visits is not None
    at.ask(1, [1] * 10, 40)
    at.run(10)
    assert at.worker._active[1].visiting
    assert at.visits.context.sizes
    at.run(25)
    assert not at.worker._active[1].visiting
    assert at.visits.context.used == 0
    at.run(20)
    assert at.tokens(1) == expected([1] * 10, 40)
    assert at.visits.made == 1


def test_a_step_in_which_somebody_moves_reads_no_prompt_but_the_next_one_does() -> None:
    at = bench(cells=0, divided=True, visits=30)
    at.ask(1, [1] * 10, 60)
    at.run(17)
    at.ask(2, [2] * 100, 3)
    while at.worker._active[1].visiting:
        before = len(at.batches)
        at.run(1)
    assert [rows for _, rows, _ in at.batches[before:]] == [0]
    at.run(1)
    assert at.batches[-1][1] > 0
    at.run(100)
    assert at.tokens(1) == expected([1] * 10, 60)
    assert at.tokens(2) == expected([2] * 100, 3)


def test_who_could_not_stay_for_long_does_not_visit_at_all() -> None:
    at = bench(cells=0, divided=True, visits=30)
    assert at.visits is not None
    at.ask(1, [1] * 20, 20)
    at.ask(2, [2] * 30, 5)
    at.run(40)
    assert at.visits.made == 0
    assert at.tokens(1) == expected([1] * 20, 20)


def test_what_was_written_on_a_visit_is_warm_for_the_next_turn() -> None:
    at = bench(cells=0, divided=True, visits=60)
    at.ask(1, [1] * 20, 10)
    at.run(20)
    answer = at.tokens(1)
    at.ask(2, [1] * 20 + answer + [4, 5], 3)
    at.run(20)
    assert at.cached(2) == 20 + 9
    assert at.tokens(2) == expected([1] * 20 + answer + [4, 5], 3)


def test_sequences_that_stay_at_work_close_the_gaps_that_others_leave() -> None:
    at = bench(cells=0, slots=3, divided=True)
    for key, count in ((1, 60), (2, 3), (3, 60)):
        at.ask(key, [key] * 5, count)
    at.run(10)
    assert sorted(attempt.place for attempt in at.worker._active.values()) in ([0, 1], [1, 2])
    at.run(80)
    assert [at.tokens(key) for key in (1, 3)] == [expected([key] * 5, 60) for key in (1, 3)]


@pytest.mark.parametrize("visits", [None, 60])
def test_a_prompt_is_not_read_between_those_who_write(visits: int | None) -> None:
    at = bench(cells=0, slots=4, divided=True, visits=visits)
    for key, count in ((1, 60), (2, 4), (3, 60), (4, 60)):
        at.ask(key, [key] * 5, count)
    at.run(10)
    at.ask(5, [3] * 5 + [5] * 95, 3)  # it begins like another one, and so holds something
    at.run(2)
    assert at.cached(5) > 0
    places = [at.worker._active[key].place for key in (1, 3, 4)]
    assert max(places) - min(places) == 2
    at.run(100)
    assert [at.tokens(key) for key in (1, 3, 4)] == [expected([key] * 5, 60) for key in (1, 3, 4)]
    assert at.tokens(5) == expected([3] * 5 + [5] * 95, 3)


def test_somebody_who_had_to_give_way_waits_until_another_one_has_ended() -> None:
    at = bench(cells=500, slots=2)
    at.ask(1, [1] * 10, 30)
    at.ask(2, [2] * 10, 30)
    at.run(5)
    at.context.mishaps.extend([Decoded.NO_ROOM] * 2)  # for both together, and for one of them: the youngest goes
    at.run(3)
    assert list(at.worker._active) == [1]
    at.run(15)
    assert list(at.worker._active) == [1]
    at.run(60)
    assert at.tokens(1) == expected([1] * 10, 30)
    assert at.tokens(2) == expected([2] * 10, 30)
    assert len(at.reasons(1)) == len(at.reasons(2)) == 1


def test_nobody_is_let_in_who_could_take_the_room_that_others_need_to_end() -> None:
    at = bench(cells=100)
    at.ask(1, [1] * 10, 60)
    at.ask(2, [2] * 10, 60)
    at.ask(3, [3], 1)
    at.run(10)
    assert list(at.worker._active) == [1]
    at.run(200)
    assert [at.reasons(key) for key in (1, 2, 3)] == [["length"]] * 3
    assert at.tokens(2) == expected([2] * 10, 60)


def test_the_next_turn_reads_only_what_is_new() -> None:
    at = bench(cells=1000)
    at.ask(1, [1] * 20, 10)
    at.run(20)
    answer = at.tokens(1)
    at.ask(2, [1] * 20 + answer + [4, 5], 3)
    at.run(20)
    assert at.cached(2) == 20 + 9  # the last id of an answer is never fed
    assert at.tokens(2) == expected([1] * 20 + answer + [4, 5], 3)


def test_a_prompt_begins_with_what_a_running_answer_has_read() -> None:
    at = bench(cells=1000)
    at.ask(1, [1] * 40, 50)
    at.run(8)
    at.ask(2, [1] * 40 + [2], 5)
    at.run(1)
    assert at.cached(2) == 40
    at.run(80)
    assert at.tokens(2) == expected([1] * 40 + [2], 5)
    assert at.tokens(1) == expected([1] * 40, 50)


def test_in_an_exact_engine_no_row_is_ever_alone() -> None:
    at = bench(cells=1000, exact=True)
    at.ask(1, [1, 2, 3], 20)
    at.run(40)
    assert at.tokens(1) == expected([1, 2, 3], 20)
    assert min(at.context.sizes) == 2


def test_idle_sequences_give_way_before_anybody_at_work_does() -> None:
    at = bench(cells=100)
    at.ask(1, [1] * 50, 5)
    at.run(20)
    at.ask(2, [2] * 60, 5)
    at.run(20)
    assert at.tokens(2) == expected([2] * 60, 5)
    preempted = [frame for frame in at.sent if isinstance(frame, Step) for started in frame.started]
    assert len(preempted) == 2


def test_an_answer_that_alone_fills_the_cache_ends_with_length() -> None:
    at = bench(cells=40)
    at.ask(1, [1] * 30, 50)
    at.run(60)
    assert at.reasons(1) == ["length"]
    assert at.tokens(1) == expected([1] * 30, len(at.tokens(1)))
    assert len(at.tokens(1)) == 11


def test_an_attempt_is_cancelled_wherever_it_is() -> None:
    at = bench(cells=500, slots=1)
    at.ask(1, [1] * 5, 100)
    at.ask(2, [2] * 5, 100)
    at.run(3)
    at.inbox.put(Generate(key=3, messages=[], params=Params()))
    for key in (3, 2, 1):
        at.inbox.put(Cancel(key=key, reason="deadline"))
    at.run(3)
    assert [at.reasons(key) for key in (1, 2, 3)] == [["deadline"]] * 3
    assert at.worker.stats().busy == at.worker.stats().waiting == 0


def test_what_was_cancelled_while_it_was_prepared_never_starts() -> None:
    at = bench(cells=500)
    at.inbox.put(Generate(key=1, messages=[], params=Params()))
    at.inbox.put(Cancel(key=1))
    at.run(1)
    at.ask(2, [1], 1)
    prepared = at.inbox
    at.run(5)
    assert prepared.empty()
    assert at.reasons(1) == ["cancelled"]
    assert at.tokens(1) == []


def test_a_decode_that_fails_for_good_ends_the_loop() -> None:
    at = bench(cells=500)
    at.ask(1, [1], 5)
    at.context.fail_next = True
    with pytest.raises(DecodeFailed):
        at.run(5)


def test_logits_that_are_no_numbers_fail_that_attempt_alone() -> None:
    at = bench(cells=500)
    at.ask(1, [1, 2], 5)
    at.context.nan_next = True
    at.run(1)
    at.ask(2, [1, 2], 5)
    at.run(20)
    assert at.failures(1) == ["model_failed"]
    assert at.tokens(2) == expected([1, 2], 5)


def test_stats_come_when_the_work_is_done_and_tell_what_stays_warm() -> None:
    at = bench(cells=500)
    at.ask(1, [1, 2, 3], 4)
    at.run(10)
    stats = [frame for frame in at.sent if isinstance(frame, Stats)]
    assert stats[-1].busy == 0
    assert stats[-1].resident == [("p", "1", 6)]
    assert stats[-1].kv_tokens_used == 6
