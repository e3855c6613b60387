"""A real daemon process for a test: on a free port, stopped at the end, its stderr kept for a failure's report."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READY_SECONDS = 60.0
STOP_SECONDS = 20.0

_READY = re.compile(r"ready on (?P<url>ws://\S+:(?P<port>\d+)/chat), model (?P<model>\S+)")


@dataclass(frozen=True)
class HttpAnswer:
    """What a GET route answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class RunningDaemon:
    """A daemon that has said it is ready."""

    url: str
    port: int
    model: str
    data_dir: Path
    process: subprocess.Popen[str]
    stderr_file: Path

    @property
    def pid(self) -> int:
        """Of the front process."""
        return self.process.pid

    def stderr(self) -> str:
        """What it has logged so far."""
        return self.stderr_file.read_text(errors="replace")

    def request(self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> HttpAnswer:
        """Asks over plain HTTP; `headers` replace the ordinary ones, `Host` too."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, headers=dict(headers or {}))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return HttpAnswer(response.status, found, response.read())

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the front process alone."""
        self.process.send_signal(number)

    def wait(self, timeout: float = STOP_SECONDS) -> int:
        """The exit status, when it has ended."""
        return self.process.wait(timeout)


def daemon_command(*arguments: str | Path) -> list[str]:
    """`llamachat-daemon` of this environment, with arguments."""
    return [sys.executable, "-m", "llamachat_daemon", *map(str, arguments)]


def run_daemon(*arguments: str | Path, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Runs a command of the daemon that ends by itself."""
    return subprocess.run(
        daemon_command(*arguments),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@contextlib.contextmanager
def start_daemon(
    *options: str | Path, data_dir: Path | None = None, env: Mapping[str, str] | None = None
) -> Iterator[RunningDaemon]:
    """`llamachat-daemon serve` with `options`, from its ready line to the end of the block.

    A failure inside the block carries what the daemon logged. Without `data_dir` it has an empty one of its own.
    """
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="llamachat-test-")))
        home = data_dir or scratch / "data"
        stderr_file = scratch / "stderr"
        command = daemon_command("serve", "--port", "0", "--data-dir", home, *options)
        log = stack.enter_context(stderr_file.open("w"))
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=None if env is None else dict(env),
            start_new_session=True,
        )
        stack.callback(_stop, process)
        try:
            ready = _READY.fullmatch(_first_line(process))
            assert ready is not None, "the daemon did not become ready"
            yield RunningDaemon(ready["url"], int(ready["port"]), ready["model"], home, process, stderr_file)
        except BaseException as failure:
            failure.add_note(f"the daemon's log:\n{stderr_file.read_text(errors='replace')[-8000:]}")
            raise


def eventually(condition: Callable[[], bool], patience_s: float = READY_SECONDS) -> None:
    """Returns once the condition holds, for what has no event to wait for."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)


def _first_line(process: subprocess.Popen[str]) -> str:
    """The first line of stdout, empty when there is none in time."""
    assert process.stdout is not None
    watchdog = threading.Timer(READY_SECONDS, process.kill)
    watchdog.start()
    try:
        return process.stdout.readline().strip()
    finally:
        watchdog.cancel()


def _stop(process: subprocess.Popen[str]) -> None:
    """Ends it, in order where possible: the second signal does not wait for answers that are still running."""
    with process:
        for number, patience in ((signal.SIGTERM, 1.0), (signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
            if process.poll() is not None:
                return
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience)
