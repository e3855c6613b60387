"""How a worker process is started: its command line and its environment."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final

OPENMP_DEFAULTS: Final = {
    # Threads that never stop spinning collapse as soon as another process wants the cores; threads that never spin
    # lose most of their speed on an idle machine. A short spin before sleeping is near the best of both.
    "GOMP_SPINCOUNT": "2000",
}
"""Read by the OpenMP runtime when it is loaded, so they must be in the environment from the start."""

ENGINE_DEFAULTS: Final = {
    # An abort inside ggml would otherwise start a debugger to print where it happened, and hang for seconds.
    "GGML_NO_BACKTRACE": "1",
    "PYTHONUNBUFFERED": "1",  # stdout and stderr are the worker's log, read line by line
}


def command(read_fd: int, write_fd: int) -> list[str]:
    """The argv of a worker that reads frames from `read_fd` and writes them to `write_fd`.

    Both are descriptors that it inherits (`pass_fds`). Start it in a session of its own (`start_new_session=True`), so
    that Ctrl+C in a terminal reaches the front alone.
    """
    return [sys.executable, "-m", "llamachat_daemon.engine", "--read-fd", str(read_fd), "--write-fd", str(write_fd)]


def environment(base: Mapping[str, str]) -> dict[str, str]:
    """`base` with what a worker needs; what the operator has set already stays."""
    return {**OPENMP_DEFAULTS, **ENGINE_DEFAULTS, **base}
