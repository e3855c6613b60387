"""A slow line between a program and its terminal: python -m tests.terminal.link BITS_PER_SECOND COMMAND ...

The program runs at a terminal of its own, whose bytes pass in both directions at this rate and no faster; what it
writes beyond that blocks it, as it would at the end of a slow line.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pty
import signal
import sys
import termios
import tty
from typing import Final

SLICES_PER_S: Final = 50
"""A line passes its bytes in so many pieces a second."""


async def _pass_on(source: int, target: int, bytes_per_s: float) -> None:
    """Passes everything on at the rate, until the source ends."""
    piece = max(1, round(bytes_per_s / SLICES_PER_S))
    loop = asyncio.get_running_loop()
    free_at = loop.time()
    while data := await _read(source, piece):
        free_at = max(free_at, loop.time()) + len(data) / bytes_per_s
        await asyncio.sleep(free_at - loop.time())
        while data:
            data = data[os.write(target, data) :]


async def _read(source: int, size: int) -> bytes:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(source, ready.set)
    try:
        await ready.wait()
        return os.read(source, size)
    except OSError:  # how a terminal says that nobody has it open
        return b""
    finally:
        loop.remove_reader(source)


async def _run(bytes_per_s: float, master: int) -> None:
    def resize() -> None:
        fcntl.ioctl(master, termios.TIOCSWINSZ, fcntl.ioctl(sys.stdin.fileno(), termios.TIOCGWINSZ, b"\0" * 8))

    resize()
    asyncio.get_running_loop().add_signal_handler(signal.SIGWINCH, resize)
    typing = asyncio.create_task(_pass_on(sys.stdin.fileno(), master, bytes_per_s))
    await _pass_on(master, sys.stdout.fileno(), bytes_per_s)
    typing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await typing


def main(arguments: list[str]) -> int:
    """Runs the command at the slow line; its exit status."""
    rate, *command = arguments
    pid, master = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    before = termios.tcgetattr(sys.stdin)
    tty.setraw(sys.stdin)
    try:
        asyncio.run(_run(int(rate) / 8, master))
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
