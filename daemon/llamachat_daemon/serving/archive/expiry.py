"""What is too old goes: whole chats where the operator set a time, and always the text of what was deleted."""

from __future__ import annotations

from typing import Final

import msgspec

from llamachat.protocol import Chat
from llamachat_daemon.serving.archive.bodies import chat_body, message_body, read_chat, read_message, stored_size
from llamachat_daemon.serving.archive.database import Database
from llamachat_daemon.serving.archive.limits import DELETED_DAYS, EXPIRED_AT_ONCE, STORED_ROW_BYTES

DAY_S: Final = 86_400.0

_FREED_PAGES: Final = 1_000  # at once, 8 MB


def expire(db: Database, *, retain_days: int, now: float) -> bool:
    """Drops some of what is too old at `now` (seconds since the epoch), and gives some of the space that is free back
    to the disk; whether there may be more to do.

    Chats go `retain_days` (0: never) after they last changed here. Of those that were deleted, everything goes
    `DELETED_DAYS` after that, but that they were deleted is kept: it must win against copies that come late. Deleted
    messages lose their text so long after their deletion. Nobody is told: other machines keep what they have.

    Raises:
        ArchiveError: the file refused.
    """
    deleted_before = now - DELETED_DAYS * DAY_S
    changed_before = now - retain_days * DAY_S if retain_days else None
    with db.write():
        chats = db.all(
            "SELECT row, principal, body, deleted FROM chats WHERE NOT bare AND changed_at < max(?1, ifnull(?2, ?1))"
            " AND (changed_at < ?2 OR (deleted AND changed_at < ?1)) LIMIT ?3",
            deleted_before,
            changed_before,
            EXPIRED_AT_ONCE,
        )
        for row, principal, body, deleted in chats:
            if deleted:
                _strip_chat(db, row, principal, body)
            else:
                _drop_chat(db, row, principal, body)
        messages = db.all(
            "SELECT row, principal, body FROM messages WHERE fading < ? LIMIT ?", deleted_before, EXPIRED_AT_ONCE
        )
        for row, principal, body in messages:
            _strip_message(db, row, principal, body)
    is_large = db.give_back(_FREED_PAGES)
    return is_large or EXPIRED_AT_ONCE in (len(chats), len(messages))


def _drop_chat(db: Database, row: int, principal: int, body: bytes) -> None:
    _drop_messages(db, row, principal)
    db.run("DELETE FROM chats WHERE row = ?", row)
    _give_back(db, principal, stored_size(body))


def _strip_chat(db: Database, row: int, principal: int, body: bytes) -> None:
    """Leaves that it was deleted, with the stamp of that."""
    _drop_messages(db, row, principal)
    chat = read_chat(body)
    stamps = {name: stamp for name, stamp in chat.stamps.items() if name == "deleted_at"}
    bare = chat_body(Chat(id=chat.id, created_at=chat.created_at, deleted_at=chat.deleted_at, stamps=stamps))
    db.run("UPDATE chats SET body = ?, bare = 1 WHERE row = ?", bare, row)
    _give_back(db, principal, len(body) - len(bare))


def _drop_messages(db: Database, chat: int, principal: int) -> None:
    count, size = db.all("SELECT count(*), ifnull(sum(length(body)), 0) FROM messages WHERE chat = ?", chat)[0]
    db.run("DELETE FROM messages WHERE chat = ?", chat)
    _give_back(db, principal, size + count * STORED_ROW_BYTES)


def _strip_message(db: Database, row: int, principal: int, body: bytes) -> None:
    bare = message_body(msgspec.structs.replace(read_message(body), content="", attachments=[]))
    db.run("UPDATE messages SET body = ?, fading = NULL WHERE row = ?", bare, row)
    _give_back(db, principal, len(body) - len(bare))


def _give_back(db: Database, principal: int, size: int) -> None:
    db.run("UPDATE principals SET bytes = bytes - ? WHERE row = ?", size, principal)
