"""Real daemons for a measurement: started together, ended with it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def daemon(directory: Path, *options: str | Path) -> Iterator[str]:
    """The URL of a daemon on a free port, with its data in `directory`; it is stopped at the end."""
    command = [
        sys.executable, "-m", "llamachat_daemon", "serve", "--port", "0", "--data-dir", str(directory),
        "--log-level", "warning", *map(str, options),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            words = process.stdout.readline().split()
            if len(words) < 3:
                raise RuntimeError("The daemon did not start; its messages stand above.")
            yield words[2].rstrip(",")
        finally:
            process.terminate()
