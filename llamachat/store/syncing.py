"""What an archive lacks goes out, what it has comes in, and how far both are in step."""

from __future__ import annotations

from typing import Final

from llamachat.protocol import Chat, merge_chats
from llamachat.protocol.merge import wrong_time
from llamachat.store.connection import Row
from llamachat.store.errors import StoreError
from llamachat.store.merging import Merging, acceptable
from llamachat.store.records import Changes, Pulled, RefusedChat, SyncCursor
from llamachat.store.rows import chat_row, load_by_rows, load_chat, load_messages

_UNSHARED: Final = "m.state <> 'partial' AND m.id NOT IN (SELECT user_message_id FROM outbox)"


class Sync(Merging):
    """Methods of the store about archives. Each is known by a name that its client gives it."""

    # ── what goes out ───────────────────────────────────────────────────────────────────────────────────────────────

    def change_count(self) -> int:
        """The store's own count of changes, whoever made them; cheap enough to ask every second."""
        count: int = self._db.require("SELECT value FROM meta WHERE key = 'change'")[0]
        return count

    def changes_since(self, seq: int, limit: int = 200) -> Changes:
        """What changed after `seq`, 0 for everything: at most `limit` chats and messages together.

        Answers that are still being written and questions that still wait in the outbox come when they are done.
        """
        with self._db.read():
            chats = self._db.all(
                "SELECT change, row, 0 FROM chats WHERE change > ? ORDER BY change LIMIT ?", seq, limit + 1
            )
            messages = self._db.all(
                f"SELECT m.change, m.chat, m.row FROM messages m WHERE m.change > ? AND {_UNSHARED}"
                " ORDER BY m.change LIMIT ?",
                seq,
                limit + 1,
            )
            changed = sorted([*chats, *messages])
            wanted: dict[int, list[int]] = {}
            for _, chat, message in changed[:limit]:
                wanted.setdefault(chat, []).extend([message] if message else [])
            copies = tuple(load_chat(self._db, chat, load_by_rows(self._db, rows)) for chat, rows in wanted.items())
            if len(changed) > limit:
                return Changes(copies, changed[limit - 1][0], more=True)
            return Changes(copies, self.change_count(), more=False)

    def chat_changes(self, chat_id: str, seq: int) -> Chat:
        """One chat with those of its messages that changed after `seq`, 0 for all that are shared.

        Raises:
            StoreError: `missing`.
        """
        with self._db.read():
            row = chat_row(self._db, chat_id)
            messages = load_messages(self._db, f"m.chat = ? AND m.change > ? AND {_UNSHARED}", row, seq)
            return load_chat(self._db, row, messages)

    def count_changes(self, seq: int) -> int:
        """How many chats and messages changed after `seq`."""
        return int(
            self._db.require(
                "SELECT (SELECT count(*) FROM chats WHERE change > ?1)"
                f" + (SELECT count(*) FROM messages m WHERE m.change > ?1 AND {_UNSHARED})",
                seq,
            )[0]
        )

    def set_pushed(self, archive: str, seq: int) -> None:
        """Keeps that the archive has every change up to `seq`, but for what it refused."""
        with self._db.write():
            self._db.run(
                "INSERT INTO sync_cursors (archive, pushed) VALUES (?, ?)"
                " ON CONFLICT (archive) DO UPDATE SET pushed = max(pushed, excluded.pushed)",
                archive,
                seq,
            )

    def refused_chats(self, archive: str) -> tuple[RefusedChat, ...]:
        """What the archive did not take."""
        rows = self._db.all("SELECT chat_id, since, reason FROM sync_refused WHERE archive = ?", archive)
        return tuple(RefusedChat(*row) for row in rows)

    def set_refused(self, archive: str, chat_id: str, since: int, reason: str) -> None:
        """Keeps that the archive did not take the chat's changes after `since`."""
        with self._db.write():
            self._db.run(
                "INSERT INTO sync_refused VALUES (?, ?, ?, ?) ON CONFLICT (archive, chat_id)"
                " DO UPDATE SET since = min(since, excluded.since), reason = excluded.reason",
                archive,
                chat_id,
                since,
                reason,
            )

    def clear_refused(self, archive: str, chat_id: str) -> None:
        """Keeps that the archive has taken the chat after all."""
        with self._db.write():
            self._db.run("DELETE FROM sync_refused WHERE archive = ? AND chat_id = ?", archive, chat_id)

    # ── what comes in ───────────────────────────────────────────────────────────────────────────────────────────────

    def merge_pulled(self, archive: str, chat: Chat) -> Pulled:
        """Merges a copy that the archive sent, as `merge_chat` does, and takes down what of it is not to be pushed
        back: when the archive has everything else already, and nothing of ours went into the result."""
        now = self._db.now()
        cleaned = acceptable(chat, int(now * 1000))
        left_out = _stamp_count(cleaned) < _stamp_count(chat)
        try:
            with self._db.write() as transaction:
                in_step = self.sync_cursor(archive).pushed >= transaction.last_change
                changed = self.merge_chat(chat)
                if changed and in_step and not left_out and self._is_as(cleaned):
                    self.set_pushed(archive, transaction.last_change)
        except StoreError as error:
            if error.state not in ("conflict", "invalid"):
                raise
            return Pulled(changed=False, refused=str(error), again=_is_ahead(chat, now))
        if left_out:
            reason = (
                f"A change of the chat {chat.id!r} is stamped more than a day ahead. Correct the clock of this or of "
                "the other machine."
            )
            return Pulled(changed, reason, again=True)
        return Pulled(changed)

    def sync_cursor(self, archive: str) -> SyncCursor:
        """How far this store and that archive are in step; at the beginning when they never met."""
        row = self._db.one("SELECT pulled, pushed FROM sync_cursors WHERE archive = ?", archive)
        return SyncCursor() if row is None else SyncCursor(*row)

    def set_pulled(self, archive: str, cursor: str, *, was: str | None) -> bool:
        """Keeps that everything up to the archive's `cursor` was merged, unless it is no longer at `was`.

        Returns:
            False when merging sent the store back to the beginning, because a chat came back that was purged, or
            another client on this file was quicker: ask for `sync_cursor` again and pull from there.
        """
        with self._db.write():
            self._db.run("INSERT OR IGNORE INTO sync_cursors (archive) VALUES (?)", archive)
            sql = "UPDATE sync_cursors SET pulled = ? WHERE archive = ? AND pulled IS ?"
            return self._db.run(sql, cursor, archive, was) == 1

    def forget_archive(self, archive: str) -> None:
        """Begins anew with an archive that lost what it had."""
        with self._db.write():
            self._db.run("DELETE FROM sync_cursors WHERE archive = ?", archive)
            self._db.run("DELETE FROM sync_refused WHERE archive = ?", archive)

    def _is_as(self, copy: Chat) -> bool:
        """Whether what is stored of the chat, as far as the copy goes, is the copy."""
        row: Row = self._db.require("SELECT row FROM chats WHERE id = ?", copy.id)
        stored = load_chat(self._db, row[0], self._stored(copy))
        return merge_chats(stored, stored) == merge_chats(copy, copy)


def _stamp_count(chat: Chat) -> int:
    return len(chat.stamps) + sum(len(message.stamps) for message in chat.messages)


def _is_ahead(chat: Chat, now: float) -> bool:
    """Whether a time in it cannot be taken now, but can be later."""
    latest = max([chat.created_at, *(message.created_at for message in chat.messages)])
    return bool(wrong_time(chat, now)) and not wrong_time(chat, max(now, latest))
