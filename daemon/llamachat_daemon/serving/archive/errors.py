"""What can go wrong with the archive's file, in words and as a state."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Final, Literal

State = Literal["full", "read_only", "busy", "damaged", "newer", "foreign", "unavailable"]
"""`full`: no space left; `read_only`: cannot be written; `busy`: another program holds it; `damaged`: not a sound
database; `newer`: written by a newer daemon; `foreign`: another program's file; `unavailable`: the disk failed."""

_OTHERWISE: Final = "The archive of this node cannot be used; its log says why. Tell its operator."
_FOR_CLIENTS: Final[dict[State, str]] = {
    "full": "The disk of this node's archive is full. Nothing stored was lost; its operator has to free some space.",
    "read_only": "This node's archive cannot be written. Nothing stored was lost; its operator has to make it so.",
    "busy": "Another program holds the archive of this node. Try again in a moment.",
    "damaged": "The archive of this node is damaged. Tell its operator; what you have yourself is not touched.",
}

_SCARCE_BYTES: Final = 256 * 1024
"""Free space under which a failed write is taken for a full disk: SQLite reports some of those as plain I/O errors."""

_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_READ_ONLY: Final = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}
_BUSY: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_MAYBE_FULL: Final = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}


class ArchiveError(Exception):
    """The file refused; nothing that was acknowledged is lost. The text tells the operator what to do, `for_clients` is
    for everybody else: it names no places of this machine."""

    def __init__(self, state: State, sentence: str) -> None:
        self.state: State = state
        self.for_clients = _FOR_CLIENTS.get(state, _OTHERWISE)
        super().__init__(sentence)


def from_sqlite(error: sqlite3.Error, path: Path) -> ArchiveError:
    """The typed error for one of SQLite's about the file at `path`."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the low byte is the primary code
    if code == sqlite3.SQLITE_FULL or (code in _MAYBE_FULL and _disk_is_full(path)):
        return _full(path)
    if code in _READ_ONLY or (code == sqlite3.SQLITE_IOERR and _is_mounted_read_only(path)):
        return _read_only(path)
    if code in _BUSY:
        return ArchiveError("busy", f"Another program is holding {path}. Close it, or try again in a moment.")
    if code in _DAMAGED:
        return damaged(path, str(error))
    return ArchiveError("unavailable", f"{path} cannot be used: {error}.")


def from_os(error: OSError, path: Path) -> ArchiveError:
    """The typed error for one of the system's about the file at `path`."""
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return _read_only(path)
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or _disk_is_full(path):
        return _full(path)
    return ArchiveError("unavailable", f"{path} cannot be used: {error.strerror or error}.")


def damaged(path: Path, finding: str) -> ArchiveError:
    """The error for a file that is no sound archive."""
    return ArchiveError(
        "damaged",
        f"{path} is damaged or not an archive ({finding}). Move it away and start the daemon again: clients bring what "
        f"they have. Copies from before upgrades lie beside it as {path.name}.schema-*.backup.",
    )


def _full(path: Path) -> ArchiveError:
    return ArchiveError("full", f"The disk with {path} is full. Nothing stored was lost; free some space.")


def _read_only(path: Path) -> ArchiveError:
    return ArchiveError(
        "read_only",
        f"{path} cannot be written. Make the file and its directory writable for the user that the daemon runs as.",
    )


def _disk_is_full(path: Path) -> bool:
    return shutil.disk_usage(_existing(path)).free < _SCARCE_BYTES


def _is_mounted_read_only(path: Path) -> bool:
    """As Linux does by itself with a disk that fails."""
    return bool(os.statvfs(_existing(path)).f_flag & os.ST_RDONLY)


def _existing(path: Path) -> Path:
    return next((p for p in (path, *path.parents) if p.exists()), Path("/"))
