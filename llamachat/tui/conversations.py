"""The conversations behind the chat screen: what is stored, what is being answered, and what waits to be sent."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from llamachat.config import sampling
from llamachat.fleet import Turn
from llamachat.fleet.recording import RecordedTurn, abandoned, add_question, cancel_superseded, conversation, record
from llamachat.protocol import ChatMessage
from llamachat.store import Category, Store, StoredMessage, group
from llamachat.tui.answers import LiveAnswer, advance
from llamachat.tui.services import Services

MAX_LISTED: Final = 500
"""Conversations in the history list."""

NEW_CHAT: Final = "new"
"""Under this name the draft of a conversation is kept that does not exist yet."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a question: it is part of the chat now, or None while it waits for the answer before it."""

    chat_id: str
    question: ChatMessage | None


class Conversations:
    """Asks and keeps.

    Args:
        services: the core.
        changed: called on the event loop with each new state of an answer.
        began: called when a question that waited becomes part of its chat.
        spawn: runs a coroutine as a task that somebody owns.
    """

    def __init__(
        self,
        services: Services,
        *,
        changed: Callable[[LiveAnswer], None],
        began: Callable[[str, ChatMessage], None],
        spawn: Callable[[Coroutine[Any, Any, None]], Any],
    ) -> None:
        self._services = services
        self._changed = changed
        self._began = began
        self._spawn = spawn
        self._owner = f"{os.getpid()}-{uuid.uuid4().hex[:16]}"
        self._live: dict[str, LiveAnswer] = {}  # by chat
        self.waiting = 0
        """Questions that wait in the outbox."""

    def live(self, chat_id: str) -> LiveAnswer | None:
        """The answer that is being given in this chat."""
        return self._live.get(chat_id)

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def listed(self) -> tuple[Category, ...]:
        """All conversations, grouped."""
        chats = await self._services.store.read(lambda store: store.list_chats(limit=MAX_LISTED))
        return group(chats, self._services.clock(), self._services.zone)

    async def messages(self, chat_id: str, limit: int) -> list[StoredMessage]:
        """The last `limit` messages of the conversation as last looked at."""
        return await self._services.store.read(lambda store: store.active_path(chat_id, limit))

    async def draft(self, chat_id: str | None) -> str:
        """What was typed there and not sent."""
        return await self._services.store.read(lambda store: store.get_draft(chat_id or NEW_CHAT))

    async def keep_draft(self, chat_id: str | None, text: str) -> None:
        """Keeps what is typed there."""
        await self._services.store.run(lambda store: store.set_draft(chat_id or NEW_CHAT, text))

    # ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def ask(self, chat_id: str | None, text: str) -> Asked:
        """Asks `text` in that chat, or in a new one; behind the answer that is running there, it waits in the outbox.

        Raises:
            StoreError: it could not be kept; nothing was asked.
        """
        chat = chat_id if chat_id is not None else await self._services.store.run(lambda store: store.create_chat())
        await self._services.store.run(lambda store: store.set_draft(chat_id or NEW_CHAT, ""))
        queued = await self._services.store.read(lambda store: store.outbox_list(chat))
        if queued or chat in self._live:
            await self._services.store.run(lambda store: store.outbox_enqueue(chat, text))
            await self._send_waiting()
            return Asked(chat, None)
        return Asked(chat, await self._begin(chat, text))

    async def stop(self, chat_id: str) -> None:
        """Stops the running answer; what waits behind it is sent next."""
        answer = self._live.get(chat_id)
        if answer is not None:
            await self._services.fleet.cancel(answer.message_id)

    async def retry(self, chat_id: str) -> bool:
        """Asks the last question again as a new branch, if its answer failed or is missing; whether it did."""
        path = await self.messages(chat_id, 2)
        if not path or chat_id in self._live:
            return False
        last = path[-1]
        if last.role == "assistant" and last.state == "failed" and len(path) > 1:
            question = path[-2]
        elif last.role == "user":
            question = last
        else:
            return False
        await self._answer(chat_id, question)
        return True

    async def resume(self) -> None:
        """Takes up what clients that are gone left behind: open answers first, then what waits in the outbox.

        Raises:
            StoreError: the history cannot be read.
        """
        await cancel_superseded(self._services.fleet, self._services.store)
        now = self._services.clock()
        for recorded in await self._services.store.run(lambda store: abandoned(store, now)):
            if recorded.turn.chat_id not in self._live:
                self._start(recorded)
        await self._send_waiting()

    async def _begin(self, chat_id: str, text: str) -> ChatMessage:
        now = self._services.clock()
        question = await self._services.store.run(lambda store: add_question(store, chat_id, text, now))
        await self._answer(chat_id, question)
        return question

    async def _answer(self, chat_id: str, question: ChatMessage) -> None:
        chat = self._services.settings.chat
        path = await self._services.store.read(lambda store: store.path_to(question.id))
        turn = Turn(
            message_id=uuid.uuid4().hex,
            chat_id=chat_id,
            messages=conversation(chat.system_prompt, path),
            model=sampling.model(chat),
            params=sampling.params(chat.sampling),
        )
        self._start(RecordedTurn(turn, question.id, self._services.clock()))

    def _start(self, recorded: RecordedTurn) -> None:
        turn = recorded.turn
        self._live[turn.chat_id] = LiveAnswer(
            turn.chat_id, turn.message_id, recorded.created_at, turn.prefix, recorded.origin or "", seams=turn.seams
        )
        self._spawn(self._run(recorded))

    async def _run(self, recorded: RecordedTurn) -> None:
        chat_id = recorded.turn.chat_id
        self._changed(self._live[chat_id])
        async with aclosing(record(self._services.fleet, self._services.store, recorded)) as events:
            async for event in events:
                self._live[chat_id] = advance(self._live[chat_id], event)
                self._changed(self._live[chat_id])
        del self._live[chat_id]
        await self._send_waiting()

    async def _send_waiting(self) -> None:
        """Begins every waiting question whose chat is free."""
        items = await self._services.store.read(lambda store: store.outbox_list())
        self.waiting = len(items)
        for item in items:
            if item.chat_id in self._live:
                continue
            question = await self._services.store.run(partial(self._take, item_id=item.id))
            if question is not None:
                self.waiting -= 1
                self._began(item.chat_id, question)
                await self._answer(item.chat_id, question)

    def _take(self, store: Store, item_id: str) -> ChatMessage | None:
        """Makes a waiting question part of its chat, unless another client was quicker. From then on it is the open
        answer that keeps it from being lost."""
        with store.transaction():
            item = store.outbox_claim(self._owner, item_id)
            if item is None:
                return None
            now = self._services.clock()
            question = add_question(store, item.chat_id, item.text, now, message_id=item.user_message_id)
            store.outbox_drop(item.id)
            return question
