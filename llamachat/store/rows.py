"""Rows of the tables as values, and back: the one place that knows the columns of chats and messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

import msgspec

from llamachat.protocol import Attachment, Chat, ChatMessage, Cost, Seam, Timings, Usage
from llamachat.store import indexing
from llamachat.store.cleaning import storable
from llamachat.store.connection import Database, Row, Transaction
from llamachat.store.errors import missing
from llamachat.store.records import StoredMessage, encode, plain

T = TypeVar("T")

_CHAT: Final = "id, title, folder, pinned, active_leaf, created_at, deleted_at, stamps"
_MESSAGE: Final = (
    "m.id, m.parent_id, m.role, m.created_at, m.deleted_at, m.state, m.model, m.finish_reason, m.seams, m.attachments,"
    " m.usage, m.timings, m.cost, m.error, m.stamps, t.content"
)
_FROM: Final = "FROM messages m LEFT JOIN texts t ON t.message = m.row"
_MANY: Final = 500  # variables in one statement

_STAMPS = msgspec.json.Decoder(dict[str, str])


def stamps_of(column: str | None) -> dict[str, str]:
    """The stamps in a column of JSON."""
    return {} if column is None else _STAMPS.decode(column)


def attachments_of(column: str | None) -> list[Attachment]:
    """The attachments in a column of JSON."""
    return [] if column is None else [Attachment(*fields) for fields in msgspec.json.decode(column)]


def attachments_column(attachments: Iterable[Attachment]) -> str | None:
    """The same, the other way."""
    return encode([msgspec.structs.astuple(attachment) for attachment in attachments])


def chat_row(database: Database, chat_id: str) -> int:
    """The row number of a chat.

    Raises:
        StoreError: `missing`.
    """
    row = database.one("SELECT row FROM chats WHERE id = ?", chat_id)
    if row is None:
        raise missing("chat", chat_id)
    number: int = row[0]
    return number


def load_chat(database: Database, row: int, messages: Sequence[ChatMessage]) -> Chat:
    """The chat in that row with the given messages."""
    id_, title, folder, pinned, active_leaf, created_at, deleted_at, stamps = database.require(
        f"SELECT {_CHAT} FROM chats WHERE row = ?", row
    )
    return Chat(
        id=id_,
        title=title,
        folder=folder,
        pinned=bool(pinned),
        active_leaf=active_leaf,
        created_at=created_at,
        deleted_at=deleted_at,
        stamps=stamps_of(stamps),
        messages=[plain(message) for message in messages],
    )


def load_message(database: Database, message_id: str) -> StoredMessage | None:
    """The message with that id."""
    row = database.one(f"SELECT {_MESSAGE} {_FROM} WHERE m.id = ?", message_id)
    return None if row is None else _message(row)


def load_messages(database: Database, where: str, *parameters: object) -> list[StoredMessage]:
    """The messages `m` for which the SQL condition holds, in order of creation."""
    rows = database.all(f"SELECT {_MESSAGE} {_FROM} WHERE {where} ORDER BY m.created_at, m.id", *parameters)
    return [_message(row) for row in rows]


def load_by_rows(database: Database, rows: Sequence[int]) -> list[StoredMessage]:
    """The messages in those rows, in that order."""
    found: dict[int, StoredMessage] = {}
    for start in range(0, len(rows), _MANY):
        some = rows[start : start + _MANY]
        marks = ", ".join("?" * len(some))
        for row in database.all(f"SELECT m.row, {_MESSAGE} {_FROM} WHERE m.row IN ({marks})", *some):
            found[row[0]] = _message(row[1:])
    return [found[row] for row in rows]


def _message(row: Row) -> StoredMessage:
    def unpacked(kind: Callable[..., T], column: bytes | None) -> T | None:
        return None if column is None else kind(*msgspec.msgpack.decode(column))

    (id_, parent_id, role, created_at, deleted_at, state, model, finish_reason) = row[:8]
    (seams, attachments, usage, timings, cost, error, stamps, content) = row[8:]
    return StoredMessage(
        id=id_,
        parent_id=parent_id,
        role=role,
        content=content or "",
        created_at=created_at,
        deleted_at=deleted_at,
        model=model,
        seams=[] if seams is None else [Seam(*fields) for fields in msgspec.json.decode(seams)],
        attachments=attachments_of(attachments),
        usage=unpacked(Usage, usage),
        timings=unpacked(Timings, timings),
        finish_reason=finish_reason,
        stamps=stamps_of(stamps),
        state=state,
        error=error,
        cost=unpacked(Cost, cost),
    )


def insert_message(database: Database, transaction: Transaction, chat: int, message: StoredMessage) -> None:
    """A new message of the chat in row `chat`, with its text, in the index unless it is partial."""
    columns = {"id": message.id, "chat": chat, **_columns(transaction, message)}
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    row = database.insert(f"INSERT INTO messages ({names}) VALUES ({marks})", *columns.values())
    content = storable(message.content)
    database.run("INSERT INTO texts VALUES (?, ?)", row, content)
    if message.state != "partial":
        indexing.add_message(database, row, content)
    _touch(database, chat, message.created_at)


def replace_message(database: Database, transaction: Transaction, message: StoredMessage) -> None:
    """Everything of the stored message with that id. A text that was purged stays so while the message is deleted."""
    row, chat, indexed, old = database.require(
        "SELECT m.row, m.chat, m.indexed, t.content FROM messages m LEFT JOIN texts t ON t.message = m.row"
        " WHERE m.id = ?",
        message.id,
    )
    columns = _columns(transaction, message)
    assignments = ", ".join(f"{name} = ?" for name in columns)
    database.run(f"UPDATE messages SET {assignments} WHERE row = ?", *columns.values(), row)
    content = storable(message.content)
    if old is None and message.deleted_at is not None:
        return
    should = message.state != "partial"
    if indexed and (not should or old != content):
        indexing.remove_message(database, row, old)
        indexed = False
    if old != content:
        database.run("INSERT OR REPLACE INTO texts VALUES (?, ?)", row, content)
    if should and not indexed:
        indexing.add_message(database, row, content)
    _touch(database, chat, message.created_at)


def _columns(transaction: Transaction, message: StoredMessage) -> dict[str, Any]:
    return {
        "parent_id": message.parent_id,
        "role": message.role,
        "created_at": message.created_at,
        "deleted_at": message.deleted_at,
        "state": message.state,
        "model": message.model if message.model is None else storable(message.model),
        "finish_reason": message.finish_reason,
        "seams": encode([(seam.node, seam.offset) for seam in message.seams]),
        "attachments": attachments_column(message.attachments),
        "usage": _packed(message.usage),
        "timings": _packed(message.timings),
        "cost": _packed(message.cost),
        "error": message.error if message.error is None else storable(message.error),
        "stamps": encode(message.stamps),
        "change": transaction.change(),
    }


def _packed(value: Usage | Timings | Cost | None) -> bytes | None:
    return None if value is None else msgspec.msgpack.encode(msgspec.structs.astuple(value))


def _touch(database: Database, chat: int, created_at: float) -> None:
    database.run("UPDATE chats SET updated_at = max(updated_at, ?) WHERE row = ?", created_at, chat)


def set_field(
    database: Database, transaction: Transaction, chat: int, name: str, value: object, *, stamp: str | None = None
) -> bool:
    """Sets one of a chat's stamped fields, with that stamp or the next one, which is after the one it had; whether that
    changed anything."""
    old, column = database.require(f"SELECT {name}, stamps FROM chats WHERE row = ?", chat)
    if old == value:
        return False
    stamps = stamps_of(column)
    stamps[name] = stamp or transaction.stamp(after=stamps.get(name))
    database.run(
        f"UPDATE chats SET {name} = ?, stamps = ?, change = ? WHERE row = ?",
        value,
        encode(stamps),
        transaction.change(),
        chat,
    )
    if name == "title":
        indexing.remove_title(database, chat, old)
        indexing.add_title(database, chat, str(value))
    return True
