from __future__ import annotations

import uuid

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llamachat.protocol import Attachment, ChatMessage, Cost, Seam, Timings, Usage
from llamachat.store import Store, StoredMessage, StoreError, plain
from tests import strategies
from tests.unit.store.building import NOW, answer, question, texts


def line(store: Store, *contents: str) -> tuple[str, list[ChatMessage]]:
    """A chat of messages, each the answer to the one before."""
    chat = store.create_chat()
    messages: list[ChatMessage] = []
    for number, content in enumerate(contents):
        make = answer if number % 2 else question
        messages.append(make(content, parent_id=messages[-1].id if messages else None))
        store.add_message(messages[-1], chat)
    return chat, messages


def test_a_message_comes_back_as_it_was_given(store: Store) -> None:
    chat = store.create_chat()
    given_ = answer(
        "Grüße, 世界 \U0001f999 e\u0301 \x00 end\r\n",
        attachments=[Attachment("notes.pdf", "ab" * 32, 12_345)],
        seams=[Seam("llama-01", 0), Seam('odd "name"', 214)],
        usage=Usage(412, 380, 96, 2),
        timings=Timings(0.5, 0.0, 214.123456789, 240.0, 8123.4, 31.4),
    )
    store.add_message(given_, chat)

    assert store.message(given_.id) == StoredMessage(
        **{name: getattr(given_, name) for name in ChatMessage.__struct_fields__}
    )
    assert store.chat(chat).messages == [given_]


one_store_for_all_examples = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@one_store_for_all_examples
@given(message=strategies.structs(ChatMessage))
def test_any_message_of_the_protocol_comes_back_equal(store: Store, message: ChatMessage) -> None:
    chat = store.create_chat()
    message = msgspec.structs.replace(message, id=uuid.uuid4().hex)
    store.add_message(message, chat)
    assert plain(store.message(message.id)) == message
    assert store.chat(chat).messages == [message]


@one_store_for_all_examples
@given(text=st.text(st.characters(), max_size=40))
def test_half_characters_become_replacement_characters_and_all_else_stays(store: Store, text: str) -> None:
    chat = store.create_chat(text)
    asked = question(text)
    store.add_message(asked, chat)
    store.set_draft(chat, text)
    store.outbox_enqueue(chat, text)
    expected = "".join("\ufffd" if 0xD800 <= ord(character) < 0xE000 else character for character in text)
    assert store.message(asked.id).content == expected
    assert store.summary(chat).title == store.get_draft(chat) == store.outbox_list(chat)[0].text == expected


def test_a_message_of_a_megabyte_is_stored_and_found(store: Store) -> None:
    chat = store.create_chat()
    long = question("filler words " * 80_000 + "needle" + " and more" * 10)
    store.add_message(long, chat)

    assert store.active_path(chat)[0].content == long.content
    assert [hit.message_id for hit in store.search("needle")] == [long.id]


def test_the_active_path_follows_the_last_message(store: Store) -> None:
    chat, _ = line(store, "one", "two", "three", "four")

    assert texts(store.active_path(chat)) == ["one", "two", "three", "four"]
    assert texts(store.active_path(chat, limit=2)) == ["three", "four"]


def test_editing_a_question_makes_a_branch_and_both_can_be_returned_to(store: Store) -> None:
    chat, (first, second, third, _) = line(store, "one", "two", "three", "four")
    edited = question("three again", parent_id=second.id)
    store.add_message(edited, chat)
    other = answer("four again", parent_id=edited.id)
    store.add_message(other, chat)

    assert texts(store.active_path(chat)) == ["one", "two", "three again", "four again"]
    assert texts(store.siblings(edited.id)) == ["three", "three again"]
    assert store.branches(chat) == {edited.id: (2, 2)}
    assert store.choose_branch(third.id) != third.id
    assert texts(store.active_path(chat)) == ["one", "two", "three", "four"]
    assert store.branches(chat) == {third.id: (1, 2)}
    store.set_active_leaf(chat, first.id)
    assert texts(store.active_path(chat)) == ["one"]
    assert texts(store.path_to(other.id)) == ["one", "two", "three again", "four again"]


def test_the_first_question_can_have_branches(store: Store) -> None:
    chat, (first, _) = line(store, "one", "two")
    again = question("one again")
    store.add_message(again, chat)
    elsewhere, _ = line(store, "another chat's first")

    assert texts(store.siblings(first.id)) == ["one", "one again"]
    assert texts(store.active_path(chat)) == ["one again"]
    assert texts(store.active_path(elsewhere)) == ["another chat's first"]


def test_a_deleted_message_leaves_the_path_and_comes_back(store: Store) -> None:
    chat, (_, second, third) = line(store, "one", "two", "three")
    store.delete_message(second.id)

    assert texts(store.active_path(chat)) == ["one", "three"]
    assert store.search("two") == []
    assert store.summary(chat).message_count == 2
    store.restore_message(second.id)
    assert texts(store.active_path(chat)) == ["one", "two", "three"]
    store.delete_message(third.id)
    assert texts(store.active_path(chat)) == ["one", "two"]


def test_without_a_remembered_end_the_newest_message_is_it(store: Store) -> None:
    chat = store.create_chat()
    first = question("one", created_at=NOW)
    store.add_message(first, chat, activate=False)
    store.add_message(answer("two", parent_id=first.id, created_at=NOW + 1), chat, activate=False)

    assert store.chat(chat).active_leaf is None
    assert texts(store.active_path(chat)) == ["one", "two"]


def test_parents_in_a_circle_still_give_a_path(store: Store) -> None:
    chat = store.create_chat()
    store.add_message(question("one", id="m1", parent_id="m2"), chat)
    store.add_message(question("two", id="m2", parent_id="m1"), chat)

    assert texts(store.active_path(chat)) == ["one", "two"]
    assert store.choose_branch("m1") in {"m1", "m2"}


def test_adding_the_same_message_again_does_nothing(store: Store) -> None:
    chat = store.create_chat()
    asked = question()

    assert store.add_message(asked, chat)
    assert not store.add_message(asked, chat)
    assert len(store.active_path(chat)) == 1


def test_an_id_names_one_message_only(store: Store) -> None:
    chat, other = store.create_chat(), store.create_chat()
    store.add_message(question("one", id="same"), chat)
    with pytest.raises(StoreError, match="Another message"):
        store.add_message(question("two", id="same"), chat)
    with pytest.raises(StoreError, match="belongs to another chat"):
        store.add_message(question("one", id="same"), other)
    assert store.active_path(other) == []


def test_several_writes_in_a_transaction_happen_together_or_not_at_all(store: Store) -> None:
    chat = store.create_chat()

    def half_done() -> None:
        with store.transaction():
            store.add_message(question("lost"), chat)
            store.rename(chat, "lost")
            store.set_pinned("nowhere", True)

    with pytest.raises(StoreError, match="nowhere"):
        half_done()
    assert store.active_path(chat) == []
    assert store.summary(chat).title == ""
    with store.transaction():
        store.add_message(question("kept"), chat)
        store.rename(chat, "kept")
    assert texts(store.active_path(chat)) == ["kept"]
    assert store.integrity_check() == []


def test_what_an_answer_cost_and_why_it_failed_are_kept(store: Store) -> None:
    chat = store.create_chat()
    good, bad = answer(), answer(finish_reason=None)
    store.finish_message(chat, good, cost=Cost(0.0004, "EUR"))
    store.finish_message(chat, bad, state="failed", error="The worker died.")

    assert store.message(good.id).cost == Cost(0.0004, "EUR")
    assert (store.message(bad.id).state, store.message(bad.id).error) == ("failed", "The worker died.")
