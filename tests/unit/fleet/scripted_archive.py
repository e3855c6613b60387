"""An archive whose misbehaviour a test writes down: in memory, for a `ScriptedNode` to keep."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from llamachat.protocol import (
    Chat,
    ChatHistory,
    ChatMessage,
    DaemonFrame,
    Error,
    GetHistory,
    Ok,
    SaveChat,
    merge_chats,
    merge_messages,
)

_numbers = itertools.count(1)


@dataclass
class ScriptedArchive:
    """What it holds is merged as the protocol says.

    Attributes:
        id: of its cursors; another one is another archive.
        refuse: says whether a push is refused, and how.
        silent: nothing is answered.
        cut_at: the connection is cut instead of answering that request, counted from 1.
        loses: a chat in that request is not saved either.
        saved, asked: the requests that came.
        frame_bytes: the size of each push as MessagePack.
    """

    id: str = field(default_factory=lambda: f"archive{next(_numbers)}")
    chats: dict[str, Chat] = field(default_factory=dict)
    refuse: Callable[[Chat], Error | None] = lambda _chat: None
    silent: bool = False
    cut_at: int | None = None
    loses: bool = False
    requests: int = 0
    saved: list[Chat] = field(default_factory=list)
    asked: list[GetHistory] = field(default_factory=list)
    frame_bytes: list[int] = field(default_factory=list)
    _changes: dict[tuple[str, str], int] = field(default_factory=dict)
    _change: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def save(self, chat: Chat) -> None:
        """Merges a chat, and counts what changed by it."""
        known = self.chats.get(chat.id)
        bare = msgspec.structs.replace(known or chat, messages=[])
        messages = {} if known is None else {message.id: message for message in known.messages}
        merged = merge_chats(bare, msgspec.structs.replace(chat, messages=[]))
        if known is None or merged != bare:
            self._count(chat.id, "")
        for message in chat.messages:
            before = messages.get(message.id)
            after = message if before is None else merge_messages(before, message)
            if after != before:
                messages[message.id] = after
                self._count(chat.id, message.id)
        self.chats[chat.id] = msgspec.structs.replace(merged, messages=sorted(messages.values(), key=_age))

    def page(self, since: str | None, limit: int) -> ChatHistory:
        """What changed after a cursor."""
        name, _, number = (since or "").rpartition(".")
        start = int(number) if name == self.id and int(number) <= self._change else 0
        rows = sorted((change, *row) for row, change in self._changes.items() if change > start)
        taken: dict[str, set[str]] = {}
        end = self._change
        for change, chat_id, message_id in rows:
            if chat_id not in taken and len(taken) == limit:
                end = change - 1
                break
            taken.setdefault(chat_id, set()).add(message_id)
        chats = [
            msgspec.structs.replace(
                self.chats[chat_id],
                messages=[message for message in self.chats[chat_id].messages if message.id in message_ids],
            )
            for chat_id, message_ids in taken.items()
        ]
        return ChatHistory(chats=chats, cursor=f"{self.id}.{end}", more=end < self._change)

    async def answer(self, frame: SaveChat | GetHistory, send: Callable[[DaemonFrame], object]) -> bool:
        """Answers one request; False: the connection is to be cut. Following ends when it is cancelled."""
        self.requests += 1
        cut = self.requests == self.cut_at
        if self.silent:
            return not cut
        if isinstance(frame, SaveChat):
            if cut and self.loses:
                return False
            self.saved.append(frame.chat)
            self.frame_bytes.append(len(msgspec.msgpack.encode(frame)))
            error = self.refuse(frame.chat)
            if error is None:
                self.save(frame.chat)
            if not cut:
                await _sent(send(Ok(req=frame.req) if error is None else msgspec.structs.replace(error, req=frame.req)))
            return not cut
        self.asked.append(frame)
        if cut:
            return False
        page = self.page(frame.since, frame.limit)
        await _sent(send(msgspec.structs.replace(page, req=frame.req)))
        while frame.follow:
            changed = self._changed
            page = self.page(page.cursor, frame.limit)
            if page.chats:
                await _sent(send(page))
            else:
                await changed.wait()
        return True

    def _count(self, chat_id: str, message_id: str) -> None:
        self._change += 1
        self._changes[chat_id, message_id] = self._change
        self.tell_followers()

    def tell_followers(self) -> None:
        """Something changed."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def refusing(code: str, message: str = "The archive says no.", **more: object) -> Error:
    """A refusal."""
    return Error(code=code, message=message, **more)  # type: ignore[arg-type]


def _age(message: ChatMessage) -> tuple[float, str]:
    return message.created_at, message.id


async def _sent(sending: object) -> None:
    await sending  # type: ignore[misc]
