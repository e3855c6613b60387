"""The archive's file: whose it is, upgrades, and what happens when it cannot be used."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from llamachat_daemon.serving.archive import opening
from llamachat_daemon.serving.archive.errors import ArchiveError, from_sqlite
from llamachat_daemon.serving.archive.inspecting import Contents, inspect
from llamachat_daemon.serving.archive.migrations import MIGRATIONS, Migration
from llamachat_daemon.serving.archive.opening import open_database
from llamachat_daemon.serving.archive.reading import whole
from tests.unit.serving.archive_building import chat, message, push

NEXT = MIGRATIONS[-1].number + 1
WITH_ONE_MORE = (
    *MIGRATIONS,
    Migration(NEXT, ("CREATE TABLE extra (a)", "INSERT INTO extra SELECT count(*) FROM chats")),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "archive.db"


def filled(path: Path) -> None:
    """An archive at `path` with one chat of one message, closed."""
    with closing(open_database(path)) as db:
        push(db, chat("c", message("what was stored")))


def holds_what_was_stored(path: Path) -> bool:
    with closing(open_database(path)) as db:
        return [m.content for m in whole(db, "ann", "c").messages] == ["what was stored"]


def refused(path: Path, state: str, words: str) -> None:
    """Neither opens it nor looks into it without saying why."""
    for use in (open_database, inspect):
        with pytest.raises(ArchiveError, match=words) as caught:
            use(path)
        assert caught.value.state == state
        assert str(path) not in caught.value.for_clients


@contextmanager
def without_privileges() -> Iterator[None]:
    """As a user whom file modes bind; root is not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared_directory() -> Iterator[Path]:
    """A directory that an unprivileged user can reach; pytest's own are private."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        yield directory


# ── opening ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_file_and_its_log_are_for_their_owner_alone(path: Path):
    old = os.umask(0)
    try:
        with closing(open_database(path)) as db:
            push(db, chat("c"))
            found = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in path.parent.iterdir()}
        assert found == dict.fromkeys(["archive.db", "archive.db-wal", "archive.db-shm"], 0o600)
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    finally:
        os.umask(old)


def test_a_file_that_others_could_read_is_closed_to_them(path: Path):
    filled(path)
    path.chmod(0o644)
    filled(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_acknowledged_is_waited_for_on_the_disk(path: Path):
    with closing(open_database(path)) as db:
        assert db.all("PRAGMA journal_mode") == [("wal",)]
        assert db.all("PRAGMA synchronous") == [(2,)]  # FULL
        assert db.all("PRAGMA foreign_keys") == [(1,)]


# ── upgrades ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_upgrade_keeps_a_copy_from_before(path: Path):
    filled(path)
    assert list(path.parent.glob("*.backup")) == []
    with closing(open_database(path, WITH_ONE_MORE)) as db:
        assert db.all("SELECT a FROM extra") == [(1,)]
        assert db.all("PRAGMA user_version") == [(NEXT,)]
        assert whole(db, "ann", "c").messages[0].content == "what was stored"
    [backup] = path.parent.glob("*.backup")
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert holds_what_was_stored(backup)


def test_only_the_newest_copies_are_kept(path: Path):
    filled(path)
    for number in range(3):
        older = path.with_name(f"archive.db.schema-0.2020010{number + 1}T000000Z.backup")
        older.touch()
        os.utime(older, (number, number))
    open_database(path, WITH_ONE_MORE).close()
    kept = sorted(entry.name.split(".")[2] for entry in path.parent.glob("*.backup"))
    assert kept == ["schema-0", f"schema-{NEXT - 1}"]


def test_an_upgrade_that_fails_changes_nothing(path: Path):
    filled(path)
    broken = (*MIGRATIONS, Migration(NEXT, ("CREATE TABLE extra (a)", "INSERT INTO nowhere VALUES (1)")))
    with pytest.raises(ArchiveError, match="nowhere"):
        open_database(path, broken)
    assert holds_what_was_stored(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'extra'").fetchone() == (0,)


# ── files that cannot be used ───────────────────────────────────────────────────────────────────────────────────────


def test_a_newer_archive_is_refused_and_not_touched(path: Path):
    open_database(path, WITH_ONE_MORE).close()
    before = path.read_bytes()
    refused(path, "newer", rf"newer llamachat-daemon \(schema {NEXT}, .*Upgrade this daemon")
    assert path.read_bytes() == before


def test_another_programs_database_is_refused_and_not_touched(path: Path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (a)")
        connection.commit()
    before = path.read_bytes()
    refused(path, "foreign", "another program's")
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_called_damaged_and_not_touched(path: Path):
    path.parent.mkdir()
    path.write_bytes(b"not a database, whatever it is" * 100)
    refused(path, "damaged", r"damaged or not an archive.*Move it away")
    assert path.read_bytes() == b"not a database, whatever it is" * 100


def test_damage_inside_is_found_by_looking_and_is_an_error_when_it_is_met(path: Path):
    with closing(open_database(path)) as db:
        for number in range(50):
            push(db, chat(f"c{number}", message("some words " * 100)))
    raw = bytearray(path.read_bytes())
    for at in range(8 * 8192, len(raw), 8192):
        raw[at : at + 4096] = b"\xff" * 4096
    path.write_bytes(raw)
    with pytest.raises(ArchiveError, match="damaged"):
        inspect(path)
    with closing(open_database(path)) as db, pytest.raises(ArchiveError, match="damaged") as caught:
        [whole(db, "ann", f"c{number}") for number in range(50)]
    assert caught.value.state == "damaged"


def test_a_row_that_is_no_chat_any_more_is_called_damaged(path: Path):
    filled(path)
    with closing(open_database(path)) as db:
        db.run("UPDATE messages SET body = ?", b'{"id": 3}')
        with pytest.raises(ArchiveError, match="damaged"):
            whole(db, "ann", "c")


def test_a_directory_in_its_place_is_refused(tmp_path: Path):
    with pytest.raises(ArchiveError, match="not a file"):
        open_database(tmp_path)


def test_a_file_in_place_of_its_directory_is_refused(tmp_path: Path):
    (tmp_path / "data").write_text("")
    refused(tmp_path / "data" / "archive.db", "unavailable", "irectory")


@pytest.mark.parametrize("closed", ["file", "directory"])
def test_what_cannot_be_written_says_so(shared_directory: Path, closed: str):
    path = shared_directory / "archive.db"
    filled(path)
    path.chmod(0o666 if closed == "directory" else 0o444)
    shared_directory.chmod(0o777 if closed == "file" else 0o555)
    with without_privileges():
        refused(path, "read_only", "Make the file and its directory writable")


def test_a_full_disk_loses_nothing_and_says_so(path: Path):
    with closing(open_database(path)) as db:
        push(db, chat("c", message("what was stored")))
        pages = db.all("PRAGMA page_count")[0][0]
        db.all(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(ArchiveError, match="free some space") as caught:
            push(db, chat("d", message("no room for this " * 10_000)))
        assert caught.value.state == "full"
        db.all(f"PRAGMA max_page_count = {pages + 10_000}")
        assert push(db, chat("d", message("room again")))
    assert holds_what_was_stored(path)


@pytest.mark.parametrize(("flags", "state"), [(os.ST_RDONLY, "read_only"), (0, "unavailable")])
def test_a_disk_that_became_read_only_is_told_from_one_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: int, state: str
):
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=flags, f_frsize=4096, f_bavail=10**9))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10**12))
    failed = sqlite3.OperationalError("disk I/O error")
    failed.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
    assert from_sqlite(failed, tmp_path / "archive.db").state == state


def test_a_file_held_by_another_program_says_so(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(opening, "BUSY_TIMEOUT_S", 0.05)
    filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other, closing(open_database(path)) as db:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ArchiveError, match="Another program") as caught:
            push(db, chat("d"))
        assert caught.value.state == "busy"
        assert whole(db, "ann", "c").id == "c"


# ── looking without changing ────────────────────────────────────────────────────────────────────────────────────────


def test_looking_makes_no_file(path: Path):
    assert inspect(path) is None
    assert not path.parent.exists()


def test_looking_counts(path: Path):
    with closing(open_database(path)) as db:
        push(db, chat("c", message(), message()))
        push(db, chat("d", message()))
        push(db, chat("c"), "bob")
    assert inspect(path) == Contents(principals=2, chats=3, size=path.stat().st_size)


def test_looking_where_no_file_can_be_made_says_so(shared_directory: Path):
    shared_directory.chmod(0o555)
    with without_privileges(), pytest.raises(ArchiveError, match="writable"):
        inspect(shared_directory / "new" / "archive.db")


def test_an_empty_file_is_an_archive_to_be(path: Path):
    path.parent.mkdir()
    path.touch()
    assert inspect(path) == Contents(0, 0, 0)
    filled(path)
