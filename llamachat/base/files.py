"""Files that are either wholly there or wholly as before, readable by their owner alone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700


def make_private_directory(path: Path) -> Path:
    """Makes `path` and its missing parents, each for its owner alone; returns `path`.

    Raises:
        OSError: it cannot be made.
    """
    for missing in reversed([p for p in (path, *path.parents) if not p.exists()]):
        missing.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    return path


def write_atomically(path: Path, data: bytes | str) -> None:
    """Replaces `path` with `data` (text as UTF-8), mode 0600, durable when this returns.

    A reader sees the old contents or the new, never a part, even when the machine stops in between. A symbolic link
    is followed, so that settings kept elsewhere stay there.

    Raises:
        OSError: it cannot be written; the old contents stand.
    """
    path = path.resolve()
    make_private_directory(path.parent)
    raw = data.encode() if isinstance(data, str) else data
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), PRIVATE_FILE)
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
