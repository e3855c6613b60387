"""The history and one archive, kept in step over one connection."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from llamachat.base.sizes import size_text
from llamachat.fleet.backoff import pause
from llamachat.fleet.limits import FleetLimits
from llamachat.fleet.mailbox import Mailbox
from llamachat.fleet.requests import Asked
from llamachat.fleet.sync_parts import halves, parts
from llamachat.fleet.sync_requests import Archive, ArchiveLostError, ArchiveRefusedError, Incoming, check
from llamachat.fleet.sync_state import SyncState
from llamachat.protocol import Chat, ChatHistory, Hello, ProtocolError
from llamachat.store import Changes, Pulled, Store, StoreError, StoreThread

logger = logging.getLogger("llamachat.fleet")

_JUST_LOOK = 1  # chats


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
        # Who asks matters too: every principal has an archive of its own there.
        self._name = f"{hello.node.id}/{hello.principal.name}"
        self._archive = Archive(link, limits.sync_reply_s)
        self._store = store
        self._limits = limits
        self._tell = tell
        self._frame_bytes = min(limits.sync_frame_bytes, hello.limits.frame_bytes)
        self._news: Mailbox[Incoming] = Mailbox()
        self._unfollow: Callable[[], None] | None = None
        self._cursor: str | None = None  # where pulling goes on
        self._kept: str | None = None  # where the store says it does
        self._from_the_start = False
        self._met = False
        self._in_vain = 0  # tries in a row to send what was refused
        self._retry_at = 0.0  # seconds since the epoch
        self._pushed: set[str] = set()  # chats
        self._pulled: set[str] = set()
        self._left_here: dict[str, Pulled] = {}  # by chat: what was not taken from the archive

    # ── for whoever owns it ─────────────────────────────────────────────────────────────────────────────────────────

    def poke(self) -> None:
        """The history may have changed."""
        self._news.poke()

    async def run(self) -> None:
        """Keeps both in step until the connection ends."""
        failures = 0
        try:
            while True:
                try:
                    await self._catch_up()
                    failures = 0
                    await self._news.wait(self._until_retry())
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
        await self._meet()
        await self.push()
        await self._push_refused()
        await self._pull()
        await self._settle()

    async def push(self) -> None:
        """Sends what changed since the archive last had everything.

        Raises:
            As `round`.
        """
        mark = (await self._store.read(lambda s: s.sync_cursor(self._name))).pushed
        total = await self._store.read(lambda s: s.count_changes(mark))
        done = 0
        while True:
            changes = await self._store.read(partial(_changes, mark, self._limits.sync_page))
            for chat in changes.chats:
                self._show(phase="syncing", done=done, total=max(total, done))
                await self._send(chat, mark)
            done += self._limits.sync_page
            if changes.seq > mark:
                mark = changes.seq
                await self._store.run(partial(_set_pushed, self._name, mark))
            if not changes.more:
                return

    async def push_chat(self, chat_id: str) -> None:
        """As `push`, but with this chat first, in case there is no time for all.

        Raises:
            As `round`.
        """
        mark = (await self._store.read(lambda s: s.sync_cursor(self._name))).pushed
        if await self._store.read(lambda s: s.count_changes(mark)) > self._limits.sync_page:
            await self._send(await self._store.read(lambda s: s.chat_changes(chat_id, mark)), mark)
        await self.push()

    # ── both ways ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _catch_up(self) -> None:
        if self._unfollow is None:
            self._news.take_all()
            await self.round()
            await self._follow()
        for item in self._news.take_all():
            if isinstance(item, ChatHistory):
                await self._take_page(item)
            else:
                check(item)
        pushed = (await self._store.read(lambda s: s.sync_cursor(self._name))).pushed
        if await self._store.read(lambda s: s.change_count()) > pushed:
            await self.push()
        if self._until_retry() == 0:
            await self._push_refused()
            if self._left_here:
                self._left_here.clear()
                self._cursor = self._kept
                await self._pull()
        if self._from_the_start:
            await self._pull()
        await self._settle()

    async def _meet(self) -> None:
        """Makes sure that the archive is the one that the store remembers: it may have been replaced or lost, and then
        has to get everything again."""
        if self._met:
            return
        known = await self._store.read(lambda s: s.sync_cursor(self._name))
        page = await self._archive.changes(known.pulled, _JUST_LOOK)
        if known.pulled is None:
            is_same = known.pushed == 0
        elif page.chats or page.cursor != known.pulled:
            # A cursor that the archive does not know counts as none.
            first = await self._archive.changes(None, _JUST_LOOK)
            is_same = (page.cursor, page.chats) != (first.cursor, first.chats)
        else:
            is_same = True
        if not is_same:
            await self._store.run(lambda s: s.forget_archive(self._name))
        self._kept = known.pulled if is_same else None
        await self._take_page(page)
        self._met = True

    async def _settle(self) -> None:
        """Shows that all is done that can be now."""
        refused = await self._store.read(lambda s: s.refused_chats(self._name))
        reasons = [chat.reason for chat in refused] + [pulled.refused for pulled in self._left_here.values()]
        if not reasons:
            self._in_vain, self._retry_at = 0, 0.0
        elif not self._retry_at:
            self._retry_at = time.time() + self._retry_pause()
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

    def _retry_pause(self) -> float:
        self._in_vain += 1
        return pause(self._in_vain, random.random(), self._limits.sync_refused_first_s, self._limits.sync_refused_cap_s)

    def _pause(self, failures: int) -> float:
        return pause(failures, random.random(), self._limits.sync_backoff_first_s, self._limits.sync_backoff_cap_s)

    def _show(self, **facts: Any) -> None:
        before, self.state = self.state, replace(self.state, **facts)
        if self.state != before:
            self._tell()

    # ── out ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _push_refused(self) -> None:
        """Sends again what the archive did not take."""
        refused = await self._store.read(lambda s: s.refused_chats(self._name))
        self._retry_at = 0.0
        for each in refused:
            try:
                chat = await self._store.read(partial(_chat_changes, each.chat_id, each.since))
            except StoreError as error:
                if error.state != "missing":
                    raise
            else:
                if not await self._send(chat, each.since):
                    continue
            await self._store.run(partial(_clear_refused, self._name, each.chat_id))

    async def _send(self, chat: Chat, since: int) -> bool:
        """Sends a copy with what changed after `since`. What the archive does not take of it is kept to be sent again,
        and holds up nothing else; whether it took all of it."""
        waiting = deque(parts(chat, self._frame_bytes))
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
                    limit = size_text(self.hello.limits.frame_bytes)
                    reason = reason or f"A message is larger than {limit}, the most that goes to the node at once."
                waiting.extendleft(reversed(smaller))
        if reason:
            logger.info("%s did not take the chat %s: %s", self.state.node, chat.id, reason)
            await self._store.run(partial(_set_refused, self._name, chat.id, since, reason))
            return False
        self._pushed.add(chat.id)
        self._show(pushed=len(self._pushed))
        return True

    # ── in ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _pull(self) -> None:
        more = True
        while more or self._from_the_start:
            if self._from_the_start:
                self._cursor, self._from_the_start = None, False
            asked_from = self._cursor
            page = await self._archive.changes(asked_from, self._limits.sync_pull_chats)
            await self._take_page(page)
            more = page.more
            if more and page.cursor == asked_from:
                raise ArchiveRefusedError("Its archive says that there is more, and does not give it.")

    async def _follow(self) -> None:
        self._unfollow = self._archive.follow(self._cursor, self._limits.sync_pull_chats, self._news.put)

    def _stop_following(self) -> None:
        if self._unfollow is not None:
            self._unfollow()
            self._unfollow = None

    async def _take_page(self, page: ChatHistory) -> None:
        news = self.state.news
        for chat in page.chats:
            pulled = await self._store.run(partial(_merge, self._name, chat))
            if pulled.changed:
                news += 1
                self._pulled.add(chat.id)
            if pulled.refused:
                logger.warning("From the archive of %s was not taken: %s", self.state.node, pulled.refused)
                self._left_here[chat.id] = pulled
            else:
                self._left_here.pop(chat.id, None)
        self._cursor = page.cursor
        if not self._from_the_start and not any(pulled.again for pulled in self._left_here.values()):
            await self._keep_cursor(page.cursor)
        self._show(pulled=len(self._pulled), news=news)

    async def _keep_cursor(self, cursor: str) -> None:
        """Has the store remember where pulling goes on; or learns where, as something else has moved it."""
        was = self._kept
        if await self._store.run(lambda s: s.set_pulled(self._name, cursor, was=was)):
            self._kept = cursor
            return
        self._kept = (await self._store.read(lambda s: s.sync_cursor(self._name))).pulled
        self._from_the_start = self._kept is None  # a chat came back that had been purged


def _changes(seq: int, limit: int, store: Store) -> Changes:
    return store.changes_since(seq, limit)


def _chat_changes(chat_id: str, seq: int, store: Store) -> Chat:
    return store.chat_changes(chat_id, seq)


def _set_pushed(archive: str, seq: int, store: Store) -> None:
    store.set_pushed(archive, seq)


def _set_refused(archive: str, chat_id: str, since: int, reason: str, store: Store) -> None:
    store.set_refused(archive, chat_id, since, reason)


def _clear_refused(archive: str, chat_id: str, store: Store) -> None:
    store.clear_refused(archive, chat_id)


def _merge(archive: str, chat: Chat, store: Store) -> Pulled:
    return store.merge_pulled(archive, chat)
