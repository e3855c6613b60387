from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from llamachat.store import Store, StoreError
from tests.unit.store.building import NOW, HandClock, answer, question, texts


def test_a_chat_is_listed_with_its_title_and_the_number_of_its_messages(store: Store) -> None:
    chat = store.create_chat("Adding nodes")
    asked = question()
    store.add_message(asked, chat)
    store.add_message(answer(parent_id=asked.id), chat)

    (summary,) = store.list_chats()

    assert (summary.id, summary.title, summary.message_count) == (chat, "Adding nodes", 2)
    assert summary == store.summary(chat)


def test_chats_are_listed_by_their_newest_message_and_in_pages(store: Store) -> None:
    chats = [store.create_chat(str(number)) for number in range(5)]
    for number, chat in enumerate(chats):
        store.add_message(question(created_at=NOW + 1_000 - number), chat)

    assert [chat.id for chat in store.list_chats()] == chats
    assert [chat.id for chat in store.list_chats(2, 1)] == chats[1:3]
    store.add_message(question(created_at=NOW + 2_000), chats[4])
    assert store.list_chats(1)[0].id == chats[4]


def test_renaming_and_sorting_do_not_move_a_chat_up_the_list(store: Store, clock: HandClock) -> None:
    first, second = store.create_chat("first"), store.create_chat("second")
    store.add_message(question(created_at=NOW + 1), first)
    store.add_message(question(created_at=NOW + 2), second)
    clock.now += 100
    store.rename(first, "renamed")
    store.set_pinned(first, True)
    store.set_folder(first, "work")

    chats = store.list_chats()

    assert [chat.title for chat in chats] == ["second", "renamed"]
    assert (chats[1].pinned, chats[1].folder) == (True, "work")


def test_folders_are_counted_and_narrow_the_list(store: Store) -> None:
    for title, folder in [("a", "work"), ("b", "Home"), ("c", "work"), ("d", None), ("e", "work")]:
        store.set_folder(store.create_chat(title), folder)
    store.delete_chat(store.list_chats(folder="work")[0].id)

    assert store.folders() == [("Home", 1), ("work", 2)]
    assert {chat.folder for chat in store.list_chats(folder="work")} == {"work"}
    assert len(store.list_chats(folder="work")) == 2


def test_a_suggested_title_never_replaces_one_that_a_person_chose(store: Store) -> None:
    chat = store.create_chat()
    assert store.suggest_title(chat, "How do I")
    assert not store.suggest_title(chat, "Another")
    assert store.suggest_title(chat, "Adding nodes", replacing="How do I")
    store.rename(chat, "Mine")
    assert not store.suggest_title(chat, "Theirs", replacing="Adding nodes")
    assert store.summary(chat).title == "Mine"


def test_a_deleted_chat_comes_back_whole_when_restored(store: Store) -> None:
    chat = store.create_chat("Keep me")
    store.add_message(question("Where is the moon?"), chat)
    waiting = store.outbox_enqueue(chat, "and the sun?")
    before = store.active_path(chat)

    store.delete_chat(chat)
    assert store.list_chats() == []
    assert [summary.id for summary in store.list_chats(shown="deleted")] == [chat]
    assert store.search("moon") == []
    assert store.outbox_list() == []
    assert store.outbox_claim("me") is None

    store.restore_chat(chat)
    assert store.active_path(chat) == before
    assert [hit.chat_id for hit in store.search("moon")] == [chat]
    assert store.outbox_list() == [waiting]


def test_a_purged_chat_leaves_nothing_but_its_deletion(store: Store) -> None:
    chat = store.create_chat("Secret plans")
    store.add_message(question("The password is swordfish"), chat)
    store.set_draft(chat, "swordfish too")
    store.delete_chat(chat)
    store.purge_chat(chat)

    assert store.list_chats(shown="deleted") == []
    left = store.chat(chat)
    assert (left.title, left.messages, left.active_leaf) == ("", [], None)
    assert left.deleted_at is not None
    assert store.get_draft(chat) == ""
    assert store.integrity_check() == []
    with pytest.raises(StoreError, match="purged"):
        store.restore_chat(chat)


def test_purged_text_is_gone_from_the_file_after_compacting(store: Store) -> None:
    chat = store.create_chat()
    store.add_message(question("swordfish " * 1_000), chat)
    store.delete_chat(chat)
    store.purge_chat(chat)
    store.compact()

    assert b"swordfish" not in store.path.read_bytes()


