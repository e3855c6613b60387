"""What one connection asks of the archive, carried out in order beside everything else that it asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from msgspec import UNSET

from llamachat.protocol import ChatHistory, ErrorCode, GetHistory, Ok, ProtocolError, SaveChat
from llamachat_daemon.serving.archive.archive import Archive
from llamachat_daemon.serving.archive.feed import HistoryFeed
from llamachat_daemon.serving.archive.limits import WAITING_REQUESTS
from llamachat_daemon.serving.outbox import Outbox

_SOURCE: Final = "history"  # in the outbox

Request = SaveChat | GetHistory


class HistoryRequests:
    """See the module. `answer` awaits the work for a frame and tells the client what goes wrong with it."""

    def __init__(
        self,
        archive: Archive | None,
        principal: str,
        outbox: Outbox,
        answer: Callable[[Request, Coroutine[Any, Any, None]], Coroutine[Any, Any, None]],
    ) -> None:
        self._archive = archive
        self._principal = principal
        self._outbox = outbox
        self._answer = answer
        self._waiting: asyncio.Queue[Request] | None = None

    async def put(self, frame: Request, tasks: asyncio.TaskGroup) -> None:
        """Has it carried out after those before it; waits while too many wait already.

        Raises:
            ProtocolError: `disabled`, where there is no archive.
        """
        if self._archive is None:
            raise ProtocolError(
                ErrorCode.DISABLED,
                "This node keeps no archive of conversations. Its operator can switch one on with --archive.",
            )
        if self._waiting is None:
            self._waiting = asyncio.Queue(WAITING_REQUESTS)
            tasks.create_task(self._work(self._archive, self._waiting))
        await self._waiting.put(frame)

    async def _work(self, archive: Archive, waiting: asyncio.Queue[Request]) -> None:
        while True:
            frame = await waiting.get()
            await self._answer(frame, self._carry_out(archive, frame))

    async def _carry_out(self, archive: Archive, frame: Request) -> None:
        if isinstance(frame, SaveChat):
            await archive.save(self._principal, frame.chat)
            if frame.req is not UNSET:
                await self._outbox.reply(Ok(req=frame.req))
        elif frame.follow:
            feed = HistoryFeed(archive, self._principal, frame, lambda: self._outbox.wake(_SOURCE))
            self._outbox.add(_SOURCE, feed)
        else:
            page = await archive.changes(self._principal, frame.since, frame.limit)
            await self._outbox.reply(ChatHistory(req=frame.req, chats=page.chats, cursor=page.cursor, more=page.more))
