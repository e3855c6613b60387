from __future__ import annotations

import pytest

from llamachat.protocol import Attachment
from llamachat.store import Store, StoreError
from llamachat.store.limits import DEFAULT_LIMITS
from tests.unit.store.building import HandClock, question, texts

TIMEOUT = DEFAULT_LIMITS.claim_timeout_s


def waiting(store: Store) -> list[str]:
    return [item.text for item in store.outbox_list()]


def test_a_waiting_turn_keeps_everything_that_sending_needs(store: Store) -> None:
    chat = store.create_chat()
    file = Attachment("notes.pdf", "ab" * 32, 9)
    item = store.outbox_enqueue(
        chat, "Read this", request={"model": "llama3-8b"}, parent_id="p", attachments=[file], user_message_id="q",
        answer_id="a",
    )  # fmt: skip

    assert store.outbox_list(chat) == [item]
    assert (item.chat_id, item.text, item.parent_id) == (chat, "Read this", "p")
    assert (item.user_message_id, item.answer_id) == ("q", "a")
    assert (item.attachments, item.request) == ((file,), {"model": "llama3-8b"})
    assert store.outbox_enqueue(chat, "Read this", answer_id="a") == item
    with pytest.raises(StoreError, match="waits in the outbox already"):
        store.outbox_enqueue(chat, "Read this", user_message_id="q")


def test_turns_can_be_moved_edited_and_dropped(store: Store) -> None:
    chat = store.create_chat()
    one, two, three = (store.outbox_enqueue(chat, text) for text in ("one", "two", "three"))
    store.outbox_move(three.id, 0)
    assert waiting(store) == ["three", "one", "two"]
    store.outbox_move(three.id, 99)
    assert waiting(store) == ["one", "two", "three"]
    assert store.outbox_edit(two.id, "two, edited")
    store.outbox_drop(one.id)
    store.outbox_drop(one.id)
    assert waiting(store) == ["two, edited", "three"]
    with pytest.raises(StoreError) as caught:
        store.outbox_item(one.id)
    assert caught.value.state == "missing"


def test_editing_a_turn_edits_its_question_in_the_chat(store: Store) -> None:
    chat = store.create_chat()
    asked = question("befroe")
    store.add_message(asked, chat)
    item = store.outbox_enqueue(chat, "befroe", user_message_id=asked.id)
    store.outbox_edit(item.id, "after")

    assert texts(store.active_path(chat)) == ["after"]
    assert store.search("befroe") == []
    assert len(store.search("after")) == 1
    assert store.integrity_check() == []


def test_a_question_is_not_shared_before_it_is_sent(store: Store) -> None:
    chat = store.create_chat()
    asked = question("waiting")
    store.add_message(asked, chat)
    item = store.outbox_enqueue(chat, "waiting", user_message_id=asked.id)
    before = store.changes_since(0)
    store.outbox_drop(item.id)
    after = store.changes_since(before.seq)

    assert [message.id for copy in before.chats for message in copy.messages] == []
    assert [message.id for copy in after.chats for message in copy.messages] == [asked.id]


def test_a_claimed_turn_is_nobody_elses_until_it_is_released(store: Store) -> None:
    chat = store.create_chat()
    item = store.outbox_enqueue(chat, "one")

    claimed = store.outbox_claim("me")
    assert claimed is not None
    assert (claimed.id, claimed.owner) == (item.id, "me")
    assert store.outbox_claim("you") is None
    assert not store.outbox_edit(item.id, "edited under way")
    store.outbox_release(item.id, "you")
    assert store.outbox_claim("you") is None
    store.outbox_release(item.id, "me")
    assert store.outbox_claim("you", item.id) is not None


def test_a_claim_without_a_sign_of_life_is_taken_over_and_its_owner_learns_it(store: Store, clock: HandClock) -> None:
    chat = store.create_chat()
    item = store.outbox_enqueue(chat, "one", owner="me")
    clock.now += TIMEOUT - 1
    assert store.outbox_heartbeat(item.id, "me")
    clock.now += TIMEOUT - 1
    assert store.outbox_claim("you") is None
    clock.now += 1
    assert store.outbox_claim("you") is not None
    assert not store.outbox_heartbeat(item.id, "me")


def test_a_clock_set_back_does_not_hold_a_claim_for_ever(store: Store, clock: HandClock) -> None:
    store.outbox_enqueue(store.create_chat(), "one", owner="me")
    clock.now -= 86_400
    assert store.outbox_claim("you") is not None


def test_turns_of_one_chat_are_sent_one_after_the_other_in_order(store: Store) -> None:
    chat, other = store.create_chat(), store.create_chat()
    first = store.outbox_enqueue(chat, "first")
    store.outbox_enqueue(chat, "second")
    store.outbox_enqueue(other, "elsewhere")

    def claim(owner: str) -> str | None:
        item = store.outbox_claim(owner)
        return None if item is None else item.text

    assert [claim("a"), claim("b"), claim("c")] == ["first", "elsewhere", None]
    store.outbox_drop(first.id)
    assert claim("c") == "second"


def test_a_turn_is_moved_among_those_that_are_shown(store: Store) -> None:
    chat, deleted = store.create_chat(), store.create_chat()
    store.outbox_enqueue(deleted, "hidden")
    first, second = (store.outbox_enqueue(chat, text) for text in ("first", "second"))
    store.delete_chat(deleted)
    store.outbox_move(second.id, 0)
    assert waiting(store) == ["second", "first"]
    store.outbox_move(second.id, 1)
    assert waiting(store) == ["first", "second"]
    store.restore_chat(deleted)
    assert waiting(store) == ["first", "second", "hidden"]
    assert first.position < second.position


def test_a_dropped_turn_comes_back_where_it_was(store: Store) -> None:
    chat = store.create_chat()
    file = Attachment("notes.pdf", "ab" * 32, 9)
    store.outbox_enqueue(chat, "one")
    two = store.outbox_enqueue(chat, "two", request={"model": "m"}, attachments=[file])
    three = store.outbox_enqueue(chat, "three")
    dropped = store.outbox_withdraw(two.id)
    assert dropped == two
    assert waiting(store) == ["one", "three"]
    store.outbox_restore(dropped)
    assert waiting(store) == ["one", "two", "three"]
    again = store.outbox_item(two.id)
    assert (again.request, again.attachments, again.answer_id) == (two.request, two.attachments, two.answer_id)
    store.outbox_drop(three.id)
    assert store.outbox_withdraw(three.id) is None


def test_a_turn_that_somebody_sends_is_not_withdrawn_and_comes_back_unclaimed(store: Store) -> None:
    item = store.outbox_enqueue(store.create_chat(), "one", owner="me")
    assert store.outbox_withdraw(item.id, owner="you") is None
    dropped = store.outbox_withdraw(item.id, owner="me")
    assert dropped is not None
    store.outbox_restore(dropped)
    assert store.outbox_claim("you") is not None


def test_who_holds_a_turn_may_edit_it_and_nobody_else(store: Store) -> None:
    item = store.outbox_enqueue(store.create_chat(), "befroe", owner="me")
    assert not store.outbox_edit(item.id, "mine", owner="you")
    assert store.outbox_edit(item.id, "before", owner="me")
    assert waiting(store) == ["before"]
