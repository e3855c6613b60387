"""How far the history and an archive are in step, as the store keeps it."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamachat.protocol import Chat
from llamachat.protocol.stamps import MAX_AHEAD_MS
from llamachat.store import RefusedChat, Store, StoreError
from llamachat.store.migrations import MIGRATIONS
from tests.unit.store.building import NOW, answer, question

MS = int(NOW * 1000)


def theirs(chat_id: str = "c1", title: str = "theirs", ms: int = MS, messages: int = 1) -> Chat:
    stamps = {"title": f"{ms:013d}-0000-w"}
    made = [question(f"text {number}", id=f"{chat_id}-{number}") for number in range(messages)]
    return Chat(id=chat_id, title=title, created_at=NOW, stamps=stamps, messages=made)


def pending(store: Store, archive: str = "a") -> set[str]:
    """The chats that would be pushed."""
    return {chat.id for chat in store.changes_since(store.sync_cursor(archive).pushed).chats}


def test_what_an_archive_sent_is_not_pushed_back_to_it_but_to_any_other(store: Store) -> None:
    assert store.merge_pulled("a", theirs()).changed
    assert pending(store, "a") == set()
    assert pending(store, "b") == {"c1"}


def test_what_was_pulled_while_something_waits_to_be_pushed_is_pushed_with_it(store: Store) -> None:
    store.create_chat("mine", chat_id="mine")
    store.merge_pulled("a", theirs())
    assert pending(store) == {"mine", "c1"}


def test_a_copy_into_which_something_of_ours_goes_is_pushed_back(store: Store) -> None:
    store.create_chat("ours", chat_id="c1")
    store.set_pushed("a", store.change_count())
    assert store.merge_pulled("a", theirs(ms=MS - 5_000)).changed  # brings a message, and an older title
    assert pending(store) == {"c1"}
    assert store.chat("c1").title == "ours"


def test_the_count_of_what_is_pushed_never_goes_back(store: Store) -> None:
    store.set_pushed("a", 7)
    store.set_pushed("a", 5)
    assert store.sync_cursor("a").pushed == 7


def test_a_copy_that_cannot_be_taken_now_is_to_be_asked_for_again_and_a_hopeless_one_is_not(store: Store) -> None:
    ahead = Chat(id="ahead", created_at=NOW + MAX_AHEAD_MS / 1000 + 60)
    hopeless = Chat(id="hopeless", created_at=-1e15)
    stamped = theirs("stamped", ms=MS + MAX_AHEAD_MS + 60_000)
    found = [store.merge_pulled("a", chat) for chat in (ahead, hopeless, stamped)]
    assert [(pulled.changed, pulled.again) for pulled in found] == [(False, True), (False, False), (True, True)]
    assert all(pulled.refused for pulled in found)
    assert pending(store) == {"stamped"}


def test_a_conflicting_copy_is_refused_with_nothing_of_it_taken(store: Store) -> None:
    store.merge_pulled("a", theirs("c1"))
    clash = Chat(id="c2", created_at=NOW, messages=[question(), question("text 0", id="c1-0")])
    pulled = store.merge_pulled("a", clash)
    assert ("another chat" in pulled.refused, pulled.changed, pulled.again) == (True, False, False)
    assert [chat.id for chat in store.list_chats()] == ["c1"]


def test_the_changes_of_one_chat_are_those_after_a_count_without_what_is_not_shared(store: Store) -> None:
    store.merge_chat(theirs(messages=3))
    seq = store.change_count()
    store.create_chat("other")
    store.add_message(question("late", id="late"), "c1")
    store.save_partial("c1", answer("half", id="half", finish_reason=None), attempt_id="t", node="n")
    assert [message.id for message in store.chat_changes("c1", seq).messages] == ["late"]
    assert len(store.chat_changes("c1", 0).messages) == 4
    assert store.count_changes(seq) == 3  # both chats and the message
    with pytest.raises(StoreError, match="There is no chat"):
        store.chat_changes("nowhere", 0)


def test_refused_chats_are_kept_with_the_earliest_count_until_they_are_taken(store: Store) -> None:
    store.set_refused("a", "c1", 7, "No room.")
    store.set_refused("a", "c1", 9, "Still no room.")
    store.set_refused("b", "c1", 1, "No room.")
    assert store.refused_chats("a") == (RefusedChat("c1", 7, "Still no room."),)
    store.clear_refused("a", "c1")
    assert store.refused_chats("a") == ()
    assert len(store.refused_chats("b")) == 1


def test_a_forgotten_archive_is_given_everything_again(store: Store) -> None:
    store.merge_pulled("a", theirs())
    store.set_pulled("a", "cursor", was=None)
    store.set_refused("a", "c2", 0, "No.")
    store.forget_archive("a")
    assert store.sync_cursor("a").pulled is None
    assert store.refused_chats("a") == ()
    assert pending(store) == {"c1"}


def test_a_history_of_the_first_schema_is_upgraded_with_what_was_in_step(path: Path) -> None:
    with Store.open(path, migrations=MIGRATIONS[:1]) as old:
        old.merge_chat(theirs())
        old.set_pushed("a", old.change_count())
    with Store.open(path) as store:
        assert (pending(store), store.refused_chats("a")) == (set(), ())
        assert store.integrity_check() == []
    assert len(list(path.parent.glob("*.backup"))) == 1


def test_a_copy_that_a_killed_upgrade_left_half_made_is_cleared_away(path: Path) -> None:
    Store.open(path, migrations=MIGRATIONS[:1]).close()
    for ending in ("", "-journal"):
        path.with_name(f".{path.name}.schema-1.20200101T000000Z.backup.new{ending}").write_text("half")
    Store.open(path).close()
    assert [file.name for file in path.parent.glob(".*")] == []
