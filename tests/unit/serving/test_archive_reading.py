"""What goes out: what changed after a cursor and nothing else, in pieces that fit into frames."""

from __future__ import annotations

import functools
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from llamachat.protocol import Chat, ChatHistory, ChatMessage, Codec, ProtocolError, decode_daemon, encode, merge_chats
from llamachat_daemon.serving.archive import reading
from llamachat_daemon.serving.archive.accepting import check_chat_body, check_message_body
from llamachat_daemon.serving.archive.bodies import chat_body, message_body
from llamachat_daemon.serving.archive.database import Database
from llamachat_daemon.serving.archive.limits import MAX_CHAT_BYTES, MAX_MESSAGE_BYTES
from llamachat_daemon.serving.archive.opening import open_database
from llamachat_daemon.serving.archive.reading import changes, listed, whole
from tests.unit.serving.archive_building import NOW, chat, message, pull, push, stamp


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "archive.db")
    yield opened
    opened.close()


def contents(chats: list[Chat]) -> dict[str, list[str]]:
    return {one.id: [m.content for m in one.messages] for one in chats}


# ── cursors ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_after_a_cursor_comes_only_what_changed(db: Database):
    push(db, chat("a", message("one"), title="first"))
    push(db, chat("b", message("other")))
    _, cursor = pull(db)
    push(db, chat("a", message("two")))
    found, cursor = pull(db, cursor)
    assert contents(found) == {"a": ["two"]}
    assert found[0].title == "first"
    push(db, chat("a", title="second", stamps={"title": stamp(1)}))
    found, _ = pull(db, cursor)
    assert [(one.id, one.title, one.messages) for one in found] == [("a", "second", [])]


def test_a_cursor_of_another_archive_or_principal_or_none_at_all_means_everything(db: Database, tmp_path: Path):
    push(db, chat("a", message("one")))
    push(db, chat("a", message("bob's", id="x")), "bob")
    other = open_database(tmp_path / "other.db")
    try:
        push(other, chat("b"))
        foreign = pull(other)[1]
    finally:
        other.close()
    for cursor in (foreign, pull(db, principal="bob")[1], "", "x", "1", f"{pull(db)[1]}9", "\u0661.\u0661"):
        assert contents(changes(db, "ann", cursor, 100).chats) == {"a": ["one"]}


def test_a_cursor_says_nothing_of_others(db: Database):
    before = pull(db)[1]
    push(db, chat("a", message()), "bob")
    assert pull(db)[1] == before
    assert "bob" not in before


def test_cursors_stay_good_when_the_file_is_opened_again(tmp_path: Path):
    cursors = []
    for number in range(4):
        with closing(open_database(tmp_path / "archive.db")) as db:
            cursors.append(pull(db)[1])
            for text in "ab":
                push(db, chat("c", message(f"{number}{text}", id=f"m{number}{text}")))
    with closing(open_database(tmp_path / "archive.db")) as db:
        for number, cursor in enumerate(cursors):
            assert sum(len(one.messages) for one in pull(db, cursor)[0]) == 2 * (4 - number)


def test_cursors_of_what_was_lost_mean_everything_when_an_older_copy_is_put_back(tmp_path: Path):
    """Even when as much has been pushed since as was lost."""
    path, copy = tmp_path / "archive.db", tmp_path / "copy.db"
    with closing(open_database(path)) as db:
        push(db, chat("c", message("kept", id="m1")))
        _, good = pull(db)
    shutil.copy(path, copy)
    lost = []
    for number in range(2, 5):
        with closing(open_database(path)) as db:
            push(db, chat("c", message("lost", id=f"m{number}")))
            lost.append(pull(db)[1])
    shutil.copy(copy, path)
    with closing(open_database(path)) as db:
        for later in range(6):
            for cursor in lost:
                assert pull(db, cursor)[0] == pull(db)[0]
            assert sum(len(one.messages) for one in pull(db, good)[0]) == later
            push(db, chat("c", message("new", id=f"n{later}")))


def test_cursors_of_a_copy_that_was_made_while_the_daemon_ran_are_told_apart_too(tmp_path: Path):
    path, copy = tmp_path / "archive.db", tmp_path / "copy.db"
    with closing(open_database(path)) as db:
        push(db, chat("c", message("kept")))
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        _, good = pull(db)
        push(db, chat("c", message("lost")))
        _, lost = pull(db)
    with closing(open_database(copy)) as db:
        push(db, chat("c", message("new")))
        assert [m.content for one in pull(db, good)[0] for m in one.messages] == ["new"]
        assert [m.content for one in pull(db, lost)[0] for m in one.messages] == ["kept", "new"]


