"""Open WebUI's export of chats: an array of objects with the conversation under `chat`, or of conversations.

The fields are those of "Import & Export" in its documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llamachat.protocol import Chat, ChatMessage
from llamachat.protocol.chats import FinishReason
from llamachat.store.importing_values import (
    LeftOut,
    from_the_beginning,
    mapping,
    own_id,
    seconds,
    sequence,
    stamps,
    string,
)
from llamachat.store.records import StoredMessage

_PROGRAM: Final = "openwebui"


def is_conversation(value: object) -> bool:
    """Whether it looks like one chat of such an export."""
    chat = mapping(mapping(value).get("chat")) or mapping(value)
    return isinstance(mapping(chat.get("history")).get("messages"), dict)


def read_conversation(conversation: Mapping[str, Any], now: float, left_out: LeftOut) -> Chat:
    """One chat with all its branches. What has no place here is counted in `left_out`.

    Raises:
        ValueError: it has neither an id nor messages.
    """
    chat = mapping(conversation.get("chat")) or dict(conversation)
    history = mapping(chat.get("history"))
    found = {key: mapping(message) for key, message in mapping(history.get("messages")).items()}
    key = string(conversation.get("id")) or string(chat.get("id")) or min(_beginnings(found), default="")
    if not key:
        raise ValueError("it has neither an id nor messages")
    times = [time for message in found.values() if (time := seconds(message.get("timestamp"), now)) is not None]
    created_at = seconds(conversation.get("created_at"), now) or seconds(chat.get("timestamp"), now)
    if created_at is None:
        created_at = min(times, default=0.0)
    reader = _Reader(left_out)
    messages: list[ChatMessage] = []
    reached: dict[str | None, tuple[str | None, float]] = {None: (None, created_at)}
    for name, above in from_the_beginning({name: string(each.get("parentId")) for name, each in found.items()}):
        parent, time = reached[above]
        time = seconds(found[name].get("timestamp"), now) or time
        if fields := reader.read(found[name]):
            message = StoredMessage(**fields, id=own_id(_PROGRAM, key, name), parent_id=parent, created_at=time)
            messages.append(message)
            parent = message.id
        reached[name] = (parent, time)
    _count_rest(conversation, chat, left_out)
    return Chat(
        id=own_id(_PROGRAM, key),
        title=string(conversation.get("title")) or string(chat.get("title")),
        pinned=conversation.get("pinned") is True,
        active_leaf=reached.get(string(history.get("currentId")), (None, 0.0))[0],
        created_at=created_at,
        stamps=stamps(_PROGRAM, created_at, seconds(conversation.get("updated_at"), now)),
        messages=sorted(messages, key=lambda message: (message.created_at, message.id)),
    )


class _Reader:
    """Reads messages one by one."""

    def __init__(self, left_out: LeftOut) -> None:
        self._left_out = left_out

    def read(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """The fields of the message that do not depend on its place; None when nothing of it can be kept."""
        role = string(message.get("role"))
        text = self._content(message.get("content"))
        marks = [self._file(each) for each in sequence(message.get("files"))]
        text = "\n\n".join(each for each in [text, *marks] if each)
        error = message.get("error")
        if role not in ("system", "user", "assistant"):
            self._left_out.add(f"message of the role {role or 'without a name'}")
            return None
        for name, kind in (("sources", "source"), ("citations", "source")):
            if count := len(sequence(message.get(name))):
                self._left_out.add(kind, count)
        if role != "assistant":
            return {"role": role, "content": text} if text else None
        end: FinishReason = "interrupted" if message.get("done") is False else "stop"
        fields = {"role": role, "content": text, "model": string(message.get("model")) or None, "finish_reason": end}
        if error:
            said = string(mapping(error).get("content")) or string(error) or "It failed."
            return {**fields, "state": "failed", "error": said}
        return fields if text else None

    def _content(self, content: object) -> str:
        if isinstance(content, str):
            return content
        texts = []
        for part in sequence(content):
            fields = mapping(part)
            if fields.get("type") == "text":
                texts.append(string(fields.get("text")))
            else:
                image = fields.get("type") == "image_url"
                self._left_out.add(
                    "image" if image else f"part of a message: {string(fields.get('type')) or 'unknown'}"
                )
                texts.append("[image]" if image else "[not imported]")
        return "\n\n".join(texts)

    def _file(self, file: object) -> str:
        fields = mapping(file)
        if fields.get("type") == "image":
            self._left_out.add("image")
            return "[image]"
        self._left_out.add("attached file")
        name = string(fields.get("name")) or string(mapping(fields.get("file")).get("filename"))
        return f"[file: {' '.join(name.split())[:200] or 'without a name'}]"


def _beginnings(found: dict[str, dict[str, Any]]) -> list[str]:
    return [name for name, message in found.items() if string(message.get("parentId")) not in found] or list(found)


def _count_rest(conversation: Mapping[str, Any], chat: dict[str, Any], left_out: LeftOut) -> None:
    if conversation.get("archived") is True:
        left_out.add("mark: archived")
    if conversation.get("folder_id"):
        left_out.add("folder, of which the file has no name")
    tags = sequence(mapping(conversation.get("meta")).get("tags")) or sequence(chat.get("tags"))
    if tags:
        left_out.add("tag", len(tags))
    if string(chat.get("system")) or string(mapping(chat.get("params")).get("system")):
        left_out.add("system prompt of a chat")
    if files := sequence(chat.get("files")):
        left_out.add("file of a chat", len(files))
