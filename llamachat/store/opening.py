"""Opening the file: who may read it, whose it is, which schema it has, and upgrading it."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from llamachat.base.files import PRIVATE_FILE, make_private_directory
from llamachat.store.connection import Database
from llamachat.store.errors import StoreError, from_os, from_sqlite, read_only
from llamachat.store.limits import StoreLimits
from llamachat.store.migrations import Migration

APPLICATION_ID: Final = 0x4C6C6D63
"""Marks the file as ours in SQLite's header ("Llmc")."""

_OLDEST_SQLITE: Final = (3, 35, 0)
_PAGE_BYTES: Final = 8192
_CACHE_KIB: Final = 16 * 1024
_LOG_BYTES: Final = 64 * 1024 * 1024
_RETRY_S: Final = 0.01


def open_database(
    path: Path, limits: StoreLimits, now: Callable[[], float], migrations: Sequence[Migration]
) -> Database:
    """Opens the history at `path`, makes it if there is none, brings it to the newest schema.

    A file that cannot be written is opened for reading.

    Raises:
        StoreError: it cannot be used; a file that is damaged, foreign or newer is not touched.
    """
    path = path.expanduser().resolve()
    _check_sqlite()
    writable = _prepare(path)
    try:
        connection = _connect(path, limits, writable)
    except sqlite3.Error as error:
        raise from_sqlite(error, path) from error
    try:
        _check_owner(connection, path, migrations)
        if writable:
            _configure(connection, limits)
            _upgrade(connection, path, limits, migrations)
        elif _schema(connection) < migrations[-1].number:
            raise StoreError(
                "read_only",
                f"{path} was written by an older llamachat and cannot be upgraded, because it cannot be written. Make "
                "the file and its directory writable, or choose another data directory.",
            )
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute("PRAGMA temp_store = MEMORY")
    except sqlite3.Error as error:
        connection.close()
        raise from_sqlite(error, path) from error
    except BaseException:
        connection.close()
        raise
    return Database(connection, path, limits, now, writable)


def _check_sqlite() -> None:
    with closing(sqlite3.connect(":memory:")) as probe:
        has_search = probe.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')").fetchone()[0]
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE or not has_search:
        wanted = ".".join(map(str, _OLDEST_SQLITE))
        raise StoreError(
            "unavailable",
            f"This Python has SQLite {sqlite3.sqlite_version}{'' if has_search else ' without FTS5'}; llamachat needs "
            f"{wanted} or later with FTS5. Use a Python from python.org or from your system's packages.",
        )


def _prepare(path: Path) -> bool:
    """Makes the directory and an empty file where there are none, for the owner alone; whether it can be written.

    SQLite gives the log and the shared memory beside the file the file's own mode.
    """
    try:
        make_private_directory(path.parent)
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
        except FileExistsError:
            status = path.stat()
            if status.st_uid == os.geteuid() and status.st_mode & 0o077:
                path.chmod(PRIVATE_FILE)
    except OSError as error:
        if not path.is_file() or not os.access(path, os.R_OK):
            raise from_os(error, path) from error
    if not path.is_file():
        raise StoreError("foreign", f"{path} is not a file. Choose another data directory.")
    return os.access(path, os.W_OK, effective_ids=True) and os.access(path.parent, os.W_OK, effective_ids=True)


def _connect(path: Path, limits: StoreLimits, writable: bool) -> sqlite3.Connection:
    def connect(query: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{path.as_uri()}?{query}", uri=True, isolation_level=None, timeout=limits.busy_timeout_s
        )
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    if writable:
        return connect("mode=rw")
    try:
        return connect("mode=ro")
    except sqlite3.OperationalError:
        # A log needs shared memory beside it, which cannot be made here. With nothing in the log the file alone is all.
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size > 0:
            raise read_only(path) from None
        return connect("mode=ro&immutable=1")


def _schema(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _check_owner(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    version, newest = _schema(connection), migrations[-1].number
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    is_empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if not (application == APPLICATION_ID or (is_empty and application == version == 0)):
        raise StoreError("foreign", f"{path} is another program's database. Choose another data directory.")
    if version > newest:
        raise StoreError(
            "newer",
            f"{path} was written by a newer llamachat (schema {version}, this one knows {newest}); it was not touched. "
            "Upgrade this llamachat, or choose another data directory.",
        )


def _configure(connection: sqlite3.Connection, limits: StoreLimits) -> None:
    # An existing file is not configured again: that would be a write, which waits for others and wakes them.
    if _schema(connection) == 0:
        # Both take effect before the first table only. Purging gives space back; texts fill larger pages better.
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    deadline = time.monotonic() + limits.busy_timeout_s
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            break
        except sqlite3.OperationalError as error:
            # Two processes that make the file at once: SQLite does not wait here, lest both wait for ever.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_S)
    connection.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")


def _upgrade(connection: sqlite3.Connection, path: Path, limits: StoreLimits, migrations: Sequence[Migration]) -> None:
    if _schema(connection) == migrations[-1].number:
        return
    connection.execute("PRAGMA synchronous = FULL")
    with _exclusive(connection):
        version = _schema(connection)  # again: another process may have done it while this one waited
        pending = [step for step in migrations if step.number > version]
        if version and pending:
            _back_up(path, version, limits)
        for step in pending:
            for statement in step.statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {step.number}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


@contextmanager
def _exclusive(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _back_up(path: Path, version: int, limits: StoreLimits) -> None:
    time_of_day = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    target = path.with_name(f"{path.name}.schema-{version}.{time_of_day}.backup")
    for cut_short in path.parent.glob(f".{path.name}.schema-*.backup.new*"):  # by a process that was killed
        cut_short.unlink(missing_ok=True)
    copy_database(path, target)
    older = sorted(path.parent.glob(f"{path.name}.schema-*.backup"), key=lambda p: (p.stat().st_mtime_ns, p.name))
    for surplus in older[: -limits.kept_backups]:
        surplus.unlink(missing_ok=True)


def copy_database(path: Path, target: Path) -> None:
    """Copies the database at `path`, as last committed, to `target`: a single file, mode 0600, durable on return.

    Raises:
        OSError, sqlite3.Error: it could not; `target` is as before.
    """
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
