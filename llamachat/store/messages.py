"""The tree of messages: adding, branches, the active path, deleting."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from llamachat.protocol import ChatMessage
from llamachat.store.connection import Part, Transaction
from llamachat.store.errors import StoreError, missing
from llamachat.store.records import StoredMessage, plain
from llamachat.store.rows import (
    chat_row,
    insert_message,
    load_by_rows,
    load_message,
    load_messages,
    replace_message,
    set_field,
)


class Messages(Part):
    """Methods of the store about messages. Naming a chat or message that is not there raises `missing`."""

    def add_message(self, message: ChatMessage, chat_id: str, *, activate: bool = True) -> bool:
        """Adds a complete message; the chat then ends with it, unless `activate` is False.

        When this returns, not even a power cut loses it. Adding the same message again does nothing.

        Returns:
            Whether it was new.

        Raises:
            StoreError: `conflict`, when another message has that id.
        """
        with self._db.write(durable=True) as transaction:
            chat = chat_row(self._db, chat_id)
            known = self._known(message.id, chat)
            if known is not None:
                if plain(known) != plain(message):
                    raise StoreError("conflict", f"Another message has the id {message.id!r}. Choose a fresh id.")
                return False
            insert_message(self._db, transaction, chat, as_stored(message))
            if activate:
                set_field(self._db, transaction, chat, "active_leaf", message.id)
            return True

    def message(self, message_id: str) -> StoredMessage:
        """One message."""
        found = load_message(self._db, message_id)
        if found is None:
            raise missing("message", message_id)
        return found

    def active_path(self, chat_id: str, limit: int | None = None) -> list[StoredMessage]:
        """The conversation as last looked at, first message first, without deleted ones; at most the last `limit`."""
        with self._db.read():
            chat = chat_row(self._db, chat_id)
            rows = self._path(chat, limit)
            return [message for message in load_by_rows(self._db, rows) if message.deleted_at is None]

    def active_ids(self, chat_id: str) -> list[str]:
        """The ids of what `active_path` returns, without reading the texts: quick for the longest chat."""
        with self._db.read():
            return self._active_tree(chat_row(self._db, chat_id))[0]

    def messages(self, message_ids: Sequence[str]) -> list[StoredMessage]:
        """The messages with these ids, in this order."""
        with self._db.read():
            return load_by_rows(self._db, [self._row(message_id) for message_id in message_ids])

    def path_to(self, message_id: str) -> list[StoredMessage]:
        """The conversation that ends with that message, first message first, without deleted ones."""
        with self._db.read():
            row = self._row(message_id)
            rows = self._ancestry(row, None)
            return [message for message in load_by_rows(self._db, rows) if message.deleted_at is None]

    def siblings(self, message_id: str) -> list[StoredMessage]:
        """The branches at that message, itself among them: what has the same parent, oldest first."""
        with self._db.read():
            chat, parent_id = self._db.one("SELECT chat, parent_id FROM messages WHERE id = ?", message_id) or (0, None)
            if not chat:
                raise missing("message", message_id)
            return load_messages(self._db, "m.chat = ? AND m.parent_id IS ? AND m.deleted_at IS NULL", chat, parent_id)

    def branches(self, chat_id: str) -> dict[str, tuple[int, int]]:
        """Where the active path had a choice: message id to its place among its siblings, from 1, and their number."""
        with self._db.read():
            path, children = self._active_tree(chat_row(self._db, chat_id))
            siblings = {message_id: among for among in children.values() if len(among) > 1 for message_id in among}
            return {
                message_id: (siblings[message_id].index(message_id) + 1, len(siblings[message_id]))
                for message_id in path
                if message_id in siblings
            }

    def set_active_leaf(self, chat_id: str, message_id: str) -> None:
        """Makes the chat end with that message."""
        with self._db.write() as transaction:
            chat = chat_row(self._db, chat_id)
            if self._known(message_id, chat) is None:
                raise missing("message", message_id)
            set_field(self._db, transaction, chat, "active_leaf", message_id)

    def choose_branch(self, message_id: str) -> str:
        """Makes the active path go through that message and on along the newest answers; returns the new last one."""
        with self._db.write() as transaction:
            chat = self._db.require("SELECT chat FROM messages WHERE row = ?", self._row(message_id))[0]
            newest: dict[str | None, str] = {
                parent_id: child
                for child, parent_id in self._db.all(
                    "SELECT id, parent_id FROM messages WHERE chat = ? AND deleted_at IS NULL ORDER BY created_at, id",
                    chat,
                )
            }
            leaf = message_id
            while leaf in newest:  # taken out, so that parents in a circle end it too
                leaf = newest.pop(leaf)
            set_field(self._db, transaction, chat, "active_leaf", leaf)
            return leaf

    def delete_message(self, message_id: str) -> None:
        """Deletes one message; those after it stay, and `restore_message` brings it back."""
        self._set_deleted(message_id, self._db.now())

    def restore_message(self, message_id: str) -> None:
        """Takes a deletion back.

        Raises:
            StoreError: `missing`, when it was purged.
        """
        if self._db.one("SELECT 1 FROM texts WHERE message = ?", self._row(message_id)) is None:
            raise missing("message", message_id)
        self._set_deleted(message_id, None)

    def _set_deleted(self, message_id: str, deleted_at: float | None) -> None:
        with self._db.write(durable=True) as transaction:
            message = self.message(message_id)
            if (message.deleted_at is None) == (deleted_at is None):
                return
            stamps = {**message.stamps, "deleted_at": transaction.stamp(after=message.stamps.get("deleted_at"))}
            changed = msgspec.structs.replace(message, deleted_at=deleted_at, stamps=stamps)
            replace_message(self._db, transaction, changed)

    def _known(self, message_id: str, chat: int) -> StoredMessage | None:
        """The message when the chat has it.

        Raises:
            StoreError: `conflict`, when another chat has it.
        """
        row = self._db.one("SELECT chat FROM messages WHERE id = ?", message_id)
        if row is not None and row[0] != chat:
            raise StoreError("conflict", f"The message {message_id!r} belongs to another chat. Choose a fresh id.")
        return load_message(self._db, message_id)

    def _store(self, transaction: Transaction, chat: int, message: StoredMessage, known: StoredMessage | None) -> None:
        if known is None:
            insert_message(self._db, transaction, chat, message)
        else:
            replace_message(self._db, transaction, message)

    def _row(self, message_id: str) -> int:
        row = self._db.one("SELECT row FROM messages WHERE id = ?", message_id)
        if row is None:
            raise missing("message", message_id)
        number: int = row[0]
        return number

    def _active_tree(self, chat: int) -> tuple[list[str], dict[str | None, list[str]]]:
        """Ids of the active path, first message first, and the ids of each message's children, oldest first; without
        deleted ones. Walked here: following a path of thousands in SQL takes a look-up for each of its messages."""
        rows = self._db.all(
            "SELECT id, parent_id, deleted_at IS NULL FROM messages WHERE chat = ? ORDER BY created_at, id", chat
        )
        parents = {message_id: parent_id for message_id, parent_id, _ in rows}
        kept = {message_id for message_id, _, is_kept in rows if is_kept}
        children: dict[str | None, list[str]] = {}
        for message_id, parent_id, is_kept in rows:
            if is_kept:
                children.setdefault(parent_id, []).append(message_id)
        at: str | None = self._db.require("SELECT active_leaf FROM chats WHERE row = ?", chat)[0]
        if at not in parents:
            at = next((message_id for message_id, _, is_kept in reversed(rows) if is_kept), None)
        path: list[str] = []
        while at is not None and at in parents:  # taken out, so that parents in a circle end it too
            path.append(at)
            at = parents.pop(at)
        return [message_id for message_id in reversed(path) if message_id in kept], children

    def _path(self, chat: int, limit: int | None) -> list[int]:
        """Rows of the active path, from the first message; without the remembered end, of the newest message's."""
        found = self._db.one(
            "SELECT m.row FROM chats c JOIN messages m ON m.id = c.active_leaf AND m.chat = c.row WHERE c.row = ?", chat
        ) or self._db.one(
            "SELECT row FROM messages WHERE chat = ? AND deleted_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 1",
            chat,
        )
        return [] if found is None else self._ancestry(found[0], limit)

    def _ancestry(self, leaf: int, limit: int | None) -> list[int]:
        # UNION, not UNION ALL: merged messages may name each other as parents, and this must end all the same.
        rows = self._db.all(
            "WITH RECURSIVE path (row, parent_id, chat) AS ("
            " SELECT row, parent_id, chat FROM messages WHERE row = ?"
            " UNION SELECT m.row, m.parent_id, m.chat"
            " FROM path p JOIN messages m ON m.id = p.parent_id AND m.chat = p.chat"
            " LIMIT ?) SELECT row FROM path",
            leaf,
            -1 if limit is None else limit,
        )
        return [row for (row,) in reversed(rows)]


def as_stored(message: ChatMessage) -> StoredMessage:
    """The message with what only this machine knows: as given, or that it is complete."""
    if isinstance(message, StoredMessage):
        return message
    return StoredMessage(**{name: getattr(message, name) for name in ChatMessage.__struct_fields__})
