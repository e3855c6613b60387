"""In: what the archive has and this history lacks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from llamachat.fleet.limits import FleetLimits
from llamachat.fleet.sync_books import Books
from llamachat.fleet.sync_requests import Archive, ArchiveRefusedError
from llamachat.protocol import ChatHistory
from llamachat.store import Pulled

logger = logging.getLogger("llamachat.fleet")

_JUST_LOOK: Final = 1  # chats


class Pulling:
    """Every method raises `ArchiveLostError`, `ArchiveRefusedError` or `StoreError` when it is cut short; the books
    never say that something was merged which was not.

    Args:
        archive, books: of the archive.
        limits: times and sizes.
        show: takes what is new of the archive's state.

    Attributes:
        cursor: where pulling goes on.
        from_the_start: it has to begin anew, as a chat came back that had been purged here.
        left_out: what could not be taken, by chat.
    """

    def __init__(self, archive: Archive, books: Books, limits: FleetLimits, show: Callable[..., Any]) -> None:
        self._archive = archive
        self._books = books
        self._limits = limits
        self._show = show
        self._kept: str | None = None  # where the books say that pulling goes on
        self._met = False
        self._news = 0
        self._changed: set[str] = set()  # chats
        self.cursor: str | None = None
        self.from_the_start = False
        self.left_out: dict[str, Pulled] = {}

    async def meet(self) -> None:
        """Makes sure that the archive is the one that the books are about: it may have been replaced or lost, and then
        has to get everything again."""
        if self._met:
            return
        known = await self._books.cursor()
        page = await self._archive.changes(known.pulled, _JUST_LOOK)
        is_same = True
        if known.pulled is None:
            is_same = known.pushed == 0
        elif page.chats or page.cursor != known.pulled:
            # A cursor that the archive does not know counts as none.
            first = await self._archive.changes(None, _JUST_LOOK)
            is_same = (page.cursor, page.chats) != (first.cursor, first.chats)
        if not is_same:
            await self._books.forget()
        self._kept = known.pulled if is_same else None
        await self.take(page)
        self._met = True

    async def pull(self) -> None:
        """Asks for what is new until there is no more."""
        more = True
        while more or self.from_the_start:
            if self.from_the_start:
                self.cursor, self.from_the_start = None, False
            asked_from = self.cursor
            page = await self._archive.changes(asked_from, self._limits.sync_pull_chats)
            await self.take(page)
            more = page.more
            if more and page.cursor == asked_from:
                raise ArchiveRefusedError("Its archive says that there is more, and does not give it.")

    async def pull_left_out(self) -> None:
        """Asks again for what could not be taken."""
        if self.left_out:
            self.left_out.clear()
            self.cursor = self._kept
            await self.pull()

    async def take(self, page: ChatHistory) -> None:
        """Merges a page. What cannot be taken holds up nothing else."""
        for chat in page.chats:
            pulled = await self._books.merge(chat)
            if pulled.changed:
                self._news += 1
                self._changed.add(chat.id)
            if pulled.refused:
                logger.warning("Not taken from the archive: %s", pulled.refused)
                self.left_out[chat.id] = pulled
            else:
                self.left_out.pop(chat.id, None)
        self.cursor = page.cursor
        if not self.from_the_start and not any(pulled.again for pulled in self.left_out.values()):
            await self._keep(page.cursor)
        self._show(pulled=len(self._changed), news=self._news)

    async def _keep(self, cursor: str) -> None:
        """Has the books say where pulling goes on; or learns it from them, as something else has moved it."""
        if await self._books.set_pulled(cursor, self._kept):
            self._kept = cursor
            return
        self._kept = (await self._books.cursor()).pulled
        self.from_the_start = self._kept is None
