"""A conversation as it travels between machines: what `save_chat` carries and an archive keeps."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

Id = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_-]{1,64}\Z")]
"""Names a chat, a message, an attempt or a request: 1 to 64 letters, digits, `_` or `-`."""

Role = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length", "cancelled", "deadline", "interrupted"]


class Seam(msgspec.Struct, frozen=True):
    """Where another node took over: `node` wrote the answer from `offset` (code points) on."""

    node: str
    offset: int


class Attachment(msgspec.Struct, frozen=True):
    """A file that went into a message; its bytes are known by `sha256` (hex), `size` is in bytes."""

    name: str
    sha256: str
    size: int


class Usage(msgspec.Struct, frozen=True):
    """Tokens of one answer. `cached_tokens` of the prompt were already in the model's memory; `completion_tokens`
    count those of a prefix too."""

    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    dropped_messages: int = 0


class Timings(msgspec.Struct, frozen=True):
    """Where the time of one answer went, in milliseconds, and its decode speed in tokens per second."""

    queued_ms: float
    load_ms: float
    prefill_ms: float
    ttft_ms: float
    decode_ms: float
    tokens_per_second: float


class Cost(msgspec.Struct, frozen=True):
    """What an answer cost at the prices that the operator set; `currency` is an ISO 4217 code."""

    amount: float
    currency: str


class ChatMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message of the tree. A complete message never changes; only `deleted_at` is ever set later.

    `stamps` holds the clock stamp of `deleted_at` where it was set.
    """

    id: Id
    parent_id: Id | None = None
    role: Role
    content: str
    created_at: float
    deleted_at: float | None = None
    model: str | None = None
    seams: list[Seam] = []
    attachments: list[Attachment] = []
    usage: Usage | None = None
    timings: Timings | None = None
    finish_reason: FinishReason | None = None
    stamps: dict[str, str] = {}


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation with any subset of its messages. Each field named in `stamps` is last-writer-wins by its stamp."""

    id: Id
    title: str = ""
    folder: str | None = None
    pinned: bool = False
    active_leaf: Id | None = None
    created_at: float
    deleted_at: float | None = None
    stamps: dict[str, str] = {}
    messages: list[ChatMessage] = []


STAMPED_FIELDS = ("title", "folder", "pinned", "active_leaf", "deleted_at")
"""The fields of a chat that may change, each with a stamp of its own."""


def to_plain(value: Any) -> Any:
    """The value as maps, lists and scalars, as it goes on the wire or into JSON."""
    return msgspec.to_builtins(value)
