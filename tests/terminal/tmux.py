"""A terminal that is really there: one pane of a tmux server of our own, typed into and looked at."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

PATIENCE_S: Final = 30.0
"""How long the screen may take to show what it should; a full machine is slow, a wrong program is wrong for good."""
_LOOK_EVERY_S: Final = 0.05
_STILL_S: Final = 0.2
"""A screen that has not changed for so long is taken to be drawn."""
_RESTLESS_S: Final = 3.0
"""A screen that never rests, for a cursor blinks on it, is looked at all the same after so long."""

CONFIG: Final = """\
set -g default-terminal {terminal}
set -g set-clipboard on
set -g allow-passthrough off
set -g status off
set -g remain-on-exit on
set -g history-limit 0
set -s escape-time 10
set -g update-environment ""
"""


class NotShownError(AssertionError):
    """The screen did not come to show what it should."""


def missing() -> str:
    """Why there can be no tmux here; empty where it is installed."""
    return "" if shutil.which("tmux") else "tmux is not installed"


class Tmux:
    """One pane of `columns` by `rows` cells on a server that nobody else uses.

    Args:
        directory: for the socket, the configuration and the recording; its path must be short enough for a socket.
        terminal: what programs in the pane find in TERM.
        environment: all that programs in the pane find besides.
    """

    def __init__(
        self, directory: Path, columns: int, rows: int, *, terminal: str, environment: Mapping[str, str]
    ) -> None:
        self.columns, self.rows = columns, rows
        self._directory = directory
        self._socket = directory / "tmux"
        self._status_file = directory / "status"
        self._terminal = terminal
        self._environment = dict(environment)

    async def __aenter__(self) -> Self:
        config = self._directory / "tmux.conf"
        config.write_text(CONFIG.format(terminal=self._terminal))
        self._tmux("-f", str(config), "new-session", "-d", "-x", str(self.columns), "-y", str(self.rows), "exec cat")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._tmux("kill-server")

    async def start(self, command: Sequence[str], recording: Path) -> None:
        """Runs a command in the pane, in the place of what ran there, and records what it writes."""
        self._status_file.unlink(missing_ok=True)
        # The command waits until the recorder listens. tmux itself loses an exit status now and then.
        then = f"echo $? > {shlex.quote(str(self._status_file))}"
        self._tmux("respawn-pane", "-k", f"tmux wait-for begin; {shlex.join(command)}; {then}")
        recorder = [sys.executable, "-m", "tests.terminal.recording", str(recording), *map(str, self.size)]
        self._tmux("pipe-pane", f"exec {shlex.join(recorder)}")
        await self._until(recording.exists, "the recorder has to start")
        self._tmux("wait-for", "-S", "begin")

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self.columns, self.rows

    # ── typing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def press(self, *keys: str) -> None:
        """Presses keys by the names that tmux has for them: `Enter`, `Escape`, `M-Up`, `C-q`, `F5`, `e`."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Types text, character for character."""
        self._tmux("send-keys", "-l", "--", text)

    def paste(self, text: str) -> None:
        """Pastes text, bracketed where the program asked for that."""
        self._tmux("set-buffer", "-b", "paste", "--", text)
        self._tmux("paste-buffer", "-d", "-p", "-b", "paste")

    # ── looking ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def screen(self, *, styled: bool = False) -> str:
        """What the pane shows, a line for each row; `styled`: with the escape sequences of its colours."""
        return self._tmux("capture-pane", "-p", *(["-e"] if styled else []))

    def clipboard(self) -> str:
        """What programs have copied last."""
        return self._tmux("show-buffer", check=False)

    @property
    def status(self) -> int | None:
        """The exit status of the program, as shells count it; None while it runs."""
        written = self._status_file.read_text() if self._status_file.exists() else ""
        return int(written) if written else None

    async def until(self, shown: Callable[[str], bool], expected: str) -> str:
        """The screen, once it shows what `expected` says.

        Raises:
            NotShownError: it does not come to that, or the program ends instead; with the screen.
        """
        return await self._until(lambda: shown(self.screen()), expected)

    async def until_shown(self, *texts: str) -> str:
        """The screen, once all these texts are on it, wherever lines are broken."""
        return await self.until(
            lambda screen: all(flat(text) in flat(screen) for text in texts), " and ".join(map(repr, texts))
        )

    async def until_gone(self, *texts: str) -> str:
        """The screen, once none of these texts is on it."""
        return await self.until(
            lambda screen: all(flat(text) not in flat(screen) for text in texts), f"no {' or '.join(map(repr, texts))}"
        )

    async def until_ended(self) -> int:
        """The exit status of the program, once it is over."""
        await self._until(lambda: self.status is not None, "the end of the program")
        assert self.status is not None
        return self.status

    async def settled(self) -> str:
        """The screen, once nothing moves on it for a moment."""
        loop = asyncio.get_running_loop()
        screen, began = self.screen(), loop.time()
        still_since = began
        while loop.time() < min(still_since + _STILL_S, began + _RESTLESS_S):
            await asyncio.sleep(_LOOK_EVERY_S)
            if (now := self.screen()) != screen:
                screen, still_since = now, loop.time()
        return screen

    async def _until(self, condition: Callable[[], bool], expected: str) -> str:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_S
        while not condition():
            if self.status is not None or loop.time() > deadline:
                why = f"Not within {PATIENCE_S:g} s" if self.status is None else f"It ended with status {self.status}"
                raise NotShownError(f"{why}: {expected}. The screen:\n{framed(self.screen(), self.columns)}")
            await asyncio.sleep(_LOOK_EVERY_S)
        return self.screen()

    def _tmux(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            env={"PATH": os.environ["PATH"], **self._environment},
        )
        if check and done.returncode:
            raise RuntimeError(f"tmux {shlex.join(arguments)}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode(errors="replace")


def flat(screen: str) -> str:
    """Text without what frames and broken lines add: words with single spaces between them."""
    return " ".join(re.sub(r"[│┃║▏▎▍▌▋▊▉█▐▕▔▁▂▃▄▅▆▇┌┐└┘├┤─━╭╮╰╯]", " ", screen).split())


def framed(screen: str, columns: int) -> str:
    """A screen with a frame of its size around it, for reports."""
    lines = screen.rstrip("\n").split("\n")
    edge = "+" + "-" * columns + "+"
    return "\n".join([edge, *(f"|{line.ljust(columns)}|" for line in lines), edge])
