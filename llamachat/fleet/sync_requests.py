"""An archive behind a link: what is asked of it, one request after the other."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import TypeVar

import msgspec

from llamachat.base.text import one_line
from llamachat.fleet.mailbox import Mailbox
from llamachat.fleet.requests import FOLLOWED, Asked, Gone
from llamachat.fleet.sync_parts import is_for_all
from llamachat.protocol import Chat, ChatHistory, ClientFrame, DaemonFrame, Error, GetHistory, Ok, SaveChat

Incoming = DaemonFrame | Gone
"""What reaches a listener: frames, and at last the end of the connection."""

_Answer = TypeVar("_Answer", bound=DaemonFrame)


class ArchiveLostError(Exception):
    """The connection is gone; the text is a sentence."""


class ArchiveRefusedError(Exception):
    """The archive did not do it; the text is its sentence. `for_all`: it would do nothing else now either;
    `retry_after` is in seconds, where it said when to ask again."""

    def __init__(self, sentence: str, *, for_all: bool = True, retry_after: float | None = None) -> None:
        super().__init__(one_line(sentence))
        self.for_all = for_all
        self.retry_after = retry_after


class Archive:
    """Args:
    link: to the node that keeps it.
    reply_s: how long an answer may take.
    """

    def __init__(self, link: Asked, reply_s: float) -> None:
        self._link = link
        self._reply_s = reply_s

    async def save(self, chat: Chat) -> None:
        """Has the chat merged into the archive; durable when this returns.

        Raises:
            ArchiveLostError, ArchiveRefusedError: it may or may not have been.
            ProtocolError: `too_large`; it was not sent.
        """
        await self._ask(SaveChat(chat=chat), Ok)

    async def changes(self, since: str | None, limit: int) -> ChatHistory:
        """What changed there after a cursor.

        Raises:
            ArchiveLostError, ArchiveRefusedError.
        """
        return await self._ask(GetHistory(since=since, limit=limit), ChatHistory)

    def follow(self, since: str | None, limit: int, take: Callable[[Incoming], None]) -> Callable[[], None]:
        """Has `take` called with what changes there from now on; returns what ends that.

        Raises:
            ArchiveLostError.
        """
        req = uuid.uuid4().hex

        def end() -> None:
            self._link.unlisten(req)
            self._link.unlisten(FOLLOWED)

        self._link.listen(req, take)  # the first page, or a refusal
        self._link.listen(FOLLOWED, take)
        if not self._link.post(GetHistory(since=since, limit=limit, follow=True, req=req)):
            end()
            raise ArchiveLostError("There is no connection to it now.")
        return end

    async def _ask(self, frame: ClientFrame, kind: type[_Answer]) -> _Answer:
        req = uuid.uuid4().hex
        mailbox: Mailbox[Incoming] = Mailbox()
        self._link.listen(req, mailbox.put)
        try:
            if not self._link.post(msgspec.structs.replace(frame, req=req)):
                raise ArchiveLostError("There is no connection to it now.")
            async with asyncio.timeout(self._reply_s):
                while True:
                    await mailbox.wait(None)
                    for item in mailbox.take_all():
                        if isinstance(item, kind):
                            return item
                        check(item)
        except TimeoutError:
            raise ArchiveRefusedError(f"Its archive did not answer within {self._reply_s:g} s.") from None
        finally:
            self._link.unlisten(req)


def check(item: Incoming) -> None:
    """Raises what an item means that is not the answer.

    Raises:
        ArchiveLostError, ArchiveRefusedError.
    """
    if isinstance(item, Error):
        raise ArchiveRefusedError(item.message, for_all=is_for_all(item), retry_after=item.retry_after)
    if not isinstance(item, DaemonFrame):
        raise ArchiveLostError(one_line(item.reason))
