"""Turns and the store: whatever comes of an answer is kept, so that a killed client loses at most half a second."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from llamachat.documents.prompting import FileText, question_text
from llamachat.fleet.asking import CLOSED
from llamachat.fleet.events import Failed, Finished, Routed, TurnEvent
from llamachat.fleet.limits import FleetLimits
from llamachat.fleet.turn import Held, OpenAttempt, Turn
from llamachat.protocol import Attachment, ChatMessage, Params, PromptMessage, Seam
from llamachat.store import OpenAttempt as StoredAttempt
from llamachat.store import Store, StoredMessage, StoreError, StoreThread, first_title

if TYPE_CHECKING:
    from llamachat.fleet.fleet import Fleet

logger = logging.getLogger("llamachat.fleet")

_NO_TEXTS: Final[Mapping[str, str]] = MappingProxyType({})
_LARGEST_ID: Final = 2**32 - 1
"""The store packs token ids into 32 bits; a vocabulary is far smaller."""


class Asker(Protocol):
    """What is needed of a fleet."""

    def ask(self, turn: Turn) -> AsyncGenerator[TurnEvent, None]:
        """As `Fleet.ask`."""

    def held(self, message_id: str) -> Held | None:
        """As `Fleet.held`."""


@dataclass(frozen=True, slots=True)
class RecordedTurn:
    """A turn and where its answer belongs in the store: after the message `parent_id`, since `created_at` (Unix).

    `origin` is the node that began the answer, where it was begun before. A stored answer carries it as a seam at
    offset 0, so that it can still be told who answered.
    """

    turn: Turn
    parent_id: str
    created_at: float
    origin: str | None = None


def conversation(
    system_prompt: str, path: Sequence[StoredMessage], texts: Mapping[str, str] = _NO_TEXTS
) -> tuple[PromptMessage, ...]:
    """What a node is sent: the system prompt and what was said, each message with its files, whose `texts` are found by
    their hashes. Answers without a word are left out."""
    messages = [PromptMessage("system", system_prompt)] if system_prompt else []
    for message in path:
        files = [FileText(each.name, texts.get(each.sha256)) for each in message.attachments]
        if content := question_text(message.content, files):
            messages.append(PromptMessage(message.role, content))
    return tuple(messages)


def add_question(
    store: Store,
    chat_id: str,
    text: str,
    created_at: float,
    *,
    message_id: str | None = None,
    attachments: Sequence[Attachment] = (),
    instead_of: str | None = None,
) -> ChatMessage:
    """Puts a question at the end of the chat and names the chat after its first one; files without a word give it
    their names. With `instead_of` it becomes another branch beside the question with that id, with its attachments; the
    chat then ends with the new one.

    Raises:
        StoreError: it cannot be kept.
    """
    if instead_of is None:
        # A deleted last message leaves nothing of a path of one; what it answered is still there.
        path = store.active_path(chat_id, 1) or store.active_path(chat_id)
        parent_id = path[-1].id if path else None
    else:
        original = store.message(instead_of)
        parent_id, attachments = original.parent_id, original.attachments
    question = ChatMessage(
        id=message_id or uuid.uuid4().hex,
        parent_id=parent_id,
        role="user",
        content=text,
        created_at=created_at,
        attachments=list(attachments),
    )
    store.add_message(question, chat_id)
    if parent_id is None:
        store.suggest_title(chat_id, first_title(question))
    return question


async def record(
    asker: Asker, store: StoreThread, recorded: RecordedTurn, *, limits: FleetLimits | None = None
) -> AsyncGenerator[TurnEvent, None]:
    """Runs a turn, passes its events on, and keeps the answer as it grows.

    A new attempt is in the store at once, what has come of it at most `save_interval_s` later, and whenever this ends,
    however it ends. Closing it early leaves the answer running at its node and open in the store, to be taken up by
    `abandoned`. A store that fails does not end the turn: the failure is logged, and saving is tried again.
    """
    turn = recorded.turn
    keeper = _Keeper(asker, store, recorded, limits or FleetLimits())
    ended = False
    await keeper.save()
    saving = asyncio.create_task(keeper.run(), name=f"saving {turn.message_id}")
    try:
        async with aclosing(asker.ask(turn)) as events:
            async for event in events:
                if isinstance(event, Routed):
                    keeper.routed(event.node)
                keeper.remember()
                if isinstance(event, Finished) or (isinstance(event, Failed) and event.code != CLOSED):
                    await keeper.stop(saving)
                    await keeper.finish(event)
                    ended = True
                yield event
    finally:
        await keeper.stop(saving)
        if not ended:
            await keeper.save(released=True)


def abandoned(store: Store, now: float, *, limits: FleetLimits | None = None) -> list[RecordedTurn]:
    """The answers that no client looks after, as turns that attach to them or go on with them.

    A client that ended in order let go of its answers; one that was killed is known by having saved nothing for
    `abandoned_s`, so it takes that long until its answers are listed. `now` is in seconds since the epoch.
    """
    since = now - (limits or FleetLimits()).abandoned_s
    turns = []
    for attempt in store.open_attempts():
        is_ours = attempt.saved_at < since or attempt.request.get("released")
        if not is_ours or store.summary(attempt.chat_id).deleted_at is not None:
            continue
        try:
            turns.append(_taken_up(attempt, store.message(attempt.message_id)))
        except (KeyError, ValueError, msgspec.ValidationError) as error:
            logger.warning("An open answer cannot be gone on with: %s", error)
            store.drop_attempt(attempt.id)
    return turns


async def cancel_superseded(fleet: Fleet, store: StoreThread) -> None:
    """Stops the attempts whose answers went on as others, also those of earlier runs, and forgets them once their
    nodes confirmed it. To be called at the start and now and then.

    Raises:
        StoreError: the history cannot be read or written.
    """
    left = await store.read(lambda s: s.abandoned_attempts())
    for attempt_id in [attempt.id for attempt in left if fleet.cancel_attempt(attempt.node, attempt.id)]:
        await store.run(partial(_drop, attempt_id))


def _drop(attempt_id: str, store: Store) -> None:
    store.drop_attempt(attempt_id)


class _Keeper:
    """Saves one answer."""

    def __init__(self, asker: Asker, store: StoreThread, recorded: RecordedTurn, limits: FleetLimits) -> None:
        self._asker = asker
        self._store = store
        self._recorded = recorded
        self._limits = limits
        self._new_attempt = asyncio.Event()
        turn = recorded.turn
        attempt = turn.attempt
        self._held = Held(
            message_id=turn.message_id,
            attempt_id=attempt.attempt_id if attempt else None,
            token_offset=attempt.token_offset if attempt else 0,
            node=attempt.node if attempt else None,
            model=turn.model,
            fingerprint=turn.fingerprint,
            text=turn.prefix,
            tokens=turn.prefix_tokens,
            seed=turn.params.seed or 0,
            seams=turn.seams,
        )
        self._saved: Held | None = None
        self._is_nameless = False  # stored under the id of the message, as no attempt has one yet
        self._origin = recorded.origin

    def routed(self, node: str) -> None:
        """Takes down who was asked first."""
        self._origin = self._origin or node

    async def run(self) -> None:
        """Saves a new attempt at once, what is new of it every `save_interval_s`, and marks the answer as looked after
        every `touch_interval_s`."""
        quiet = 0.0
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._limits.save_interval_s):
                    await self._new_attempt.wait()
            self._new_attempt.clear()
            self.remember()
            quiet += self._limits.save_interval_s
            if self._held != self._saved or quiet >= self._limits.touch_interval_s:
                quiet = 0.0
                await self.save()

    async def stop(self, saving: asyncio.Task[None]) -> None:
        """Ends `run`, whatever it is doing."""
        saving.cancel()
        (outcome,) = await asyncio.gather(saving, return_exceptions=True)
        if isinstance(outcome, Exception):
            logger.error("Saving an answer failed", exc_info=outcome)

    def remember(self) -> None:
        """Takes down what is held now, since the fleet forgets it with the end of the turn."""
        held = self._asker.held(self._recorded.turn.message_id)
        if held is None:
            return
        if held.attempt_id is not None and (self._saved is None or held.attempt_id != self._saved.attempt_id):
            self._new_attempt.set()
        self._held = held

    async def save(self, *, released: bool = False) -> None:
        """Stores what is held; `released`: this client no longer looks after it."""
        held, turn = self._held, self._recorded.turn
        message = self._message(held.text, held.model, held.seams)
        # Between two attempts there is none to name; one that no node knows is simply not found there later.
        attempt_id = held.attempt_id or held.message_id
        storable = not held.tokens or (min(held.tokens) >= 0 and max(held.tokens) <= _LARGEST_ID)
        request = _request(self._recorded) | {
            "token_offset": held.token_offset if storable else 0,
            "released": released,
        }

        def work(store: Store) -> None:
            store.save_partial(
                turn.chat_id,
                message,
                attempt_id=attempt_id,
                node=held.node or "",
                tokens=held.tokens if storable else (),
                fingerprint=held.fingerprint if storable else None,
                offset=len(held.text),
                seed=held.seed,
                request=request,
            )
            if attempt_id != held.message_id and self._is_nameless:
                store.drop_attempt(held.message_id)

        try:
            await self._store.run(work)
        except StoreError as error:
            logger.warning("A part of an answer could not be kept: %s", error)
        else:
            self._saved = held
            self._is_nameless = attempt_id == held.message_id

    async def finish(self, event: Finished | Failed) -> None:
        """Stores the end."""
        chat_id = self._recorded.turn.chat_id
        message = self._message(event.text, self._held.model, self._held.seams)
        try:
            if isinstance(event, Finished):
                whole = msgspec.structs.replace(
                    message,
                    model=event.model,
                    seams=self._with_origin(event.seams),
                    usage=event.usage,
                    timings=event.timings,
                    finish_reason=event.finish_reason,
                )
                estimate, cost = event.estimate, event.cost

                def work(store: Store) -> None:
                    with store.transaction():
                        store.finish_message(chat_id, whole, cost=cost)
                        if estimate is not None:
                            store.keep_estimate(estimate)

                await self._store.run(work)
            else:
                reason = event.message
                await self._store.run(
                    lambda store: store.finish_message(chat_id, message, state="failed", error=reason)
                )
        except StoreError as error:
            logger.error("An answer could not be kept: %s", error)

    def _message(self, text: str, model: str | None, seams: Sequence[Seam]) -> ChatMessage:
        recorded = self._recorded
        return ChatMessage(
            id=recorded.turn.message_id,
            parent_id=recorded.parent_id,
            role="assistant",
            content=text,
            created_at=recorded.created_at,
            model=model,
            seams=self._with_origin(seams),
        )

    def _with_origin(self, seams: Sequence[Seam]) -> list[Seam]:
        if self._origin is None or (seams and seams[0].offset == 0):
            return list(seams)
        return [Seam(self._origin, 0), *seams]


def _request(recorded: RecordedTurn) -> dict[str, Any]:
    turn = recorded.turn
    return {
        "messages": msgspec.to_builtins(turn.messages),
        "model": turn.model,
        "params": msgspec.to_builtins(turn.params),
        "node": turn.node,
    }


def _taken_up(stored: StoredAttempt, message: StoredMessage) -> RecordedTurn:
    request = stored.request
    params = msgspec.convert(request["params"], Params)
    origin = next((seam.node for seam in message.seams if seam.offset == 0), None)
    attempt = None
    if stored.node and stored.id != stored.message_id:
        attempt = OpenAttempt(stored.id, stored.node, request["token_offset"])
    turn = Turn(
        message_id=stored.message_id,
        chat_id=stored.chat_id,
        messages=msgspec.convert(request["messages"], tuple[PromptMessage, ...]),
        model=request["model"],
        params=msgspec.structs.replace(params, seed=stored.seed) if stored.seed is not None else params,
        prefix=message.content,
        prefix_tokens=stored.tokens if stored.fingerprint is not None else (),
        fingerprint=stored.fingerprint,
        seams=tuple(seam for seam in message.seams if seam.offset > 0),
        attempt=attempt,
        node=request["node"],
        last_node=stored.node or None,
    )
    if message.parent_id is None:
        raise ValueError("it has no question")
    return RecordedTurn(turn, message.parent_id, message.created_at, origin)