def test_a_cursor_goes_on_when_what_was_last_has_expired(db: Database):
    push(db, chat("a", message("one")))
    db.run("DELETE FROM messages")
    page = changes(db, "ann", None, 100)
    assert not page.more
    assert changes(db, "ann", page.cursor, 100) == reading.Page([], page.cursor, more=False)


def test_a_principal_can_be_forgotten_and_begins_anew(db: Database):
    for name in ("ann", "bob"):
        push(db, chat("c", message(), message(), deleted_at=NOW), name)
    _, cursor = pull(db)
    db.run("DELETE FROM principals WHERE name = 'ann'")
    assert [db.all(f"SELECT count(*) FROM {table}")[0][0] for table in ("chats", "messages", "eras")] == [1, 2, 1]
    push(db, chat("d", message("new"), message()))
    push(db, chat("e"))
    assert [one.id for one in pull(db, cursor)[0]] == ["d", "e"]


# ── pages ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_limit_counts_chats(db: Database):
    for name in "abcde":
        push(db, chat(name, message(), message()))
    pages, cursor, more = [], None, True
    while more:
        page = changes(db, "ann", cursor, 2)
        pages.append([one.id for one in page.chats])
        cursor, more = page.cursor, page.more
    assert pages == [["a", "b"], ["c", "d"], ["e"]]


def test_a_large_chat_comes_in_several_frames_that_merge_to_it(db: Database):
    texts = [f"{number} " + "x" * 50_000 for number in range(12)]
    for text in texts:
        push(db, chat("c", message(text), title="t"))
    first = changes(db, "ann", None, 100)
    assert first.more
    assert 0 < len(first.chats[0].messages) < len(texts)
    found, _ = pull(db)
    assert all(part.title == "t" for part in found)
    assert contents([functools.reduce(merge_chats, found)]) == {"c": texts}


def test_many_small_messages_come_in_several_frames_too(db: Database):
    push(db, chat("c", *[message("") for _ in range(5_000)]))
    parts, _ = pull(db)
    assert len(parts) > 1
    assert sum(len(part.messages) for part in parts) == 5_000


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("character", ["x", "\n", "\x01", "\u00e9", "\U0001f600"])
def test_the_largest_message_of_the_largest_chat_fits_into_a_frame(db: Database, codec: Codec, character: str):
    """One character more of either would be refused."""

    def largest(size: int) -> ChatMessage:
        return message(character * size, id="m", created_at=NOW)

    def fits(size: int) -> bool:
        try:
            check_message_body("m", message_body(largest(size)))
        except ProtocolError:
            return False
        return True

    low, high = 0, MAX_MESSAGE_BYTES
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    room = MAX_CHAT_BYTES - len(chat_body(chat("c", title="")))
    one = chat("c", largest(low), title="t" * room)
    check_chat_body("c", chat_body(one))
    push(db, one)
    parts, cursor = pull(db)
    assert contents(parts[-1:]) == {"c": [character * low]}
    for part in parts:
        frame = ChatHistory(req="r" * 64, chats=[part], cursor=cursor, more=True)
        assert decode_daemon(encode(frame, codec), codec) == frame


def test_frames_of_pathological_chats_can_be_decoded(db: Database):
    """Bounded by values too, not only by bytes: many small things in one frame."""
    push(db, chat("c", *[message("", role="user") for _ in range(20_000)]))
    cursor = None
    for _ in range(3):
        page = changes(db, "ann", cursor, 10**9)
        for codec in Codec:
            decode_daemon(encode(ChatHistory(chats=page.chats, cursor=page.cursor), codec), codec)
        cursor = page.cursor


# ── lists and whole chats ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_has_what_is_not_deleted_the_last_changed_first(db: Database):
    push(db, chat("a", message(), title="old"), now=NOW)
    push(db, chat("b", title="new"), now=NOW + 1)
    push(db, chat("c", deleted_at=NOW), now=NOW + 2)
    push(db, chat("a", message()), now=NOW + 3)
    assert [one.id for one in listed(db, "ann").chats] == ["a", "b"]
    assert listed(db, "ann").cursor == pull(db)[1]
    assert listed(db, "bob").chats == []


def test_the_list_is_bounded(db: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading, "MAX_LISTED_CHATS", 2)
    for number, name in enumerate("abc"):
        push(db, chat(name), now=NOW + number)
    assert [one.id for one in listed(db, "ann").chats] == ["c", "b"]


def test_a_chat_too_large_for_one_answer_says_how_to_get_it(db: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading, "MAX_WHOLE_CHAT_BYTES", 1_000)
    push(db, chat("c", message("x" * 2_000)))
    with pytest.raises(ProtocolError, match="chat_history") as caught:
        whole(db, "ann", "c")
    assert caught.value.code == "too_large"
