"""The merge of two copies of a conversation: commutative, associative, idempotent.

Messages are a union by id. Each field that may change is last-writer-wins by its own stamp; equal stamps can only come
with equal values from one writer, and are settled by the larger value so that every machine decides alike. Without
stamps, a value wins over none: a deletion stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from llamachat.protocol.chats import STAMPED_FIELDS, Chat, ChatMessage
from llamachat.protocol.stamps import MAX_AHEAD_MS

EARLIEST: Final = (datetime.min.replace(tzinfo=UTC) + timedelta(days=1)).timestamp()
"""The first moment that every time zone can write as a date, in seconds since the epoch."""

_NEVER = ""  # sorts before every stamp: a field that was never written


def merge_chats(ours: Chat, theirs: Chat) -> Chat:
    """Both copies of one chat as one; messages in order of creation.

    Raises:
        ValueError: the copies are of different chats.
    """
    if ours.id != theirs.id:
        raise ValueError(f"Chats {ours.id} and {theirs.id} are not the same chat.")
    winners = {name: _winner(name, ours, theirs) for name in STAMPED_FIELDS}
    messages: dict[str, ChatMessage] = {}
    for message in [*ours.messages, *theirs.messages]:
        known = messages.get(message.id)
        messages[message.id] = message if known is None else merge_messages(known, message)
    return Chat(
        id=ours.id,
        created_at=min(ours.created_at, theirs.created_at),
        stamps=_merge_stamps(ours.stamps, theirs.stamps),
        messages=sorted(messages.values(), key=lambda message: (message.created_at, message.id)),
        **winners,
    )


def merge_messages(ours: ChatMessage, theirs: ChatMessage) -> ChatMessage:
    """Both copies of one message. Complete messages never change, so only the tombstone can differ; were the rest to
    differ all the same (a copy that a crash cut short), the fuller one wins."""
    content = max(ours, theirs, key=_completeness)
    return msgspec.structs.replace(
        content,
        deleted_at=_winner("deleted_at", ours, theirs),
        stamps=_merge_stamps(ours.stamps, theirs.stamps),
    )


def wrong_time(chat: Chat, now: float) -> str:
    """Why a chat cannot be taken because of a time in it, as a sentence; empty when all of them can be.

    A time before `EARLIEST` cannot be shown as a date; one further ahead than a stamp may be would head every list for
    as long. `now` is in seconds since the epoch.
    """
    latest = now + MAX_AHEAD_MS / 1000
    for name, value in _times(chat):
        if not value >= EARLIEST:
            return f"Its {name} {value:g} is before every calendar. Correct it where the chat comes from."
        if not value <= latest:
            return f"Its {name} {value:g} is more than a day ahead. Correct the clock of this or of the other machine."
    return ""


def _times(chat: Chat) -> Iterator[tuple[str, float]]:
    copies: list[tuple[str, Chat | ChatMessage]] = [("", chat), *(("message's ", each) for each in chat.messages)]
    for owner, copy in copies:
        yield f"{owner}created_at", copy.created_at
        if copy.deleted_at is not None:
            yield f"{owner}deleted_at", copy.deleted_at


def _winner(name: str, ours: Chat | ChatMessage, theirs: Chat | ChatMessage) -> Any:
    def rank(copy: Chat | ChatMessage) -> tuple[str, bool, str]:
        value = getattr(copy, name)
        return copy.stamps.get(name, _NEVER), value is not None, repr(value)

    return getattr(max(ours, theirs, key=rank), name)


def _merge_stamps(ours: dict[str, str], theirs: dict[str, str]) -> dict[str, str]:
    return {name: max(ours.get(name, _NEVER), theirs.get(name, _NEVER)) for name in sorted(ours.keys() | theirs.keys())}


def _completeness(message: ChatMessage) -> tuple[bool, int, str]:
    plain = msgspec.structs.replace(message, deleted_at=None, stamps={})
    return message.finish_reason is not None, len(message.content), repr(plain)
