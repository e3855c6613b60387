"""The worker's loop over a cache that is counted cell by cell, with a model that is a formula.

The stand-in context checks what llama.cpp demands (positions without gaps, room for every row) and makes logits from
the ids that a sequence holds, so that an answer comes out right only when every id was fed once, in its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamachat.protocol import Params
from llamachat_daemon.engine.attempt import Attempt
from llamachat_daemon.engine.cache import AppendOnlyCache, Owner, SharedCache
from llamachat_daemon.engine.interruption import Interruption
from llamachat_daemon.engine.llama import Batch, Decoded, DecodeFailed
from llamachat_daemon.engine.preparing import Prepared
from llamachat_daemon.engine.sampling import Sampler
from llamachat_daemon.engine.scheduler import Budget
from llamachat_daemon.engine.text import TextStream
from llamachat_daemon.engine.worker import Item, Worker
from llamachat_daemon.pipe.frames import Cancel, Failed, Finished, FromWorker, Generate, Stats, Step

VOCABULARY = 50
CONTEXT = 120


def next_id(ids: list[int]) -> int:
    """The model: an id that depends on all before it."""
    return (sum((place + 1) * value for place, value in enumerate(ids)) + len(ids)) % VOCABULARY


class CountedContext:
    """A cache of so many cells."""

    def __init__(self, cells: int, sequences: int, rows: int) -> None:
        self.cells = cells
        self.batch = Batch(rows)
        self.held: dict[int, list[int]] = {sequence: [] for sequence in range(sequences)}
        self.shared_cells = 0
        self.abort_next = 0
        self.fail_next = False
        self.largest_batch = 0
        self.smallest_batch = rows
        self._wanted: list[int] = []

    def decode(self) -> Decoded:
        rows = self.batch.rows
        assert 0 < rows <= self.batch.capacity
        if self.fail_next:
            raise DecodeFailed("as told")
        if self.abort_next:
            self.abort_next -= 1
            return Decoded.ABORTED
        if sum(map(len, self.held.values())) + rows > self.cells:
            return Decoded.NO_ROOM
        self.largest_batch, self.smallest_batch = max(self.largest_batch, rows), min(self.smallest_batch, rows)
        self._wanted = []
        for row in range(rows):
            sequence = int(self.batch._sequences[row])
            assert int(self.batch._positions[row]) == len(self.held[sequence])
            self.held[sequence].append(int(self.batch._tokens[row]))
            if self.batch._wants_logits[row]:
                self._wanted.append(next_id(self.held[sequence]))
        return Decoded.DONE

    def logits(self) -> npt.NDArray[np.float32]:
        table = np.zeros((len(self._wanted), VOCABULARY), dtype=np.float32)
        table[np.arange(len(self._wanted)), self._wanted] = 1
        return table

    def last_position(self, sequence: int) -> int:
        return len(self.held[sequence]) - 1

    def forget(self, sequence: int, start: int = 0) -> bool:
        del self.held[sequence][start:]
        return True

    def share(self, source: int, target: int, count: int) -> None:
        self.held[target] = self.held[source][:count]


@dataclass
class Bench:
    """A worker with everything around it."""

    worker: Worker
    context: CountedContext
    inbox: SimpleQueue[Item]
    sent: list[FromWorker] = field(default_factory=list)

    def ask(self, key: int, prompt: list[int], max_tokens: int) -> None:
        attempt = Attempt(
            key=key,
            owner=Owner("p", str(key)),
            prompt=np.array(prompt, dtype=np.int32),
            prefix=np.empty(0, dtype=np.int32),
            dropped_messages=0,
            context=CONTEXT,
            max_tokens=max_tokens,
            sampler=Sampler(Params(temperature=0), seed=1, forbidden=np.empty(0, dtype=np.int32), truncate=None),
            text=TextStream(),
            released="",
        )
        self.inbox.put(Generate(key=key, messages=[], params=Params()))
        self.inbox.put(Prepared(attempt))

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.worker._inbox.put(Cancel(key=-1))  # so that taking never waits
            self.worker.take()
            self.worker.step()

    def tokens(self, key: int) -> list[int]:
        steps = [frame for frame in self.sent if isinstance(frame, Step)]
        return [id_ for step in steps for item in step.produced if item.key == key for id_ in item.tokens]

    def reasons(self, key: int) -> list[str]:
        return [frame.reason for frame in self.sent if isinstance(frame, Finished) and frame.key == key]


def bench(*, cells: int, slots: int = 3, rows: int = 16, exact: bool = False) -> Bench:
    sequences = slots * 4
    context: Any = CountedContext(cells, sequences, rows)
    cache = AppendOnlyCache(context, sequences - 1) if exact else SharedCache(context, sequences, can_drop_parts=True)
    vocabulary = SimpleNamespace(end_of_generation=np.zeros(VOCABULARY, dtype=bool), piece=lambda token: b"x")
    engine: Any = SimpleNamespace(
        context=context,
        cache=cache,
        budget=Budget(rows, 4),
        slots=slots,
        companion=sequences - 1 if exact else None,
        model=SimpleNamespace(vocabulary=vocabulary),
    )
    inbox: SimpleQueue[Item] = SimpleQueue()
    sent: list[FromWorker] = []
    worker = Worker(engine, inbox, Interruption(lambda _: None), send=sent.append, prepare=lambda _: None)
    return Bench(worker, context, inbox, sent)


def expected(prompt: list[int], count: int) -> list[int]:
    ids = list(prompt)
    for _ in range(min(count, CONTEXT - len(prompt))):
        ids.append(next_id(ids))
    return ids[len(prompt) :]


prompts = st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=60)
requests = st.lists(st.tuples(prompts, st.integers(1, 30), st.integers(0, 5)), min_size=1, max_size=10)


@pytest.mark.parametrize("exact", [False, True])
@settings(max_examples=60, deadline=None)
@given(
    asked=requests,
    cells=st.integers(CONTEXT, 3 * CONTEXT),
    aborts=st.integers(0, 3),
    cancelled=st.sets(st.integers(0, 9)),
)
def test_every_answer_is_right_whatever_the_cache_has_room_for(
    asked: list[tuple[list[int], int, int]], cells: int, aborts: int, cancelled: set[int], exact: bool
) -> None:
    if exact:
        cells += 3 * CONTEXT  # an append-only cache holds all slots at once, and then some
    at = bench(cells=cells, exact=exact)
    at.context.abort_next = aborts
    for key, (prompt, count, pause) in enumerate(asked):
        at.ask(key, prompt, count)
        at.run(pause)
        if key in cancelled:
            at.inbox.put(Cancel(key=key))
    at.run(1500)
    for key, (prompt, count, _) in enumerate(asked):
        wanted = expected(prompt, count)
        assert len(at.reasons(key)) == 1
        if key in cancelled:
            assert wanted[: len(at.tokens(key))] == at.tokens(key)
        else:
            assert at.tokens(key) == wanted
            assert at.reasons(key) == ["length"]
    assert not at.worker._active
    assert not at.worker._waiting
    assert at.context.largest_batch <= 16


def test_in_an_exact_engine_no_row_is_ever_alone() -> None:
    at = bench(cells=1000, exact=True)
    at.ask(1, [1, 2, 3], 20)
    at.run(40)
    assert at.tokens(1) == expected([1, 2, 3], 20)
    assert at.context.smallest_batch == 2


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


def test_logits_that_are_no_numbers_fail_that_attempt_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    at = bench(cells=500)
    whole = at.context.logits

    def broken() -> npt.NDArray[np.float32]:
        table = whole()
        table[0] = np.nan
        return table

    at.ask(1, [1, 2], 5)
    monkeypatch.setattr(at.context, "logits", broken)
    at.run(1)
    monkeypatch.setattr(at.context, "logits", whole)
    at.ask(2, [1, 2], 5)
    at.run(20)
    assert [frame.code for frame in at.sent if isinstance(frame, Failed)] == ["model_failed"]
    assert at.tokens(2) == expected([1, 2], 5)


def test_stats_come_when_the_work_is_done_and_tell_what_stays_warm() -> None:
    at = bench(cells=500)
    at.ask(1, [1, 2, 3], 4)
    at.run(10)
    stats = [frame for frame in at.sent if isinstance(frame, Stats)]
    assert stats[-1].busy == 0
    assert stats[-1].resident == [("p", "1", 6)]
    assert stats[-1].kv_tokens_used == 6
