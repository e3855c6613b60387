"""Merging copies of a chat: whatever arrives, in any order and any number of times, every machine ends alike."""

from __future__ import annotations

import functools
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.protocol import Attachment, Chat, ChatMessage, Seam, Timings, Usage, merge_chats, merge_messages
from llamachat.protocol.chats import STAMPED_FIELDS
from tests import strategies

# Small pools, so that copies meet: the same stamp with different values, the same message cut short, doubled ids.
stamps = st.builds("{:013d}-{:04d}-{}".format, st.integers(1, 3), st.integers(0, 1), st.sampled_from("ab"))
moments = st.sampled_from([1.0, 2.0, 3.5])
messages = st.builds(
    ChatMessage,
    id=st.sampled_from(["m1", "m2", "m3"]),
    parent_id=st.none() | st.sampled_from(["m1", "m2"]),
    role=st.sampled_from(["user", "assistant"]),
    content=st.sampled_from(["", "short", "other", "a longer text"]),
    created_at=moments,
    deleted_at=st.none() | moments,
    model=st.none() | st.sampled_from(["x", "y"]),
    seams=st.lists(st.builds(Seam, st.sampled_from("ab"), st.integers(0, 2)), max_size=1),
    attachments=st.lists(st.just(Attachment("n", "h", 1)), max_size=1),
    usage=st.none() | st.builds(Usage, st.integers(0, 1), st.just(0), st.just(1)),
    timings=st.none() | st.just(Timings(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)),
    finish_reason=st.none() | st.sampled_from(["stop", "length"]),
    stamps=st.dictionaries(st.sampled_from(["deleted_at", "later_field"]), stamps),
)
chats = st.builds(
    Chat,
    id=st.just("c"),
    title=st.sampled_from(["", "one", "two"]),
    folder=st.none() | st.sampled_from(["work", "home"]),
    pinned=st.booleans(),
    active_leaf=st.none() | st.sampled_from(["m1", "m2"]),
    created_at=moments,
    deleted_at=st.none() | moments,
    stamps=st.dictionaries(st.sampled_from([*STAMPED_FIELDS, "later_field"]), stamps),
    messages=st.lists(messages, max_size=4),
)


@given(chats, chats)
def test_it_does_not_matter_whose_copy_comes_first(a: Chat, b: Chat) -> None:
    assert merge_chats(a, b) == merge_chats(b, a)


@given(chats, chats, chats)
def test_it_does_not_matter_which_copies_meet_first(a: Chat, b: Chat, c: Chat) -> None:
    assert merge_chats(merge_chats(a, b), c) == merge_chats(a, merge_chats(b, c))


@given(chats, chats)
def test_a_copy_that_arrives_again_changes_nothing(a: Chat, b: Chat) -> None:
    once = merge_chats(a, b)
    assert merge_chats(once, b) == merge_chats(once, a) == merge_chats(once, once) == once


@given(st.lists(chats, min_size=1, max_size=5), st.data())
def test_any_order_and_any_number_of_copies_ends_alike(copies: list[Chat], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations([*copies, *data.draw(st.lists(st.sampled_from(copies), max_size=3))]))
    merged = functools.reduce(merge_chats, shuffled, shuffled[0])
    assert merged == functools.reduce(merge_chats, copies, copies[0])


@given(chats, chats)
def test_no_message_is_missing_and_none_is_there_twice(a: Chat, b: Chat) -> None:
    merged = [message.id for message in merge_chats(a, b).messages]
    assert sorted(merged) == sorted({message.id for message in [*a.messages, *b.messages]})


@given(chats, chats)
def test_the_later_stamp_wins_field_by_field(a: Chat, b: Chat) -> None:
    merged = merge_chats(a, b)
    for name in STAMPED_FIELDS:
        ours, theirs = a.stamps.get(name, ""), b.stamps.get(name, "")
        if ours != theirs:
            winner = a if ours > theirs else b
            assert getattr(merged, name) == getattr(winner, name)
            assert merged.stamps[name] == winner.stamps[name]


@given(messages, messages)
def test_a_finished_answer_is_never_replaced_by_an_unfinished_or_shorter_one(a: ChatMessage, b: ChatMessage) -> None:
    b = msgspec.structs.replace(b, id=a.id)
    merged = merge_messages(a, b)
    assert merged.content in (a.content, b.content)
    finished = [message for message in (a, b) if message.finish_reason is not None] or [a, b]
    assert len(merged.content) == max(len(message.content) for message in finished)


@given(strategies.structs(Chat))
def test_any_chat_of_the_protocol_merges_with_itself_to_itself(chat: Chat) -> None:
    once = merge_chats(chat, chat)
    assert merge_chats(once, chat) == merge_chats(once, once) == once
    assert {message.id for message in once.messages} == {message.id for message in chat.messages}


def copy(**fields: Any) -> Chat:
    return Chat(**{"id": "c", "created_at": 1.0, **fields})


def test_a_deletion_without_a_stamp_stays() -> None:
    assert merge_chats(copy(deleted_at=1.0), copy()).deleted_at == 1.0
    assert merge_chats(copy(), copy(deleted_at=1.0)).deleted_at == 1.0


def test_a_deletion_is_taken_back_only_by_a_later_stamp() -> None:
    deleted = copy(deleted_at=5.0, stamps={"deleted_at": "2"})
    assert merge_chats(deleted, copy(title="later", stamps={"title": "9"})).deleted_at == 5.0
    assert merge_chats(deleted, copy(stamps={"deleted_at": "3"})).deleted_at is None
    assert merge_chats(deleted, copy(stamps={"deleted_at": "1"})).deleted_at == 5.0


def test_of_two_copies_of_a_message_in_one_chat_the_fuller_stays() -> None:
    def message(content: str) -> ChatMessage:
        return ChatMessage(id="m", role="user", content=content, created_at=1.0)

    doubled = copy(messages=[message("whole text"), message("whole")])
    assert [m.content for m in merge_chats(doubled, copy()).messages] == ["whole text"]


def test_messages_are_in_the_order_of_their_creation() -> None:
    made = [
        ChatMessage(id=name, role="user", content="", created_at=at)
        for name, at in [("b", 2.0), ("a", 2.0), ("c", 1.0)]
    ]
    assert [message.id for message in merge_chats(copy(messages=made), copy()).messages] == ["c", "a", "b"]


def test_different_chats_are_not_merged() -> None:
    with pytest.raises(ValueError, match="not the same chat"):
        merge_chats(copy(id="a"), copy(id="b"))
