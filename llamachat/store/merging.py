"""What other machines wrote comes in."""

from __future__ import annotations

import msgspec

from llamachat.protocol import Chat, ChatMessage, merge_chats
from llamachat.protocol.chats import STAMPED_FIELDS
from llamachat.protocol.merge import wrong_time
from llamachat.protocol.stamps import is_acceptable
from llamachat.store import indexing
from llamachat.store.cleaning import storable
from llamachat.store.connection import Part, Transaction
from llamachat.store.errors import StoreError
from llamachat.store.records import StoredMessage, encode, plain
from llamachat.store.rows import insert_message, load_chat, load_message, replace_message


class Merging(Part):
    """Methods of the store about other copies of its chats."""

    def merge_chat(self, chat: Chat) -> bool:
        """Merges another copy of a chat, with any of its messages, into the store; whether that changed anything.

        Any order and any number of times lead to the same. What carries a stamp too far in the future is taken as not
        written. Into a chat that was purged nothing comes back, unless another machine restored it later.

        Raises:
            StoreError: `conflict`, when another chat has one of the messages; `invalid`, when it carries a time that
                no clock shows; nothing is merged then.
        """
        now = self._db.now()
        if wrong := wrong_time(chat, now):
            raise StoreError("invalid", f"The chat {chat.id!r} cannot be merged: {wrong}")
        chat = acceptable(chat, int(now * 1000))
        with self._db.write() as transaction:
            for stamp in _stamps(chat):
                transaction.observe(stamp)
            known = self._db.one("SELECT row, purged FROM chats WHERE id = ?", chat.id)
            if known is None:
                row = self._insert(transaction, chat)
                ours = msgspec.structs.replace(chat, messages=[])
                changed = True
            else:
                row, purged = known
                ours = load_chat(self._db, row, self._stored(chat))
                if purged:
                    chat = _into_purged(ours, chat)
                changed = False
            merged = merge_chats(ours, chat)
            changed |= self._update(transaction, row, ours, merged)
            before = {message.id: message for message in ours.messages}
            for message in merged.messages:
                if message.deleted_at is not None and self._is_purged(message.id):
                    message = msgspec.structs.replace(message, content="")
                if message != before.get(message.id):
                    self._put(transaction, row, message)
                    changed = True
        return changed

    def _stored(self, chat: Chat) -> list[ChatMessage]:
        """Our copies of the messages in `chat`; only those can be changed by it."""
        found = [load_message(self._db, message.id) for message in chat.messages]
        return [plain(message) for message in found if message is not None]

    def _is_purged(self, message_id: str) -> bool:
        sql = "SELECT 1 FROM messages WHERE id = ? AND row NOT IN (SELECT message FROM texts)"
        return self._db.one(sql, message_id) is not None

    def _insert(self, transaction: Transaction, chat: Chat) -> int:
        row = self._db.insert(
            "INSERT INTO chats (id, title, folder, pinned, active_leaf, created_at, deleted_at, stamps, updated_at,"
            " change) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            chat.id,
            chat.title,
            chat.folder,
            chat.pinned,
            chat.active_leaf,
            chat.created_at,
            chat.deleted_at,
            encode(chat.stamps),
            chat.created_at,
            transaction.change(),
        )
        indexing.add_title(self._db, row, chat.title)
        return row

    def _update(self, transaction: Transaction, row: int, ours: Chat, merged: Chat) -> bool:
        if msgspec.structs.replace(merged, messages=ours.messages) == ours:
            return False
        if ours.deleted_at is not None and merged.deleted_at is None:
            # Restored elsewhere. What was purged here comes back with everything else that the archives have.
            self._db.run("UPDATE chats SET purged = 0 WHERE row = ?", row)
            self._db.run("UPDATE sync_cursors SET pulled = NULL")
        indexing.remove_title(self._db, row, ours.title)
        indexing.add_title(self._db, row, merged.title)
        self._db.run(
            "UPDATE chats SET title = ?, folder = ?, pinned = ?, active_leaf = ?, created_at = ?, deleted_at = ?,"
            " stamps = ?, change = ? WHERE row = ?",
            merged.title,
            merged.folder,
            merged.pinned,
            merged.active_leaf,
            merged.created_at,
            merged.deleted_at,
            encode(merged.stamps),
            transaction.change(),
            row,
        )
        return True

    def _put(self, transaction: Transaction, chat: int, message: ChatMessage) -> None:
        place = self._db.one("SELECT chat FROM messages WHERE id = ?", message.id)
        if place is not None and place[0] != chat:
            raise StoreError(
                "conflict",
                f"The message {message.id!r} is in another chat here; the copy that has it was not merged.",
            )
        known = load_message(self._db, message.id)
        values = {name: getattr(message, name) for name in ChatMessage.__struct_fields__}
        if known is None:
            # An answer without an end was given up where it comes from: what is still being written is not shared.
            is_cut = message.role == "assistant" and message.finish_reason is None
            insert_message(
                self._db, transaction, chat, StoredMessage(**values, state="failed" if is_cut else "complete")
            )
            return
        has_ended = known.finish_reason is None and message.finish_reason is not None
        ending = {"state": "complete", "error": None} if has_ended else {}
        replace_message(self._db, transaction, msgspec.structs.replace(known, **values, **ending))


def _stamps(chat: Chat) -> list[str]:
    return [*chat.stamps.values(), *(stamp for message in chat.messages for stamp in message.stamps.values())]


def acceptable(chat: Chat, now_ms: int) -> Chat:
    """The copy without what cannot be stored, and without what carries a stamp that is none or too far ahead: those
    fields as if never written."""

    def kept(stamps: dict[str, str]) -> dict[str, str]:
        return {name: stamp for name, stamp in stamps.items() if is_acceptable(stamp, now_ms)}

    def clean(message: ChatMessage) -> ChatMessage:
        stamps = kept(message.stamps)
        refused = "deleted_at" in message.stamps and "deleted_at" not in stamps
        return msgspec.structs.replace(
            message,
            content=storable(message.content),
            model=None if message.model is None else storable(message.model),
            deleted_at=None if refused else message.deleted_at,
            stamps=stamps,
        )

    stamps = kept(chat.stamps)
    blank = Chat(id=chat.id, created_at=chat.created_at)
    refused = {name: getattr(blank, name) for name in STAMPED_FIELDS if name in chat.stamps and name not in stamps}
    cleaned = msgspec.structs.replace(chat, stamps=stamps, messages=list(map(clean, chat.messages)), **refused)
    folder = None if cleaned.folder is None else storable(cleaned.folder)
    return msgspec.structs.replace(cleaned, title=storable(cleaned.title), folder=folder)


def _into_purged(ours: Chat, theirs: Chat) -> Chat:
    """Of a copy of a chat that was purged here: its deletion, or all of it when it was restored later."""
    if merge_chats(ours, theirs).deleted_at is None:
        return theirs
    stamps = {name: stamp for name, stamp in theirs.stamps.items() if name == "deleted_at"}
    return Chat(id=ours.id, created_at=ours.created_at, deleted_at=theirs.deleted_at, stamps=stamps)
