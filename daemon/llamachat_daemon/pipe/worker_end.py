"""The worker's end of the pipe: writes wait, and a thread reads, so that a cancel gets through during a decode."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from llamachat_daemon.pipe.codec import HEADER, PipeError, body_length, pack, unpack_to_worker
from llamachat_daemon.pipe.frames import AnyToWorker, FromWorker


class WorkerEnd:
    """`deliver` gets each frame of the front, in order, on the reading thread; `send` writes one back.

    `on_gone` is called on that thread once, when the front has closed its end or speaks nonsense: nobody is left to
    work for.
    """

    def __init__(
        self,
        read_fd: int,
        write_fd: int,
        *,
        deliver: Callable[[AnyToWorker], None],
        on_gone: Callable[[str], None],
    ) -> None:
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._deliver = deliver
        self._on_gone = on_gone
        self._thread = threading.Thread(target=self._read, name="pipe-reader", daemon=True)

    def start(self) -> None:
        """Starts reading."""
        self._thread.start()

    def send(self, frame: FromWorker) -> None:
        """Writes the frame; waits while the front is slow, which is how a slow front slows the worker down.

        Raises:
            BrokenPipeError: the front is gone.
            PipeError: the frame is too large.
        """
        view = memoryview(pack(frame))
        while view:
            view = view[os.write(self._write_fd, view) :]

    def _read(self) -> None:
        reason = "the front closed the pipe"
        try:
            while header := self._exactly(HEADER.size):
                self._deliver(unpack_to_worker(self._exactly(body_length(header))))
        except PipeError as error:
            reason = str(error)
        except OSError as error:
            reason = f"the pipe broke: {error}"
        self._on_gone(reason)

    def _exactly(self, count: int) -> bytes:
        """`count` bytes; none at the end of the stream between frames."""
        parts: list[bytes] = []
        missing = count
        while missing:
            part = os.read(self._read_fd, min(missing, 1 << 20))
            if not part:
                if parts:
                    raise PipeError("the front closed the pipe in the middle of a frame")
                return b""
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)
