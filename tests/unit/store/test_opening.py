from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from llamachat.store import Store, StoreError, StoreLimits
from llamachat.store.migrations import MIGRATIONS, Migration
from tests.unit.store.building import HandClock, question, texts

NEXT = MIGRATIONS[-1].number + 1
WITH_ONE_MORE = (
    *MIGRATIONS,
    Migration(NEXT, ("CREATE TABLE extra (a)", "INSERT INTO extra SELECT count(*) FROM chats")),
)


def modes(directory: Path) -> set[int]:
    return {stat.S_IMODE(entry.stat().st_mode) for entry in directory.iterdir()}


def backups(path: Path) -> list[Path]:
    return sorted(path.parent.glob("*.backup"))


def filled(path: Path) -> str:
    """A store at `path` with one chat of one message, closed; returns the chat's id."""
    with Store.open(path) as store:
        chat = store.create_chat("kept")
        store.add_message(question("what was stored"), chat)
    return chat


def test_files_and_directories_are_for_their_owner_alone_even_the_log(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        with Store.open(tmp_path / "a" / "b" / "history.db") as store:
            store.create_chat()
            assert {entry.name for entry in (tmp_path / "a" / "b").iterdir()} == {
                "history.db", "history.db-wal", "history.db-shm",
            }  # fmt: skip
            assert modes(tmp_path / "a" / "b") == {0o600}
            assert modes(tmp_path) == modes(tmp_path / "a") == {0o700}
    finally:
        os.umask(old)


def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    filled(path)
    path.chmod(0o644)
    with Store.open(path) as store:
        store.create_chat()
        assert modes(path.parent) == {0o600}


def test_what_was_stored_is_there_after_reopening(path: Path) -> None:
    chat = filled(path)
    with Store.open(path) as store:
        assert texts(store.active_path(chat)) == ["what was stored"]
        assert store.writable
        assert store.integrity_check() == []


def test_an_upgrade_keeps_a_copy_from_before(path: Path) -> None:
    chat = filled(path)
    assert backups(path) == []

    with Store.open(path, migrations=WITH_ONE_MORE) as store:
        assert texts(store.active_path(chat)) == ["what was stored"]
    (backup,) = backups(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (NEXT,)
        assert connection.execute("SELECT a FROM extra").fetchone() == (1,)

    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with Store.open(backup) as store:
        assert texts(store.active_path(chat)) == ["what was stored"]
        assert store.integrity_check() == []


def test_a_new_store_makes_no_copy(path: Path) -> None:
    with Store.open(path, migrations=WITH_ONE_MORE):
        assert backups(path) == []


def test_only_the_newest_copies_are_kept(path: Path) -> None:
    filled(path)
    for number in range(3):
        older = path.with_name(f"history.db.schema-0.2020010{number + 1}T000000Z.backup")
        older.touch()
        os.utime(older, (number, number))
    with Store.open(path, limits=StoreLimits(kept_backups=2), migrations=WITH_ONE_MORE):
        assert [entry.name.split(".")[2] for entry in backups(path)] == ["schema-0", f"schema-{NEXT - 1}"]


def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    chat = filled(path)
    broken = (*MIGRATIONS, Migration(NEXT, ("CREATE TABLE extra (a)", "INSERT INTO nowhere VALUES (1)")))
    with pytest.raises(StoreError, match="nowhere"):
        Store.open(path, migrations=broken)

    with Store.open(path) as store:
        assert texts(store.active_path(chat)) == ["what was stored"]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'extra'").fetchone() == (0,)


def test_a_newer_schema_is_refused_and_not_touched(path: Path) -> None:
    with Store.open(path, migrations=WITH_ONE_MORE):
        pass
    before = path.read_bytes()

    with pytest.raises(StoreError, match=rf"newer llamachat \(schema {NEXT}, .*Upgrade this llamachat") as caught:
        Store.open(path)
    assert caught.value.state == "newer"
    assert path.read_bytes() == before


def test_another_programs_database_is_refused_and_not_touched(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (a)")
        connection.commit()
    before = path.read_bytes()

    with pytest.raises(StoreError, match="another program's") as caught:
        Store.open(path)
    assert caught.value.state == "foreign"
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_called_damaged_and_not_touched(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database, whatever it is" * 100)
    with pytest.raises(StoreError, match=r"damaged or not a history.*\.backup") as caught:
        Store.open(path)
    assert caught.value.state == "damaged"
    assert path.read_bytes() == b"not a database, whatever it is" * 100


def test_a_directory_in_its_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not a file"):
        Store.open(tmp_path)


def test_a_file_in_place_of_its_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StoreError, match="cannot be used"):
        Store.open(tmp_path / "data" / "history.db")


def test_damage_inside_is_found_by_the_check(path: Path) -> None:
    with Store.open(path) as store:
        chat = store.create_chat()
        for _ in range(50):
            store.add_message(question("some words " * 100), chat)
    raw = bytearray(path.read_bytes())
    for at in range(40 * 1024, len(raw), 8192):
        raw[at : at + 64] = b"\xff" * 64
    path.write_bytes(raw)

    with Store.open(path) as store:
        try:
            findings = store.integrity_check()
        except StoreError as error:
            assert error.state == "damaged"
        else:
            assert findings != []


def test_a_lost_index_is_found_and_can_be_made_anew(store: Store) -> None:
    chat = store.create_chat("a title")
    store.add_message(question("some words"), chat)
    store._db.run("INSERT INTO message_index (message_index) VALUES ('delete-all')")
    store._db.run("UPDATE messages SET indexed = 0")
    assert store.search("words") == []
    assert "cannot be found" in store.integrity_check()[0]

    store.rebuild_index()
    assert store.integrity_check() == []
    assert len(store.search("words")) == len(store.search("title")) == 1


def test_a_full_disk_loses_nothing_and_says_so(store: Store) -> None:
    chat = store.create_chat("kept")
    store.add_message(question("what was stored"), chat)
    pages = store._db.require("PRAGMA page_count")[0]
    store._db.all(f"PRAGMA max_page_count = {pages + 2}")

    with pytest.raises(StoreError, match="free some space") as caught:
        store.add_message(question("no room for this " * 10_000), chat)
    assert caught.value.state == "full"
    assert texts(store.active_path(chat)) == ["what was stored"]
    assert store.integrity_check() == []

    store._db.all(f"PRAGMA max_page_count = {pages + 10_000}")
    store.add_message(question("room again"), chat)
    assert texts(store.active_path(chat))[-1] == "room again"


def test_a_store_held_by_another_program_says_so(path: Path) -> None:
    filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with Store.open(path, limits=StoreLimits(busy_timeout_s=0.05)) as store:
            with pytest.raises(StoreError, match="Another program") as caught:
                store.create_chat()
            assert caught.value.state == "busy"
            assert len(store.list_chats()) == 1


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


def make_read_only(directory: Path) -> None:
    for entry in directory.iterdir():
        entry.chmod(0o444)
    directory.chmod(0o555)


def test_from_a_read_only_directory_everything_can_be_read(shared_directory: Path) -> None:
    path = shared_directory / "history.db"
    chat = filled(path)
    make_read_only(shared_directory)

    with without_privileges(), Store.open(path) as store:
        assert not store.writable
        assert texts(store.active_path(chat)) == ["what was stored"]
        assert [one.title for one in store.list_chats()] == ["kept"]
        assert len(store.search("stored")) == 1
        assert store.integrity_check() == []
        with pytest.raises(StoreError, match="cannot be written") as caught:
            store.add_message(question(), chat)
        assert caught.value.state == "read_only"
    assert [entry.name for entry in shared_directory.iterdir()] == ["history.db"]


def test_what_is_only_in_the_log_is_read_from_a_read_only_directory_too(shared_directory: Path, path: Path) -> None:
    with Store.open(path) as store:
        chat = store.create_chat("kept")
        store.add_message(question("only in the log"), chat)
        for entry in path.parent.iterdir():
            shutil.copy(entry, shared_directory)
    make_read_only(shared_directory)

    with without_privileges(), Store.open(shared_directory / "history.db") as store:
        assert texts(store.active_path(chat)) == ["only in the log"]


def test_a_log_that_cannot_be_read_is_not_passed_over(shared_directory: Path, path: Path) -> None:
    with Store.open(path) as store:
        store.create_chat("kept")
        for name in ("history.db", "history.db-wal"):
            shutil.copy(path.with_name(name), shared_directory)
    make_read_only(shared_directory)

    with without_privileges():
        try:
            with Store.open(shared_directory / "history.db") as store:
                assert [one.title for one in store.list_chats()] == ["kept"]
        except StoreError as error:
            assert error.state == "read_only"


def test_a_read_only_store_of_an_older_schema_says_what_to_do(shared_directory: Path) -> None:
    path = shared_directory / "history.db"
    filled(path)
    make_read_only(shared_directory)
    with without_privileges(), pytest.raises(StoreError, match="cannot be upgraded"):
        Store.open(path, migrations=WITH_ONE_MORE)


def test_a_directory_that_cannot_be_made_says_what_to_do(shared_directory: Path) -> None:
    shared_directory.chmod(0o555)
    with without_privileges(), pytest.raises(StoreError, match="choose another data directory") as caught:
        Store.open(shared_directory / "new" / "history.db")
    assert caught.value.state == "read_only"


def test_a_copy_can_be_made_while_the_store_is_open(store: Store, tmp_path: Path, clock: HandClock) -> None:
    chat = store.create_chat()
    store.add_message(question("copied"), chat)
    target = tmp_path / "copy.db"
    store.back_up(target)

    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with Store.open(target) as copy:
        assert texts(copy.active_path(chat)) == ["copied"]
    with pytest.raises(StoreError):
        store.back_up(tmp_path / "nowhere" / "copy.db")
