"""The worker's loop over a cache that is counted cell by cell, with a model that is a formula and moves the clock.

The stand-in context checks what llama.cpp demands (positions without gaps, room for every row) and makes logits from
the ids that a sequence holds, so that an answer comes out right only when every id was fed once, in its place.
"""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass, field
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from llamachat.protocol import Params
from llamachat_daemon.engine.answers import Answers
from llamachat_daemon.engine.attempt import Attempt
from llamachat_daemon.engine.cache import AppendOnlyCache, DividedCache, SharedCache
from llamachat_daemon.engine.interruption import Interruption
from llamachat_daemon.engine.llama import Batch, Decoded, DecodeFailed
from llamachat_daemon.engine.prefixes import Owner
from llamachat_daemon.engine.preparing import Prepared
from llamachat_daemon.engine.sampling import Sampler
from llamachat_daemon.engine.text import TextStream
from llamachat_daemon.engine.worker import Item, Worker
from llamachat_daemon.pipe.frames import Cancel, Failed, Finished, FromWorker, Generate, Step

VOCABULARY = 50
CONTEXT = 120
WEIGHTS_IN_CELLS = 600
STEP_SECONDS, ROW_SECONDS = 0.01, 0.0005
TARGET_GAP = 2.3


def next_id(ids: list[int]) -> int:
    """The model: an id that depends on all before it."""
    return (sum((place + 1) * value for place, value in enumerate(ids)) + len(ids)) % VOCABULARY


def expected(prompt: list[int], count: int) -> list[int]:
    """The answer of so many ids."""
    ids = list(prompt)
    for _ in range(min(count, CONTEXT - len(prompt))):
        ids.append(next_id(ids))
    return ids[len(prompt) :]


@dataclass(frozen=True)
class Cell:
    """A place of the cache; sequences that share it hold the same one."""

    number: int
    token: int


WARM_BYTES = 2000
"""For what finished conversations left; a token takes four."""


class CountedContext:
    """A cache of so many cells. What is in `mishaps` befalls the next decodes. With `divided`, each sequence has an
    equal part of the cells, and a batch takes only sequences that follow one another."""

    def __init__(self, cells: int, sequences: int, rows: int, *, divided: bool = False) -> None:
        self.cells = cells
        self.divided = divided
        self.batch = Batch(rows)
        self.held: dict[int, list[Cell]] = {sequence: [] for sequence in range(sequences)}
        self.mishaps: deque[Decoded] = deque()
        self.fail_next = False
        self.nan_next = False
        self.now = 0.0
        self.sizes: list[int] = []
        self._wanted: list[int] = []
        self._numbers = itertools.count()

    @property
    def used(self) -> int:
        """Cells that hold something."""
        return len({cell.number for held in self.held.values() for cell in held})

    def decode(self) -> Decoded:
        rows = self.batch.rows
        assert 0 < rows <= self.batch.capacity
        self.now += STEP_SECONDS + ROW_SECONDS * rows
        if self.fail_next:
            raise DecodeFailed("as told")
        alone = sum(map(bool, self.held.values())) <= 1
        if self.mishaps and not (alone and self.mishaps[0] is Decoded.NO_ROOM):  # alone, it would be all there is
            return self.mishaps.popleft()
        if self.divided:
            numbers = np.unique(self.batch._sequences[:rows])
            assert numbers[-1] - numbers[0] == len(numbers) - 1
        if not self.divided and self.used + rows > self.cells:
            return Decoded.NO_ROOM
        self.sizes.append(rows)
        self._wanted = []
        for row in range(rows):
            held = self.held[int(self.batch._sequences[row])]
            assert int(self.batch._positions[row]) == len(held)
            held.append(Cell(next(self._numbers), int(self.batch._tokens[row])))
            assert not self.divided or len(held) <= self.cells // len(self.held)
            if self.batch._wants_logits[row]:
                self._wanted.append(next_id([cell.token for cell in held]))
        return Decoded.DONE

    def logits(self) -> npt.NDArray[np.float32]:
        table = np.zeros((len(self._wanted), VOCABULARY), dtype=np.float32)
        table[np.arange(len(self._wanted)), self._wanted] = 1
        if self.nan_next:
            table[0] = np.nan
            self.nan_next = False
        return table

    def last_position(self, sequence: int) -> int:
        return len(self.held[sequence]) - 1

    def forget(self, sequence: int, start: int = 0) -> bool:
        del self.held[sequence][start:]
        return True

    def save(self, sequence: int) -> npt.NDArray[np.uint8]:
        return np.array([cell.token for cell in self.held[sequence]], dtype=np.int32).view(np.uint8)

    def load(self, sequence: int, state: npt.NDArray[np.uint8]) -> bool:
        assert not self.held[sequence]
        tokens = state.view(np.int32).tolist()
        if len(tokens) + (0 if self.divided else self.used) > self.cells:
            return False
        self.held[sequence] = [Cell(next(self._numbers), token) for token in tokens]
        return True

    def share(self, source: int, target: int, count: int) -> bool:
        assert not self.held[target]
        assert 0 < count <= len(self.held[source])
        self.held[target] = self.held[source][:count]
        return True


