"""What is asked of one node beside answers: its administration and its log."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final, Protocol

import msgspec

from llamachat.base.text import one_line
from llamachat.fleet.mailbox import Mailbox
from llamachat.protocol import ClientFrame, DaemonFrame, Error, Log, LogLine, Logs

FOLLOWED: Final = "chat_history"
"""Changes in an archive that come unasked are listened to under this name, as they carry no id of a request."""

FOLLOWED_LOG: Final = "log"
"""Likewise new lines of a log."""


class RequestError(Exception):
    """A node could not or would not do it; the text is a sentence."""


class Gone(Protocol):
    """The connection ended: `reason` is a sentence."""

    @property
    def reason(self) -> str: ...


class Asked(Protocol):
    """A link, as far as it is needed here; see `llamachat.fleet.link.Link`."""

    def listen(self, req: str, sink: Callable[[DaemonFrame | Gone], None]) -> None: ...
    def unlisten(self, req: str) -> None: ...
    def post(self, frame: ClientFrame) -> bool: ...


async def replies(link: Asked, frame: ClientFrame, *followed: str) -> AsyncGenerator[DaemonFrame, None]:
    """Sends a frame and yields all that answers it, until closed, and what comes later under the names in `followed`.
    There is no limit of time: loading a model takes what it takes, and a node that falls silent loses its connection.

    Raises:
        RequestError: there is no connection, it ended, or the node answered with an error.
    """
    req = uuid.uuid4().hex
    mailbox: Mailbox[DaemonFrame | Gone] = Mailbox()
    names = (req, *followed)
    for name in names:
        link.listen(name, mailbox.put)
    try:
        if not link.post(msgspec.structs.replace(frame, req=req)):
            raise RequestError("There is no connection to it now.")
        while True:
            await mailbox.wait(None)
            for item in mailbox.take_all():
                if isinstance(item, Error):
                    raise RequestError(one_line(item.message))
                if not isinstance(item, DaemonFrame):
                    raise RequestError(one_line(item.reason))
                yield item
    finally:
        for name in names:
            link.unlisten(name)


async def log_of(link: Asked, lines: int) -> AsyncGenerator[tuple[LogLine, ...], None]:
    """The last `lines` lines of a node's log, and then those to come.

    Raises:
        RequestError: see `replies`.
    """
    try:
        async with aclosing(replies(link, Logs(lines=lines, follow=True), FOLLOWED_LOG)) as frames:
            async for frame in frames:
                if isinstance(frame, Log):
                    yield tuple(frame.lines)
    finally:
        link.post(Logs(lines=0))  # takes the place of the one that is followed
