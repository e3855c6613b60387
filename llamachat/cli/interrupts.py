"""Signals: a command that is told to end ends in order, and says by its exit status which signal it was."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from llamachat.base.signals import ENDING, EXIT_SIGNAL, handled


@contextmanager
def exits_on_signals() -> Iterator[None]:
    """Makes SIGINT, SIGTERM and SIGHUP end the program through its `finally` clauses, with 128 and their number."""

    def leave(number: int, _frame: FrameType | None) -> None:
        sys.exit(EXIT_SIGNAL + number)

    before = {number: signal.getsignal(number) for number in ENDING}
    for number in ENDING:
        # A signal that whoever started the program had switched off (nohup) stays off.
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Interrupts:
    """The signals that come while an event loop runs."""

    def __init__(self) -> None:
        self._came: deque[signal.Signals] = deque()
        self._new = asyncio.Event()

    async def wait(self) -> None:
        """Until there is one to take."""
        await self._new.wait()

    def take(self) -> signal.Signals | None:
        """The oldest one that was not taken yet."""
        number = self._came.popleft() if self._came else None
        if not self._came:
            self._new.clear()
        return number

    def came(self, number: signal.Signals) -> None:
        """Notes one."""
        self._came.append(number)
        self._new.set()


@contextmanager
def watched() -> Iterator[Interrupts]:
    """Collects SIGINT, SIGTERM and SIGHUP instead of letting them stop the event loop that runs."""
    interrupts = Interrupts()
    with handled(interrupts.came):
        yield interrupts
