"""A program at a terminal of its own: what it sends there, how much and when, and what it costs."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

PATIENCE_S: Final = 60.0
SIZE: Final = (120, 40)
"""Columns and lines: the chat screen shows all three panels."""

_NOT_OURS: Final = ("LLAMACHAT_", "TEXTUAL", "SSH_", "TMUX", "NO_COLOR", "PYTHONDONTWRITEBYTECODE")


class Terminal:
    """The far end of the terminal; it answers no question that a program asks it, as many real ones do not."""

    def __init__(self, master: int, process: subprocess.Popen[bytes], started_at: float) -> None:
        self._master = master
        self._started_at = started_at
        self.process = psutil.Process(process.pid)
        self.received = 0
        self._last = b""

    def type(self, text: str) -> None:
        """Presses keys."""
        os.write(self._master, text.encode())

    def until(self, text: str) -> float:
        """Reads until `text` has come; seconds since the program was started.

        Raises:
            TimeoutError: it has not come; the last of what came is in the message.
        """
        found, wanted = b"", text.encode()
        deadline = time.perf_counter() + PATIENCE_S
        while wanted not in found:
            found = found[-4096:] + self._read(0.5)
            if time.perf_counter() > deadline:
                raise TimeoutError(f"{text!r} did not come: {found[-400:]!r}")
        return time.perf_counter() - self._started_at

    def bytes_in(self, seconds: float) -> int:
        """How many bytes come in so much time."""
        before, deadline = self.received, time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            self._read(left)
        return self.received - before

    @property
    def cpu_s(self) -> float:
        """Processor time of the program so far, in seconds."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    @property
    def memory(self) -> int:
        """Resident memory of the program, in bytes."""
        return int(self.process.memory_info().rss)

    def _read(self, seconds: float) -> bytes:
        if not select.select([self._master], [], [], max(0.0, seconds))[0]:
            return b""
        try:
            piece = os.read(self._master, 1 << 16)
        except OSError:  # how a terminal says that nobody has it open
            raise RuntimeError(f"The program ended; the last it said: {self._last.decode(errors='replace')}") from None
        self._last = (self._last + piece)[-2000:]
        self.received += len(piece)
        return piece


@contextmanager
def at_terminal(command: Sequence[str | Path], directory: Path, size: tuple[int, int] = SIZE) -> Iterator[Terminal]:
    """`python COMMAND` at a terminal of so many columns and lines, with its files in `directory`; killed at the end."""
    columns, rows = size
    config = directory / "config.toml"
    config.touch()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
    environment = {
        **kept,
        "LLAMACHAT_CONFIG": str(config),
        "LLAMACHAT_DATA_DIR": str(directory / "data"),
        # As it is installed: compiled once.
        "PYTHONPYCACHEPREFIX": str(directory.parent / "llamachat-bytecode"),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    started_at = time.perf_counter()
    try:
        process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        try:
            yield Terminal(master, process, started_at)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    finally:
        os.close(master)
