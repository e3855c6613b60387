"""Daemons on this computer for the length of one demo, which outlive it by nothing: no process, no port, no file."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import importlib.util
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Final

from llamachat.base.text import one_line
from llamachat.cli.invocation import CommandError
from llamachat.cli.rendering import GUIDE_LABEL
from llamachat.cli.status_line import StatusLine, on_stderr
from llamachat.config.context import AppContext, addresses
from llamachat.config.places import Places
from llamachat.config.schema import AUTO_MODEL, ChatSettings, NodeSettings, SamplingSettings, Settings

START_TIMEOUT_S: Final = 120.0
"""How long the daemons may take to be ready; a slow machine loads the model in a few seconds."""
STOP_TIMEOUT_S: Final = 5.0
"""How long a daemon may take to stop, before it is killed."""
SHOWN_LOG_LINES: Final = 5

_PREFIX: Final = "llamachat-demo-"
_LOCK: Final = "running"
_READY: Final = re.compile(r"\bready on (wss?://[^\s,]+)")
_MISSING_EXTRA: Final = (
    "The demo runs daemons on this computer, and what they need is not installed. Run: pip install 'llamachat[daemon]'"
)


@contextmanager
def running(count: int, settings: Settings, places: Places) -> Iterator[AppContext]:
    """Starts `count` daemons with the built-in guide; gives the context to use them in; stops and removes everything.

    The screen looks as the person has set it; nodes, model, sampling and history are the demo's own.

    Raises:
        CommandError: the daemons are not installed, or one does not start.
    """
    if importlib.util.find_spec("llama_cpp") is None:
        raise CommandError(_MISSING_EXTRA)
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(_directory())
        daemons: list[_Daemon] = []
        stack.callback(_end, daemons)
        _start(count, directory, daemons)
        urls = _wait_until_ready(daemons, on_stderr())
        nodes = tuple(NodeSettings(name=daemon.name, url=url) for daemon, url in zip(daemons, urls, strict=True))
        client = directory / "client"
        yield AppContext(
            settings=dataclasses.replace(
                settings,
                nodes=nodes,
                # The guide is right most often when it takes the likeliest word each time.
                chat=ChatSettings(model=AUTO_MODEL, sampling=SamplingSettings(temperature=0.0)),
            ),
            places=dataclasses.replace(places, data_dir=client, state_dir=client),
            addresses=addresses(nodes, {}),
            banner=f"Demo on {count} node{'s' * (count > 1)} of this computer. Answers come from {GUIDE_LABEL}; "
            "nothing is kept.",
        )


class _Daemon:
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

    def read(self, lines: queue.SimpleQueue[tuple[_Daemon, str]]) -> None:
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


def _start(count: int, directory: Path, daemons: list[_Daemon]) -> None:
    """Starts them into the list, in a thread of its own: a signal is raised in the main thread, and in the middle of
    starting a process it would leave one that nobody knows."""

    def start() -> None:
        for number in range(1, count + 1):
            daemons.append(_Daemon(f"demo-{number}", directory))  # noqa: PERF401  known before the next begins

    with ThreadPoolExecutor(1) as starter:  # leaving waits for it, whatever is raised meanwhile
        starter.submit(start).result()


def _end(daemons: Sequence[_Daemon]) -> None:
    """Tells all to stop before any is waited for."""
    for daemon in daemons:
        daemon.stop()
    for daemon in daemons:
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


def _wait_until_ready(daemons: Sequence[_Daemon], status: StatusLine) -> list[str]:
    """The address of each daemon, once all are ready.

    Raises:
        CommandError: one ended instead, or they take too long.
    """
    lines: queue.SimpleQueue[tuple[_Daemon, str]] = queue.SimpleQueue()
    for daemon in daemons:
        threading.Thread(target=daemon.read, args=(lines,), name=f"output of {daemon.name}", daemon=True).start()
    ready: dict[_Daemon, str] = {}
    deadline = monotonic() + START_TIMEOUT_S
    try:
        while len(ready) < len(daemons):
            status.show(f"starting {len(daemons)} local nodes, {len(ready)} ready")
            try:
                daemon, line = lines.get(timeout=max(0.0, deadline - monotonic()))
            except queue.Empty:
                raise CommandError(f"The demo's daemons were not ready within {START_TIMEOUT_S:g} s.") from None
            if not line:
                raise CommandError(
                    f"{daemon.name}, a daemon of the demo, did not start.\n{daemon.last_words()}".strip()
                )
            if daemon not in ready and (match := _READY.search(line)):
                ready[daemon] = match[1]
    finally:
        status.clear()
    return [ready[daemon] for daemon in daemons]


@contextmanager
def _directory() -> Iterator[Path]:
    """A private directory that is removed at the end; those that killed demos left behind go first."""
    root = Path(tempfile.gettempdir())
    for left in root.glob(f"{_PREFIX}*"):
        _remove_if_abandoned(left)
    directory = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        with (directory / _LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # the system lets go of it when this program ends, in whatever way
            yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _remove_if_abandoned(directory: Path) -> None:
    with contextlib.suppress(OSError):  # somebody else's, or gone already
        if directory.stat().st_uid != os.getuid():
            return
        with (directory / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(directory)
