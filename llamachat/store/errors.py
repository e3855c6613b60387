"""What can go wrong with the store, in words and as a state that a screen can react to."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Final, Literal

StoreState = Literal[
    "full",
    "read_only",
    "busy",
    "damaged",
    "newer",
    "foreign",
    "missing",
    "conflict",
    "invalid",
    "too_large",
    "unavailable",
]
"""`full`: no space left; `read_only`: may be read only; `busy`: another program holds it; `damaged`: not a sound
database; `newer`: written by a newer llamachat; `foreign`: another program's file; `missing`: no such chat or message;
`conflict`: contradicts what is stored; `invalid`: what no history can hold; `too_large`: over a limit; `unavailable`:
the disk or the file failed."""

_SCARCE_BYTES: Final = 256 * 1024
"""Free space under which a failed write is taken for a full disk: SQLite reports some of those as plain I/O errors."""

_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_READ_ONLY: Final = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}
_BUSY: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_MAYBE_FULL: Final = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}


class StoreError(Exception):
    """The store could not do it; nothing that it had acknowledged is lost. The text says what to do."""

    def __init__(self, state: StoreState, sentence: str) -> None:
        self.state: StoreState = state
        super().__init__(sentence)


class QueryError(Exception):
    """A search that cannot be run as typed; the text says what to type instead."""


def missing(what: str, identifier: str) -> StoreError:
    """The error for an id that the store does not hold; `what` is "chat", "message" and so on."""
    return StoreError("missing", f"There is no {what} {identifier[:64]!r} in the history; it may have been purged.")


def from_sqlite(error: sqlite3.Error, path: Path) -> StoreError:
    """The typed error for one of SQLite's about the file at `path`."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the low byte is the primary code
    if code == sqlite3.SQLITE_FULL or (code in _MAYBE_FULL and _is_full(path)):
        return full(path)
    if code in _READ_ONLY:
        return read_only(path)
    if code in _BUSY:
        return StoreError("busy", f"Another program is holding {path}. Close it, or try again in a moment.")
    if code in _DAMAGED:
        return StoreError(
            "damaged",
            f"{path} is damaged or not a history ({error}). Move it away and start again, or put back a copy: "
            f"those made before upgrades lie beside it as {path.name}.schema-*.backup.",
        )
    if code == sqlite3.SQLITE_TOOBIG or isinstance(error, sqlite3.DataError):
        return StoreError("too_large", f"That is more than {path} can hold in one place ({error}). Store less at once.")
    return StoreError("unavailable", f"{path} cannot be used: {error}. What was stored before is still there.")


def from_os(error: OSError, path: Path) -> StoreError:
    """The typed error for one of the system's about the file at `path`."""
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return read_only(path)
    if _is_full(path):
        return full(path)
    return StoreError("unavailable", f"{path} cannot be used: {error.strerror or error}.")


def full(path: Path) -> StoreError:
    """The error for a disk without space."""
    return StoreError("full", f"The disk with {path} is full. Nothing stored was lost; free some space and try again.")


def read_only(path: Path) -> StoreError:
    """The error for a write to what may only be read."""
    return StoreError(
        "read_only",
        f"{path} cannot be written. What it holds can still be read; to store more, make the file and its directory "
        f"writable for {_user()}, or choose another data directory.",
    )


def _is_full(path: Path) -> bool:
    existing = next((p for p in (path, *path.parents) if p.exists()), Path("/"))
    return shutil.disk_usage(existing).free < _SCARCE_BYTES


def _user() -> str:
    return f"the user {os.environ['USER']}" if os.environ.get("USER") else "this user"
