"""Every attempt that this node knows, from its arrival until its record is forgotten: who waits, runs, has ended.

All of it happens on the event loop without waiting for anything, so that each step is seen whole by the next one.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections import Counter
from collections.abc import Callable

from llamachat.protocol import Cost, ErrorCode, FinishReason, ProtocolError, Usage, UserMessage
from llamachat.protocol.params import check_request
from llamachat_daemon.config import DaemonConfig
from llamachat_daemon.serving.admission import Entry, FairQueue, Pace, QueueFull
from llamachat_daemon.serving.cancels import EarlyCancels
from llamachat_daemon.serving.catalogue import Catalogue
from llamachat_daemon.serving.generations import Ending, Failure, Generation
from llamachat_daemon.serving.pool import Pool
from llamachat_daemon.serving.rate_limit import RateLimit
from llamachat_daemon.serving.records import Retention, request_digest
from llamachat_daemon.serving.supervisor import Supervisor
from llamachat_daemon.serving.telemetry import Outcome, Telemetry

_log = logging.getLogger(__name__)

Name = tuple[str, str]
"""A principal and the id that it gave the attempt."""


class Attempts:
    """See the module."""

    def __init__(
        self,
        config: DaemonConfig,
        catalogue: Catalogue,
        pool: Pool,
        telemetry: Telemetry,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.draining = False
        self.queue = FairQueue(config.queue.limit, config.queue.parallel)
        self._catalogue = catalogue
        self._pool = pool
        self._telemetry = telemetry
        self._clock = clock
        self._retention = Retention(config.records.retain_seconds, config.records.retain_bytes)
        self._pace = Pace()
        self._rate_limit = RateLimit(config.queue.requests_per_minute, clock)
        self._keys = itertools.count(1)
        self._all: dict[Name, Generation] = {}
        self._live: dict[int, Generation] = {}  # waiting or running
        self._at: dict[int, Supervisor] = {}  # where those that run do so
        self._running: Counter[str] = Counter()  # per principal
        self._cancels = EarlyCancels()
        self._deadlines: dict[int, asyncio.TimerHandle] = {}
        self._expiry: asyncio.TimerHandle | None = None
        self._dispatching = False
        self._quiet = asyncio.Event()
        self._quiet.set()

    def reload(self, config: DaemonConfig) -> None:
        """Takes over new limits; what waits or runs already stays."""
        self.queue.limit, self.queue.parallel = config.queue.limit, config.queue.parallel
        self._rate_limit.per_minute = config.queue.requests_per_minute
        self._retention.seconds, self._retention.limit = config.records.retain_seconds, config.records.retain_bytes
        self._forget_old()
        self._dispatch()

    # ── what sessions ask for ───────────────────────────────────────────────────────────────────────────────────────

    def submit(self, principal: str, frame: UserMessage) -> Generation:
        """The attempt that this request names: the one that is known already, or a new one.

        Raises:
            ProtocolError: it is refused; an attempt with the same id is not touched.
        """
        known, digest = self._all.get((principal, frame.id)), request_digest(frame)
        if known is not None:
            if known.digest == digest:
                return known
            raise ProtocolError(
                ErrorCode.ID_CONFLICT,
                f"There is an attempt {frame.id} already, and it asks for something else. Choose another id.",
            )
        check_request(frame)
        model = self._catalogue.find(frame.model)
        generation = Generation(
            next(self._keys), principal, frame, model.id, digest=digest, observer=self, clock=self._clock
        )
        if self._cancels.take(principal, frame.id, self._clock()):
            self._admit(generation)
            generation.finish("cancelled")
            return generation
        if self.draining:
            raise ProtocolError(ErrorCode.DRAINING, "This node takes no new requests. Ask another node.")
        self._check_rate(principal)
        self._pool.serving(model)  # starts it, or says why it cannot be
        entry = Entry(generation.key, principal, model.id)
        if self._running[principal] < self.queue.parallel and self._pool.has_room(model):
            # Nobody is overtaken: whoever waits while there is room waits for something else.
            self._admit(generation)
            self._start(generation)
        else:
            self._enqueue(entry)
            self._admit(generation)
            self._place()
        self._rate_limit.count(principal)
        if frame.params.deadline_s is not None:
            self._set_deadline(generation, frame.params.deadline_s)
        return generation

    def find(self, principal: str, attempt_id: str) -> Generation:
        """The principal's attempt with this id.

        Raises:
            ProtocolError: `not_found`.
        """
        found = self._all.get((principal, attempt_id))
        if found is None:
            raise ProtocolError(ErrorCode.NOT_FOUND, f"There is no attempt {attempt_id} here (any more). Ask anew.")
        return found

    def knows(self, principal: str, attempt_id: str) -> bool:
        """Whether the principal has such an attempt here."""
        return (principal, attempt_id) in self._all

    def cancel(self, principal: str, attempt_id: str) -> None:
        """Ends the attempt wherever it is. One that has not been seen yet will end as soon as it is."""
        found = self._all.get((principal, attempt_id))
        if found is not None:
            self._stop(found, "cancelled")
            return
        self._cancels.remember(principal, attempt_id, self._clock())

    # ── the end of the node ─────────────────────────────────────────────────────────────────────────────────────────

    async def quiet(self) -> None:
        """Returns once nothing waits or runs."""
        await self._quiet.wait()

    def interrupt(self) -> None:
        """Ends everything that waits or runs, for its clients to go on elsewhere."""
        self.draining = True
        for generation in tuple(self._live.values()):
            self.queue.remove(generation.key, generation.principal)
        for generation in tuple(self._live.values()):
            generation.finish("interrupted")

    def close(self) -> None:
        """Interrupts everything and lets go of every timer."""
        self.interrupt()
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None

    def room_changed(self) -> None:
        """A model may have more room than before."""
        self._dispatch()

    # ── what generations report (generations.Observer) ──────────────────────────────────────────────────────────────

    def first_token(self, generation: Generation) -> None:
        """Counts its time to first token."""
        self._telemetry.first_token(generation.time.ttft_ms)

    def price(self, generation: Generation, usage: Usage) -> Cost | None:
        """What the usage costs."""
        return self._catalogue.price(generation.model, usage)

    def ended(self, generation: Generation) -> None:
        """Counts it, keeps its record, and lets the next one start."""
        deadline = self._deadlines.pop(generation.key, None)
        if deadline is not None:
            deadline.cancel()
        self._count(generation)
        del self._live[generation.key]
        supervisor = self._at.pop(generation.key, None)
        if supervisor is not None:
            self._running -= Counter([generation.principal])
            if isinstance(generation.outcome, Ending) and generation.time.ttft_ms and generation.time.ran_s is not None:
                self._pace.ended(generation.time.ran_s)
            supervisor.work.release(generation)
        name = (generation.principal, generation.id)
        for forgotten in self._retention.keep(name, generation.record.size, self._clock()):
            del self._all[forgotten]
        self._set_expiry()
        if not self._live:
            self._quiet.set()
        self._dispatch()

    def _count(self, generation: Generation) -> None:
        match generation.outcome:
            case Ending(reason, usage, timings, cost):
                _log.info(
                    "a request of %s ended (%s): %d prompt tokens (%d cached), %d tokens at %.1f/s",
                    generation.principal,
                    reason,
                    usage.prompt_tokens,
                    usage.cached_tokens,
                    usage.completion_tokens,
                    timings.tokens_per_second,
                )
                outcome: Outcome = "completed" if reason in ("stop", "length") else "cancelled"
                self._telemetry.finished(usage, outcome, cost.amount if cost else 0.0)
            case Failure(code, message):
                _log.info("a request of %s failed (%s): %s", generation.principal, code, message)
                self._telemetry.finished(None, "failed", 0.0)

    # ── admission ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _admit(self, generation: Generation) -> None:
        self._all[generation.principal, generation.id] = generation
        self._live[generation.key] = generation
        self._quiet.clear()
        self._telemetry.request()

    def _check_rate(self, principal: str) -> None:
        wait_s = self._rate_limit.wait_s(principal)
        if wait_s:
            limit = self._rate_limit.per_minute
            raise ProtocolError(
                ErrorCode.RATE_LIMITED,
                f"You may make {limit} request{'s' if limit > 1 else ''} a minute here. Wait, or ask another node.",
                retry_after=wait_s,
                detail={"requests_per_minute": limit},
            )

    def _enqueue(self, entry: Entry) -> None:
        try:
            self.queue.push(entry)
        except QueueFull:
            slots = self._catalogue.find(entry.model).slots
            raise ProtocolError(
                ErrorCode.QUEUE_FULL,
                f"{self.queue.depth} requests wait already, and no more may. Try again later, or ask another node.",
                retry_after=self._pace.retry_after(slots),
                detail={"depth": self.queue.depth, "limit": self.queue.limit},
            ) from None

    def _dispatch(self) -> None:
        """Starts whatever may start, and tells the others where they are."""
        if self._dispatching:
            return  # an attempt that ended while it was started: the loop below sees to what that changes
        self._dispatching = True
        try:
            while entry := self.queue.take(self._running, lambda name: self._pool.has_room(self._catalogue.find(name))):
                self._start(self._live[entry.key])
        finally:
            self._dispatching = False
        self._place()

    def _start(self, generation: Generation) -> None:
        try:
            supervisor = self._pool.serving(self._catalogue.find(generation.model))
        except ProtocolError as error:
            generation.fail(Failure.of(error))
            return
        self._running[generation.principal] += 1
        self._at[generation.key] = supervisor
        supervisor.take(generation)

    def _place(self) -> None:
        depth = self.queue.depth
        for position, entry in enumerate(self.queue.order(self._running), start=1):
            slots = self._catalogue.find(entry.model).slots
            self._live[entry.key].waits_at(position, depth, self._pace.eta_ms(position, slots))

    def _stop(self, generation: Generation, reason: FinishReason) -> None:
        if generation.outcome is not None:
            return
        if self.queue.remove(generation.key, generation.principal):
            generation.finish(reason)
        else:
            self._at[generation.key].work.stop(generation, reason)

    # ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _set_deadline(self, generation: Generation, seconds: float) -> None:
        if generation.outcome is None:
            loop = asyncio.get_running_loop()
            self._deadlines[generation.key] = loop.call_later(seconds, self._stop, generation, "deadline")

    def _set_expiry(self) -> None:
        """One timer for the record that is forgotten next."""
        if self._expiry is None and (at := self._retention.next_expiry()) is not None:
            delay = max(0.0, at - self._clock())
            self._expiry = asyncio.get_running_loop().call_later(delay, self._forget_old)

    def _forget_old(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        for name in self._retention.expire(self._clock()):
            del self._all[name]
        self._set_expiry()
