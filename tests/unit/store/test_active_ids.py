from __future__ import annotations

from llamachat.store import Store
from tests.unit.store.building import answer, question


def test_the_ids_of_the_active_path_are_those_of_its_messages(store: Store) -> None:
    chat = store.create_chat()
    asked = question()
    first, second = answer(parent_id=asked.id), answer(parent_id=asked.id)
    for message in (asked, first, second):
        store.add_message(message, chat)
    assert store.active_ids(chat) == [asked.id, second.id]
    store.delete_message(asked.id)
    assert store.active_ids(chat) == [second.id] == [message.id for message in store.active_path(chat)]
    assert store.active_ids(store.create_chat()) == []


def test_messages_are_read_by_their_ids_in_any_order(store: Store) -> None:
    chat = store.create_chat()
    one, two = question("one"), question("two")
    store.add_message(one, chat)
    store.add_message(two, chat)
    assert [message.content for message in store.messages([two.id, one.id])] == ["two", "one"]
