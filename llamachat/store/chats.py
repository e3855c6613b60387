"""Chats: making, listing, naming, sorting, deleting."""

from __future__ import annotations

import uuid
from typing import Final, Literal

from llamachat.protocol import Chat
from llamachat.store import indexing
from llamachat.store.categories import ARCHIVED, is_archived
from llamachat.store.cleaning import storable
from llamachat.store.connection import Database, Part, Row, Transaction
from llamachat.store.errors import StoreError, missing
from llamachat.store.own_settings import OwnSettings, put_own_settings
from llamachat.store.records import ChatSummary, encode
from llamachat.store.rows import chat_row, load_chat, load_messages, set_field, stamps_of

Shown = Literal["live", "deleted", "all"]

_SUMMARY: Final = """
    SELECT c.id, c.title, c.folder, c.pinned, c.created_at, c.updated_at, c.deleted_at,
           (SELECT count(*) FROM messages m WHERE m.chat = c.row AND m.deleted_at IS NULL)
    FROM chats c
"""
_CONDITION: Final = {"live": "c.deleted_at IS NULL", "deleted": "c.deleted_at IS NOT NULL AND NOT c.purged", "all": "1"}


class Chats(Part):
    """Methods of the store about whole chats. Every one that names a chat raises `StoreError` `missing` without it."""

    def create_chat(self, title: str = "", *, chat_id: str | None = None, settings: OwnSettings | None = None) -> str:
        """A new, empty chat, with those settings of its own; returns its id, a fresh one unless given.

        Raises:
            StoreError: `conflict`, when there is a chat with that id; `invalid`, when it cannot have these settings.
        """
        chat_id = chat_id or uuid.uuid4().hex
        with self._db.write() as transaction:
            if self._db.one("SELECT 1 FROM chats WHERE id = ?", chat_id):
                raise StoreError("conflict", f"There is a chat {chat_id!r} already. Choose another id.")
            now = self._db.now()
            row = self._db.insert(
                "INSERT INTO chats (id, created_at, updated_at, change) VALUES (?, ?, ?, ?)",
                chat_id,
                now,
                now,
                transaction.change(),
            )
            set_field(self._db, transaction, row, "title", storable(title))
            if settings is not None and settings != OwnSettings():
                put_own_settings(self._db, row, settings)
        return chat_id

    def list_chats(
        self, limit: int | None = None, offset: int = 0, *, shown: Shown = "live", folder: str | None = None
    ) -> list[ChatSummary]:
        """Chats by their newest message, newest first; `folder` narrows them to one folder, however it is
        capitalised."""
        where, parameters = _CONDITION[shown], list[object]()
        if folder is not None:
            condition, parameters = in_folder(self._db, folder)
            where = f"{where} AND {condition}"
        rows = self._db.all(
            f"{_SUMMARY} WHERE {where} ORDER BY c.updated_at DESC, c.row DESC LIMIT ? OFFSET ?",
            *parameters,
            -1 if limit is None else limit,
            offset,
        )
        return [_summary(row) for row in rows]

    def summary(self, chat_id: str) -> ChatSummary:
        """One chat as `list_chats` shows it."""
        row = self._db.one(f"{_SUMMARY} WHERE c.id = ?", chat_id)
        if row is None:
            raise missing("chat", chat_id)
        return _summary(row)

    def chat(self, chat_id: str) -> Chat:
        """The whole chat: every branch, deleted messages too."""
        with self._db.read():
            row = chat_row(self._db, chat_id)
            return load_chat(self._db, row, load_messages(self._db, "m.chat = ?", row))

    def folders(self) -> list[tuple[str, int]]:
        """Every folder with the number of its chats, by name."""
        rows = self._db.all(
            "SELECT folder, count(*) FROM chats WHERE folder IS NOT NULL AND deleted_at IS NULL GROUP BY folder"
        )
        return sorted(((name, count) for name, count in rows), key=lambda item: (item[0].casefold(), item[0]))

    def rename(self, chat_id: str, title: str) -> None:
        """Gives the chat a title."""
        self._set(chat_id, "title", storable(title))

    def suggest_title(self, chat_id: str, title: str, *, replacing: str = "") -> bool:
        """Gives the chat a title only if it still has the one that the suggestion was made for; whether it did.

        So a title that was made by a program never replaces one that a person chose: it carries the next stamp after
        that of the title it replaces, and any that was given meanwhile on another machine wins over it.
        """
        with self._db.write() as transaction:
            row = chat_row(self._db, chat_id)
            old, column = self._db.require("SELECT title, stamps FROM chats WHERE row = ?", row)
            if old != storable(replacing):
                return False
            given = stamps_of(column).get("title")
            stamp = transaction.stamp_right_after(given) if given else None
            return set_field(self._db, transaction, row, "title", storable(title), stamp=stamp)

    def set_folder(self, chat_id: str, folder: str | None) -> None:
        """Puts the chat into a folder, or into none; however `ARCHIVED` is capitalised, it is that one."""
        if is_archived(folder):
            folder = ARCHIVED
        self._set(chat_id, "folder", storable(folder) if folder else None)

    def set_pinned(self, chat_id: str, pinned: bool) -> None:
        """Pins the chat or lets it go."""
        self._set(chat_id, "pinned", pinned)

    def delete_chat(self, chat_id: str) -> None:
        """Deletes the chat; `restore_chat` brings it back until it is purged. Its waiting turns wait for that."""
        with self._db.write(durable=True) as transaction:
            row = chat_row(self._db, chat_id)
            if self._db.require("SELECT deleted_at FROM chats WHERE row = ?", row)[0] is None:
                set_field(self._db, transaction, row, "deleted_at", self._db.now())

    def delete_idle(self, before: float) -> list[str]:
        """Deletes every chat whose newest message is older than that time (Unix seconds); returns their ids.

        Pinned chats are kept, and those in which a question waits or an answer is being written.
        """
        with self._db.write(durable=True) as transaction:
            found = self._db.all(
                "SELECT row, id FROM chats WHERE updated_at < ? AND deleted_at IS NULL AND NOT pinned"
                " AND row NOT IN (SELECT chat FROM outbox)"
                " AND row NOT IN (SELECT chat FROM attempts WHERE NOT superseded)",
                before,
            )
            for row, _id in found:
                set_field(self._db, transaction, row, "deleted_at", self._db.now())
        return [chat_id for _row, chat_id in found]

    def restore_chat(self, chat_id: str) -> None:
        """Takes a deletion back.

        Raises:
            StoreError: `missing`, when it was purged.
        """
        with self._db.write() as transaction:
            row = chat_row(self._db, chat_id)
            if self._db.require("SELECT purged FROM chats WHERE row = ?", row)[0]:
                raise missing("chat", chat_id)
            set_field(self._db, transaction, row, "deleted_at", None)

    def purge_chat(self, chat_id: str) -> None:
        """Forgets a deleted chat's title and messages for good; what remains says that it was deleted.

        Raises:
            StoreError: `conflict`, when it is not deleted.
        """
        with self._db.write(durable=True) as transaction:
            row = chat_row(self._db, chat_id)
            if self._db.require("SELECT deleted_at FROM chats WHERE row = ?", row)[0] is None:
                raise StoreError("conflict", f"The chat {chat_id!r} is not deleted. Delete it before purging it.")
            purge(self._db, transaction, row)

    def purge_deleted(self, before: float) -> int:
        """Purges every chat and the text of every message deleted before that time; returns how many of both."""
        with self._db.write(durable=True) as transaction:
            chats = self._db.all("SELECT row FROM chats WHERE deleted_at < ? AND NOT purged", before)
            for (row,) in chats:
                purge(self._db, transaction, row)
            messages = self._db.all(
                "SELECT m.row, m.indexed, t.content FROM messages m JOIN texts t ON t.message = m.row"
                " WHERE m.deleted_at < ?",
                before,
            )
            for row, indexed, content in messages:
                if indexed:
                    indexing.remove_message(self._db, row, content)
                self._db.run("DELETE FROM texts WHERE message = ?", row)
        return len(chats) + len(messages)

    def _set(self, chat_id: str, field: str, value: object) -> None:
        with self._db.write(durable=True) as transaction:
            set_field(self._db, transaction, chat_row(self._db, chat_id), field, value)


