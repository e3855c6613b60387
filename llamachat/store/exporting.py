"""Chats as a file for a person (Markdown) or complete, for another llamachat (JSON). Pure: values in, text out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from llamachat.protocol import Attachment, Chat, ChatMessage
from llamachat.store.own_settings import StoredChat
from llamachat.store.records import StoredAttachment, StoredMessage

FORMAT: Final = "llamachat-chats"
VERSION: Final = 1

# Valid inside JSON strings, but obeyed by terminals: DEL, C1, line separators, what reorders text.
_UNSAFE: Final = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class TransferLimits:
    """Bounds of files that chats are exported to and imported from."""

    file_bytes: int = 1 << 30
    """Largest file, in bytes; it is held in memory as a whole."""


DEFAULT_TRANSFER_LIMITS: Final = TransferLimits()


class TransferError(Exception):
    """A file of chats cannot be made or read; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole chat, a `StoredChat` where it has settings of its own, its messages as `StoredMessage`s, and its active
    path without deleted messages."""

    chat: Chat
    path: Sequence[StoredMessage]


class _Message(StoredMessage, frozen=True, kw_only=True, omit_defaults=True):
    """A message without the fields that say nothing."""


class _Chat(StoredChat, frozen=True, kw_only=True, omit_defaults=True):
    """A chat without the fields that say nothing."""


class _File(msgspec.Struct, frozen=True, kw_only=True):
    format: str
    version: int
    chats: list[_Chat]
    attachments: list[StoredAttachment]


def attached(chats: Iterable[Chat], limits: TransferLimits = DEFAULT_TRANSFER_LIMITS) -> list[Attachment]:
    """Every file that the messages of `chats` name, once each, in order of hash.

    Raises:
        TransferError: together they are over the limit.
    """
    by_hash = {each.sha256: each for chat in chats for message in chat.messages for each in message.attachments}
    if sum(each.size for each in by_hash.values()) > limits.file_bytes:
        raise _too_large(limits)
    return [by_hash[digest] for digest in sorted(by_hash)]


def to_json(
    chats: Iterable[Chat],
    attachments: Iterable[StoredAttachment] = (),
    limits: TransferLimits = DEFAULT_TRANSFER_LIMITS,
) -> str:
    """The chats complete: every branch, deleted messages, stamps, settings of their own, attached files. The same chats
    give the same text.

    An answer that is still being written counts as `failed` with the text it has: no other store can go on with it.

    Raises:
        TransferError: it is over the limit.
    """
    ordered = sorted(chats, key=lambda chat: (chat.created_at, chat.id))
    file = _File(
        format=FORMAT,
        version=VERSION,
        chats=[_chat(chat) for chat in ordered],
        attachments=sorted(attachments, key=lambda attachment: attachment.sha256),
    )
    encoded = msgspec.json.format(msgspec.json.encode(file, order="deterministic"), indent=1)
    text = _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", encoded.decode()) + "\n"
    if len(text.encode()) > limits.file_bytes:
        raise _too_large(limits)
    return text


def _chat(chat: Chat) -> _Chat:
    fields = {name: getattr(chat, name) for name in chat.__struct_fields__}
    messages = sorted(chat.messages, key=lambda message: (message.created_at, message.id))
    return _Chat(**{**fields, "messages": [_message(message) for message in messages]})


def _message(message: ChatMessage) -> _Message:
    fields = {name: getattr(message, name) for name in message.__struct_fields__}
    state = fields.pop("state", "complete")
    if state != "complete":  # msgspec leaves out only a string that is the very object of the default
        fields["state"] = "failed"
    return _Message(**fields)


def _too_large(limits: TransferLimits) -> TransferError:
    return TransferError(f"That is more than {limits.file_bytes} bytes. Export fewer chats at once, by their ids.")
