"""The signals that end a program, on an event loop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

EXIT_SIGNAL: Final = 128
"""Added to the number of the signal that ended a program, it is the exit status, as shells have it."""


@contextmanager
def handled(handle: Callable[[signal.Signals], object]) -> Iterator[None]:
    """Has the running loop call `handle` when one of them comes. One that whoever started the program had switched off
    (nohup) stays off."""
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in ENDING}
    watched = [number for number in ENDING if before[number] is not signal.SIG_IGN]
    for number in watched:
        loop.add_signal_handler(number, handle, number)
    try:
        yield
    finally:
        for number in watched:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])