def in_folder(database: Database, name: str) -> tuple[str, list[object]]:
    """The SQL condition, with its parameters, for chats `c` in the folder of that name, however it is capitalised."""
    folders = database.all("SELECT DISTINCT folder FROM chats WHERE folder IS NOT NULL")
    names: list[object] = [folder for (folder,) in folders if folder.casefold() == name.casefold()]
    return f"c.folder IN ({', '.join('?' * len(names))})", names


def purge(database: Database, transaction: Transaction, row: int) -> None:
    """Leaves of the chat in that row its id and its deletion."""
    title, column = database.require("SELECT title, stamps FROM chats WHERE row = ?", row)
    indexing.remove_title(database, row, title)
    texts = database.all(
        "SELECT m.row, t.content FROM messages m JOIN texts t ON t.message = m.row WHERE m.chat = ? AND m.indexed", row
    )
    for message, content in texts:
        indexing.remove_message(database, message, content)
    for table in ("messages", "attempts", "outbox", "own_settings"):
        database.run(f"DELETE FROM {table} WHERE chat = ?", row)
    database.run("DELETE FROM drafts WHERE chat_id = (SELECT id FROM chats WHERE row = ?)", row)
    stamps = {name: stamp for name, stamp in stamps_of(column).items() if name == "deleted_at"}
    database.run(
        "UPDATE chats SET title = '', folder = NULL, pinned = 0, active_leaf = NULL, stamps = ?, purged = 1, change = ?"
        " WHERE row = ?",
        encode(stamps),
        transaction.change(),
        row,
    )


def _summary(row: Row) -> ChatSummary:
    id_, title, folder, pinned, created_at, updated_at, deleted_at, count = row
    return ChatSummary(id_, title, folder, bool(pinned), created_at, updated_at, count, deleted_at)
