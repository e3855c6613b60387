"""What one connection is told of the archive: the changes after its cursor, then those to come."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from msgspec import UNSET, UnsetType

from llamachat.protocol import ChatHistory, Error, ErrorCode, GetHistory, ProtocolError
from llamachat_daemon.serving.archive.archive import Archive

_log = logging.getLogger(__name__)


class HistoryFeed:
    """A source of frames for the outbox. The next page is read when the last one was given out, so a slow reader costs
    one page of memory; whatever changed meanwhile is in the next one.

    `changed` is called on the event loop when there is a frame.
    """

    attempt_id = None

    def __init__(self, archive: Archive, principal: str, asked: GetHistory, changed: Callable[[], None]) -> None:
        self.over = False
        self._archive = archive
        self._principal = principal
        self._asked = asked
        self._cursor = asked.since
        self._changed = changed
        self._frame: ChatHistory | Error | None = None
        self._first = True
        self._news = False
        self._unfollow = archive.follow(principal, self._heard)
        self._reading = asyncio.create_task(self._read())

    def next(self, now: float) -> ChatHistory | Error | None:  # noqa: ARG002  nothing is held back
        """The page that was read, if there is one."""
        frame, self._frame = self._frame, None
        if isinstance(frame, Error):
            self.over = True
        elif frame is not None and (frame.more or self._news):
            self._reading = asyncio.create_task(self._read())
        return frame

    def close(self) -> None:
        """Ends following."""
        self._unfollow()
        self._reading.cancel()

    def _heard(self) -> None:
        self._news = True
        if self._reading.done() and self._frame is None and not self.over:
            self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        """Reads on until there is something to tell."""
        while self._frame is None:
            self._news = False
            try:
                page = await self._archive.changes(self._principal, self._cursor, self._asked.limit)
            except ProtocolError as error:
                self._frame = _refusal(error, self._asked.req)
                break
            except Exception:  # noqa: BLE001  a fault of ours must not leave the client waiting
                _log.exception("history could not be read")
                fault = ProtocolError(ErrorCode.INTERNAL, "The daemon made a mistake; its log says more. Ask again.")
                self._frame = _refusal(fault, self._asked.req)
                break
            self._cursor = page.cursor
            if page.chats or self._first:
                req = self._asked.req if self._first else UNSET
                self._frame = ChatHistory(req=req, chats=page.chats, cursor=page.cursor, more=page.more)
                self._first = False
            elif not self._news:
                return
        self._changed()


def _refusal(error: ProtocolError, req: str | UnsetType) -> Error:
    """The end of following, with the reason."""
    return Error(req=req, code=error.code, message=error.message, retry_after=error.retry_after, detail=error.detail)
