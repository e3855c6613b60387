"""How a kept chat and its parts are called in lists."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from llamachat.base.sizes import size_text
from llamachat.base.text import one_line

if TYPE_CHECKING:
    from llamachat.protocol import Attachment
    from llamachat.store import ChatSummary


def title_text(title: str) -> str:
    """A chat's title on one line."""
    return one_line(title) or "(untitled)"


def time_text(seconds: float) -> str:
    """A point in time (seconds since 1970) to the minute, in the local time zone."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")


def attached_text(attachments: Iterable[Attachment]) -> str:
    """The files of a message on one line; "" without files."""
    files = ", ".join(f"{one_line(file.name)} ({size_text(file.size)})" for file in attachments)
    return f"[Attached: {files}]" if files else ""


def chat_line(chat: ChatSummary) -> str:
    """A chat in a list: id, time, messages, title, folder."""
    from llamachat.cli.chat_ids import short

    mark = "★ " if chat.pinned else ""
    folder = f"  [{one_line(chat.folder, 40)}]" if chat.folder else ""
    when, title = time_text(chat.updated_at), title_text(chat.title)
    return f"{short(chat.id)}  {when}  {chat.message_count:>4}  {mark}{title}{folder}"


def count(number: int, one: str, many: str = "") -> str:
    """`1 chat`, `2 chats`; `many` is the plural where it is not made with s."""
    return f"{number} {one if number == 1 else many or one + 's'}"
