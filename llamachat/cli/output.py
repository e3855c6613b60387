"""Standard output for an event loop, which a reader that is slow must not stop."""

from __future__ import annotations

import asyncio
import errno
import os
import queue
import sys
import threading
from typing import Final

STDOUT: Final = 1


def on_stdout() -> Output:
    """The standard output of this program.

    Raises:
        OSError: the program was started without one, and something else may have its number by now.
    """
    if sys.stdout is None:
        raise OSError(errno.EBADF, "standard output is closed")
    return Output(STDOUT, sys.stdout.encoding)


class Output:
    """Writes to a file descriptor from a thread of its own.

    The thread is a daemon thread and uses the descriptor directly: a pipe that nobody reads can hold it for ever
    without holding the end of the program.
    """

    def __init__(self, descriptor: int, encoding: str = "utf-8") -> None:
        self._descriptor = descriptor
        self._encoding = encoding
        self._jobs: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]]] = queue.SimpleQueue()
        self._waiting: asyncio.Future[None] | None = None
        self._discards = False
        threading.Thread(target=self._work, name="output", daemon=True).start()

    async def write(self, text: str) -> None:
        """Writes `text`; returns when all of it is with the operating system. Characters that the terminal's encoding
        lacks become question marks.

        Raises:
            BrokenPipeError: nobody reads any more.
            OSError: it cannot be written, for one because the disk is full.
        """
        if not text or self._discards:
            return
        self._waiting = asyncio.get_running_loop().create_future()
        self._jobs.put((text.encode(self._encoding, "replace"), self._waiting))
        await self._waiting

    def discard(self) -> None:
        """Writes nothing more; whoever waits for a write waits no longer."""
        self._discards = True
        if self._waiting is not None:
            _settle(self._waiting, None)

    def _work(self) -> None:
        while True:
            data, written = self._jobs.get()
            error: OSError | None = None
            try:
                while data:
                    data = data[os.write(self._descriptor, data) :]
            except OSError as failed:
                error = failed
            try:
                written.get_loop().call_soon_threadsafe(_settle, written, error)
            except RuntimeError:  # the loop was closed meanwhile: the program ends and nobody waits
                return


def _settle(written: asyncio.Future[None], error: OSError | None) -> None:
    if written.done():
        return
    if error is None:
        written.set_result(None)
    else:
        written.set_exception(error)
