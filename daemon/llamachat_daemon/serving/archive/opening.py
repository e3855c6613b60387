"""Opening the file: whose it is, which schema it has, and upgrading it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from llamachat.base.files import PRIVATE_FILE, make_private_directory
from llamachat_daemon.serving.archive.database import Database
from llamachat_daemon.serving.archive.errors import ArchiveError, from_os, from_sqlite
from llamachat_daemon.serving.archive.limits import BUSY_TIMEOUT_S, KEPT_BACKUPS
from llamachat_daemon.serving.archive.migrations import MIGRATIONS, Migration

APPLICATION_ID: Final = 0x4C6C6D61
"""Marks the file as ours in SQLite's header ("Llma")."""

_PAGE_BYTES: Final = 8192
_CACHE_KIB: Final = 8 * 1024
_LOG_BYTES: Final = 64 * 1024 * 1024


def open_database(path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> Database:
    """Opens the archive at `path`, makes it if there is none, brings it to the newest schema.

    The connection is for one thread at a time, not for the one that opened it.

    Raises:
        ArchiveError: it cannot be used; a file that is damaged, foreign or newer is not touched.
    """
    _prepare(path)
    check_writable(path)
    try:
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_S, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise from_sqlite(error, path) from error
    try:
        check_owner(connection, path, migrations)
        _configure(connection)
        _upgrade(connection, path, migrations)
    except sqlite3.Error as error:
        connection.close()
        raise from_sqlite(error, path) from error
    except OSError as error:
        connection.close()
        raise from_os(error, path) from error
    except BaseException:
        connection.close()
        raise
    return Database(connection, path)


def check_writable(path: Path) -> None:
    """Whether the file and its directory can be written: SQLite would open the file for reading, and fail later.

    Raises:
        ArchiveError: `read_only`.
    """
    if not all(os.access(place, os.W_OK, effective_ids=True) for place in (path, path.parent)):
        raise from_os(PermissionError(), path)


def check_owner(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Whether the file is an archive of this version or an older one, or empty.

    Raises:
        ArchiveError: it is not.
    """
    version, newest = schema(connection), migrations[-1].number
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    is_empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if not (application == APPLICATION_ID or (is_empty and application == version == 0)):
        raise ArchiveError(
            "foreign", f"{path} is another program's database. Move it away, or choose another --data-dir."
        )
    if version > newest:
        raise ArchiveError(
            "newer",
            f"{path} was written by a newer llamachat-daemon (schema {version}, this one knows {newest}); it was not "
            "touched. Upgrade this daemon, or move the file away.",
        )


def schema(connection: sqlite3.Connection) -> int:
    """The number of the schema that the file has, 0 for none."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _prepare(path: Path) -> None:
    """Makes the directory and an empty file where there are none, for the owner alone. SQLite gives the log and the
    shared memory beside the file the file's own mode."""
    try:
        make_private_directory(path.parent)
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
        except FileExistsError:
            status = path.stat()
            if status.st_uid == os.geteuid() and status.st_mode & 0o077:
                path.chmod(PRIVATE_FILE)
    except OSError as error:
        raise from_os(error, path) from error
    if not path.is_file():
        raise ArchiveError("foreign", f"{path} is not a file. Move it away, or choose another --data-dir.")


def _configure(connection: sqlite3.Connection) -> None:
    if schema(connection) == 0:
        # Both take effect before the first table only. What expires gives its space back.
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL").fetchone()
    connection.execute("PRAGMA synchronous = FULL")  # what was acknowledged survives the loss of power too
    connection.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute("PRAGMA foreign_keys = ON")


def _upgrade(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    if schema(connection) == migrations[-1].number:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = schema(connection)  # again: another process may have done it while this one waited
        pending = [step for step in migrations if step.number > version]
        if version and pending:
            _back_up(path, version)
        for step in pending:
            for statement in step.statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {step.number}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _back_up(path: Path, version: int) -> None:
    """Copies the file, as last committed, before an upgrade; only the newest copies are kept."""
    time_of_day = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    target = path.with_name(f"{path.name}.schema-{version}.{time_of_day}.backup")
    unfinished = target.with_name(f".{target.name}.new")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
    try:
        with (
            closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(unfinished)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        unfinished.replace(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    copies = sorted(path.parent.glob(f"{path.name}.schema-*.backup"), key=lambda p: (p.stat().st_mtime_ns, p.name))
    for surplus in copies[:-KEPT_BACKUPS]:
        surplus.unlink(missing_ok=True)
