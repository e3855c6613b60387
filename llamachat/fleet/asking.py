"""A turn under way: a state machine from the question to its one ending. It never waits and never raises.

Whatever happens in the fleet reaches it through `advance` (time passed, or a node changed) and `take` (something came
for an attempt); both return the events to show. `patience` says when to call `advance` at the latest.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from llamachat.base.text import one_line
from llamachat.fleet import verdict
from llamachat.fleet.answer import Answer, Piece
from llamachat.fleet.attempt import Attempt
from llamachat.fleet.ending import finished
from llamachat.fleet.events import (
    Delta,
    Failed,
    Finished,
    Loading,
    Prefilling,
    Queued,
    Rerouted,
    Routed,
    TurnEvent,
)
from llamachat.fleet.link import Incoming, Lost
from llamachat.fleet.routing import Decision, TurnFacts, choose
from llamachat.fleet.setbacks import Setbacks
from llamachat.fleet.snapshot import NodeSnapshot
from llamachat.fleet.surroundings import Surroundings
from llamachat.fleet.turn import Held, Turn
from llamachat.fleet.waiting import hopeless, waiting_for
from llamachat.protocol import (
    AiResponse,
    Error,
    ErrorCode,
    FinishReason,
    Progress,
    ProtocolError,
    Seam,
    UserMessage,
)
from llamachat.protocol import Queued as QueuedFrame
from llamachat.protocol.limits import MAX_ARRAY_ITEMS
from llamachat.store import Estimate

CLOSED: Final = "closed"
"""The code of `Failed` when the fleet was closed around a turn: the attempt runs on, and can be attached to."""

_SHORTEST_WAIT_S: Final = 0.001

Deliver = Callable[[str, Incoming], None]
"""Gets what comes for the attempt with this id, to be handed to `take` later."""


class Asking:
    """Args:
    turn: what to ask.
    around: the fleet.
    deliver: called when something comes for one of its attempts; must not raise.
    """

    def __init__(self, turn: Turn, around: Surroundings, deliver: Deliver) -> None:
        now = around.clock.now()
        seed = turn.params.seed if turn.params.seed is not None else secrets.randbits(32)
        self.turn = turn
        self.ended = False
        self._around = around
        self._limits = around.limits
        self._deliver = deliver
        self._params = msgspec.structs.replace(turn.params, seed=seed)
        self._seed = seed
        self._deadline = math.inf if turn.params.deadline_s is None else now + turn.params.deadline_s
        self._answer = Answer(turn.prefix, turn.prefix_tokens, turn.fingerprint)
        self._seams = list(turn.seams)
        self._attempt: Attempt | None = None  # running, or lost and perhaps to be found again
        self._running = False
        self._grace_until = 0.0
        self._first_grace_until = now + self._limits.grace_s
        self._retry_at = math.inf
        self._cancel_at: float | None = None  # when cancelling is given up waiting for
        self._cancel_wanted = False
        self._setbacks = Setbacks()
        self._node: str | None = None  # as last shown
        self._writer = turn.attempt.node if turn.attempt is not None else turn.last_node
        self._model: str | None = None
        self._shown_wait: object = None
        self._awaited: frozenset[str] = frozenset()
        self._estimate: Estimate | None = None  # of the attempt that brought the first text
        if turn.attempt is not None:
            self._attempt = self._new_attempt(turn.attempt.attempt_id, turn.attempt.node, turn.model, now)
            self._answer.resume(turn.attempt.token_offset)
            self._grace_until = now + self._limits.grace_s

    # ── for the fleet ───────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def running_at(self) -> str | None:
        """The node that works for it."""
        return self._attempt.node if self._running and self._attempt is not None else None

    @property
    def awaited(self) -> frozenset[str]:
        """The busy nodes that it waits for, if somebody waits for it."""
        return self._awaited if self.turn.wait_for_node else frozenset()

    @property
    def held(self) -> Held:
        """What to keep of it now."""
        attempt = self._attempt
        return Held(
            message_id=self.turn.message_id,
            attempt_id=attempt.id if attempt is not None else None,
            token_offset=self._answer.held_token_offset,
            node=attempt.node if attempt is not None else self._writer,
            model=self._model or self.turn.model,
            fingerprint=self._answer.fingerprint,
            text=self._answer.text,
            tokens=tuple(self._answer.tokens),
            seed=self._seed,
            seams=tuple(self._seams),
        )

    def cancel(self) -> None:
        """Wants it stopped, wherever it is."""
        self._cancel_wanted = True

    def leave(self) -> None:
        """Nobody listens any more; what runs at a node runs on."""
        if self._running and self._attempt is not None:
            self._attempt.leave()
        self._stop_waiting()
        self._running = False
        self.ended = True  # the attempt stays in what is held, to be attached to

    def close(self) -> list[TurnEvent]:
        """The fleet ends."""
        if self.ended:
            return []
        text = self._answer.text
        self.leave()
        return [Failed(CLOSED, "The connections to all nodes were closed.", text, self._node)]

    def patience(self) -> float | None:
        """Seconds until `advance` must be called even if nothing happens; None: not before something does."""
        now = self._around.clock.now()
        times = [self._deadline_at()]
        if self._cancel_at is not None:
            times.append(self._cancel_at)
        if self._running and self._attempt is not None:
            times.append(self._attempt.next_look(now))
        elif not self._running:
            moments = (self._grace_until, self._first_grace_until, self._around.settled_at, self._retry_at)
            times += [moment for moment in moments if moment > now]
        first = min(times)
        return None if first == math.inf else max(first - now, _SHORTEST_WAIT_S)

    # ── what happens ────────────────────────────────────────────────────────────────────────────────────────────────

    def advance(self) -> list[TurnEvent]:
        """Looks at the time and at the nodes, and does what follows."""
        now = self._around.clock.now()
        if self.ended:
            return []
        if self._cancel_wanted:
            return self._pursue_cancel(now)
        if now >= self._deadline_at():
            self._stop_attempt()
            return [self._conclude("deadline")]
        if self._running and self._attempt is not None:
            if self._attempt.look(self._answer, now):
                return []
            self._give_up_attempt(self._attempt, "it no longer sends the answer", now)
        return self._seek(now)

    def take(self, attempt_id: str, item: Incoming) -> list[TurnEvent]:
        """Takes what came for an attempt; what comes late for one that was left is ignored."""
        attempt = self._attempt
        if self.ended or attempt is None or attempt.id != attempt_id or not self._running:
            return []
        now = self._around.clock.now()
        match item:
            case Lost():
                return self._take_loss(item, attempt, now)
            case QueuedFrame():
                attempt.heard(now)
                return [Queued(attempt.node, item.position, item.depth, item.eta_ms)]
            case Progress():
                attempt.heard(now)
                if item.phase == "loading":
                    return [Loading(attempt.node, item.done, item.total)]
                return [Prefilling(attempt.node, item.done, item.total, item.cached)]
            case AiResponse():
                return self._take_response(item, attempt, now)
            case Error():
                return self._take_error(item, attempt, now)

    # ── looking for a node ──────────────────────────────────────────────────────────────────────────────────────────

    def _seek(self, now: float) -> list[TurnEvent]:
        """Back to the attempt that was lost, if its node is there; else to the best node; else waits."""
        if self._attempt is not None:
            link = self._around.nodes.get(self._attempt.node)
            if link is not None and link.snapshot.connected:
                return self._return_to(self._attempt, now)
            if link is not None and now < self._grace_until:
                may_return = not link.snapshot.gone and link.snapshot.state != "refused"
                if may_return:
                    return []
        if self._around.settling():
            return []
        decision = choose(
            self._facts(),
            self._around.snapshots(),
            self._around.policy,
            cooling=self._around.cooldowns.until,
            now=now,
            limits=self._limits,
            in_flight=self._around.in_flight(),
        )
        return self._wait(decision, now) if decision.node is None else self._begin(decision, decision.node, now)

    def _facts(self) -> TurnFacts:
        turn = self.turn
        characters = sum(len(message.content) for message in turn.messages) + self._answer.length
        return TurnFacts(
            chat_id=turn.chat_id,
            model=turn.model,
            prompt_tokens=math.ceil(characters / self._limits.characters_per_token),
            begun_model=self._model,
            fingerprint=self._answer.fingerprint,
            last_node=turn.last_node or self._around.last_nodes.get(turn.chat_id),
            only_node=turn.node,
            context_above=self._setbacks.context_above,
            refusals=self._setbacks.refusals,
        )

    def _return_to(self, attempt: Attempt, now: float) -> list[TurnEvent]:
        was_shown = self._stop_waiting() or self._node is None
        self._running = True
        self._node = attempt.node
        attempt.attach(self._around.nodes[attempt.node], self._answer, now)
        return [Routed(attempt.node, attempt.model, "it is back and has the answer", None)] if was_shown else []

    def _wait(self, decision: Decision, now: float) -> list[TurnEvent]:
        """Nobody can answer now: shows that, or ends when nobody ever will."""
        nodes = self._around.snapshots()
        failure = hopeless(self.turn, decision, nodes, self._setbacks, in_grace=self._in_grace(nodes, now))
        if failure is not None:
            return [self._fail(*failure)]
        waiting = self._around.waiting
        if self not in waiting:
            waiting.append(self)
        self._retry_at = decision.retry_at if decision.retry_at is not None else math.inf
        self._awaited = frozenset(out.node for out in decision.excluded if out.why == "busy")
        retry_at = waiting_for(decision, nodes, now, time.time())
        shown = (waiting.index(self), len(waiting), decision.reason, retry_at and round(retry_at))
        if shown == self._shown_wait:
            return []
        self._shown_wait = shown
        retry_in = None if retry_at is None else max(retry_at - now, 0.0)
        return [Queued(None, waiting.index(self) + 1, len(waiting), None, retry_in, decision.reason)]

    def _in_grace(self, nodes: tuple[NodeSnapshot, ...], now: float) -> bool:
        """A node that was lost may come back; one that broke the first connection may take the next."""
        broke = any(node.state == "offline" and not node.gone for node in nodes)
        return now < self._grace_until or (broke and now < self._first_grace_until)

    def _stop_waiting(self) -> bool:
        """No longer without a node; whether that had been shown."""
        shown, self._shown_wait, self._retry_at = self._shown_wait is not None, None, math.inf
        self._awaited = frozenset()
        if self in self._around.waiting:
            self._around.waiting.remove(self)
            self._around.poke()
        return shown

    def _begin(self, decision: Decision, node: str, now: float) -> list[TurnEvent]:
        """Asks there, under a new id, for what is missing of the answer."""
        self._stop_waiting()
        self._stop_attempt()  # it may still run at a node that was lost
        attempt = self._new_attempt(secrets.token_hex(16), node, decision.model, now)
        attempt.expected_ms = decision.expected_ms
        try:
            try:
                attempt.ask(self._around.nodes[node], self._question(attempt, decision, now))
            except ProtocolError:
                if not self._answer.tokens:
                    raise
                self._answer.forget_tokens()  # the text alone may still fit
                attempt.ask(self._around.nodes[node], self._question(attempt, decision, now))
        except ProtocolError as error:
            return [self._fail(error.code, error.message)]
        except UnicodeError:
            return [self._fail(ErrorCode.BAD_FRAME, "The conversation holds characters that are not valid Unicode.")]
        self._answer.begin()
        self._attempt, self._running = attempt, True
        before, self._node = self._node, node
        if before is None or before == node:
            return [Routed(node, decision.model and one_line(decision.model), decision.reason, decision.expected_ms)]
        return [Rerouted(before, node, self._answer.length, self._setbacks.left_because or decision.reason)]

    def _question(self, attempt: Attempt, decision: Decision, now: float) -> UserMessage:
        answer = self._answer
        exact = bool(answer.tokens) and answer.fingerprint is not None and len(answer.tokens) <= MAX_ARRAY_ITEMS
        params = self._params
        if self._deadline < math.inf:
            params = msgspec.structs.replace(params, deadline_s=max(self._deadline - now, _SHORTEST_WAIT_S))
        return UserMessage(
            id=attempt.id,
            req=attempt.id,
            message_id=self.turn.message_id,
            chat_id=self.turn.chat_id,
            model=self.turn.model if self.turn.model is not None or not answer.length else decision.model,
            messages=list(self.turn.messages),
            prefix=answer.text,
            prefix_tokens=list(answer.tokens) if exact else None,
            fingerprint=answer.fingerprint if exact else None,
            params=params,
        )

    # ── what an attempt brings ──────────────────────────────────────────────────────────────────────────────────────

    def _take_loss(self, lost: Lost, attempt: Attempt, now: float) -> list[TurnEvent]:
        self._running = False
        self._setbacks.left(attempt.node, lost.reason)
        self._grace_until = now if lost.silent else now + self._limits.grace_s
        return [self._conclude("cancelled")] if self._cancel_wanted else []

    def _take_response(self, frame: AiResponse, attempt: Attempt, now: float) -> list[TurnEvent]:
        piece = self._answer.take(frame)
        if piece is None:
            if not attempt.missed(self._answer, now):
                self._give_up_attempt(attempt, "pieces of the answer are missing", now)
            return []
        attempt.heard(now, streaming=True)
        self._model = frame.model
        events = self._grow(piece, attempt, now)
        if not frame.done:
            return events
        if isinstance(frame.message, str):
            rest = self._answer.take_rest(frame.message)
            if rest is not None:
                events += self._grow(rest, attempt, now)
        return events + self._take_end(frame, attempt, now)

    def _grow(self, piece: Piece, attempt: Attempt, now: float) -> list[TurnEvent]:
        if not piece.text:
            return []
        if not attempt.wrote:
            attempt.wrote = True
            self._note_first_text(attempt, now)
            if piece.offset and self._writer != attempt.node:
                self._seams.append(Seam(attempt.node, piece.offset))
            self._writer = attempt.node
        self._setbacks.went_on()
        return [Delta(attempt.node, one_line(self._model or ""), piece.offset, piece.text, piece.tokens)]

    def _note_first_text(self, attempt: Attempt, now: float) -> None:
        around = self._around
        around.cooldowns.succeeded(attempt.node, attempt.model)
        around.remember(self.turn.chat_id, attempt.node)
        if attempt.expected_ms is not None:  # it was asked by this turn, not found again
            around.rate_limits.began(attempt.node, attempt.began)
            actual_ms = 1000 * (now - attempt.began)
            model = one_line(self._model or "")
            estimate = Estimate(attempt.node, model, time.time(), attempt.expected_ms, actual_ms)
            around.estimates.add(estimate)
            self._estimate = self._estimate or estimate

    def _take_end(self, frame: AiResponse, attempt: Attempt, now: float) -> list[TurnEvent]:
        reason: FinishReason = frame.finish_reason if isinstance(frame.finish_reason, str) else "stop"
        if reason == "interrupted" and not self._cancel_wanted:
            until = now + self._limits.retry_default_s
            self._setbacks.busy(attempt.node, "it stopped before the answer was complete", until)
            self._drop_attempt()
            return []
        return [self._conclude("cancelled" if reason == "interrupted" else reason, frame)]

    def _take_error(self, error: Error, attempt: Attempt, now: float) -> list[TurnEvent]:
        if self._cancel_wanted:
            return [self._conclude("cancelled")]
        said = one_line(error.message)
        step = verdict.judge(error, self._limits, attaching=attempt.attaching, sent_tokens=attempt.sent_tokens)
        match step.step:
            case "end":
                self._drop_attempt()
                return [self._fail(error.code, error.message)]
            case "anew":
                self._setbacks.left(attempt.node, "it no longer has the answer")
                self._stop_attempt()  # should the question still be on its way there
            case "from_text":
                self._answer.forget_tokens()
            case "later":
                self._setbacks.busy(attempt.node, said, now + step.wait_s)
                if error.code == ErrorCode.RATE_LIMITED:
                    self._around.rate_limits.refused(attempt.node, now, now + step.wait_s)
                    self._around.changed()
            case "larger" | "elsewhere":
                self._setbacks.failed(attempt.node, said, error, None)
                self._setbacks.context_above = max(self._setbacks.context_above, step.context)
            case "cool":
                until = self._around.cooldowns.failed(attempt.node, attempt.model, now)
                self._setbacks.failed(attempt.node, said, error, until)
        self._drop_attempt()
        return []

    # ── leaving attempts, and the end ───────────────────────────────────────────────────────────────────────────────

    def _new_attempt(self, attempt_id: str, node: str, model: str | None, now: float) -> Attempt:
        return Attempt(attempt_id, node, model, self._limits, now, partial(self._deliver, attempt_id))

    def _give_up_attempt(self, attempt: Attempt, reason: str, now: float) -> None:
        """The attempt runs but is of no use."""
        self._stop_attempt()
        until = self._around.cooldowns.failed(attempt.node, attempt.model, now)
        error = Error(id=attempt.id, code=ErrorCode.INTERNAL, message=f"{attempt.node}: {reason}.")
        self._setbacks.failed(attempt.node, reason, error, until)

    def _stop_attempt(self) -> None:
        """Leaves the attempt and has it cancelled, at the latest when its node is seen again."""
        if self._attempt is not None:
            link = self._around.nodes.get(self._attempt.node)
            if link is not None:
                link.cancel(self._attempt.id)
        self._drop_attempt()

    def _drop_attempt(self) -> None:
        if self._attempt is not None:
            self._attempt.forget()
        self._attempt, self._running = None, False

    def _deadline_at(self) -> float:
        # A node that works on it ends it by itself, and may say so a little late.
        return self._deadline + (self._limits.cancel_wait_s if self._running else 0.0)

    def _pursue_cancel(self, now: float) -> list[TurnEvent]:
        if self._cancel_at is None and self._running and self._attempt is not None:
            self._cancel_at = now + self._limits.cancel_wait_s
            link = self._around.nodes.get(self._attempt.node)
            if link is not None:
                link.cancel(self._attempt.id)
            return []
        if self._running and self._cancel_at is not None and now < self._cancel_at:
            return []
        self._stop_attempt()
        return [self._conclude("cancelled")]

    def _conclude(self, reason: FinishReason, last: AiResponse | None = None) -> Finished:
        """The end of an answer, be it short."""
        ending = finished(self.held, self._node, reason, last, self._estimate)
        self._end()
        return ending

    def _fail(self, code: str, message: str) -> Failed:
        self._end()
        return Failed(one_line(code, 64), one_line(message), self._answer.text, self._node)

    def _end(self) -> None:
        self._stop_waiting()
        if self._running:
            self._drop_attempt()  # it has ended
        else:
            self._stop_attempt()  # it was lost, and may still run
        self.ended = True
