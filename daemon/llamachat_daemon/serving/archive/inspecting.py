"""A look at the file without changing it, for the `check` command."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from llamachat_daemon.serving.archive.errors import ArchiveError, damaged, from_os, from_sqlite
from llamachat_daemon.serving.archive.limits import BUSY_TIMEOUT_S
from llamachat_daemon.serving.archive.opening import check_owner, check_writable, schema


@dataclass(frozen=True, slots=True)
class Contents:
    """What an archive holds; `size` is bytes of the file."""

    principals: int
    chats: int
    size: int


def inspect(path: Path) -> Contents | None:
    """What is in the archive at `path`; None when there is none yet and one could be made. Reads all of the file.

    Raises:
        ArchiveError: the daemon could not use it.
    """
    if not path.exists():
        _check_place(path)
        return None
    check_writable(path)
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)) as connection:
            check_owner(connection, path)
            finding: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if finding != "ok":
                raise damaged(path, finding)
            principals = chats = 0
            if schema(connection):
                principals, chats = connection.execute(
                    "SELECT (SELECT count(*) FROM principals), (SELECT count(*) FROM chats)"
                ).fetchone()
            return Contents(principals, chats, path.stat().st_size)
    except sqlite3.Error as error:
        raise from_sqlite(error, path) from error
    except OSError as error:
        raise from_os(error, path) from error


def _check_place(path: Path) -> None:
    existing = next(parent for parent in path.parents if parent.exists())
    if not existing.is_dir():
        raise ArchiveError("unavailable", f"{existing} is not a directory. Choose another --data-dir.")
    if not os.access(existing, os.W_OK | os.X_OK, effective_ids=True):
        raise from_os(PermissionError(), path)