class CountedVisits:
    """Another context for conversations of less than `tokens`, and two thirds of them when they come; what is in
    `failures` befalls the next ways there and home."""

    def __init__(self, home: CountedContext, tokens: int) -> None:
        self.tokens = tokens
        self.tokens_at_first = tokens * 2 // 3
        self.context = CountedContext(len(home.held) * tokens, len(home.held), home.batch.capacity)
        self.failures: deque[bool] = deque()
        self.made = 0
        self._home = home

    def visit(self, sequence: int) -> bool:
        if self.failures and self.failures.popleft():
            return False
        self.made += 1
        assert not self.context.held[sequence]
        self.context.held[sequence] = list(self._home.held[sequence])
        return True

    def go_home(self, sequence: int) -> bool:
        done = not (self.failures and self.failures.popleft())
        self._home.held[sequence] = self.context.held[sequence] if done else []
        self.forget(sequence)
        return done

    def move(self, sequence: int, target: int) -> None:
        assert not self.context.held[target]
        self.context.held[target] = self.context.held[sequence]
        self.forget(sequence)

    def forget(self, sequence: int) -> None:
        self.context.held[sequence] = []


@dataclass
class Bench:
    """A worker with everything around it. `batches` are the (decodes, prompt rows, seconds) of its steps."""

    worker: Worker
    context: CountedContext
    inbox: SimpleQueue[Item]
    visits: CountedVisits | None = None
    sent: list[FromWorker] = field(default_factory=list)
    batches: list[tuple[int, int, float]] = field(default_factory=list)
    idle_steps: dict[int, int] = field(default_factory=dict)
    longest_wait: int = 0

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
            steps_done = len(self.context.sizes)
            self.worker.step()
            if len(self.context.sizes) > steps_done and not self.context.divided:
                self._watch()

    def _watch(self) -> None:
        """Counts for how many steps in a row each attempt at work was not fed."""
        fed = {int(sequence) for sequence in self.context.batch._sequences[: self.context.batch.rows]}
        waits = {}
        for key, attempt in self.worker._active.items():
            waits[key] = 0 if attempt.sequence in fed else self.idle_steps.get(key, 0) + 1
        self.idle_steps = waits
        self.longest_wait = max(self.longest_wait, *waits.values(), 0)

    def tokens(self, key: int) -> list[int]:
        steps = [frame for frame in self.sent if isinstance(frame, Step)]
        return [id_ for step in steps for item in step.produced if item.key == key for id_ in item.tokens]

    def reasons(self, key: int) -> list[str]:
        return [frame.reason for frame in self.sent if isinstance(frame, Finished) and frame.key == key]

    def failures(self, key: int) -> list[str]:
        return [frame.code for frame in self.sent if isinstance(frame, Failed) and frame.key == key]

    def cached(self, key: int) -> int:
        steps = [frame for frame in self.sent if isinstance(frame, Step)]
        [started] = [each for step in steps for each in step.started if each.key == key]
        return started.cached_tokens


def bench(
    *,
    cells: int,
    slots: int = 3,
    rows: int = 16,
    exact: bool = False,
    divided: bool = False,
    visits: int | None = None,
    target_gap: float = TARGET_GAP,
) -> Bench:
    """With `divided`, every slot has `CONTEXT` cells of its own; `visits` is how long a conversation may be to visit
    another context."""
    sequences = slots if divided else slots * 4
    context: Any = CountedContext(slots * CONTEXT if divided else cells, sequences, rows, divided=divided)
    away: Any = CountedVisits(context, visits) if visits else None
    cache: AppendOnlyCache | SharedCache
    if exact:
        cache = AppendOnlyCache(context, sequences - 1)
    else:
        kind = DividedCache if divided else SharedCache
        cache = kind(context, sequences, can_drop_parts=True, warm_bytes=WARM_BYTES)
    vocabulary = SimpleNamespace(end_of_generation=np.zeros(VOCABULARY, dtype=bool), piece=lambda token: b"x")
    engine: Any = SimpleNamespace(
        context=context,
        cache=cache,
        answers=None if exact else Answers(1000),
        slots=slots,
        target_gap=target_gap,
        weights_in_cells=WEIGHTS_IN_CELLS if divided else None,
        short=away,
        companion=sequences - 1 if exact else None,
        model=SimpleNamespace(vocabulary=vocabulary),
    )
    inbox: SimpleQueue[Item] = SimpleQueue()
    sent: list[FromWorker] = []
    worker = Worker(
        engine,
        inbox,
        Interruption(lambda _: None),
        send=sent.append,
        prepare=lambda _: None,
        clock=lambda: context.now,
    )
    at = Bench(worker, context, inbox, away, sent)
    add = worker._pace.add

    def watched(seconds: float, decodes: int, prefill_rows: int) -> None:
        at.batches.append((decodes, prefill_rows, seconds))
        add(seconds, decodes, prefill_rows)

    worker._pace.add = watched  # type: ignore[method-assign]
    return at
