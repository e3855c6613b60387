"""Answers in the making: their text so far, and the attempts to attach to after a restart."""

from __future__ import annotations

import array
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from llamachat.protocol import ChatMessage, Cost, merge_messages
from llamachat.store.connection import Row
from llamachat.store.messages import Messages, as_stored
from llamachat.store.records import MessageState, OpenAttempt, StoredMessage, encode
from llamachat.store.rows import chat_row, load_message, replace_message, set_field

_COLUMNS: Final = (
    "a.id, a.message_id, c.id, a.node, a.model, a.fingerprint, a.seed, a.offset, a.token_offset, a.tokens,"
    " r.request, a.created_at, a.saved_at"
)


class Attempts(Messages):
    """Methods of the store about answers that are being written."""

    def save_partial(
        self,
        chat_id: str,
        message: ChatMessage,
        *,
        attempt_id: str,
        node: str,
        tokens: Sequence[int] = (),
        fingerprint: str | None = None,
        offset: int | None = None,
        token_offset: int | None = None,
        seed: int | None = None,
        request: Mapping[str, Any] | None = None,
    ) -> None:
        """Keeps an answer as far as it has come, and the attempt that is writing it.

        The first call makes the message, and the chat then ends with it; an empty text is fine. A new attempt at the
        same message supersedes the one before, which `abandoned_attempts` then lists. Call it again as the text grows:
        a killed process loses what came after the last call.

        Args:
            message: the answer so far.
            attempt_id: the id that the node knows it by.
            tokens: the ids so far, those of a prefix included.
            offset: code points that came, to attach at; by default the length of the text.
            token_offset: ids that came, to attach at; by default the number of `tokens`.
            request: what is needed to ask again, as JSON; None leaves what was stored.
        """
        with self._db.write() as transaction:
            chat = chat_row(self._db, chat_id)
            known = self._known(message.id, chat)
            partial = msgspec.structs.replace(as_stored(message), state="partial")
            if known is not None:
                # Going on after an end ("length", say): the end stays, so that no merge prefers the shorter copy.
                partial = msgspec.structs.replace(
                    partial,
                    finish_reason=partial.finish_reason or known.finish_reason,
                    deleted_at=known.deleted_at,
                    stamps=known.stamps,
                )
            self._store(transaction, chat, partial, known)
            if known is None:
                set_field(self._db, transaction, chat, "active_leaf", message.id)
            now = self._db.now()
            self._db.run("UPDATE attempts SET superseded = 1 WHERE message_id = ? AND id <> ?", message.id, attempt_id)
            self._db.run(
                "INSERT INTO attempts (id, chat, message_id, node, model, fingerprint, seed, offset, token_offset,"
                " tokens, created_at, saved_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET superseded = 0, node = excluded.node, model = excluded.model,"
                " fingerprint = excluded.fingerprint, seed = excluded.seed, offset = excluded.offset,"
                " token_offset = excluded.token_offset, tokens = excluded.tokens, saved_at = excluded.saved_at",
                attempt_id,
                chat,
                message.id,
                node,
                message.model,
                fingerprint,
                seed,
                len(message.content) if offset is None else offset,
                len(tokens) if token_offset is None else token_offset,
                _pack(tokens),
                now,
                now,
            )
            if request is not None:
                self._db.run(
                    "INSERT INTO attempt_requests VALUES (?, ?) ON CONFLICT (attempt) DO UPDATE"
                    " SET request = excluded.request WHERE request <> excluded.request",
                    attempt_id,
                    encode(request) or "{}",
                )

    def finish_message(
        self,
        chat_id: str,
        message: ChatMessage,
        *,
        state: MessageState = "complete",
        error: str | None = None,
        cost: Cost | None = None,
    ) -> None:
        """Keeps an answer that has ended, and forgets the attempt that wrote it; durable when this returns.

        A complete answer never changes: of two ends of the same answer the fuller one stays.

        Args:
            state: `complete`, or `failed` with the text that had come.
            error: why it failed, a sentence.
        """
        with self._db.write(durable=True) as transaction:
            chat = chat_row(self._db, chat_id)
            known = self._known(message.id, chat)
            ended = msgspec.structs.replace(as_stored(message), state=state, error=error, cost=cost)
            if known is not None:
                ended = _settle(known, ended)
            self._store(transaction, chat, ended, known)
            if known is None:
                set_field(self._db, transaction, chat, "active_leaf", message.id)
            self._db.run("DELETE FROM attempts WHERE message_id = ? AND NOT superseded", message.id)

    def open_attempts(self, chat_id: str | None = None) -> list[OpenAttempt]:
        """The attempts that were running when they were last saved, of one chat or of all, oldest first."""
        return self._attempts("NOT a.superseded AND (?1 IS NULL OR c.id = ?1)", chat_id)

    def abandoned_attempts(self) -> list[OpenAttempt]:
        """Attempts whose answer went on as another one, to be cancelled when their node is seen again."""
        return self._attempts("a.superseded")

    def drop_attempt(self, attempt_id: str) -> None:
        """Forgets an attempt. Its answer, when no other attempt at it is left, stays as `failed` with its text."""
        with self._db.write() as transaction:
            row = self._db.one("SELECT message_id FROM attempts WHERE id = ?", attempt_id)
            if row is None:
                return
            self._db.run("DELETE FROM attempts WHERE id = ?", attempt_id)
            message = load_message(self._db, row[0])
            left = self._db.one("SELECT 1 FROM attempts WHERE message_id = ? AND NOT superseded", row[0])
            if message is not None and message.state == "partial" and left is None:
                # An answer that had ended before it was taken up again is as complete as it was then.
                state: MessageState = "failed" if message.finish_reason is None else "complete"
                replace_message(self._db, transaction, msgspec.structs.replace(message, state=state))

    def _attempts(self, where: str, *parameters: object) -> list[OpenAttempt]:
        rows = self._db.all(
            f"SELECT {_COLUMNS} FROM attempts a JOIN chats c ON c.row = a.chat"
            f" LEFT JOIN attempt_requests r ON r.attempt = a.id WHERE {where}"
            " ORDER BY a.created_at, a.id",
            *parameters,
        )
        return [_attempt(row) for row in rows]


def _settle(known: StoredMessage, ended: StoredMessage) -> StoredMessage:
    deletion = {"deleted_at": known.deleted_at, "stamps": known.stamps}
    if known.state != "complete":
        return msgspec.structs.replace(ended, **deletion)
    return (
        known if merge_messages(known, ended).content == known.content else msgspec.structs.replace(ended, **deletion)
    )


def _attempt(row: Row) -> OpenAttempt:
    id_, message_id, chat_id, node, model, fingerprint, seed, offset, token_offset, tokens, request = row[:-2]
    return OpenAttempt(
        id=id_,
        message_id=message_id,
        chat_id=chat_id,
        node=node,
        model=model,
        fingerprint=fingerprint,
        seed=seed,
        offset=offset,
        token_offset=token_offset,
        tokens=_unpack(tokens),
        request={} if request is None else msgspec.json.decode(request),
        created_at=row[-2],
        saved_at=row[-1],
    )


def _pack(tokens: Sequence[int]) -> bytes:
    return _little_endian(array.array("I", tokens)).tobytes()


def _unpack(packed: bytes) -> tuple[int, ...]:
    values = array.array("I")
    values.frombytes(packed)
    return tuple(_little_endian(values))


def _little_endian(values: array.array[int]) -> array.array[int]:
    if sys.byteorder == "big":
        values.byteswap()
    return values
