"""Turns that wait to be sent, and who is sending them: two clients on one file never send the same one twice."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from llamachat.protocol import Attachment
from llamachat.store.attempts import Attempts
from llamachat.store.cleaning import storable
from llamachat.store.connection import Row
from llamachat.store.errors import StoreError, missing
from llamachat.store.records import OutboxItem, encode
from llamachat.store.rows import attachments_column, attachments_of, chat_row, load_message, replace_message

_ITEM: Final = (
    "SELECT o.id, c.id, o.text, o.parent_id, o.user_message_id, o.answer_id, o.attachments, o.request, o.position,"
    " o.created_at, o.owner, o.heartbeat_at FROM outbox o JOIN chats c ON c.row = o.chat"
)
# Alive is who gave a sign of life since; a time in the future (the clock was set back) does not hold a claim for ever.
_ALIVE: Final = "(o.owner IS NOT NULL AND o.heartbeat_at > ?1 AND o.heartbeat_at <= ?2)"


class Outbox(Attempts):
    """Methods of the store about waiting turns.

    A client claims an item before it sends it, gives signs of life while it does, and drops it when the answer is
    under way or there. A claim without a sign of life for `claim_timeout_s` may be taken over.
    """

    def outbox_enqueue(
        self,
        chat_id: str,
        text: str,
        *,
        request: Mapping[str, Any] | None = None,
        parent_id: str | None = None,
        attachments: Sequence[Attachment] = (),
        user_message_id: str | None = None,
        answer_id: str | None = None,
        owner: str | None = None,
    ) -> OutboxItem:
        """Puts a turn at the end; durable when this returns. With `owner` it is claimed at once.

        `user_message_id` may be that of a question that the chat has already. Queueing the same answer again returns
        the item that waits for it.
        """
        with self._db.write(durable=True):
            chat = chat_row(self._db, chat_id)
            if answer_id and (known := self._db.one(f"{_ITEM} WHERE o.answer_id = ?", answer_id)):
                return _item(known)
            now = self._db.now()
            item_id = uuid.uuid4().hex
            user_message_id = user_message_id or uuid.uuid4().hex
            if self._db.one("SELECT 1 FROM outbox WHERE user_message_id = ?", user_message_id):
                raise StoreError("conflict", f"The question {user_message_id!r} waits in the outbox already.")
            item = OutboxItem(
                id=item_id,
                chat_id=chat_id,
                text=text,
                parent_id=parent_id,
                user_message_id=user_message_id,
                answer_id=answer_id or uuid.uuid4().hex,
                attachments=tuple(attachments),
                request=dict(request or {}),
                position=0,
                created_at=now,
                owner=owner,
                heartbeat_at=now if owner else None,
            )
            self._insert_item(chat, item)
            return self.outbox_item(item_id)

    def outbox_list(self, chat_id: str | None = None) -> list[OutboxItem]:
        """The waiting turns of one chat or of all, the next one first; those of deleted chats are not shown."""
        rows = self._db.all(
            f"{_ITEM} WHERE c.deleted_at IS NULL AND (?1 IS NULL OR c.id = ?1) ORDER BY o.position", chat_id
        )
        return [_item(row) for row in rows]

    def outbox_item(self, item_id: str) -> OutboxItem:
        """One waiting turn.

        Raises:
            StoreError: `missing`, when it was sent or dropped.
        """
        row = self._db.one(f"{_ITEM} WHERE o.id = ?", item_id)
        if row is None:
            raise missing("waiting turn", item_id)
        return _item(row)

    def outbox_move(self, item_id: str, index: int) -> None:
        """Moves a turn to that place among those that `outbox_list` shows, from 0; beyond the end is the end."""
        with self._db.write():
            self.outbox_item(item_id)
            order = self._order(besides=item_id)
            order.insert(max(index, 0), item_id)
            self._set_order(order)

    def outbox_edit(self, item_id: str, text: str, *, owner: str | None = None) -> bool:
        """Changes the question of a turn that nobody has claimed, or only `owner`; False when somebody else has.

        A question that the chat has already changes with it: until it is sent, no other machine has seen it.
        """
        with self._db.write(durable=True) as transaction:
            item = self.outbox_item(item_id)
            if self._is_claimed(item_id, besides=owner):
                return False
            self._db.run("UPDATE outbox SET text = ? WHERE id = ?", storable(text), item_id)
            question = load_message(self._db, item.user_message_id)
            if question is not None:
                replace_message(self._db, transaction, msgspec.structs.replace(question, content=text))
            return True

    def outbox_drop(self, item_id: str) -> None:
        """Takes a turn out, because it was sent or is no longer wanted; gone already is fine."""
        with self._db.write(durable=True) as transaction:
            row = self._db.one("SELECT user_message_id FROM outbox WHERE id = ?", item_id)
            if row is not None:
                self._db.run("DELETE FROM outbox WHERE id = ?", item_id)
                # From now on the question is one that other machines get.
                self._db.run("UPDATE messages SET change = ? WHERE id = ?", transaction.change(), row[0])

    def outbox_withdraw(self, item_id: str, *, owner: str | None = None) -> OutboxItem | None:
        """Takes out a turn that is no longer wanted; returns it, for `outbox_restore`.

        None when it is gone, or claimed by somebody other than `owner`: it is being sent then.
        """
        with self._db.write(durable=True):
            row = self._db.one(f"{_ITEM} WHERE o.id = ?", item_id)
            if row is None or self._is_claimed(item_id, besides=owner):
                return None
            self.outbox_drop(item_id)
            return _item(row)

    def outbox_restore(self, item: OutboxItem) -> None:
        """Takes a withdrawal back: the turn waits again, unclaimed, where it did or as near as what left since allows.

        Raises:
            StoreError: `missing`, when its chat was purged.
        """
        with self._db.write(durable=True):
            chat = chat_row(self._db, item.chat_id)
            before = "SELECT id FROM outbox WHERE position < ?"
            ahead = {row[0] for row in self._db.all(before, item.position)}
            self._insert_item(chat, dataclasses.replace(item, owner=None, heartbeat_at=None))
            order = self._order(besides=item.id)
            order.insert(sum(id_ in ahead for id_ in order), item.id)
            self._set_order(order)

    def outbox_claim(self, owner: str, item_id: str | None = None) -> OutboxItem | None:
        """Claims the next turn to send, or that one if it can be had; None when there is none.

        Turns of one chat go one after the other: none is handed out while another of its chat is being sent.

        Args:
            owner: names this client among those on the file, unique per process.
        """
        with self._db.write(durable=True):
            since, now = self._alive_range()
            row = self._db.one(
                "SELECT id FROM outbox WHERE (?3 IS NULL OR id = ?3)"
                " AND chat IN (SELECT row FROM chats WHERE deleted_at IS NULL)"
                f" AND chat NOT IN (SELECT o.chat FROM outbox o WHERE {_ALIVE}) ORDER BY position LIMIT 1",
                since,
                now,
                item_id,
            )
            if row is None:
                return None
            self._db.run("UPDATE outbox SET owner = ?, heartbeat_at = ? WHERE id = ?", owner, now, row[0])
            return self.outbox_item(row[0])

    def outbox_heartbeat(self, item_id: str, owner: str) -> bool:
        """Says that `owner` is still sending it; False when the claim was lost: stop, another client has it."""
        with self._db.write():
            sql = "UPDATE outbox SET heartbeat_at = ? WHERE id = ? AND owner = ?"
            return self._db.run(sql, self._db.now(), item_id, owner) == 1

    def outbox_release(self, item_id: str, owner: str) -> None:
        """Gives a claim back, so that anyone may send the turn; not having it is fine."""
        with self._db.write():
            sql = "UPDATE outbox SET owner = NULL, heartbeat_at = NULL WHERE id = ? AND owner = ?"
            self._db.run(sql, item_id, owner)

    def _insert_item(self, chat: int, item: OutboxItem) -> None:
        """The item at the end, with the claim that it carries."""
        self._db.run(
            "INSERT INTO outbox (id, chat, position, text, parent_id, user_message_id, answer_id, attachments,"
            " request, created_at, owner, heartbeat_at)"
            " VALUES (?, ?, (SELECT coalesce(max(position), 0) + 1 FROM outbox), ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            item.id,
            chat,
            storable(item.text),
            item.parent_id,
            item.user_message_id,
            item.answer_id,
            attachments_column(item.attachments),
            encode(item.request),
            item.created_at,
            item.owner,
            item.heartbeat_at,
        )

    def _order(self, besides: str) -> list[str]:
        """All other items, those of deleted chats last: they are not shown and take no place among the others."""
        rows = self._db.all(
            "SELECT o.id FROM outbox o JOIN chats c ON c.row = o.chat WHERE o.id <> ?"
            " ORDER BY c.deleted_at IS NOT NULL, o.position",
            besides,
        )
        return [row[0] for row in rows]

    def _set_order(self, ids: Sequence[str]) -> None:
        self._db.run_many("UPDATE outbox SET position = ? WHERE id = ?", list(enumerate(ids, start=1)))

    def _is_claimed(self, item_id: str, *, besides: str | None) -> bool:
        sql = f"SELECT 1 FROM outbox o WHERE o.id = ?3 AND o.owner IS NOT ?4 AND {_ALIVE}"
        return self._db.one(sql, *self._alive_range(), item_id, besides) is not None

    def _alive_range(self) -> tuple[float, float]:
        now = self._db.now()
        return now - self._db.limits.claim_timeout_s, now


def _item(row: Row) -> OutboxItem:
    id_, chat_id, text, parent_id, user_message_id, answer_id, attachments, request = row[:8]
    position, created_at, owner, heartbeat_at = row[8:]
    return OutboxItem(
        id=id_,
        chat_id=chat_id,
        text=text,
        parent_id=parent_id,
        user_message_id=user_message_id,
        answer_id=answer_id,
        attachments=tuple(attachments_of(attachments)),
        request={} if request is None else msgspec.json.decode(request),
        position=position,
        created_at=created_at,
        owner=owner,
        heartbeat_at=heartbeat_at,
    )
