"""Lines from standard input for an event loop, from a terminal, a pipe or a file alike."""

from __future__ import annotations

import asyncio
import codecs
import os
import threading
from collections import deque
from typing import Final

STDIN: Final = 0
MAX_AHEAD: Final = 100
"""Lines that are read before they are wanted; the rest waits where it comes from."""

_PIECE_BYTES: Final = 65536


class Lines:
    """Reads a file descriptor in a thread of its own, for the event loop on which it was made.

    The thread is a daemon thread and uses the descriptor directly: a terminal at which nobody types must not hold the
    end of the program.
    """

    def __init__(self, descriptor: int = STDIN) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._room = threading.Semaphore(MAX_AHEAD)
        self._lines: deque[str | None] = deque()
        self._new = asyncio.Event()
        threading.Thread(target=self._read, name="input", daemon=True).start()

    @property
    def any(self) -> bool:
        """Whether there is a line to take, or the end of the input."""
        return bool(self._lines)

    async def wait(self) -> None:
        """Until there is something to take."""
        await self._new.wait()

    def take(self) -> str | None:
        """The next line without its end; None for the end of the input.

        Raises:
            IndexError: there is nothing to take.
        """
        line = self._lines.popleft()
        if not self._lines:
            self._new.clear()
        self._room.release()
        return line

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        held = ""
        try:
            while piece := self._piece():
                *lines, held = (held + decoder.decode(piece)).split("\n")
                for line in lines:
                    self._hand_over(line.removesuffix("\r"))
            held += decoder.decode(b"", final=True)
            if held:
                self._hand_over(held)
            self._hand_over(None)
        except RuntimeError:
            return  # the loop is closed, and nobody wants more

    def _piece(self) -> bytes:
        try:
            return os.read(self._descriptor, _PIECE_BYTES)
        except OSError:  # a terminal that was closed, or no standard input at all
            return b""

    def _hand_over(self, line: str | None) -> None:
        self._room.acquire()
        self._loop.call_soon_threadsafe(self._append, line)

    def _append(self, line: str | None) -> None:
        self._lines.append(line)
        self._new.set()