def test_compacting_gives_the_space_of_purged_text_back(store: Store) -> None:
    store.compact()
    empty = store.path.stat().st_size
    chat = store.create_chat()
    for number in range(20):
        store.add_message(question(f"{number} swordfish " * 10_000), chat)
    store.delete_chat(chat)
    store.purge_chat(chat)
    store.compact()

    assert store.path.stat().st_size < empty + 1_000_000


def test_only_deleted_chats_can_be_purged(store: Store) -> None:
    chat = store.create_chat()
    with pytest.raises(StoreError, match="Delete it before"):
        store.purge_chat(chat)


def test_purging_by_age_takes_what_was_deleted_before(store: Store, clock: HandClock) -> None:
    old, recent, kept = store.create_chat("old"), store.create_chat("recent"), store.create_chat("kept")
    removed, stays = question("old words"), question("other words")
    store.add_message(removed, kept)
    store.add_message(stays, kept)
    store.delete_chat(old)
    store.delete_message(removed.id)
    clock.now += 1_000
    store.delete_chat(recent)

    assert store.purge_deleted(before=clock.now - 500) == 2
    assert [chat.id for chat in store.list_chats(shown="deleted")] == [recent]
    assert store.message(removed.id).content == ""
    assert texts(store.active_path(kept)) == ["other words"]
    with pytest.raises(StoreError, match="purged"):
        store.restore_message(removed.id)
    assert store.purge_deleted(before=clock.now - 500) == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda s: s.rename("nowhere", "x"),
        lambda s: s.active_path("nowhere"),
        lambda s: s.chat("nowhere"),
        lambda s: s.summary("nowhere"),
        lambda s: s.delete_chat("nowhere"),
        lambda s: s.add_message(question(), "nowhere"),
        lambda s: s.message("nowhere"),
        lambda s: s.siblings("nowhere"),
        lambda s: s.choose_branch("nowhere"),
        lambda s: s.delete_message("nowhere"),
        lambda s: s.outbox_enqueue("nowhere", "x"),
        lambda s: s.outbox_edit("nowhere", "x"),
        lambda s: s.outbox_move("nowhere", 0),
    ],
)
def test_what_is_not_there_is_named(store: Store, call: object) -> None:
    with pytest.raises(StoreError, match="nowhere") as caught:
        call(store)  # type: ignore[operator]
    assert caught.value.state == "missing"


def test_two_chats_cannot_have_one_id(store: Store) -> None:
    chat = store.create_chat(chat_id="mine")
    assert chat == "mine"
    with pytest.raises(StoreError) as caught:
        store.create_chat(chat_id="mine")
    assert caught.value.state == "conflict"


def test_a_suggested_title_gives_way_to_one_that_was_given_elsewhere_before_it(store: Store, clock: HandClock) -> None:
    chat = store.create_chat("first words")
    copy = store.chat(chat)
    elsewhere = msgspec.structs.replace(
        copy, title="Mine", stamps={**copy.stamps, "title": f"{int((NOW + 5) * 1000):013d}-0000-other"}
    )
    clock.now = NOW + 100
    assert store.suggest_title(chat, "The model's", replacing="first words")
    assert store.summary(chat).title == "The model's"
    assert store.merge_chat(elsewhere)
    assert store.summary(chat).title == "Mine"


def test_a_suggested_title_replaces_the_first_words_on_other_machines(store: Store, tmp_path: Path) -> None:
    chat = store.create_chat("first words")
    with Store.open(tmp_path / "other.db", now=lambda: NOW + 1) as other:
        other.merge_chat(store.chat(chat))
        store.suggest_title(chat, "The model's", replacing="first words")
        assert other.merge_chat(store.chat(chat))
        assert other.summary(chat).title == "The model's"


def test_the_archive_is_one_folder_however_it_is_written(store: Store) -> None:
    first, second = store.create_chat("first"), store.create_chat("second")
    store.set_folder(first, "archived")
    store.set_folder(second, "Work")
    assert store.summary(first).folder == "Archived"
    assert [chat.id for chat in store.list_chats(folder="ARCHIVED")] == [first]
    assert [chat.id for chat in store.list_chats(folder="wORK")] == [second]
    assert store.list_chats(folder="none of these") == []
