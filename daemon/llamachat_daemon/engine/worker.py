"""The worker's loop: take what arrived, decode one batch for everybody, sample, tell the front."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final

import numpy as np

from llamachat.protocol import ErrorCode
from llamachat_daemon.engine.attempt import Attempt
from llamachat_daemon.engine.cache import AppendOnlyCache, DividedCache
from llamachat_daemon.engine.engine import Engine
from llamachat_daemon.engine.interruption import Interruption
from llamachat_daemon.engine.llama import Context, Decoded, Floats, Ids
from llamachat_daemon.engine.pace import Pace
from llamachat_daemon.engine.passes import Placed, passes, short_ones
from llamachat_daemon.engine.prefixes import distinct_tokens
from llamachat_daemon.engine.preparing import Prepared, Refused
from llamachat_daemon.engine.rates import Rates
from llamachat_daemon.engine.sampling import NotFinite
from llamachat_daemon.engine.scheduler import Budget, Feed, Pending, decodes_of, plan
from llamachat_daemon.pipe.frames import (
    AnyToWorker,
    Cancel,
    Failed,
    Finished,
    FromWorker,
    Generate,
    Prefilled,
    Snapshot,
    Started,
    Stats,
    Step,
)

STATS_SECONDS: Final = 1.0
"""How often the front hears how the worker is, while it works."""

INTERRUPTIBLE_ROWS: Final = 64
"""A prefill of more rows is ended in the middle when it is cancelled, though others decode in the same batch."""

Item = AnyToWorker | Prepared | Refused


@dataclass(slots=True)
class Work:
    """What a step has done so far: `rows` were fed, of which `decodes` were the only one of their sequence; `decoded`
    tokens were drawn after the first ones, and `prefilled` read of prompts."""

    seconds: float = 0.0
    rows: int = 0
    decodes: int = 0
    decoded: int = 0
    prefilled: int = 0


_COMPANION_ID: Final[Ids] = np.zeros(1, dtype=np.int32)  # any token does: nobody reads what comes of it


class Worker:
    """Runs attempts on one engine. Everything here happens on one thread; `inbox` is filled by others.

    In an exact engine every batch has at least two rows: for a single one, ggml's CPU attention divides a long context
    among the threads and adds up in another order. Where there is only one, a row of a companion sequence, which nobody
    reads, keeps it company.
    """

    def __init__(
        self,
        engine: Engine,
        inbox: SimpleQueue[Item],
        interruption: Interruption,
        *,
        send: Callable[[FromWorker], None],
        prepare: Callable[[Generate], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` gives monotonic seconds."""
        self._engine = engine
        self._inbox = inbox
        self._interruption = interruption
        self._send = send
        self._prepare = prepare
        self._clock = clock
        self._preparing: set[int] = set()
        self._waiting: deque[Attempt] = deque()
        self._active: dict[int, Attempt] = {}
        self._turn = 0
        self._batch_rows = engine.context.batch.capacity
        self._row_limit = self._batch_rows
        self._held_back = False
        self._companion_position = 0
        self._moved = False
        self._pace = Pace(engine.target_gap)
        self._rates = Rates()
        self._stats_at = 0.0
        self._started: list[Started] = []
        self._prefilled: list[Prefilled] = []
        self._ended: list[Attempt] = []
        self._failed: list[Failed] = []

    def run(self) -> None:
        """Works until the process ends.

        Raises:
            DecodeFailed: the context can be used no more; the process must end and be started again.
        """
        while True:
            self.take()
            self.step()

    def take(self) -> None:
        """Deals with everything that has arrived; waits for something where there is nothing else to do."""
        if not self._active and not self._waiting:
            self._handle(self._inbox.get())
        while True:
            try:
                self._handle(self._inbox.get_nowait())
            except Empty:
                return

    def step(self) -> None:
        """Lets waiting attempts in, decodes once for everybody, and tells the front what came of it."""
        self._admit()
        self._send_step(0.0)  # a first batch can take long; who starts is told before it
        started = self._clock()
        if self._active:
            pending = self._pending()
            feeds = plan(pending, self._budget(pending), self._turn)
            self._turn += 1
            self._work(feeds)
        self._report(self._clock() - started)

    # ── what arrives ────────────────────────────────────────────────────────────────────────────────────────────────

    def _handle(self, item: Item) -> None:
        match item:
            case Generate():
                self._preparing.add(item.key)
                self._prepare(item)
            case Prepared():
                if item.attempt.key in self._preparing:  # otherwise it was cancelled meanwhile
                    self._preparing.discard(item.attempt.key)
                    self._waiting.append(item.attempt)
            case Refused():
                if item.failed.key in self._preparing:
                    self._preparing.discard(item.failed.key)
                    self._send(item.failed)
            case Cancel():
                self._cancel(item)
            case Snapshot():
                self._send(self.stats())
            case _:
                raise ValueError(f"a second {type(item).__name__} frame")

    def _cancel(self, cancel: Cancel) -> None:
        self._interruption.handled(cancel.key)
        if cancel.key in self._preparing:
            self._preparing.discard(cancel.key)
            self._send(never_started(cancel))
            return
        for attempt in self._waiting:
            if attempt.key == cancel.key:
                self._waiting.remove(attempt)
                attempt.finish(cancel.reason)
                self._end(attempt)
                return
        active = self._active.get(cancel.key)
        if active is not None:
            active.finish(cancel.reason)
            self._end(active)

    # ── one step ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _admit(self) -> None:
        while self._waiting and self._has_place_for(self._waiting[0]):
            attempt = self._waiting.popleft()
            if attempt.finish_reason is not None:  # its prefix was the whole answer
                self._end(attempt)
                continue
            self._place(attempt)
            self._tell_start(attempt)

    def _has_place_for(self, attempt: Attempt) -> bool:
        """Whether there is a slot, and room in the cache for everybody at work to come to the end of the answer. Alone,
        an attempt is let in whatever it may need."""
        if attempt.finish_reason is not None or not self._active:
            return True
        if self._held_back or len(self._active) >= self._engine.slots:
            return False
        promised = sum(active.limit for active in self._active.values())
        return promised + attempt.limit <= self._engine.context.cells

    def _place(self, attempt: Attempt) -> None:
        cache = self._engine.cache
        busy = [active.holding for active in self._active.values()]
        self._active[attempt.key] = attempt
        if isinstance(cache, AppendOnlyCache) and cache.exhausted:
            self._start_over(cache)  # gives a place to everybody at work
        else:
            attempt.take(cache.take(attempt.ids, attempt.owner, busy))
            if isinstance(cache, DividedCache) and len(attempt.pending) > attempt.fed:  # less to move than to read
                self._change_places(cache.make_way(attempt.holding, busy))
                attempt.fed = self._engine.context.last_position(attempt.place) + 1

    def _change_places(self, moved: Mapping[int, int]) -> None:
        """Attempts are in other sequences now."""
        for attempt in self._active.values():
            target = moved.get(attempt.place)
            if target is not None:
                if attempt.visiting:
                    assert self._engine.short is not None
                    self._engine.short.move(attempt.place, target)
                attempt.sequence = target

    def _budget(self, pending: Sequence[Pending]) -> Budget:
        decodes = decodes_of(pending)
        return Budget(self._row_limit, self._pace.prefill_rows(decodes) if decodes else self._row_limit)

    def _work(self, feeds: Sequence[Feed]) -> None:
        """Decodes the feeds of a step, and learns how long that took."""
        work = Work()
        for batches in self._stages(feeds):
            if work.rows:
                self._send_step(work.seconds)
            started = self._clock()
            for batch in batches:
                if not self._decode(batch):
                    break
                self._take_in(batch, work)
            else:
                work.seconds += self._clock() - started
                self._pace.add(work.seconds, work.decodes, work.rows - work.decodes)
                continue
            break  # the next step tries again
        self._rates.add(work.seconds, work.decoded, work.prefilled)

    def _stages(self, feeds: Sequence[Feed]) -> Iterator[list[list[Feed]]]:
        """The batches of a step. Where every sequence has cells of its own, the answers come first: their tokens are
        out before prompts are read. Moving a sequence takes as long as reading a part of a prompt: the first step of a
        row in which somebody moves does not do both."""
        weights = self._engine.weights_in_cells
        if weights is None:
            yield [[*feeds]]
            return
        moved_before, self._moved = self._moved, False
        decodes = [feed for feed in feeds if feed.rows == 1]
        prefills = [feed for feed in feeds if feed.rows > 1]
        away = self._visitors(decodes, weights)
        at_home = [feed for feed in decodes if feed not in away]
        self._gather(at_home)
        answers = [away] if away else []
        if decodes:
            yield answers + passes(self._placed(at_home), weights)
        if prefills and (moved_before or not self._moved):
            yield passes(self._placed(prefills), weights)

    def _placed(self, feeds: Sequence[Feed]) -> list[Placed]:
        return [Placed(feed, self._active[feed.key].place, self._active[feed.key].fed) for feed in feeds]

    def _visitors(self, feeds: Sequence[Feed], weights: int) -> list[Feed]:
        """The answers that are written in the context for short conversations, after those have been brought there for
        which that is cheaper, and all others home."""
        short = self._engine.short
        if short is None:
            return []
        answers = {feed.key: self._active[feed.key] for feed in feeds}
        limits = {key: short.tokens if answer.visiting else short.tokens_at_first for key, answer in answers.items()}
        wanted = short_ones({key: answer.fed for key, answer in answers.items()}, limits, weights)
        for attempt in self._active.values():
            if attempt.visiting and attempt.key not in wanted:
                self._bring_home(attempt)
            elif attempt.key in wanted and not attempt.visiting:
                self._moved = True
                if short.visit(attempt.place):
                    attempt.leave()
        return [feed for feed in feeds if self._active[feed.key].visiting]

    def _bring_home(self, attempt: Attempt) -> None:
        if attempt.visiting:
            assert self._engine.short is not None
            self._moved = True
            attempt.come_home(emptied=not self._engine.short.go_home(attempt.place))

    def _drop(self, attempt: Attempt) -> None:
        """Gives its sequence back, with nothing to keep."""
        if attempt.visiting:
            assert self._engine.short is not None
            self._engine.short.forget(attempt.place)
        self._engine.cache.drop(attempt.place)
        attempt.lose_sequence()

    def _context_of(self, feeds: Sequence[Feed]) -> Context:
        """Where these feeds, which go together, are computed."""
        if not self._active[feeds[0].key].visiting:
            return self._engine.context
        assert self._engine.short is not None
        return self._engine.short.context

    def _gather(self, feeds: Sequence[Feed]) -> None:
        """Has the sequences of these feeds follow one another."""
        cache = self._engine.cache
        if isinstance(cache, DividedCache):
            moved = cache.gather([self._active[feed.key].holding for feed in feeds])
            self._moved |= bool(moved)
            self._change_places(moved)

    def _pending(self) -> list[Pending]:
        return [Pending(key, len(attempt.pending)) for key, attempt in self._active.items()]

    def _decode(self, feeds: Sequence[Feed]) -> bool:
        """Feeds one batch; False when nothing came of it and the next step has to try again."""
        context = self._context_of(feeds)
        batch = context.batch
        batch.clear()
        for feed in feeds:
            attempt = self._active[feed.key]
            pending = attempt.pending
            complete = feed.rows == len(pending)
            batch.add(pending[: feed.rows], attempt.fed, attempt.place, logits=complete)
        if self._engine.companion is not None and batch.rows == 1:
            batch.add(_COMPANION_ID, self._companion_position, self._engine.companion, logits=False)
            self._companion_position += 1
        self._interruption.begin(interruptible(feeds))
        try:
            outcome = context.decode()
        finally:
            self._interruption.end()
        if outcome is Decoded.DONE:
            self._row_limit = self._batch_rows
            return True
        self._read_positions_back(feeds)
        if outcome is Decoded.NO_ROOM:
            self._make_room(batch.rows)
        return False

    def _read_positions_back(self, feeds: Sequence[Feed]) -> None:
        context = self._context_of(feeds)
        for feed in feeds:
            attempt = self._active[feed.key]
            attempt.fed = context.last_position(attempt.place) + 1
        if self._engine.companion is not None:
            self._companion_position = context.last_position(self._engine.companion) + 1

    def _make_room(self, rows: int) -> None:
        """The cache has no cells for a batch of `rows`: give up something, the cheapest first."""
        cache = self._engine.cache
        if isinstance(cache, AppendOnlyCache):
            self._start_over(cache)
        elif cache.make_room():
            return
        elif rows > 1:
            self._row_limit = rows // 2
        else:
            youngest = next(reversed(self._active.values()))
            self._drop(youngest)
            if len(self._active) == 1:  # alone, and still no room: this is all there is
                youngest.finish("length")
                self._end(youngest)
                return
            del self._active[youngest.key]
            self._waiting.appendleft(youngest)
            self._held_back = True  # until somebody has ended, it would only have to give way again

    def _start_over(self, cache: AppendOnlyCache) -> None:
        """Forgets the whole cache; everybody at work is fed again."""
        cache.reset()
        if self._engine.companion is not None:
            self._engine.context.forget(self._engine.companion)
        self._companion_position = 0
        for attempt in self._active.values():
            attempt.lose_sequence()
            attempt.take(cache.take(attempt.ids, attempt.owner))

    def _take_in(self, feeds: Sequence[Feed], work: Work) -> None:
        """Samples where the model has read everything, and counts what was done."""
        context = self._context_of(feeds)
        logits = context.logits() if context.batch.outputs else None
        row = 0
        for feed in feeds:
            attempt = self._active[feed.key]
            was_decoding = attempt.decoding
            work.rows += feed.rows
            work.decodes += feed.rows == 1
            work.prefilled += 0 if was_decoding else feed.rows
            report = attempt.feed(feed.rows)
            if report is not None:
                self._prefilled.append(report)
            if logits is not None and attempt.ready:
                self._sample(attempt, logits[row])
                work.decoded += was_decoding
                row += 1

    def _sample(self, attempt: Attempt, logits: Floats) -> None:
        """Draws the next token of an attempt."""
        vocabulary = self._engine.model.vocabulary
        try:
            token = attempt.sampler.next(logits)
        except NotFinite:
            self._fail(attempt)
            return
        if token is None or vocabulary.end_of_generation[token]:
            attempt.finish("stop")  # the end itself is no part of the answer, neither as text nor as an id
        else:
            attempt.push(token, vocabulary.piece(token))
        if attempt.finish_reason is not None:
            self._end(attempt)

    def _fail(self, attempt: Attempt) -> None:
        self._drop(attempt)
        del self._active[attempt.key]
        self._held_back = False
        message = "The model computed values that are not numbers; its file is probably damaged. Download it again."
        self._failed.append(Failed(key=attempt.key, code=ErrorCode.MODEL_FAILED.value, message=message))

    # ── telling the front ───────────────────────────────────────────────────────────────────────────────────────────

    def _tell_start(self, attempt: Attempt) -> None:
        started = attempt.start()
        if started is not None:
            self._started.append(started)

    def _end(self, attempt: Attempt) -> None:
        """The attempt has its finish reason: it leaves the slots, and what it holds in the cache stays warm."""
        self._tell_start(attempt)
        if self._active.pop(attempt.key, None) is not None:
            self._held_back = False
            if attempt.sequence is not None:
                self._bring_home(attempt)
                self._engine.cache.release(attempt.place, attempt.ids[: attempt.fed].copy(), attempt.owner)
            self._remember(attempt)
        self._ended.append(attempt)

    def _remember(self, attempt: Attempt) -> None:
        """What it wrote is read in the same ids when the conversation goes on."""
        if self._engine.answers is not None:
            piece = self._engine.model.vocabulary.piece
            self._engine.answers.remember(attempt.owner, attempt.text.certain, attempt.answer, piece)

    def _send_step(self, seconds: float) -> None:
        attempts = [*self._active.values(), *self._ended]
        produced = [item for attempt in attempts if (item := attempt.produced()) is not None]
        if self._started or self._prefilled or produced:
            step = Step(started=self._started, prefilled=self._prefilled, produced=produced, step_ms=seconds * 1000)
            self._send(step)
            self._started, self._prefilled = [], []

    def _report(self, seconds: float) -> None:
        self._send_step(seconds)
        for failed in self._failed:
            self._send(failed)
        for attempt in self._ended:
            self._send(attempt.finished())
        something_ended = bool(self._ended or self._failed)
        self._ended, self._failed = [], []
        now = self._clock()
        idle_now = something_ended and not self._active and not self._waiting
        if idle_now or (self._active and now - self._stats_at >= STATS_SECONDS):
            self._stats_at = now
            self._send(self.stats())

    def stats(self) -> Stats:
        """How the worker is."""
        warm = [*self._engine.cache.residents, *(attempt.holding for attempt in self._active.values())]
        in_cells = [each.ids for each in warm if each.sequence is not None]
        used = distinct_tokens(in_cells) if self._engine.weights_in_cells is None else sum(map(len, in_cells))
        return Stats(
            busy=len(self._active),
            waiting=len(self._waiting) + len(self._preparing),
            kv_tokens_used=min(used, self._engine.context.cells),
            decode_tokens_per_second=self._rates.decode,
            prefill_tokens_per_second=self._rates.prefill,
            resident=[(each.owner.principal, each.owner.chat, len(each.ids)) for each in warm if each.owner.chat],
        )


def interruptible(feeds: Sequence[Feed]) -> list[int]:
    """The attempts for whose cancel a running decode is worth ending. It voids the whole batch, the others' tokens too,
    so it is done for long prefills only, and for any where nobody else's token is in it."""
    decoding = any(feed.rows == 1 for feed in feeds)
    least = INTERRUPTIBLE_ROWS if decoding else 1
    return [feed.key for feed in feeds if feed.rows > least]


def never_started(cancel: Cancel) -> Finished:
    """The last word about an attempt that was cancelled before it had a prompt."""
    return Finished(key=cancel.key, reason=cancel.reason, prefill_ms=0, decode_ms=0, prefill_tokens=0, decode_tokens=0)
