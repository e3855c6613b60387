"""Chats in pieces that fit into frames, and what a refusal is about. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from llamachat.protocol import Chat, ChatMessage, Error, ErrorCode

_ENVELOPE_BYTES: Final = 512
"""More than what a frame holds beside the chat."""

_FOR_ALL: Final = frozenset(
    {
        ErrorCode.DISABLED,
        ErrorCode.UNAUTHORIZED,
        ErrorCode.FORBIDDEN,
        ErrorCode.DRAINING,
        ErrorCode.QUEUE_FULL,
        ErrorCode.RATE_LIMITED,
        ErrorCode.UNKNOWN_TYPE,
    }
)


def is_for_all(error: Error) -> bool:
    """Whether any other chat would be refused as well now."""
    return error.code in _FOR_ALL or error.retry_after is not None


def frame_size(chat: Chat) -> int:
    """Bytes that a frame with this chat has at most, in MessagePack."""
    return _ENVELOPE_BYTES + len(msgspec.msgpack.encode(chat))


def parts(chat: Chat, size: int) -> Iterator[Chat]:
    """The chat as copies with some of its messages each, in order, each of at most `size` bytes as a frame, unless a
    single message is larger. Merged, in any order, they are the chat."""
    bare = msgspec.structs.replace(chat, messages=[])
    start = frame_size(bare)
    batch: list[ChatMessage] = []
    filled = start
    for message in chat.messages:
        more = len(msgspec.msgpack.encode(message))
        if batch and filled + more > size:
            yield msgspec.structs.replace(bare, messages=batch)
            batch, filled = [], start
        batch.append(message)
        filled += more
    if batch or not chat.messages:
        yield msgspec.structs.replace(bare, messages=batch)


def halves(chat: Chat) -> Sequence[Chat]:
    """A part as two smaller ones; of a single message nothing can be split off."""
    middle = len(chat.messages) // 2
    if middle == 0:
        return ()
    return tuple(
        msgspec.structs.replace(chat, messages=some) for some in (chat.messages[:middle], chat.messages[middle:])
    )
