"""Chats to push, and an archive's file to push them to, for tests of the archive."""

from __future__ import annotations

import itertools
from typing import Any

from llamachat.protocol import Chat, ChatMessage
from llamachat_daemon.serving.archive.bodies import stored_size
from llamachat_daemon.serving.archive.database import Database
from llamachat_daemon.serving.archive.reading import changes
from llamachat_daemon.serving.archive.saving import save

NOW = 1_800_000_000.0
QUOTA = 10_000_000

_numbers = itertools.count(1)


def stamp(seconds: float = 0.0, writer: str = "w") -> str:
    """A stamp so many seconds after `NOW`."""
    return f"{int((NOW + seconds) * 1000):013d}-0001-{writer}"


def message(content: str = "hello", **fields: Any) -> ChatMessage:
    """A message with an id of its own, unless one is given."""
    number = next(_numbers)
    values = {"id": f"m{number}", "role": "user", "created_at": NOW + number / 1000, **fields}
    return ChatMessage(content=content, **values)


def chat(chat_id: str, *messages: ChatMessage, **fields: Any) -> Chat:
    """A chat; its fields are stamped at `NOW` unless stamps are given."""
    stamps = {name: stamp() for name in ("title", "folder", "pinned", "active_leaf", "deleted_at") if name in fields}
    return Chat(id=chat_id, messages=list(messages), **{"created_at": NOW, "stamps": stamps, **fields})


def push(db: Database, pushed: Chat, principal: str = "ann", *, quota: int = QUOTA, now: float = NOW) -> bool:
    """Saves it with the ordinary limits."""
    return save(db, principal, pushed, quota=quota, now=now)


def pull(db: Database, since: str | None = None, principal: str = "ann", limit: int = 100) -> tuple[list[Chat], str]:
    """Every change after the cursor, page by page, and the cursor at the end."""
    found: list[Chat] = []
    while True:
        page = changes(db, principal, since, limit)
        found += page.chats
        since = page.cursor
        if not page.more:
            return found, since


def bytes_used(db: Database) -> dict[str, int]:
    """What each principal uses, by the books, having found that the rows say the same."""
    counted = {}
    for row, name, size in db.all("SELECT row, name, bytes FROM principals"):
        bodies = db.all("SELECT body FROM chats WHERE principal = ?1 UNION ALL"
                        " SELECT body FROM messages WHERE principal = ?1", row)  # fmt: skip
        assert size == sum(stored_size(body) for (body,) in bodies)
        counted[name] = size
    return counted
