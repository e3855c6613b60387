"""The files of a demo, which outlive it only when it is killed, and then until the next one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PREFIX: Final = "llamachat-demo-"
_LOCK: Final = "running"


@contextmanager
def private_directory() -> Iterator[Path]:
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
