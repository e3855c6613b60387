"""The client's command as a process of its own, for tests on an event loop."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import signal
import struct
import sys
import termios
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 60.0


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str


class Terminal:
    """Somebody at a terminal; `screen` is everything that it was sent."""

    def __init__(self, master: int) -> None:
        self._master = master
        self.screen = ""

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def hang_up(self) -> None:
        """Closes it, as the end of a window or of a connection does."""
        if self._master >= 0:
            os.close(self._master)
        self._master = -1

    async def until(self, text: str, times: int = 1) -> None:
        """Reads until `text` has come so many times."""
        async with asyncio.timeout(PATIENCE_S):
            while self.screen.count(text) < times:
                await self._read()

    async def to_the_end(self) -> None:
        """Reads until no program has it open any more."""
        async with asyncio.timeout(PATIENCE_S):
            while await self._read():
                pass

    async def _read(self) -> bool:
        try:
            piece = await asyncio.to_thread(os.read, self._master, 65536)
        except OSError:  # how a terminal says that nobody has it open
            return False
        self.screen += piece.decode(errors="replace")
        return bool(piece)


@dataclass(frozen=True)
class Home:
    """A person's files: nothing of the machine's own settings, history or token reaches the program."""

    directory: Path

    @property
    def data_dir(self) -> Path:
        return self.directory / "data"

    @property
    def config(self) -> Path:
        return self.directory / "config.toml"

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of the program; temporary files go into this home too."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LLAMACHAT_")}
        places = {"LLAMACHAT_DATA_DIR": str(self.data_dir), "TMPDIR": str(self.directory), "TERM": "xterm"}
        if not self.config.exists():
            self.config.touch()
        return {**kept, "LLAMACHAT_CONFIG": str(self.config), **places, **more}

    @asynccontextmanager
    async def start(
        self, *arguments: str, env: Mapping[str, str] | None = None, **more: object
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        """`llamachat ARGUMENTS` with its streams in pipes, standard input empty; killed at the end if it still runs."""
        streams: dict[str, object] = {
            "stdin": asyncio.subprocess.DEVNULL,
            "stdout": asyncio.subprocess.PIPE,
            "stderr": asyncio.subprocess.PIPE,
            **more,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "llamachat",
            *arguments,
            env=self.environment(**(env or {})),
            **streams,  # type: ignore[arg-type]
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            await process.wait()

    @asynccontextmanager
    async def at_terminal(
        self, *arguments: str, env: Mapping[str, str] | None = None, **more: object
    ) -> AsyncIterator[tuple[asyncio.subprocess.Process, Terminal]]:
        """`llamachat ARGUMENTS` at a terminal of 120 columns and 40 lines."""
        master, slave = pty.openpty()
        terminal = Terminal(master)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        streams = {"stdin": slave, "stdout": slave, "stderr": slave, **more}
        try:
            async with self.start(*arguments, env=env, **streams) as process:
                os.close(slave)
                yield process, terminal
        finally:
            terminal.hang_up()

    async def run(self, *arguments: str, stdin: bytes | None = None, env: Mapping[str, str] | None = None) -> Ended:
        """Runs `llamachat ARGUMENTS` to its end."""
        source = asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE
        async with asyncio.timeout(PATIENCE_S), self.start(*arguments, env=env, stdin=source) as process:
            stdout, stderr = await process.communicate(stdin)
            assert process.returncode is not None
            return Ended(process.returncode, stdout.decode(), stderr.decode())


async def ending(process: asyncio.subprocess.Process) -> int:
    """The exit status, once it has ended."""
    async with asyncio.timeout(PATIENCE_S):
        return await process.wait()
