from __future__ import annotations

from llamachat.store import Store
from tests.unit.store.building import NOW, HandClock, answer, question


def lived(store: Store, chat_id: str, last: float) -> None:
    """A chat whose newest message is of that time."""
    first = question(created_at=last - 50)
    store.create_chat(chat_id, chat_id=chat_id)
    store.add_message(first, chat_id)
    store.add_message(answer(parent_id=first.id, created_at=last), chat_id)


def test_a_chat_is_deleted_by_the_age_of_its_last_message_as_if_by_hand(store: Store, clock: HandClock) -> None:
    clock.now = NOW - 1000
    lived(store, "old", NOW - 101)
    lived(store, "young", NOW - 99)
    clock.now = NOW
    seq = store.changes_since(0).seq
    assert store.delete_idle(NOW - 100) == ["old"]
    assert [chat.id for chat in store.list_chats()] == ["young"]
    (told,) = store.changes_since(seq).chats
    assert (told.id, told.deleted_at) == ("old", NOW)
    assert "deleted_at" in told.stamps
    assert store.delete_idle(NOW - 100) == []
    store.restore_chat("old")
    assert len(store.active_path("old")) == 2


def test_a_chat_without_a_message_is_as_old_as_itself(store: Store, clock: HandClock) -> None:
    clock.now = NOW - 1000
    store.create_chat(chat_id="empty")
    clock.now = NOW
    assert store.delete_idle(NOW - 1000) == []
    assert store.delete_idle(NOW - 999) == ["empty"]


def test_what_is_pinned_waits_or_is_being_answered_is_kept(store: Store, clock: HandClock) -> None:
    clock.now = NOW - 1000
    for name in ("pinned", "waiting", "running", "idle"):
        lived(store, name, NOW - 900)
    store.set_pinned("pinned", True)
    store.outbox_enqueue("waiting", "And?")
    partial = answer("Half", id="half", finish_reason=None, created_at=NOW - 900)
    store.save_partial("running", partial, attempt_id="attempt", node="llama-01")
    clock.now = NOW
    assert store.delete_idle(NOW - 100) == ["idle"]
