"""Whole chats out of the store and into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from llamachat.protocol import Chat
from llamachat.store.exporting import Transcript
from llamachat.store.merging import Merging
from llamachat.store.messages import Messages
from llamachat.store.own_settings import (
    OwnSettings,
    StoredChat,
    find_own_settings,
    put_own_settings,
    with_settings,
    without_settings,
)
from llamachat.store.records import StoredMessage, plain
from llamachat.store.rows import chat_row, load_chat, load_message, load_messages, replace_message


@dataclass(frozen=True, slots=True)
class ImportedChat:
    """What importing a chat did: whether it is new here, how many of its messages are, whether anything changed, and
    whether it is deleted here though not in the file; it stays so."""

    is_new: bool
    new_messages: int
    changed: bool
    stays_deleted: bool


class Transfer(Merging, Messages):
    """Methods of the store about chats in files."""

    def transcripts(self, chat_ids: Sequence[str]) -> list[Transcript]:
        """Those chats with everything that is stored of them, all as of one moment.

        Raises:
            StoreError: `missing`.
        """
        with self._db.read():
            return [self._transcript(chat_id) for chat_id in chat_ids]

    def import_chat(self, chat: Chat) -> ImportedChat:
        """Merges a chat out of a file, as `merge_chat` does, and keeps what only this machine is to know: of new
        messages that are `StoredMessage`s their state, error and cost, and the settings of a `StoredChat` unless the
        chat has had some here. Again and again leads to the same.

        Raises:
            StoreError: `conflict` or `invalid`, as `merge_chat` says; nothing is imported then.
        """
        with self._db.write() as transaction:
            is_new = self._db.one("SELECT 1 FROM chats WHERE id = ?", chat.id) is None
            unknown = [message for message in chat.messages if load_message(self._db, message.id) is None]
            copy = msgspec.structs.replace(
                without_settings(chat), messages=[plain(message) for message in chat.messages]
            )
            changed = self.merge_chat(copy)
            if isinstance(chat, StoredChat) and chat.settings is not None:
                changed |= self._take_settings(chat.id, chat.settings)
            added = 0
            for message in unknown:
                stored = load_message(self._db, message.id)
                if stored is None:  # into what was purged nothing comes back
                    continue
                added += 1
                if isinstance(message, StoredMessage):
                    state = "failed" if message.state == "partial" else message.state
                    whole = msgspec.structs.replace(stored, state=state, error=message.error, cost=message.cost)
                    if whole != stored:
                        replace_message(self._db, transaction, whole)
            deleted = self._db.require("SELECT deleted_at FROM chats WHERE id = ?", chat.id)[0] is not None
            return ImportedChat(is_new, added, changed, deleted and chat.deleted_at is None)

    def _take_settings(self, chat_id: str, settings: OwnSettings) -> bool:
        row, purged = self._db.require("SELECT row, purged FROM chats WHERE id = ?", chat_id)
        if purged or find_own_settings(self._db, row) is not None:
            return False
        put_own_settings(self._db, row, settings)
        return True

    def _transcript(self, chat_id: str) -> Transcript:
        row = chat_row(self._db, chat_id)
        messages = load_messages(self._db, "m.chat = ?", row)
        chat = msgspec.structs.replace(load_chat(self._db, row, []), messages=messages)
        own = find_own_settings(self._db, row)
        if own is not None and own != OwnSettings():
            chat = with_settings(chat, own)
        return Transcript(chat, self.active_path(chat_id))
