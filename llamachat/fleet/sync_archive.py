"""The history and one archive, kept in step over one connection."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from llamachat.fleet.backoff import pause
from llamachat.fleet.limits import FleetLimits
from llamachat.fleet.mailbox import Mailbox
from llamachat.fleet.requests import Asked
from llamachat.fleet.sync_books import Books
from llamachat.fleet.sync_pull import Pulling
from llamachat.fleet.sync_push import Pushing
from llamachat.fleet.sync_requests import Archive, ArchiveLostError, ArchiveRefusedError, Incoming, check
from llamachat.fleet.sync_state import SyncState
from llamachat.protocol import ChatHistory, Hello
from llamachat.store import StoreError, StoreThread

logger = logging.getLogger("llamachat.fleet")


class ArchiveSync:
    """Lives as long as the connection whose `hello` it was made with.

    Everything it does can be cut off at any point and done again: what was acknowledged is kept in the store, and the
    rest is sent or asked for another time, which changes nothing where it had arrived.

    Args:
        node: as configured.
        link: to that node.
        hello: what it said on this connection.
        store: the history.
        limits: times and sizes.
        tell: called whenever `state` is a new one.
    """

    def __init__(
        self,
        node: str,
        link: Asked,
        hello: Hello,
        store: StoreThread,
        limits: FleetLimits,
        tell: Callable[[], None] = lambda: None,
    ) -> None:
        self.hello = hello
        self.state = SyncState(node)
        self._limits = limits
        self._tell = tell
        self._archive = Archive(link, limits.sync_reply_s)
        # Who asks matters too: every principal has an archive of its own there.
        self._books = Books(store, f"{hello.node.id}/{hello.principal.name}")
        self._pushing = Pushing(self._archive, self._books, limits, hello.limits.frame_bytes, self._show)
        self._pulling = Pulling(self._archive, self._books, limits, self._show)
        self._inbox: Mailbox[Incoming] = Mailbox()
        self._unfollow: Callable[[], None] | None = None
        self._in_vain = 0  # tries in a row to send or take what was refused
        self._retry_at = 0.0  # seconds since the epoch

    def poke(self) -> None:
        """The history may have changed."""
        self._inbox.poke()

    async def run(self) -> None:
        """Keeps both in step until the connection ends."""
        failures = 0
        try:
            while True:
                try:
                    await self._catch_up()
                    failures = 0
                    await self._inbox.wait(self._until_retry())
                    continue
                except ArchiveRefusedError as refused:
                    failures += 1
                    delay = refused.retry_after or self._pause(failures)
                    reason = str(refused)
                except StoreError as error:
                    failures += 1
                    delay, reason = self._pause(failures), str(error)
                self._stop_following()
                logger.info("History with %s: %s", self.state.node, reason)
                self._show(phase="refused", reason=reason, retry_at=time.time() + delay)
                await asyncio.sleep(delay)
        except ArchiveLostError as lost:
            self._show(phase="waiting", reason=str(lost), retry_at=None)
        finally:
            self._stop_following()

    async def round(self) -> None:
        """Pushes what changed here and pulls what changed there, once.

        Raises:
            ArchiveLostError, ArchiveRefusedError: it was cut short; what was done is kept.
            StoreError: the history cannot be used.
        """
        self._show(phase="syncing")
        await self._pulling.meet()
        await self.push()
        self._retry_at = 0.0
        await self._pushing.push_refused()
        await self._pulling.pull()
        await self._settle()

    async def push(self, first: str | None = None) -> None:
        """Sends what changed since the archive last had everything; the chat `first` before all else.

        Raises:
            As `round`.
        """
        await (self._pushing.push() if first is None else self._pushing.push_chat(first))

    async def _catch_up(self) -> None:
        """Does what there is to do."""
        if self._unfollow is None:
            self._inbox.take_all()
            await self.round()
            self._unfollow = self._archive.follow(self._pulling.cursor, self._limits.sync_pull_chats, self._inbox.put)
        for item in self._inbox.take_all():
            if isinstance(item, ChatHistory):
                await self._pulling.take(item)
            else:
                check(item)
        if await self._books.change_count() > (await self._books.cursor()).pushed:
            await self.push()
        if self._until_retry() == 0:
            self._retry_at = 0.0
            await self._pushing.push_refused()
            await self._pulling.pull_left_out()
        if self._pulling.from_the_start:
            await self._pulling.pull()
        await self._settle()

    async def _settle(self) -> None:
        """Shows that all is done that can be now."""
        reasons = [chat.reason for chat in await self._books.refused()]
        reasons += [pulled.refused for pulled in self._pulling.left_out.values()]
        if not reasons:
            self._in_vain, self._retry_at = 0, 0.0
        elif not self._retry_at:
            self._in_vain += 1
            first, cap = self._limits.sync_refused_first_s, self._limits.sync_refused_cap_s
            self._retry_at = time.time() + pause(self._in_vain, random.random(), first, cap)
        self._show(
            phase="idle",
            done=0,
            total=0,
            left_out=len(reasons),
            reason=reasons[0] if reasons else "",
            retry_at=self._retry_at or None,
        )

    def _until_retry(self) -> float | None:
        """Seconds until what was refused is tried again."""
        return max(0.0, self._retry_at - time.time()) if self._retry_at else None

    def _pause(self, failures: int) -> float:
        return pause(failures, random.random(), self._limits.sync_backoff_first_s, self._limits.sync_backoff_cap_s)

    def _stop_following(self) -> None:
        if self._unfollow is not None:
            self._unfollow()
            self._unfollow = None

    def _show(self, **facts: Any) -> None:
        before, self.state = self.state, replace(self.state, **facts)
        if self.state != before:
            self._tell()
