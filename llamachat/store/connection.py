"""One SQLite connection: transactions, stamps and the change count that go with them, errors as `StoreError`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llamachat.protocol.stamps import Clock, parse
from llamachat.store.errors import from_sqlite, read_only
from llamachat.store.limits import StoreLimits

Row = tuple[Any, ...]


class Transaction:
    """What a write needs besides SQL: the next stamp, the next change number, the time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._clock: Clock | None = None
        self._change: int | None = None

    def change(self) -> int:
        """The next number of the file's count of changes."""
        if self._change is None:
            self._change = self._meta("change")
        self._change += 1
        return self._change

    @property
    def last_change(self) -> int:
        """Where that count is, with the changes of this transaction."""
        last: int = self._meta("change") if self._change is None else self._change
        return last

    def stamp(self, after: str | None = None) -> str:
        """The next stamp of this store's writer, after `after` too."""
        clock = self._running_clock()
        if after:
            clock.observe(after)
        return clock.stamp()

    def stamp_right_after(self, stamp: str) -> str:
        """The least stamp of this store's writer after that one, for a write that gives way to any later one."""
        clock = Clock(self._meta("writer"), lambda: parse(stamp)[0])
        clock.observe(stamp)
        return clock.stamp()

    def observe(self, stamp: str) -> None:
        """Takes note of another writer's stamp."""
        self._running_clock().observe(stamp)

    def flush(self) -> None:
        """Writes back what was used, as the last act before the commit."""
        if self._change is not None:
            self._database.run("UPDATE meta SET value = ? WHERE key = 'change'", self._change)
        if self._clock is not None:
            self._database.run("UPDATE meta SET value = ? WHERE key = 'clock'", self._clock.stamp())

    def _running_clock(self) -> Clock:
        # Read anew in every transaction: another process on this file writes under the same name.
        if self._clock is None:
            self._clock = Clock(self._meta("writer"), lambda: int(self._database.now() * 1000))
            if last := self._meta("clock"):
                self._clock.observe(last)
        return self._clock

    def _meta(self, key: str) -> Any:
        return self._database.require("SELECT value FROM meta WHERE key = ?", key)[0]


class Database:
    """The connection of one thread. Statements outside a transaction each see the file as it is then."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, limits: StoreLimits, now: Callable[[], float], writable: bool
    ) -> None:
        self.path = path
        self.limits = limits
        self.now = now
        self.writable = writable
        self._connection = connection
        self._transaction: Transaction | None = None
        self._durable: bool | None = None

    def close(self) -> None:
        """Closes the connection; the last one of a file folds the write-ahead log into it."""
        self._connection.close()

    def run(self, sql: str, *parameters: object) -> int:
        """Runs one statement; returns the number of rows it changed."""
        with self._errors():
            return self._connection.execute(sql, parameters).rowcount

    def run_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Runs one statement for each of `rows`."""
        with self._errors():
            self._connection.executemany(sql, rows)

    def insert(self, sql: str, *parameters: object) -> int:
        """Runs an INSERT; returns the row's number."""
        with self._errors():
            row = self._connection.execute(sql, parameters).lastrowid
        assert row is not None
        return row

    def all(self, sql: str, *parameters: object) -> list[Row]:
        """Every row of a SELECT."""
        with self._errors():
            return self._connection.execute(sql, parameters).fetchall()

    def shrink(self) -> None:
        """Gives the pages of the file that nothing uses any more back to the disk."""
        with self._errors():
            # `execute` would take one step of it, and each step gives back a single page.
            self._connection.executescript("PRAGMA incremental_vacuum")

    def one(self, sql: str, *parameters: object) -> Row | None:
        """The first row of a SELECT."""
        with self._errors():
            row: Row | None = self._connection.execute(sql, parameters).fetchone()
        return row

    def require(self, sql: str, *parameters: object) -> Row:
        """The row of a SELECT that always has one."""
        row = self.one(sql, *parameters)
        assert row is not None, sql
        return row

    @contextmanager
    def read(self) -> Iterator[None]:
        """One unchanging view of the file for several SELECTs."""
        if self._connection.in_transaction:
            yield
            return
        self.run("BEGIN")
        try:
            yield
        finally:
            self._rollback()  # nothing was written; this only ends the view

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Transaction]:
        """A transaction, committed at the end and undone by an exception; one inside another is part of it.

        Once committed it survives the end of the process at any moment; with `durable`, the loss of power too (the
        disk is waited for, which may take tens of milliseconds).

        Raises:
            StoreError: it could not be written; nothing of it was.
        """
        if self._transaction is not None:
            yield self._transaction
            return
        if not self.writable:
            raise read_only(self.path)
        self._wait_for_disk(durable)
        self.run("BEGIN IMMEDIATE")  # at once, so that no reader turned writer has to fail
        self._transaction = Transaction(self)
        try:
            yield self._transaction
            self._transaction.flush()
            self.run("COMMIT")
        finally:
            self._transaction = None
            self._rollback()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._connection.in_transaction

    def _wait_for_disk(self, durable: bool) -> None:
        # With a write-ahead log, NORMAL leaves the last commits to the system's buffers: a killed process loses
        # nothing, a power cut may. It can only be changed between transactions.
        if durable is not self._durable:
            self.run(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable

    def _rollback(self) -> None:
        if self._connection.in_transaction:  # SQLite ends it by itself after some errors
            self.run("ROLLBACK")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise from_sqlite(error, self.path) from error


class Part:
    """One concern of the store, over the connection that all of them share."""

    def __init__(self, database: Database) -> None:
        self._db = database
