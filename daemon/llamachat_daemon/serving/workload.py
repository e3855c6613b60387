"""The attempts that have a slot of one model, and which of them its worker knows. No I/O, no clock.

When the worker dies, every attempt goes on in the next one from the text and ids of its record. An attempt that was at
work in several workers that died without a new token from it is suspected of killing them, and given up; until then,
suspects are tried one at a time, so that they do not take the others with them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from llamachat.protocol import ErrorCode, FinishReason
from llamachat_daemon.pipe.frames import AnyToWorker, Cancel, Failed, Finished, Snapshot, Step
from llamachat_daemon.serving.generations import Failure, Generation

MAX_LOSSES: Final = 3
"""Workers that may die under one attempt, without a new token in between, before it is given up."""

_log = logging.getLogger(__name__)


class Workload:
    """See the module. `send` queues a frame for the worker that is there now."""

    def __init__(self, send: Callable[[AnyToWorker], None]) -> None:
        self._send = send
        self._attempts: dict[int, Generation] = {}
        self._sent: set[int] = set()
        self._fingerprint: str | None = None  # of the loaded model; None while there is no worker to send to

    @property
    def busy(self) -> int:
        """Attempts that have a slot."""
        return len(self._attempts)

    @property
    def at_work(self) -> bool:
        """Whether the worker has anything to do."""
        return bool(self._sent)

    def take(self, generation: Generation) -> None:
        """Gives the attempt a slot."""
        self._attempts[generation.key] = generation
        generation.dispatched()
        self._send_waiting()

    def stop(self, generation: Generation, reason: FinishReason) -> None:
        """Ends the attempt: within a decode step where the worker has it, else at once. The first reason counts."""
        if generation.stop_reason is not None:
            return
        generation.stop_reason = reason
        if generation.key in self._sent:
            self._send(Cancel(key=generation.key, reason=reason))
        else:
            generation.finish(reason)

    def release(self, generation: Generation) -> None:
        """The attempt has ended; its slot is free."""
        self._attempts.pop(generation.key, None)
        self._sent.discard(generation.key)
        self._send_waiting()
        if not self._sent and self._fingerprint is not None:
            self._send(Snapshot())  # its figures are those of rest from now on, until the next request

    def loading(self, done: int, total: int) -> None:
        """Bytes of the model that the next worker has loaded."""
        for generation in tuple(self._attempts.values()):
            generation.loading(done, total)

    def loaded(self, fingerprint: str) -> None:
        """A worker is ready for work."""
        self._fingerprint = fingerprint
        self._send_waiting()

    def step(self, frame: Step) -> None:
        """What one decode step brought. Keys of attempts that have ended meanwhile are passed over."""
        for started in frame.started:
            if generation := self._attempts.get(started.key):
                generation.started(started)
        for prefilled in frame.prefilled:
            if generation := self._attempts.get(prefilled.key):
                generation.read(prefilled)
        cleared = False
        for produced in frame.produced:
            if generation := self._attempts.get(produced.key):
                cleared = cleared or generation.losses > 0
                generation.produced(produced)
        if cleared:
            self._send_waiting()

    def finished(self, frame: Finished) -> None:
        """The worker ended an attempt."""
        if generation := self._attempts.get(frame.key):
            generation.finish(generation.stop_reason or frame.reason, frame)

    def failed(self, frame: Failed) -> None:
        """The worker cannot serve an attempt."""
        if generation := self._attempts.get(frame.key):
            generation.fail(Failure(frame.code, frame.message, frame.detail))

    def worker_died(self) -> None:
        """Nothing is at work any more; what was will go on in the next worker."""
        self._fingerprint = None
        lost, self._sent = self._sent, set()
        for generation in [self._attempts[key] for key in lost if key in self._attempts]:
            if generation.stop_reason is not None:
                generation.finish(generation.stop_reason)
                continue
            generation.lost()
            if generation.losses >= MAX_LOSSES:
                _log.error("an attempt was given up: %d workers died at it", MAX_LOSSES)
                sentence = (
                    f"The model's worker died {MAX_LOSSES} times at this request. "
                    "Ask another node, or change the request."
                )
                generation.fail(Failure(ErrorCode.WORKER_FAILED, sentence))

    def fail_all(self, failure: Failure) -> None:
        """Ends every attempt."""
        self._fingerprint = None
        for generation in tuple(self._attempts.values()):
            generation.fail(failure)

    def _send_waiting(self) -> None:
        """Hands the worker what it has not got yet; of the suspects one at a time."""
        for generation in sorted(self._attempts.values(), key=lambda each: each.losses):
            # Looked at anew each time: an attempt that ends here comes back through `release`.
            if self._fingerprint is None:
                return
            if generation.key in self._sent or generation.outcome is not None:
                continue
            if generation.losses and any(self._attempts[key].losses for key in self._sent):
                return
            if generation.fingerprint not in (None, self._fingerprint) and generation.record.token_count:
                generation.finish("interrupted")  # the file was replaced: these ids mean something else now
                continue
            self._sent.add(generation.key)
            self._send(generation.sent(self._fingerprint))
