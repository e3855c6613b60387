"""The archive on the event loop: SQLite waits for disks, so all of it happens in one thread of its own, in order.

A file that cannot be used never takes the node down: requests for history are refused with the reason, which is in the
log and among the node's events too, and chatting goes on.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from llamachat.protocol import Chat, ErrorCode, ProtocolError
from llamachat.protocol.chats import to_plain
from llamachat.protocol.stamps import Clock
from llamachat_daemon.config import ArchiveConfig
from llamachat_daemon.serving.archive.database import Database
from llamachat_daemon.serving.archive.errors import ArchiveError
from llamachat_daemon.serving.archive.expiry import expire
from llamachat_daemon.serving.archive.limits import RETRY_AFTER_S, UPKEEP_S
from llamachat_daemon.serving.archive.opening import open_database
from llamachat_daemon.serving.archive.reading import Page, changes, listed, whole
from llamachat_daemon.serving.archive.saving import save

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class Archive:
    """See the module. Opened as it is made; to be closed in the end. Requests raise `ProtocolError`.

    `clock` stamps what the daemon itself writes. `report` is told in a sentence when the file begins to refuse, and
    when it is fine again; `now` gives seconds since the epoch.
    """

    def __init__(
        self,
        path: Path,
        settings: ArchiveConfig,
        report: Callable[[str], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self.clock = Clock(secrets.token_hex(8))
        self._settings = settings
        self._report = report
        self._now = now
        self._followers: dict[str, set[Callable[[], None]]] = defaultdict(set)
        self._beside: set[asyncio.Task[None]] = set()
        self._thread = ThreadPoolExecutor(1, "archive")
        self._trouble: ArchiveError | None = None
        self._db: Database | None = None
        try:
            self._db = self._thread.submit(open_database, path).result()
        except ArchiveError as error:
            self._note(error)

    @property
    def available(self) -> bool:
        """Whether the file could be opened."""
        return self._db is not None

    async def close(self) -> None:
        """Does what was asked for, then closes the file. May be called twice."""
        while self._beside:
            await asyncio.wait(self._beside)
        if self._db is not None:
            db, self._db = self._db, None
            await asyncio.get_running_loop().run_in_executor(self._thread, db.close)
        self._thread.shutdown()

    def reload(self, settings: ArchiveConfig) -> None:
        """Takes over another quota and another time to retain."""
        self._settings = settings

    # ── what sessions and routes ask for ────────────────────────────────────────────────────────────────────────────

    async def save(self, principal: str, chat: Chat) -> None:
        """Merges the chat into what the principal has; returns when it is durable.

        It is done, and followers hear of it, even when whoever asked is gone meanwhile.
        """
        loop = asyncio.get_running_loop()

        def work(db: Database) -> None:
            if save(db, principal, chat, quota=self._settings.quota, now=self._now()):
                loop.call_soon_threadsafe(self._changed, principal)

        await self._run(work)

    async def changes(self, principal: str, since: str | None, limit: int) -> Page:
        """What changed after the cursor, as much as goes into one frame."""
        return await self._run(lambda db: changes(db, principal, since, limit))

    async def listed(self, principal: str) -> bytes:
        """As JSON: `chats`, without their messages, deleted ones left out, and the `cursor` to follow from."""

        def work(db: Database) -> bytes:
            page = listed(db, principal)
            chats = [{name: value for name, value in to_plain(one).items() if name != "messages"} for one in page.chats]
            return msgspec.json.encode({"chats": chats, "cursor": page.cursor})

        return await self._run(work)

    async def whole(self, principal: str, chat_id: str) -> bytes:
        """One whole chat, as JSON."""
        return await self._run(lambda db: msgspec.json.encode(whole(db, principal, chat_id)))

    def follow(self, principal: str, changed: Callable[[], None]) -> Callable[[], None]:
        """Calls `changed` on the event loop whenever something of the principal has; the returned function ends it."""
        self._followers[principal].add(changed)

        def unfollow() -> None:
            self._followers[principal].discard(changed)
            if not self._followers[principal]:
                del self._followers[principal]

        return unfollow

    def beside(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Has work done that belongs to no connection; the file is not closed before it has ended."""
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)
        return task

    # ── upkeep ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def keep_up(self) -> None:
        """Drops what is too old, now and then, until cancelled."""
        while self.available:
            try:
                while await self._run(lambda db: expire(db, retain_days=self._settings.retain_days, now=self._now())):
                    pass
            except Exception as error:  # noqa: BLE001  a file that cannot be tidied must not end the node
                _log.warning("what is too old could not be dropped from the archive: %s", error)
            await asyncio.sleep(UPKEEP_S)

    # ── the thread ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _run(self, work: Callable[[Database], _T]) -> _T:
        """Does `work` in the thread. Once begun or waiting, it is done even when the caller is cancelled."""
        db = self._db
        if db is None:
            raise ProtocolError(
                ErrorCode.DISABLED,
                self._trouble.for_clients if self._trouble else "The archive of this node is closed.",
            )
        future = self._thread.submit(work, db)
        try:
            return await asyncio.shield(asyncio.wrap_future(future))
        except asyncio.CancelledError:
            future.add_done_callback(_log_error)
            raise
        except ArchiveError as error:
            self._note(error)
            raise ProtocolError(
                ErrorCode.INTERNAL, error.for_clients, retry_after=RETRY_AFTER_S, detail={"state": error.state}
            ) from error

    def _note(self, error: ArchiveError) -> None:
        """Reports what is wrong with the file, once."""
        if self._trouble is None or self._trouble.state != error.state:
            _log.error("the archive: %s", error)
            self._report(error.for_clients)
        self._trouble = error

    def _changed(self, principal: str) -> None:
        """Something was written."""
        if self._trouble is not None:
            self._trouble = None
            _log.info("the archive can be written again")
            self._report("The archive can be written again.")
        for changed in tuple(self._followers.get(principal, ())):
            changed()


def _log_error(future: Future[Any]) -> None:
    """What went wrong after nobody waited for it any more."""
    if (error := future.exception()) is not None:
        _log.warning("an abandoned request to the archive failed: %s", error)
