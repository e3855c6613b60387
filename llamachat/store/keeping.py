"""Drafts of the composer, and attached files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from llamachat.protocol import ChatMessage
from llamachat.store.cleaning import storable
from llamachat.store.connection import Part
from llamachat.store.errors import StoreError
from llamachat.store.records import StoredAttachment
from llamachat.store.rows import attachments_of


class Drafts(Part):
    """Methods of the store about what was typed and not sent."""

    def get_draft(self, chat_id: str) -> str:
        """What was last typed for that chat, "" for nothing. The chat need not exist yet."""
        row = self._db.one("SELECT text FROM drafts WHERE chat_id = ?", chat_id)
        return "" if row is None else str(row[0])

    def set_draft(self, chat_id: str, text: str) -> None:
        """Keeps what is typed for that chat; "" forgets it."""
        with self._db.write():
            if text:
                sql = "INSERT OR REPLACE INTO drafts (chat_id, text, updated_at) VALUES (?, ?, ?)"
                self._db.run(sql, chat_id, storable(text), self._db.now())
            else:
                self._db.run("DELETE FROM drafts WHERE chat_id = ?", chat_id)

    def drafts(self) -> list[str]:
        """The ids of the chats with something typed, the latest first."""
        return [row[0] for row in self._db.all("SELECT chat_id FROM drafts ORDER BY updated_at DESC, chat_id")]


class Attachments(Part):
    """Methods of the store about attached files: each content is stored once, under its hash."""

    def put_attachment(self, content: bytes, text: str | None = None) -> str:
        """Stores a file; returns its SHA-256 in hex. What is stored already stays as it is, and gains a missing `text`.

        Raises:
            StoreError: `too_large`.
        """
        largest = self._db.limits.attachment_bytes
        if len(content) > largest:
            raise StoreError(
                "too_large",
                f"The file has {len(content)} bytes; at most {largest} can be attached. Attach a part of it.",
            )
        digest = hashlib.sha256(content).hexdigest()
        with self._db.write(durable=True):
            self._db.run(
                "INSERT INTO attachments (sha256, size, created_at, text, content) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (sha256) DO UPDATE SET text = excluded.text WHERE text IS NULL",
                digest,
                len(content),
                self._db.now(),
                None if text is None else storable(text),
                content,
            )
        return digest

    def attachment(self, sha256: str) -> StoredAttachment | None:
        """The file with that hash; None when this machine does not have it."""
        row = self._db.one("SELECT sha256, size, content, text FROM attachments WHERE sha256 = ?", sha256)
        return None if row is None else StoredAttachment(*row)

    def attachment_texts(self, messages: Iterable[ChatMessage]) -> dict[str, str]:
        """What was read out of the files that these messages name, by hash; those that this machine does not have are
        left out. A file kept without its text counts as text in UTF-8."""
        wanted = {attachment.sha256 for message in messages for attachment in message.attachments}
        found: dict[str, str] = {}
        for digest in wanted:
            row = self._db.one(
                "SELECT text, CASE WHEN text IS NULL THEN content END FROM attachments WHERE sha256 = ?", digest
            )
            if row is None:
                continue
            text, content = row
            found[digest] = text if text is not None else bytes(content).decode(errors="replace")
        return found

    def purge_attachments(self, before: float) -> int:
        """Forgets the files stored before that time that no message with its text and no waiting turn has; returns how
        many."""
        with self._db.write():
            columns = self._db.all(
                "SELECT attachments FROM messages WHERE attachments IS NOT NULL AND row IN (SELECT message FROM texts)"
                " UNION ALL SELECT attachments FROM outbox WHERE attachments IS NOT NULL"
            )
            used = {attachment.sha256 for (column,) in columns for attachment in attachments_of(column)}
            stored = self._db.all("SELECT sha256 FROM attachments WHERE created_at < ?", before)
            surplus = [(digest,) for (digest,) in stored if digest not in used]
            self._db.run_many("DELETE FROM attachments WHERE sha256 = ?", surplus)
        return len(surplus)
