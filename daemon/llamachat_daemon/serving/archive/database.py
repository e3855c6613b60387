"""One SQLite connection, used by one thread: transactions, and errors as `ArchiveError`."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llamachat_daemon.serving.archive.errors import from_sqlite

Row = tuple[Any, ...]


class Database:
    """Every method raises `ArchiveError` where the file refuses. `era` stands for this opening of the file."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.path = path
        self.era = secrets.token_hex(8)
        self._connection = connection

    def close(self) -> None:
        """Closes the connection; the write-ahead log is folded into the file."""
        self._connection.close()

    def run(self, sql: str, *parameters: object) -> int:
        """Runs one statement; returns the number of rows it changed."""
        with self._errors():
            return self._connection.execute(sql, parameters).rowcount

    def insert(self, sql: str, *parameters: object) -> int:
        """Runs an INSERT; returns the row's number."""
        with self._errors():
            row = self._connection.execute(sql, parameters).lastrowid
        assert row is not None
        return row

    def give_back(self, pages: int) -> bool:
        """Gives so many pages of the file that nothing uses any more back to the disk; whether there are more."""
        before = self.all("PRAGMA freelist_count")[0][0]
        with self._errors():
            # `execute` would take one step, and each step gives back a single page.
            self._connection.executescript(f"PRAGMA incremental_vacuum({pages})")
        return bool(0 < self.all("PRAGMA freelist_count")[0][0] < before)

    def all(self, sql: str, *parameters: object) -> list[Row]:
        """Every row of a SELECT."""
        with self._errors():
            return self._connection.execute(sql, parameters).fetchall()

    def one(self, sql: str, *parameters: object) -> Row | None:
        """The first row of a SELECT."""
        with self._errors():
            row: Row | None = self._connection.execute(sql, parameters).fetchone()
        return row

    @contextmanager
    def read(self) -> Iterator[None]:
        """One unchanging view of the file for several SELECTs."""
        self.run("BEGIN")
        try:
            yield
        finally:
            self._rollback()  # nothing was written; this only ends the view

    @contextmanager
    def write(self) -> Iterator[None]:
        """A transaction: durable at the end, undone by an exception."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        finally:
            self._rollback()

    def _rollback(self) -> None:
        if self._connection.in_transaction:  # SQLite ends it by itself after some errors
            self.run("ROLLBACK")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise from_sqlite(error, self.path) from error
