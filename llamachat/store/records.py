"""What the store hands out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from llamachat.protocol import Attachment, Chat, ChatMessage, Cost, Role

MessageState = Literal["complete", "partial", "failed"]
"""`partial`: an attempt at it may still be running; `failed`: it ended without an answer, with the text it had."""


@dataclass(frozen=True, slots=True)
class ChatSummary:
    """A conversation without its messages. Times are Unix seconds; `updated_at` is its newest message's."""

    id: str
    title: str
    folder: str | None
    pinned: bool
    created_at: float
    updated_at: float
    message_count: int
    deleted_at: float | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """One attempt that began to answer: the time to its first text, in milliseconds, as expected and as it was;
    `at` is when that text came, seconds since the epoch."""

    node: str
    model: str
    at: float
    expected_ms: float
    actual_ms: float


class StoredMessage(ChatMessage, frozen=True, kw_only=True):
    """A message and what only this machine knows of it: its state, why it failed, what it cost."""

    state: MessageState = "complete"
    error: str | None = None
    cost: Cost | None = None


def plain(message: ChatMessage) -> ChatMessage:
    """The message as it travels: without what only this machine knows."""
    if type(message) is ChatMessage:
        return message
    return ChatMessage(**{name: getattr(message, name) for name in ChatMessage.__struct_fields__})


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """An attempt that was running when it was last saved: enough to attach to it, or to go on elsewhere.

    `offset` (code points) and `token_offset` (ids) are where to attach; `tokens` are the ids so far. `request` is what
    the asker needs to ask again, as JSON.
    """

    id: str
    message_id: str
    chat_id: str
    node: str
    model: str | None
    fingerprint: str | None
    seed: int | None
    offset: int
    token_offset: int
    tokens: tuple[int, ...]
    request: dict[str, Any]
    created_at: float
    saved_at: float


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A turn that waits to be sent. `parent_id` None: after whatever ends the chat when it is sent.

    The ids of the question and of the answer are chosen when it is queued, so that sending it again after a crash is
    the same turn. `owner` is the client that is sending it, alive at `heartbeat_at`.
    """

    id: str
    chat_id: str
    text: str
    parent_id: str | None
    user_message_id: str
    answer_id: str
    attachments: tuple[Attachment, ...]
    request: dict[str, Any]
    position: int
    created_at: float
    owner: str | None
    heartbeat_at: float | None


@dataclass(frozen=True, slots=True)
class StoredAttachment:
    """An attached file; `text` is what was read out of it for the prompt, where that was kept."""

    sha256: str
    size: int
    content: bytes
    text: str | None


@dataclass(frozen=True, slots=True)
class UsageTotals:
    """Sums over answers; `costs` by currency, in its order."""

    answers: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    costs: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class SnippetPart:
    """A stretch of a snippet, and whether it is what was searched for."""

    text: str
    match: bool


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A chat whose title matched (`message_id` None) or a message that did."""

    chat_id: str
    title: str
    folder: str | None
    message_id: str | None
    role: Role | None
    created_at: float
    snippet: tuple[SnippetPart, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed after a point in the store's own count: chats, each with the messages that changed; `seq` is the
    point to ask from next, `more` whether there is more already."""

    chats: tuple[Chat, ...]
    seq: int
    more: bool


@dataclass(frozen=True, slots=True)
class RefusedChat:
    """A chat whose changes after `since`, in the store's own count, an archive did not take, and its sentence."""

    chat_id: str
    since: int
    reason: str


@dataclass(frozen=True, slots=True)
class Pulled:
    """What became of a copy out of an archive: whether it changed anything, and why not all of it was taken; with
    `again` all of it may be once the clocks agree, so that it has to be asked for again."""

    changed: bool
    refused: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class SyncCursor:
    """How far this store and one archive are in step: its own cursor, and our count up to which it has all."""

    pulled: str | None = None
    pushed: int = 0


def encode(value: Any) -> str | None:
    """JSON for a column; None for what is empty, which is most of it."""
    return None if value is None or value in ((), [], {}) else msgspec.json.encode(value).decode()
