"""What is kept goes out: what changed after a cursor, the list of chats, one whole chat."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple

import msgspec

from llamachat.protocol import Chat, ErrorCode, ProtocolError
from llamachat_daemon.serving.archive.bodies import read_chat, read_message
from llamachat_daemon.serving.archive.database import Database
from llamachat_daemon.serving.archive.limits import MAX_LISTED_CHATS, MAX_WHOLE_CHAT_BYTES, PAGE_BYTES, ROW_BYTES

_CURSOR: Final = re.compile(r"([0-9a-f]{1,16})\.([0-9a-f]{1,16})\.([0-9]{1,18})", re.ASCII)
_ROWS: Final = PAGE_BYTES // ROW_BYTES + 1  # more than fit into a page


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what changed: chats with those of their messages that did, where to go on, and whether there is more."""

    chats: list[Chat]
    cursor: str
    more: bool


def changes(db: Database, principal: str, since: str | None, limit: int) -> Page:
    """What changed after the cursor `since`, oldest change first: of at most `limit` chats, as much as a frame holds.

    A cursor that is none, of another archive or another principal, or of a state that was lost when an older copy of
    the file was put back, counts as None: everything.
    """
    with db.read():
        owner = _principal(db, principal)
        start = _change_of(db, since, owner)
        taken, end = _Taken(), start
        for changed in _changed_rows(db, owner.row, start):
            if not taken.take(changed, limit):
                break
            end = changed.change
        else:
            end = owner.last  # numbers of rows that have expired are passed over
        return Page(_load(db, taken.rows), _cursor(db, owner, end), more=end < owner.last)


def listed(db: Database, principal: str) -> Page:
    """The chats that are not deleted, without messages, the one that changed last first; with the cursor after which
    `changes` go on from here."""
    with db.read():
        owner = _principal(db, principal)
        bodies = db.all(
            "SELECT body FROM chats WHERE principal = ? AND NOT deleted ORDER BY changed_at DESC, row DESC LIMIT ?",
            owner.row,
            MAX_LISTED_CHATS,
        )
        return Page([read_chat(body) for (body,) in bodies], _cursor(db, owner, owner.last), more=False)


def whole(db: Database, principal: str, chat_id: str) -> Chat:
    """One chat with all of its messages.

    Raises:
        ProtocolError: `not_found`; `too_large` for one answer.
    """
    with db.read():
        owner = _principal(db, principal)
        found = db.one("SELECT row FROM chats WHERE principal = ? AND id = ?", owner.row, chat_id)
        if found is None:
            raise ProtocolError(ErrorCode.NOT_FOUND, "No such chat is kept here.")
        size = db.all("SELECT total(length(body)) FROM messages WHERE chat = ?", found[0])[0][0]
        if size > MAX_WHOLE_CHAT_BYTES:
            raise ProtocolError(
                ErrorCode.TOO_LARGE, f"This chat has {int(size)} bytes. Fetch it in pieces, with chat_history."
            )
        messages = [message for (message,) in db.all("SELECT row FROM messages WHERE chat = ?", found[0])]
        return _load(db, {found[0]: messages})[0]


class _Taken:
    """Rows for one page: chats in the order in which they changed, each with its messages."""

    def __init__(self) -> None:
        self.rows: dict[int, list[int]] = {}
        self._bytes = 0

    def take(self, row: _Changed, limit: int) -> bool:
        """Takes the row, unless the page has no room for it."""
        is_new = row.chat not in self.rows
        size = row.size + (row.chat_size if is_new or row.message is None else 0)
        if self.rows and ((is_new and len(self.rows) >= limit) or self._bytes + size > PAGE_BYTES):
            return False
        messages = self.rows.setdefault(row.chat, [])
        if row.message is not None:
            messages.append(row.message)
        self._bytes += size
        return True


class _Changed(NamedTuple):
    """A changed row: a chat's own (`message` None), or one of its messages. Sizes are bytes in a frame."""

    change: int
    chat: int
    message: int | None
    size: int
    chat_size: int


def _changed_rows(db: Database, principal: int, start: int) -> list[_Changed]:
    """More than a page of them, where there are; in the order of their changes."""
    chats = db.all(
        "SELECT change, row, NULL, 0, length(body) + ? FROM chats WHERE principal = ? AND change > ?"
        " ORDER BY change LIMIT ?",
        ROW_BYTES,
        principal,
        start,
        _ROWS,
    )
    messages = db.all(
        "SELECT m.change, m.chat, m.row, length(m.body) + ?, length(c.body) + ? FROM messages m"
        " JOIN chats c ON c.row = m.chat WHERE m.principal = ? AND m.change > ? ORDER BY m.change LIMIT ?",
        ROW_BYTES,
        ROW_BYTES,
        principal,
        start,
        _ROWS,
    )
    rows = [_Changed(*row) for row in chain(chats, messages)]
    return sorted(rows, key=lambda row: row.change)[:_ROWS]


def _load(db: Database, rows: dict[int, list[int]]) -> list[Chat]:
    """The chats of these rows, each with these of its messages, in the order of their creation."""
    chats = []
    for chat, messages in rows.items():
        found = [read_message(_body(db, "messages", row)) for row in messages]
        found.sort(key=lambda message: (message.created_at, message.id))
        chats.append(msgspec.structs.replace(read_chat(_body(db, "chats", chat)), messages=found))
    return chats


def _body(db: Database, table: str, row: int) -> bytes:
    found = db.one(f"SELECT body FROM {table} WHERE row = ?", row)
    assert found is not None
    return bytes(found[0])


class _Principal(NamedTuple):
    """Whose chats they are; for one who has nothing here, a row that nobody has. `last` is the last change."""

    row: int = 0
    id: str = "0"
    last: int = 0


def _principal(db: Database, name: str) -> _Principal:
    found = db.one("SELECT row, id, change FROM principals WHERE name = ?", name)
    return _Principal() if found is None else _Principal(*found)


def _cursor(db: Database, principal: _Principal, change: int) -> str:
    """The cursor after this change."""
    era = db.one(
        "SELECT id FROM eras WHERE principal = ? AND start < ? ORDER BY start DESC LIMIT 1", principal.row, change
    )
    return f"{principal.id}.{era[0] if era else 0}.{change}"


def _change_of(db: Database, cursor: str | None, principal: _Principal) -> int:
    """The change in a cursor, 0 for one that is not ours or not of this history of the file."""
    match = _CURSOR.fullmatch(cursor or "")
    if match is None or match[1] != principal.id:
        return 0
    era = db.one(
        "SELECT e.start, (SELECT min(start) FROM eras WHERE principal = e.principal AND start > e.start)"
        " FROM eras e WHERE e.principal = ? AND e.id = ?",
        principal.row,
        match[2],
    )
    if era is None:
        return 0
    start, end = era
    change = int(match[3])
    return change if start < change <= (principal.last if end is None else end) else 0
