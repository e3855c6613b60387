"""What the archive takes in: decisions about a pushed chat, as functions of values."""

from __future__ import annotations

import msgspec

from llamachat.protocol import Chat, ChatMessage, ErrorCode, ProtocolError
from llamachat.protocol.merge import wrong_time
from llamachat.protocol.params import invalid
from llamachat.protocol.stamps import is_acceptable
from llamachat_daemon.serving.archive.limits import MAX_CHAT_BYTES, MAX_MESSAGE_BYTES


def check_chat(chat: Chat, now: float) -> None:
    """Whether the stamps and times of a pushed chat can be; `now` is seconds since the epoch.

    Raises:
        ProtocolError: `invalid_params` naming the field. One copy from a wrong clock would win for ever.
    """
    if wrong := wrong_time(chat, now):
        raise invalid("chat", f"The chat {chat.id} cannot be archived. {wrong}", "times at most 24 h ahead")
    _check_stamps(chat, now)
    for message in chat.messages:
        _check_stamps(message, now)


def check_body(what: str, body: bytes, limit: int) -> None:
    """Whether a chat without its messages, or a message, can be kept and sent again in one frame.

    Raises:
        ProtocolError: `too_large`.
    """
    if len(body) > limit:
        raise ProtocolError(
            ErrorCode.TOO_LARGE,
            f"The {what} has {len(body)} bytes; the archive keeps at most {limit} of one. Shorten it, or keep it on "
            "this machine alone.",
            detail={"bytes": len(body), "limit": limit},
        )


def check_chat_body(chat_id: str, body: bytes) -> None:
    """`check_body` for a chat without its messages."""
    check_body(f"chat {chat_id}, without its messages,", body, MAX_CHAT_BYTES)


def check_message_body(message_id: str, body: bytes) -> None:
    """`check_body` for a message."""
    check_body(f"message {message_id}", body, MAX_MESSAGE_BYTES)


def only_marks(before: Chat | ChatMessage, after: Chat | ChatMessage) -> bool:
    """Whether nothing about it has changed but that it was deleted or restored, and for a chat which branch is shown.
    That takes hardly any room, and is taken from a principal whose quota is used up, too."""
    names = {"deleted_at", "active_leaf"} & set(before.__struct_fields__)
    if after.stamps.keys() - before.stamps.keys() - names:
        return False
    same = {name: getattr(before, name) for name in names}
    return msgspec.structs.replace(after, stamps=before.stamps, **same) == before


def over_quota(used: int, more: int, quota: int) -> ProtocolError:
    """The error for a push that does not fit; all are bytes."""
    return ProtocolError(
        ErrorCode.TOO_LARGE,
        f"The archive keeps {quota} bytes for you; {used} are used and this needs {more} more. Delete chats that you "
        "no longer need (their space is free again after a while), or ask the operator to raise archive.quota.",
        detail={"used": used, "bytes": more, "limit": quota},
    )


def _check_stamps(value: Chat | ChatMessage, now: float) -> None:
    for name, stamp in value.stamps.items():
        if not is_acceptable(stamp, int(now * 1000)):
            what = "chat" if isinstance(value, Chat) else "message"
            allowed = "a stamp at most 24 h ahead of this node's clock"
            raise invalid(
                "stamps",
                f"The stamp {stamp[:100]!r} of {name[:64]!r} in {what} {value.id} cannot be accepted; it must be "
                f"{allowed}. Correct the clock of the machine that wrote it, and write it again.",
                allowed,
            )
