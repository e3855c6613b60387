"""A pushed chat comes in: merged with what is kept of it, within the principal's quota, durable when it is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from llamachat.protocol import Chat, ChatMessage, ErrorCode, ProtocolError, merge_chats
from llamachat_daemon.serving.archive.accepting import (
    check_chat,
    check_chat_body,
    check_message_body,
    only_marks,
    over_quota,
)
from llamachat_daemon.serving.archive.bodies import chat_body, message_body, read_chat, read_message, stored_size
from llamachat_daemon.serving.archive.database import Database


def save(db: Database, principal: str, chat: Chat, *, quota: int, now: float) -> bool:
    """Merges the chat, with any of its messages, into what the principal has; whether that changed anything.

    Any order and any number of times lead to the same. `quota` is bytes, `now` seconds since the epoch.

    Raises:
        ProtocolError: it is not accepted; nothing of it is kept.
        ArchiveError: the file refused; nothing of it is kept.
    """
    check_chat(chat, now)
    with db.write():
        return _Saving(db, principal, chat).merge(quota, now)


@dataclass(frozen=True, slots=True)
class _Known:
    """A message that is kept already."""

    row: int
    message: ChatMessage
    size: int


class _Saving:
    """One save, inside its transaction."""

    def __init__(self, db: Database, principal: str, pushed: Chat) -> None:
        self._db = db
        self._pushed = pushed
        db.run("INSERT OR IGNORE INTO principals (name) VALUES (?)", principal)
        found = db.one("SELECT row, change, bytes FROM principals WHERE name = ?", principal)
        assert found is not None
        self._principal, self._change, self._bytes = found
        self._used: int = self._bytes
        self._adds = False  # something that is more than a mark

    def merge(self, quota: int, now: float) -> bool:
        before_change: int = self._change
        kept = self._db.one(
            "SELECT row, body FROM chats WHERE principal = ? AND id = ?", self._principal, self._pushed.id
        )
        known = {} if kept is None else dict(self._known_messages(kept[0]))
        if kept is None:
            merged = merge_chats(self._pushed, self._pushed)
            row = self._insert_chat(merged, now)
        else:
            row, body = kept
            ours = read_chat(body)
            merged = merge_chats(
                msgspec.structs.replace(ours, messages=[found.message for found in known.values()]), self._pushed
            )
            self._update_chat(row, ours, merged, len(body))
        for message in merged.messages:
            self._put_message(row, message, known.get(message.id))
        if self._change == before_change:
            return False
        if self._adds and self._used > self._bytes and self._used > quota:
            raise over_quota(self._bytes, self._used - self._bytes, quota)
        self._begin_era(before_change)
        self._db.run("UPDATE chats SET changed_at = ?, bare = 0 WHERE row = ?", now, row)
        self._db.run(
            "UPDATE principals SET change = ?, bytes = ? WHERE row = ?", self._change, self._used, self._principal
        )
        return True

    def _begin_era(self, start: int) -> None:
        sql = "SELECT id FROM eras WHERE principal = ? ORDER BY start DESC LIMIT 1"
        if self._db.one(sql, self._principal) != (self._db.era,):
            self._db.run("INSERT INTO eras VALUES (?, ?, ?)", self._principal, start, self._db.era)

    def _known_messages(self, chat: int) -> Iterator[tuple[str, _Known]]:
        """What is kept of the pushed messages.

        Raises:
            ProtocolError: `id_conflict`, one of them is in another chat of this principal.
        """
        for message_id in {message.id for message in self._pushed.messages}:
            found = self._find(message_id)
            if found is not None:
                row, of_chat, body = found
                if of_chat != chat:
                    raise _conflict(message_id)
                yield message_id, _Known(row, read_message(body), stored_size(body))

    def _find(self, message_id: str) -> tuple[int, int, bytes] | None:
        sql = "SELECT row, chat, body FROM messages WHERE principal = ? AND id = ?"
        found = self._db.one(sql, self._principal, message_id)
        return None if found is None else (found[0], found[1], found[2])

    def _insert_chat(self, chat: Chat, now: float) -> int:
        body = chat_body(chat)
        check_chat_body(chat.id, body)
        for message in chat.messages:
            if self._find(message.id) is not None:
                raise _conflict(message.id)
        self._count(stored_size(body), adds=True)
        return self._db.insert(
            "INSERT INTO chats (principal, id, body, deleted, changed_at, change) VALUES (?, ?, ?, ?, ?, ?)",
            self._principal,
            chat.id,
            body,
            chat.deleted_at is not None,
            now,
            self._next_change(),
        )

    def _update_chat(self, row: int, ours: Chat, merged: Chat, size: int) -> None:
        alone = msgspec.structs.replace(merged, messages=[])
        if alone == ours:
            return
        body = chat_body(merged)
        check_chat_body(merged.id, body)
        self._count(len(body) - size, adds=not only_marks(ours, alone))
        self._db.run(
            "UPDATE chats SET body = ?, deleted = ?, change = ? WHERE row = ?",
            body,
            merged.deleted_at is not None,
            self._next_change(),
            row,
        )

    def _put_message(self, chat: int, message: ChatMessage, known: _Known | None) -> None:
        if known is not None and known.message == message:
            return
        body = message_body(message)
        check_message_body(message.id, body)
        # A text that comes with its deletion, or comes again, fades too.
        if known is None:
            self._count(stored_size(body), adds=True)
            self._db.run(
                "INSERT INTO messages (principal, chat, id, body, fading, change) VALUES (?, ?, ?, ?, ?, ?)",
                self._principal,
                chat,
                message.id,
                body,
                message.deleted_at,
                self._next_change(),
            )
            return
        self._count(stored_size(body) - known.size, adds=not only_marks(known.message, message))
        self._db.run(
            "UPDATE messages SET body = ?, fading = ?, change = ? WHERE row = ?",
            body,
            message.deleted_at,
            self._next_change(),
            known.row,
        )

    def _count(self, more: int, *, adds: bool) -> None:
        self._used += more
        self._adds |= adds

    def _next_change(self) -> int:
        self._change += 1
        return int(self._change)


def _conflict(message_id: str) -> ProtocolError:
    return ProtocolError(
        ErrorCode.ID_CONFLICT,
        f"The message {message_id} is in another of your chats here. Give each message an id of its own.",
    )
