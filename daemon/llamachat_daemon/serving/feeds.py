"""What a connection may subscribe to beside answers: the node's status, and its log."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from msgspec import UNSET, UnsetType

from llamachat.protocol import BackendStatus, Log, LogLine
from llamachat_daemon.serving.logs import MAX_LINES, LogBook

LINES_PER_FRAME: Final = 256
"""Log lines in one frame; the longest lines there can be still fit."""


class StatusFeed:
    """`backend_status` now and every `interval` seconds, each composed when the socket has room for it."""

    over = False
    attempt_id = None

    def __init__(
        self,
        compose: Callable[[str | UnsetType], BackendStatus],
        interval: float,
        req: str | UnsetType = UNSET,
    ) -> None:
        self._compose = compose
        self._interval = interval
        self._req = req
        self._due = 0.0

    def next(self, now: float) -> BackendStatus | float:
        """The status when it is time, else when it will be."""
        if now < self._due:
            return self._due
        self._due = now + self._interval
        req, self._req = self._req, UNSET
        return self._compose(req)

    def close(self) -> None:
        """Nothing is held."""


class LogFeed:
    """The last lines of the log, and with `follow` those to come. A reader that falls far behind misses the oldest.

    `changed` is called on the event loop when there are new lines.
    """

    attempt_id = None

    def __init__(
        self,
        book: LogBook,
        lines: int,
        changed: Callable[[], None],
        *,
        follow: bool,
        req: str | UnsetType = UNSET,
    ) -> None:
        self.over = False
        self._changed = changed
        self._follow = follow
        self._req = req
        self._asked = True
        self._loop = asyncio.get_running_loop()
        self._lines: deque[LogLine] = deque(book.last(lines), maxlen=MAX_LINES)
        self._unfollow = book.follow(self._heard) if follow else None

    def next(self, now: float) -> Log | None:  # noqa: ARG002  lines are not held back
        """The next lines; the first frame comes even without any."""
        if not self._lines and not self._asked:
            return None
        lines = [self._lines.popleft() for _ in range(min(len(self._lines), LINES_PER_FRAME))]
        req, self._req, self._asked = self._req, UNSET, False
        self.over = not (self._follow or self._lines)
        return Log(lines=lines, req=req)

    def close(self) -> None:
        """Ends following."""
        if self._unfollow is not None:
            self._unfollow()

    def _heard(self, line: LogLine) -> None:
        """Called in whichever thread logs."""
        self._loop.call_soon_threadsafe(self._add, line)

    def _add(self, line: LogLine) -> None:
        self._lines.append(line)
        self._changed()
