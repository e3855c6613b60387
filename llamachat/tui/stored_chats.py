"""The conversations as they are kept: what the chat screen reads of them, and changes without asking any node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from llamachat.store import Category, OwnSettings, Store, StoredMessage, group
from llamachat.store.snippets import fold
from llamachat.tui.services import Services

MAX_LISTED: Final = 500
"""Conversations in the history list."""

NEW_CHAT: Final = "new"
"""Under this name the draft of a conversation is kept that does not exist yet."""


class StoredChats:
    """Reads and changes the history. Every method may raise `StoreError`; nothing was changed then."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store
        self._new = OwnSettings()  # of the conversation that begins next

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def listed(self) -> tuple[Category, ...]:
        """All conversations, grouped."""
        chats = await self._store.read(lambda store: store.list_chats(limit=MAX_LISTED))
        return group(chats, self._services.clock(), self._services.zone)

    async def active_ids(self, chat_id: str) -> list[str]:
        """The ids of the messages of the conversation as last looked at, first message first."""
        return await self._store.read(lambda store: store.active_ids(chat_id))

    async def messages(self, ids: Sequence[str]) -> list[StoredMessage]:
        """These messages."""
        return await self._store.read(lambda store: store.messages(ids)) if ids else []

    async def branches(self, chat_id: str) -> dict[str, tuple[int, int]]:
        """Where the conversation had a choice: message id to its place among its siblings, from 1, and their number."""
        return await self._store.read(lambda store: store.branches(chat_id))

    async def question_of(self, message_id: str) -> str | None:
        """The question that an answer belongs to, or the question itself; None when it is deleted."""

        def work(store: Store) -> str | None:
            message = store.message(message_id)
            if message.role == "user" or message.parent_id is None:
                return message.id if message.role == "user" else None
            return message.parent_id if store.message(message.parent_id).deleted_at is None else None

        return await self._store.read(work)

    async def draft(self, chat_id: str | None) -> str:
        """What was typed there and not sent."""
        return await self._store.read(lambda store: store.get_draft(chat_id or NEW_CHAT))

    async def keep_draft(self, chat_id: str | None, text: str) -> None:
        """Keeps what is typed there."""
        await self._store.run(lambda store: store.set_draft(chat_id or NEW_CHAT, text))

    async def find(self, chat_id: str, needle: str) -> list[str]:
        """The messages of the conversation in which `needle` stands, without regard to case and diacritics, first
        message first."""
        wanted = fold(needle)

        def work(store: Store) -> list[str]:
            return [message.id for message in store.active_path(chat_id) if wanted in fold(message.content)]

        return await self._store.read(work)

    async def lead_to(self, chat_id: str, message_id: str) -> None:
        """Makes the conversation go through that message, if it goes along another branch now."""

        def work(store: Store) -> None:
            if message_id not in store.active_ids(chat_id):
                store.choose_branch(message_id)

        await self._store.run(work)

    # ── settings of single conversations ────────────────────────────────────────────────────────────────────────────

    async def own_settings(self, chat_id: str | None) -> OwnSettings:
        """What the conversation has of its own; None is the one that begins next, for which it is kept here."""
        if chat_id is None:
            return self._new
        return await self._store.read(lambda store: store.own_settings(chat_id))

    async def set_own_settings(self, chat_id: str | None, own: OwnSettings) -> None:
        """Gives the conversation these instead."""
        if chat_id is None:
            self._new = own
        else:
            await self._store.run(lambda store: store.set_own_settings(chat_id, own))

    async def choose_model(self, chat_id: str | None, model: str | None) -> None:
        """Chooses the model of the conversation, and of those that begin later; None is that of the settings file."""
        own = await self.own_settings(chat_id)
        await self.set_own_settings(chat_id, msgspec.structs.replace(own, model=model))
        self._new = msgspec.structs.replace(self._new, model=model)

    async def create(self) -> str:
        """Begins the next conversation; the one after it has the model of this one, if one was chosen."""
        new = self._new
        chat_id = await self._store.run(lambda store: store.create_chat(settings=new))
        self._new = OwnSettings(model=new.model)
        return chat_id

    # ── the tree ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def switch_branch(self, message_id: str, by: int) -> str | None:
        """Makes the conversation go through the sibling so many places after that message; its id, None when there is
        none."""

        def work(store: Store) -> str | None:
            with store.transaction():
                ids = [sibling.id for sibling in store.siblings(message_id)]
                place = ids.index(message_id) + by if message_id in ids else -1
                if not 0 <= place < len(ids):
                    return None
                store.choose_branch(ids[place])
                return ids[place]

        return await self._store.run(work)

    async def delete(self, message_id: str) -> None:
        """Deletes a message; what follows it stays."""
        await self._store.run(lambda store: store.delete_message(message_id))

    async def restore(self, message_id: str) -> None:
        """Brings a deleted message back."""
        await self._store.run(lambda store: store.restore_message(message_id))
