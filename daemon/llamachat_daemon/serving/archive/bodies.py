"""Chats and messages as the JSON that the archive keeps: what has its default is left out."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from llamachat.protocol import Chat, ChatMessage
from llamachat_daemon.serving.archive.errors import ArchiveError
from llamachat_daemon.serving.archive.limits import STORED_ROW_BYTES

_T = TypeVar("_T")

_EMPTY: Final[tuple[object, ...]] = (None, [], {})

_chats: Final = msgspec.json.Decoder(Chat)
_messages: Final = msgspec.json.Decoder(ChatMessage)


def chat_body(chat: Chat) -> bytes:
    """The chat without its messages."""
    return _encode(msgspec.structs.replace(chat, messages=[]))


def message_body(message: ChatMessage) -> bytes:
    """The message."""
    return _encode(message)


def read_chat(body: bytes) -> Chat:
    """The chat of a body, without messages. Raises `ArchiveError`: it is damaged."""
    return _decode(_chats, body)


def read_message(body: bytes) -> ChatMessage:
    """The message of a body. Raises `ArchiveError`: it is damaged."""
    return _decode(_messages, body)


def stored_size(body: bytes) -> int:
    """What a row with this body counts towards the quota, in bytes."""
    return len(body) + STORED_ROW_BYTES


def _encode(value: Chat | ChatMessage) -> bytes:
    plain = msgspec.to_builtins(value)
    return msgspec.json.encode({name: item for name, item in plain.items() if item not in _EMPTY})


def _decode(decoder: msgspec.json.Decoder[_T], body: bytes) -> _T:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, ValueError) as error:
        sentence = f"A row of the archive is damaged ({error}). Move the file away and start the daemon again."
        raise ArchiveError("damaged", sentence) from error
