"""Out: what the archive lacks is sent to it."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from llamachat.base.sizes import size_text
from llamachat.fleet.limits import FleetLimits
from llamachat.fleet.sync_books import Books
from llamachat.fleet.sync_parts import halves, parts
from llamachat.fleet.sync_requests import Archive, ArchiveRefusedError
from llamachat.protocol import Chat, ProtocolError

logger = logging.getLogger("llamachat.fleet")


class Pushing:
    """Every method raises `ArchiveLostError`, `ArchiveRefusedError` or `StoreError` when it is cut short; what was
    acknowledged until then is in the books.

    Args:
        archive, books: of the archive.
        limits: times and sizes.
        frame_bytes: the most that the node takes in one frame.
        show: takes what is new of the archive's state.
    """

    def __init__(
        self, archive: Archive, books: Books, limits: FleetLimits, frame_bytes: int, show: Callable[..., Any]
    ) -> None:
        self._archive = archive
        self._books = books
        self._limits = limits
        self._frame_bytes = frame_bytes
        self._show = show
        self._sent: set[str] = set()  # chats

    async def push(self) -> None:
        """Sends what changed since the archive last had everything."""
        mark = (await self._books.cursor()).pushed
        total = await self._books.count_changes(mark)
        done = 0
        more = True
        while more:
            changes = await self._books.changes(mark, self._limits.sync_page)
            for chat in changes.chats:
                self._show(phase="syncing", done=done, total=max(total, done))
                await self._send(chat, mark)
            done += self._limits.sync_page
            more = changes.more
            if changes.seq > mark:
                mark = changes.seq
                await self._books.set_pushed(mark)

    async def push_chat(self, chat_id: str) -> None:
        """As `push`, but with this chat first, in case there is no time for all."""
        mark = (await self._books.cursor()).pushed
        if await self._books.count_changes(mark) > self._limits.sync_page:
            chat = await self._books.chat_changes(chat_id, mark)
            if chat is not None:
                await self._send(chat, mark)
        await self.push()

    async def push_refused(self) -> None:
        """Sends again what the archive did not take."""
        for refused in await self._books.refused():
            chat = await self._books.chat_changes(refused.chat_id, refused.since)
            if chat is None or await self._send(chat, refused.since):
                await self._books.clear_refused(refused.chat_id)

    async def _send(self, chat: Chat, since: int) -> bool:
        """Sends a copy with what changed after `since`. What the archive does not take of it is kept to be sent again,
        and holds up nothing else; whether it took all of it."""
        waiting = deque(parts(chat, min(self._limits.sync_frame_bytes, self._frame_bytes)))
        reason = ""
        while waiting:
            part = waiting.popleft()
            try:
                await self._archive.save(part)
            except ArchiveRefusedError as refused:
                if refused.for_all:
                    raise
                reason = reason or str(refused)
            except ProtocolError:
                smaller = halves(part)
                if not smaller:
                    limit = size_text(self._frame_bytes)
                    reason = reason or f"A message is larger than {limit}, the most that goes to the node at once."
                waiting.extendleft(reversed(smaller))
        if reason:
            logger.info("The archive did not take the chat %s: %s", chat.id, reason)
            await self._books.set_refused(chat.id, since, reason)
            return False
        self._sent.add(chat.id)
        self._show(pushed=len(self._sent))
        return True
