"""Daemon processes on this computer, which outlive the program that started them by nothing."""

from __future__ import annotations

import queue
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Final

from llamachat.base.text import one_line
from llamachat.demo.trouble import DemoError

START_TIMEOUT_S: Final = 120.0
"""How long the daemons may take to be ready; a slow machine loads the model in a few seconds."""
STOP_TIMEOUT_S: Final = 5.0
"""How long a daemon may take to stop, before it is killed."""
SHOWN_LOG_LINES: Final = 5

_READY: Final = re.compile(r"\bready on (wss?://[^\s,]+)")


class Daemon:
    """One daemon process.

    It runs in a session of its own, so that Ctrl+C reaches this program alone. It watches the pipe on its standard
    input: when this program ends, however it ends, the pipe closes and the daemon stops.
    """

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        self._log = directory / f"{name}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                _command(name, directory / name),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )

    def stop(self) -> None:
        """Tells it to stop at once."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def wait(self) -> None:
        """Waits until it has stopped, and sees to it that it has."""
        self.stop()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def read(self, lines: queue.SimpleQueue[tuple[Daemon, str]]) -> None:
        """Passes on every line that the daemon prints, and an empty one when it ends."""
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                lines.put((self, line.decode(errors="replace")))
        lines.put((self, ""))

    def last_words(self) -> str:
        """The end of its log."""
        lines = self._log.read_text(errors="replace").splitlines()[-SHOWN_LOG_LINES:]
        return "\n".join(one_line(line) for line in lines)


class Daemons:
    """Several daemons, started once and ended together. `stop` may be called from any thread."""

    def __init__(self) -> None:
        self._daemons: list[Daemon] = []
        self._starting = threading.Lock()
        self._is_over = False

    def start(self, count: int, directory: Path) -> None:
        """Starts them in a thread of its own: a signal is raised in the main thread, and in the middle of starting a
        process it would leave one that nobody knows."""

        def start() -> None:
            for number in range(1, count + 1):
                with self._starting:
                    if self._is_over:
                        return
                    self._daemons.append(Daemon(f"demo-{number}", directory))  # known before the next begins

        with ThreadPoolExecutor(1) as starter:  # leaving waits for it, whatever is raised meanwhile
            starter.submit(start).result()

    def wait_until_ready(self, tell: Callable[[str], None]) -> dict[str, str]:
        """The address of each daemon by its name, once all are ready; `tell` is called with how far they are.

        Raises:
            DemoError: one ended instead, or they take too long.
        """
        lines: queue.SimpleQueue[tuple[Daemon, str]] = queue.SimpleQueue()
        for daemon in self._daemons:
            threading.Thread(target=daemon.read, args=(lines,), name=f"output of {daemon.name}", daemon=True).start()
        ready: dict[str, str] = {}
        deadline = monotonic() + START_TIMEOUT_S
        while len(ready) < len(self._daemons):
            tell(f"starting {len(self._daemons)} local nodes, {len(ready)} ready")
            try:
                daemon, line = lines.get(timeout=max(0.0, deadline - monotonic()))
            except queue.Empty:
                raise DemoError(f"The demo's daemons were not ready within {START_TIMEOUT_S:g} s.") from None
            if not line:
                words = f"{daemon.name}, a daemon of the demo, did not start.\n{daemon.last_words()}"
                raise DemoError(words.strip())
            if daemon.name not in ready and (match := _READY.search(line)):
                ready[daemon.name] = match[1]
        return {daemon.name: ready[daemon.name] for daemon in self._daemons}

    def stop(self) -> None:
        """Starts no more, and tells all to stop."""
        with self._starting:
            self._is_over = True
        for daemon in self._daemons:
            daemon.stop()

    def end(self) -> None:
        """Tells all to stop before any is waited for."""
        self.stop()
        for daemon in self._daemons:
            daemon.wait()


def _command(name: str, data_dir: Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "llamachat_daemon",
        "serve",
        "--host=127.0.0.1",
        "--port=0",
        f"--name={name}",
        f"--data-dir={data_dir}",
        f"--config={_config_file(data_dir)}",
        "--stop-with-stdin",
    ]


def _config_file(data_dir: Path) -> Path:
    """An empty settings file, so that those of a daemon that this computer runs in earnest do not apply."""
    data_dir.mkdir(mode=0o700)
    file = data_dir / "daemon.toml"
    file.touch(mode=0o600)
    return file
