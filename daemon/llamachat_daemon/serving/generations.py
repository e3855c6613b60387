"""One attempt at an answer: where it is on its way, its record, and how it ended.

A generation knows neither connections nor processes. Whoever runs it calls the methods that move it on; whoever shows
it watches, and composes what to show from its state when there is room to show it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final, Protocol

import msgspec

from llamachat.protocol import Cost, FinishReason, Params, ProtocolError, Timings, Usage, UserMessage
from llamachat_daemon.pipe.frames import Finished, Generate, Prefilled, Produced, Started
from llamachat_daemon.serving.records import Record
from llamachat_daemon.serving.stopwatch import Stopwatch

SEED_BITS: Final = 32
"""Size of a seed that the daemon picks: short enough for people to pass on."""


class Phase(Enum):
    """Where an attempt is."""

    QUEUED = auto()
    LOADING = auto()
    PREFILL = auto()
    DECODING = auto()
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class Ending:
    """An attempt that ended with an answer, whole or cut."""

    reason: FinishReason
    usage: Usage
    timings: Timings
    cost: Cost | None


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt that ended without one."""

    code: str
    message: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    retry_after: float | None = None

    @classmethod
    def of(cls, error: ProtocolError) -> Failure:
        """The failure that this error is."""
        return cls(str(error.code), error.message, error.detail, error.retry_after)


class Observer(Protocol):
    """Whoever keeps the books about generations."""

    def first_token(self, generation: Generation) -> None:
        """The first new token has come; `time.ttft_ms` is known."""

    def ended(self, generation: Generation) -> None:
        """`outcome` is set, and nothing will change any more."""

    def price(self, generation: Generation, usage: Usage) -> Cost | None:
        """What this usage costs, None where the operator set no prices."""


class Generation:
    """See the module. `digest` stands for all that was asked; `clock` gives monotonic seconds."""

    def __init__(
        self,
        key: int,
        principal: str,
        frame: UserMessage,
        model: str,
        *,
        digest: bytes,
        observer: Observer,
        clock: Callable[[], float],
    ) -> None:
        self.key = key
        self.principal = principal
        self.id = frame.id
        self.message_id = frame.message_id or frame.id
        self.chat_id = frame.chat_id
        self.model = model
        self.digest = digest
        self.params = frame.params
        if self.params.seed is None:
            self.params = msgspec.structs.replace(self.params, seed=secrets.randbits(SEED_BITS))
        self.prefix_length = len(frame.prefix)
        self.prefix_token_count = 0
        self.record = Record(frame.prefix)
        self.fingerprint: str | None = None
        self.phase = Phase.QUEUED
        self.position = 0
        self.depth = 0
        self.eta_ms: float | None = None
        self.loaded_bytes = (0, 0)
        self.prefilled: tuple[int, int, int] | None = None  # done, total, cached
        self.stop_reason: FinishReason | None = None
        self.losses = 0
        self.outcome: Ending | Failure | None = None
        self.time = Stopwatch(clock)
        self._messages = frame.messages
        self._claimed = (frame.prefix_tokens, frame.fingerprint)  # as the client sent them
        self._observer = observer
        self._watchers: set[Callable[[], None]] = set()
        self._over = asyncio.Event()
        self._started: Started | None = None

    # ── watching ────────────────────────────────────────────────────────────────────────────────────────────────────

    def watch(self, changed: Callable[[], None]) -> None:
        """Calls `changed` whenever there may be something new to show, until `unwatch`."""
        self._watchers.add(changed)

    def unwatch(self, changed: Callable[[], None]) -> None:
        """Ends `watch`; harmless when it is over already."""
        self._watchers.discard(changed)

    @property
    def watchers(self) -> int:
        """How many watch."""
        return len(self._watchers)

    async def over(self) -> None:
        """Returns once the attempt has ended."""
        await self._over.wait()

    def _changed(self) -> None:
        for changed in tuple(self._watchers):
            changed()

    # ── on its way ──────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def seed(self) -> int:
        """Of the draws; the daemon's own pick where the client named none."""
        assert self.params.seed is not None
        return self.params.seed

    def waits_at(self, position: int, depth: int, eta_ms: float | None) -> None:
        """It waits, at `position` (1 is next) of `depth`."""
        moved = position != self.position
        self.position, self.depth, self.eta_ms = position, depth, eta_ms
        if moved:
            self._changed()

    def dispatched(self) -> None:
        """It has a slot; the model may still have to be loaded."""
        self.time.dispatched()
        self._enter(Phase.LOADING)

    def loading(self, done: int, total: int) -> None:
        """Bytes of the model that are loaded."""
        self.loaded_bytes = (done, total)
        self._changed()

    def sent(self, fingerprint: str) -> Generate:
        """The frame that has a worker with this model start or go on; it is taken as sent.

        A worker that took over from a dead one gets the text and ids so far as its prefix: the continuation is exact.
        """
        self.time.sent()
        self.prefilled = None
        self.fingerprint = fingerprint
        self._enter(Phase.PREFILL)
        claimed, of_model = self._claimed
        known = self.record.tokens() or (claimed if of_model == fingerprint else None)
        return Generate(
            key=self.key,
            messages=self._messages,
            params=self.params,
            prefix=self.record.text(),
            prefix_tokens=known,
            principal=self.principal,
            chat=self.chat_id,
        )

    def started(self, frame: Started) -> None:
        """The worker has tokenised the prompt."""
        self._started = frame
        self.prefilled = (frame.cached_tokens, frame.prompt_tokens, frame.cached_tokens)
        if not self.record.token_count and frame.prefix_tokens:
            self.record.append("", frame.prefix_tokens)
            self.prefix_token_count = len(frame.prefix_tokens)
        self._changed()

    def read(self, frame: Prefilled) -> None:
        """So much of the prompt is read."""
        cached = self._started.cached_tokens if self._started else 0
        self.prefilled = (frame.done, frame.total, cached)
        self._changed()

    def produced(self, frame: Produced) -> None:
        """New ids and text."""
        self.record.append(frame.text, frame.tokens)
        if frame.tokens:
            self.losses = 0
            self.phase = Phase.DECODING
            if self.time.produced(len(frame.tokens)):
                self._observer.first_token(self)
        self._changed()

    def lost(self) -> None:
        """The worker died; another one will go on from the record."""
        if not self.time.has_run:
            self.losses += 1
        self.time.lost()
        self.loaded_bytes = (0, 0)
        self._enter(Phase.LOADING)

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self._changed()

    # ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def finish(self, reason: FinishReason, run: Finished | None = None) -> None:
        """Ends it with what the record holds; `run` are the worker's figures. Nothing happens when it has ended."""
        if self.outcome is not None:
            return
        started = self._started
        usage = Usage(
            prompt_tokens=started.prompt_tokens if started else 0,
            cached_tokens=started.cached_tokens if started else 0,
            completion_tokens=self.record.token_count,
            dropped_messages=started.dropped_messages if started else 0,
        )
        ending = Ending(reason, usage, self.time.timings(run), self._observer.price(self, usage))
        self._end(ending)

    def fail(self, failure: Failure) -> None:
        """Ends it with an error. Nothing happens when it has ended."""
        if self.outcome is None:
            self._end(failure)

    def _end(self, outcome: Ending | Failure) -> None:
        self.outcome = outcome
        self.phase = Phase.ENDED
        # What was asked may be large, and is not needed for the days that the record is kept.
        self._messages = []
        self._claimed = (None, None)
        self.params = Params(seed=self.seed)
        self.record.seal()
        self._over.set()
        self._observer.ended(self)
        self._changed()
