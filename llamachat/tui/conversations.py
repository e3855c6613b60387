"""The conversations behind the chat screen: what is being answered, and what waits to be sent."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from llamachat.config import sampling
from llamachat.config.holding import holding_for
from llamachat.config.schema import ChatSettings
from llamachat.documents.document import Document
from llamachat.fleet import Turn
from llamachat.fleet.events import TurnEvent
from llamachat.fleet.outbox import Outbox, Waiting, sendable, takes_work
from llamachat.fleet.prompts import keep_question, prompt
from llamachat.fleet.recording import RecordedTurn, abandoned, add_question, cancel_superseded, record
from llamachat.fleet.titles import TitleWriter
from llamachat.protocol import ChatMessage, Params, PromptMessage
from llamachat.store import OwnSettings, StoredMessage, StoreError
from llamachat.tui.answers import LiveAnswer, advance
from llamachat.tui.services import Services
from llamachat.tui.stored_chats import StoredChats

Sent = Literal["sent", "next", "no_node", "gone"]
"""What became of a waiting question that was to be sent now: it was; it is the next of its chat, whose answer is still
running; it is the first, once a node takes work; it is not there any more or another client has it."""

_CHARACTERS_PER_TOKEN: Final = 3
"""For an answer whose node never said how many tokens it has; rather too many than too few."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a question: it is part of the chat now, or None while it waits in the outbox."""

    chat_id: str
    question: ChatMessage | None


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told, on the event loop.

    Attributes:
        changed: each new state of an answer, and the event that brought it; None when it has only begun.
        began: a question that waited became part of its chat.
        waiting: what waits changed.
        titled: a chat was named by a model.
        trouble: the history could not be read or written in work that nobody waits for.
    """

    changed: Callable[[LiveAnswer, TurnEvent | None], None]
    began: Callable[[str, ChatMessage], None]
    waiting: Callable[[], None]
    titled: Callable[[], None]
    trouble: Callable[[StoreError], None]


class Conversations:
    """Asks and keeps.

    Args:
        services: the core.
        listeners: who is told.
        spawn: runs a coroutine as a task that somebody owns.
    """

    def __init__(
        self, services: Services, listeners: Listeners, *, spawn: Callable[[Coroutine[Any, Any, None]], Any]
    ) -> None:
        self._services = services
        self._tell = listeners
        self._spawn = spawn
        self._live: dict[str, LiveAnswer] = {}  # by chat
        self._sending = asyncio.Lock()  # one decision at a time about what begins in which chat
        self._took_work = True
        self._titles = TitleWriter(services.fleet, services.store)
        self.stored = StoredChats(services)
        self.outbox = Outbox(services.store)
        self.waiting: tuple[Waiting, ...] = ()
        """Questions that wait in the outbox, as last read."""

    def live(self, chat_id: str) -> LiveAnswer | None:
        """The answer that is being given in this chat."""
        return self._live.get(chat_id)

    @property
    def running(self) -> Mapping[str, LiveAnswer]:
        """All answers that are being given, by chat."""
        return self._live

    # ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def ask(self, chat_id: str | None, text: str, documents: Sequence[Document] = ()) -> Asked:
        """Asks `text` with files in that chat, or in a new one. Behind the answer that is running there, and while no
        node takes work, it waits in the outbox.

        Raises:
            StoreError: it could not be kept; nothing was asked.
        """
        self._titles.stop()
        chat = chat_id if chat_id is not None else await self.stored.create()
        await self.stored.keep_draft(chat_id, "")
        async with self._sending:
            queued = await self._services.store.read(lambda store: store.outbox_list(chat))
            if not queued and chat not in self._live and takes_work(self._services.fleet.snapshots()):
                now = self._services.clock()
                question = await self._services.store.run(
                    lambda store: keep_question(store, chat, text, now, documents)
                )
                await self._answer(chat, question)
                return Asked(chat, question)
            await self.outbox.put(chat, text, documents)
        await self.send_waiting()
        return Asked(chat, None)

    async def ask_instead(self, chat_id: str, question_id: str, text: str) -> ChatMessage | None:
        """Asks `text` as another branch beside that question; None while an answer is running in the chat.

        Raises:
            StoreError: it could not be kept; nothing was asked.
        """
        async with self._sending:
            if chat_id in self._live:
                return None
            now = self._services.clock()
            question = await self._services.store.run(
                lambda store: add_question(store, chat_id, text, now, instead_of=question_id)
            )
            await self._answer(chat_id, question)
            return question

    async def answer_again(
        self, chat_id: str, question_id: str, *, node: str | None = None, model: str | None = None
    ) -> bool:
        """Has a question answered once more, as another branch: by `node` alone, with `model`, or as any other; False
        while an answer is running in the chat.

        Raises:
            StoreError: the history cannot be read.
        """
        async with self._sending:
            if chat_id in self._live:
                return False
            question = await self._services.store.read(lambda store: store.message(question_id))
            await self._answer(chat_id, question, node=node, model=model)
            return True

    async def go_on(self, chat_id: str, message_id: str) -> bool:
        """Goes on with an answer that ended early, where it ended; False while an answer is running in the chat.

        Raises:
            StoreError: the history cannot be read.
        """
        async with self._sending:
            message = await self._services.store.read(lambda store: store.message(message_id))
            question_id = message.parent_id
            if chat_id in self._live or question_id is None:
                return False
            held = await self._held(chat_id)
            messages = await self._prompt(question_id, held)
            self._start(self._continuing(chat_id, message, messages, sampling.params(held.sampling)))
            return True

    async def stop(self, chat_id: str) -> None:
        """Stops the running answer; what waits behind it is sent next."""
        answer = self._live.get(chat_id)
        if answer is not None:
            await self._services.fleet.cancel(answer.message_id)

    async def question_to_retry(self, chat_id: str) -> str | None:
        """The last question, if its answer failed or is missing.

        Raises:
            StoreError: the history cannot be read.
        """
        path = await self.stored.messages((await self.stored.active_ids(chat_id))[-2:])
        if not path or chat_id in self._live:
            return None
        last = path[-1]
        if last.role == "assistant" and last.state == "failed" and len(path) > 1:
            return path[-2].id
        return last.id if last.role == "user" else None

    async def resume(self) -> None:
        """Takes up what clients that are gone left behind: open answers first, then what waits in the outbox.

        Raises:
            StoreError: the history cannot be read.
        """
        await cancel_superseded(self._services.fleet, self._services.store)
        now = self._services.clock()
        async with self._sending:
            for recorded in await self._services.store.run(lambda store: abandoned(store, now)):
                if recorded.turn.chat_id not in self._live:
                    self._start(recorded)
        await self.send_waiting()

    # ── what waits ──────────────────────────────────────────────────────────────────────────────────────────────────

    def fleet_changed(self) -> None:
        """Sends what waits as soon as a node takes work again."""
        takes, self._took_work = takes_work(self._services.fleet.snapshots()), self._took_work
        if takes and not self._took_work and self.waiting:
            self._spawn(self._try_to_send())
        self._took_work = takes

    async def send_waiting(self) -> None:
        """Begins every waiting question that nothing keeps back: its chat is free, a node takes work, and the answer
        before it did not fail.

        Raises:
            StoreError: the history cannot be read or written.
        """
        async with self._sending:
            for waiting in sendable(await self.outbox.waiting(), busy=tuple(self._live)):
                if takes_work(self._services.fleet.snapshots()):
                    await self._send(waiting.item.id)
            await self._look_at_outbox()

    async def send_now(self, item_id: str) -> Sent:
        """Sends a waiting question before all others, also where the answer before it failed.

        Raises:
            StoreError: the history cannot be read or written.
        """
        async with self._sending:
            waiting = next((one for one in await self.outbox.waiting() if one.item.id == item_id), None)
            if waiting is None:
                return "gone"
            await self.outbox.move(item_id, -waiting.item.position)
            outcome: Sent
            if not takes_work(self._services.fleet.snapshots()):
                outcome = "no_node"
            elif waiting.item.chat_id in self._live:
                outcome = "next"
            else:
                outcome = "sent" if await self._send(item_id) else "gone"
            await self._look_at_outbox()
            return outcome

    async def look_at_outbox(self) -> None:
        """Reads again what waits, after something was done with it.

        Raises:
            StoreError: the history cannot be read.
        """
        async with self._sending:
            await self._look_at_outbox()

    async def _look_at_outbox(self) -> None:
        self.waiting = await self.outbox.waiting()
        self._tell.waiting()

    async def _send(self, item_id: str) -> bool:
        taken = await self.outbox.take(item_id, self._services.clock())
        if taken is None:
            return False
        self._tell.began(taken.item.chat_id, taken.question)
        await self._answer(taken.item.chat_id, taken.question, model=taken.item.request.get("model"))
        return True

    async def _try_to_send(self) -> None:
        try:
            await self.send_waiting()
        except StoreError as error:
            self._tell.trouble(error)

    # ── one answer ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _answer(
        self, chat_id: str, question: ChatMessage, *, node: str | None = None, model: str | None = None
    ) -> None:
        """Asks with what holds for the chat now; `model` is for this answer alone."""
        held = await self._held(chat_id, OwnSettings(model=model))
        turn = Turn(
            message_id=uuid.uuid4().hex,
            chat_id=chat_id,
            messages=await self._prompt(question.id, held),
            model=sampling.model(held),
            params=sampling.params(held.sampling),
            node=node,
        )
        self._start(RecordedTurn(turn, question.id, self._services.clock()))

    async def _held(self, chat_id: str, *layers: OwnSettings) -> ChatSettings:
        chat = self._services.settings.chat
        return await self._services.store.read(lambda store: holding_for(store, chat_id, chat, *layers))

    async def _prompt(self, question_id: str, held: ChatSettings) -> tuple[PromptMessage, ...]:
        """The conversation that ends with that question, with the files in it."""
        system_prompt = held.system_prompt
        return await self._services.store.read(lambda store: prompt(store, system_prompt, store.path_to(question_id)))

    def _continuing(
        self, chat_id: str, message: StoredMessage, messages: tuple[PromptMessage, ...], params: Params
    ) -> RecordedTurn:
        if params.max_tokens is not None:
            # The wire counts what is there already; the person wants as much again.
            there = message.usage.completion_tokens if message.usage else len(message.content) // _CHARACTERS_PER_TOKEN
            params = msgspec.structs.replace(params, max_tokens=params.max_tokens + there)
        turn = Turn(
            message_id=message.id,
            chat_id=chat_id,
            messages=messages,
            model=message.model,
            params=params,
            prefix=message.content,
            seams=tuple(seam for seam in message.seams if seam.offset > 0),
        )
        origin = next((seam.node for seam in message.seams if seam.offset == 0), None)
        return RecordedTurn(turn, message.parent_id or "", message.created_at, origin)

    def _start(self, recorded: RecordedTurn) -> None:
        self._titles.stop()
        turn = recorded.turn
        self._live[turn.chat_id] = LiveAnswer(
            turn.chat_id,
            turn.message_id,
            recorded.created_at,
            turn.prefix,
            recorded.origin or "",
            seams=turn.seams,
            question_id=recorded.parent_id,
        )
        self._spawn(self._run(recorded))

    async def _run(self, recorded: RecordedTurn) -> None:
        chat_id = recorded.turn.chat_id
        self._tell.changed(self._live[chat_id], None)
        async with aclosing(record(self._services.fleet, self._services.store, recorded)) as events:
            async for event in events:
                self._live[chat_id] = advance(self._live[chat_id], event)
                self._tell.changed(self._live[chat_id], event)
        del self._live[chat_id]
        await self._try_to_send()
        await self._entitle(chat_id)

    async def _entitle(self, chat_id: str) -> None:
        """Has a model name the chat, unless there is something better to do or the person wants none of it."""
        settings = self._services.settings.chat
        if settings.titles != "model" or self._live or self.waiting:
            return
        try:
            held = await self._held(chat_id)
        except StoreError as error:
            self._tell.trouble(error)
            return
        if await self._titles.write(chat_id, held.system_prompt):
            self._tell.titled()
