"""What is too old goes, and nothing else; a deletion is never forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from llamachat_daemon.serving.archive import expiry
from llamachat_daemon.serving.archive.database import Database
from llamachat_daemon.serving.archive.expiry import DAY_S, expire
from llamachat_daemon.serving.archive.limits import DELETED_DAYS
from llamachat_daemon.serving.archive.opening import open_database
from llamachat_daemon.serving.archive.reading import listed, whole
from tests.unit.serving.archive_building import NOW, bytes_used, chat, message, pull, push, stamp


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "archive.db")
    yield opened
    opened.close()


def expire_all(db: Database, retain_days: int, days: float) -> None:
    """As so many days after `NOW`."""
    while expire(db, retain_days=retain_days, now=NOW + days * DAY_S):
        pass
    bytes_used(db)


def test_without_a_time_chats_are_kept_for_ever(db: Database):
    push(db, chat("c", message("kept"), title="t"))
    expire_all(db, 0, 40_000)
    assert whole(db, "ann", "c").messages[0].content == "kept"


def test_chats_go_after_the_time_since_they_last_changed(db: Database):
    push(db, chat("old", message(), title="t"))
    push(db, chat("used", message()))
    push(db, chat("used", message()), now=NOW + 5 * DAY_S)
    push(db, chat("old", message(), title="t"), "bob", now=NOW + 5 * DAY_S)
    expire_all(db, 7, 6.9)
    assert len(listed(db, "ann").chats) == 2
    expire_all(db, 7, 7.1)
    assert [one.id for one in listed(db, "ann").chats] == ["used"]
    assert [one.id for one in listed(db, "bob").chats] == ["old"]
    assert bytes_used(db)["ann"] > 0
    expire_all(db, 7, 12.1)
    assert bytes_used(db) == {"ann": 0, "bob": 0}


def test_what_expired_makes_room_in_the_quota_and_in_the_file(db: Database, tmp_path: Path):
    push(db, chat("c", *[message("x" * 100_000) for _ in range(20)]), quota=3_000_000)
    expire_all(db, 1, 2)
    pages = db.all("PRAGMA page_count")[0][0]
    assert pages * 8192 < 500_000
    assert push(db, chat("d", *[message("x" * 100_000) for _ in range(20)]), quota=3_000_000)


def test_followers_of_a_cursor_do_not_hear_of_what_expired(db: Database):
    push(db, chat("c", message()))
    _, cursor = pull(db)
    expire_all(db, 1, 2)
    assert pull(db, cursor) == ([], cursor)
    assert pull(db)[0] == []


def test_of_a_deleted_chat_only_the_deletion_is_left_in_the_end(db: Database):
    push(db, chat("c", message("secret", id="m"), title="secret", folder="secret"))
    push(db, chat("c", deleted_at=NOW))
    expire_all(db, 0, DELETED_DAYS - 0.1)
    assert whole(db, "ann", "c").messages[0].content == "secret"
    expire_all(db, 0, DELETED_DAYS + 0.1)
    assert whole(db, "ann", "c") == chat("c", deleted_at=NOW)
    assert b"secret" not in b"".join(body for (body,) in db.all("SELECT body FROM chats"))


def test_an_expired_deletion_still_wins_against_a_copy_that_comes_late(db: Database):
    late = chat("c", message("late"), title="late", stamps={"title": stamp(60)})
    push(db, chat("c", message(), deleted_at=NOW))
    for _ in range(2):
        expire_all(db, 1, 100)
        push(db, late, now=NOW + 100 * DAY_S)
        assert whole(db, "ann", "c").deleted_at == NOW
        assert listed(db, "ann").chats == []
        expire_all(db, 1, 100 + DELETED_DAYS + 0.1)
        assert whole(db, "ann", "c").messages == []


def test_a_deleted_message_loses_its_text_and_stays_deleted(db: Database):
    one, other = message("secret", id="m"), message("kept")
    gone = msgspec.structs.replace(one, deleted_at=NOW, stamps={"deleted_at": stamp()})
    push(db, chat("c", one, other))
    push(db, chat("c", gone))
    expire_all(db, 0, DELETED_DAYS - 0.1)
    assert whole(db, "ann", "c").messages[0] == gone
    expire_all(db, 0, DELETED_DAYS + 0.1)
    assert whole(db, "ann", "c").messages == [msgspec.structs.replace(gone, content=""), other]


def test_a_message_restored_in_time_keeps_its_text(db: Database):
    one = message("text", id="m")
    push(db, chat("c", msgspec.structs.replace(one, deleted_at=NOW, stamps={"deleted_at": stamp()})))
    back = msgspec.structs.replace(one, stamps={"deleted_at": stamp(1)})
    push(db, chat("c", back))
    expire_all(db, 0, DELETED_DAYS + 0.1)
    assert whole(db, "ann", "c").messages == [back]


def test_a_deleted_message_that_is_restored_late_brings_its_text_again(db: Database):
    one = message("text", id="m")
    push(db, chat("c", msgspec.structs.replace(one, deleted_at=NOW, stamps={"deleted_at": stamp()})))
    expire_all(db, 0, DELETED_DAYS + 0.1)
    push(db, chat("c", msgspec.structs.replace(one, stamps={"deleted_at": stamp(1)})))
    assert [m.content for m in whole(db, "ann", "c").messages] == ["text"]


def test_much_that_is_old_goes_in_small_transactions(db: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(expiry, "EXPIRED_AT_ONCE", 2)
    for name in "abcde":
        push(db, chat(name, message()))
    left = []
    while expire(db, retain_days=1, now=NOW + 2 * DAY_S):
        left.append(len(listed(db, "ann").chats))
    assert left == [3, 1]
    assert listed(db, "ann").chats == []
