"""Looking after the file: is it sound, did another program change it, copies, space."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from llamachat.store import indexing
from llamachat.store.connection import Database, Part
from llamachat.store.errors import StoreError, from_os, from_sqlite
from llamachat.store.opening import copy_database

_MOST_FINDINGS: Final = 100


class Upkeep(Part):
    """Methods of the store about its file."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._seen_version: int = self._data_version()

    def changed_elsewhere(self) -> bool:
        """Whether another connection wrote to the file since this was last asked; cheap enough to ask every second."""
        version = self._data_version()
        changed = version != self._seen_version
        self._seen_version = version
        return changed

    def integrity_check(self) -> list[str]:
        """What is wrong with the file, a line each; empty when it is sound. Reads all of it."""
        findings = [row[0] for row in self._db.all(f"PRAGMA integrity_check({_MOST_FINDINGS})") if row[0] != "ok"]
        findings += [
            f"row {row} of {table} refers to a missing row of {parent}"
            for table, row, parent, _ in self._db.all("PRAGMA foreign_key_check")
        ]
        if self._db.writable:
            findings += [
                problem for table in ("message_index", "title_index") if (problem := self._index_problem(table))
            ]
        unindexed = self._db.require(
            "SELECT count(*) FROM messages m JOIN texts t ON t.message = m.row"
            " WHERE m.indexed <> (m.state <> 'partial')"
        )[0]
        if unindexed:
            findings.append(f"{unindexed} messages cannot be found by searching; rebuild the index")
        return findings

    def rebuild_index(self) -> None:
        """Makes the full-text index anew from what is stored."""
        with self._db.write():
            for table in ("message_index", "title_index"):
                self._db.run(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")
            self._db.run("UPDATE messages SET indexed = 0")
            last = 0
            while rows := self._db.all(
                "SELECT m.row, t.content FROM messages m JOIN texts t ON t.message = m.row"
                " WHERE m.row > ? AND m.state <> 'partial' ORDER BY m.row LIMIT 500",
                last,
            ):
                for row, content in rows:
                    indexing.add_message(self._db, row, content)
                last = rows[-1][0]
            for row, title in self._db.all("SELECT row, title FROM chats"):
                indexing.add_title(self._db, row, title)

    def back_up(self, target: Path) -> None:
        """Copies everything to a new file, mode 0600, while others go on using this one.

        Raises:
            StoreError: it cannot be written.
        """
        try:
            copy_database(self._db.path, target)
        except OSError as error:
            raise from_os(error, target) from error
        except sqlite3.Error as error:
            raise from_sqlite(error, target) from error

    def compact(self) -> None:
        """Gives the space of what was purged back to the disk, and leaves nothing of it in the log."""
        with self._db.write():
            for table in ("message_index", "title_index"):
                self._db.run(f"INSERT INTO {table} ({table}) VALUES ('optimize')")
        self._db.shrink()
        self._db.all("PRAGMA wal_checkpoint(TRUNCATE)")

    def _index_problem(self, table: str) -> str | None:
        try:
            with self._db.write():
                self._db.run(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")
        except StoreError as error:
            if error.state != "damaged":
                raise
            return f"{table} is damaged; rebuild the index"
        return None

    def _data_version(self) -> int:
        version: int = self._db.require("PRAGMA data_version")[0]
        return version
