from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llamachat.protocol import Chat, ChatMessage, Seam, Usage, merge_chats
from llamachat.protocol.chats import STAMPED_FIELDS
from llamachat.protocol.stamps import MAX_AHEAD_MS
from llamachat.store import Changes, Store, StoreError
from tests.unit.store.building import NOW, HandClock, answer, question, texts

MS = int(NOW * 1000)


def stamp(ms: int = MS, writer: str = "w") -> str:
    return f"{ms:013d}-0000-{writer}"


def copy(chat_id: str = "c1", messages: Iterable[ChatMessage] = (), **fields: Any) -> Chat:
    stamps = {name: stamp() for name in STAMPED_FIELDS if name in fields}
    return Chat(**{"id": chat_id, "created_at": NOW, "stamps": stamps, "messages": list(messages), **fields})


stamps_ = st.dictionaries(
    st.sampled_from(STAMPED_FIELDS), st.builds(stamp, st.integers(MS - 2, MS), st.sampled_from("abc")), max_size=5
)
titles = st.sampled_from(["", "one", "two"])
messages_ = st.builds(
    ChatMessage,
    id=st.sampled_from(["m1", "m2", "m3", "m4"]),
    parent_id=st.none() | st.sampled_from(["m1", "m2", "gone"]),
    role=st.sampled_from(["user", "assistant"]),
    content=st.sampled_from(["", "short", "a longer text"]),
    created_at=st.sampled_from([NOW, NOW + 1]),
    deleted_at=st.none() | st.just(NOW),
    model=st.none() | st.just("m"),
    seams=st.lists(st.just(Seam("n", 0)), max_size=1),
    usage=st.none() | st.just(Usage(1, 2, 3)),
    finish_reason=st.none() | st.just("stop"),
    stamps=st.dictionaries(st.just("deleted_at"), st.builds(stamp, st.integers(MS - 2, MS)), max_size=1),
)
copies = st.builds(
    Chat,
    id=st.just("c1"),
    title=titles,
    folder=st.none() | titles.filter(bool),
    pinned=st.booleans(),
    active_leaf=st.none() | st.just("m1"),
    created_at=st.sampled_from([NOW, NOW - 1]),
    deleted_at=st.none() | st.just(NOW),
    stamps=stamps_,
    messages=st.lists(messages_, max_size=4),
)


examples = itertools.count()


def numbered(chat: Chat, number: int) -> Chat:
    """The chat with ids of its own, so that one store can serve every example."""

    def own(value: str) -> str:
        return f"{value}-{number}"

    messages = [msgspec.structs.replace(message, id=own(message.id)) for message in chat.messages]
    return msgspec.structs.replace(chat, id=own(chat.id), messages=messages)


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "second.db", now=HandClock()) as opened:
        yield opened


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrived=st.lists(copies, min_size=1, max_size=4), data=st.data())
def test_any_order_and_any_number_of_merges_ends_as_the_pure_merge_does(
    store: Store, second: Store, arrived: list[Chat], data: st.DataObject
) -> None:
    number = next(examples)
    arrived = [numbered(chat, number) for chat in arrived]
    again = data.draw(st.permutations([*arrived, *arrived[:2]]))
    for chat in arrived:
        store.merge_chat(chat)
    for chat in again:
        second.merge_chat(chat)
    expected = functools.reduce(merge_chats, arrived, arrived[0])
    assert store.chat(expected.id) == second.chat(expected.id) == expected
    assert not any(store.merge_chat(chat) for chat in again)
    assert store.integrity_check() == second.integrity_check() == []


def test_merging_what_is_known_changes_nothing_and_is_not_pushed_back(store: Store) -> None:
    chat = copy(messages=[question("hello")], title="t")
    assert store.merge_chat(chat)
    seq = store.changes_since(0).seq
    assert not store.merge_chat(chat)
    assert store.changes_since(seq).chats == ()


def test_a_merged_chat_is_listed_searched_and_opened(store: Store) -> None:
    asked = question("hello there")
    replied = answer("general", parent_id=asked.id)
    store.merge_chat(copy(messages=[replied, asked], title="Greetings", active_leaf=replied.id))

    assert texts(store.active_path("c1")) == ["hello there", "general"]
    assert {hit.message_id for hit in store.search("hello")} == {asked.id}
    assert {hit.message_id for hit in store.search("greetings")} == {None}
    assert store.summary("c1").updated_at == replied.created_at


def test_a_later_local_change_wins_over_what_was_merged_even_with_a_slow_clock(store: Store) -> None:
    ahead = stamp(MS + MAX_AHEAD_MS - 1)
    store.merge_chat(copy(title="theirs", stamps={"title": ahead}))
    store.rename("c1", "ours")

    assert store.chat("c1").stamps["title"] > ahead
    store.merge_chat(copy(title="theirs", stamps={"title": ahead}))
    assert store.summary("c1").title == "ours"


def test_stamps_too_far_ahead_are_refused_and_the_rest_is_merged(store: Store) -> None:
    asked = question("hello", deleted_at=NOW, stamps={"deleted_at": stamp(MS + MAX_AHEAD_MS + 1)})
    store.merge_chat(
        copy(
            messages=[asked],
            title="theirs",
            folder="work",
            stamps={"title": stamp(MS + MAX_AHEAD_MS + 1), "folder": stamp(), "pinned": "no stamp"},
        )
    )
    chat = store.chat("c1")
    assert (chat.title, chat.folder, chat.stamps) == ("", "work", {"folder": stamp()})
    assert texts(store.active_path("c1")) == ["hello"]
    store.rename("c1", "ours")
    assert store.chat("c1").stamps["title"] < stamp(MS + MAX_AHEAD_MS)


def test_a_deleted_chat_stays_deleted_whatever_arrives_for_it(store: Store) -> None:
    chat = store.create_chat("t", chat_id="c1")
    store.delete_chat(chat)
    store.merge_chat(copy(messages=[question()], title="renamed later", stamps={"title": stamp(MS + 5_000)}))

    assert store.list_chats() == []
    assert len(store.chat("c1").messages) == 1


def test_what_was_purged_does_not_come_back_from_an_older_copy(store: Store) -> None:
    asked = question("swordfish")
    original = copy(messages=[asked], title="secret", folder="f")
    store.merge_chat(original)
    store.delete_chat("c1")
    store.purge_chat("c1")
    seq = store.changes_since(0).seq

    assert not store.merge_chat(original)
    assert store.chat("c1").title == ""
    assert store.chat("c1").messages == []
    assert store.changes_since(seq).chats == ()


def test_a_purged_chat_that_is_restored_elsewhere_comes_back_and_is_pulled_again(store: Store) -> None:
    original = copy(messages=[question("swordfish")], title="secret")
    store.merge_chat(original)
    store.delete_chat("c1")
    store.purge_chat("c1")
    assert store.set_pulled("archive", "17", was=None)
    restored = msgspec.structs.replace(original, stamps={**original.stamps, "deleted_at": stamp(MS + 5_000)})

    assert store.merge_chat(restored)
    assert [chat.title for chat in store.list_chats()] == ["secret"]
    assert texts(store.active_path("c1")) == ["swordfish"]
    assert store.sync_cursor("archive").pulled is None
    assert not store.set_pulled("archive", "18", was="17")


def test_a_purged_message_does_not_come_back_while_it_is_deleted(store: Store, clock: HandClock) -> None:
    asked = question("swordfish")
    store.merge_chat(copy(messages=[asked]))
    store.delete_message(asked.id)
    clock.now += 10
    store.purge_deleted(before=clock.now)

    assert not store.merge_chat(copy(messages=[asked]))
    assert store.message(asked.id).content == ""
    back = msgspec.structs.replace(asked, stamps={"deleted_at": stamp(MS + 20_000)})
    assert store.merge_chat(copy(messages=[back]))
    assert texts(store.active_path("c1")) == ["swordfish"]
    assert len(store.search("swordfish")) == 1
    assert store.integrity_check() == []


def test_a_message_of_another_chat_is_a_conflict_and_nothing_is_merged(store: Store) -> None:
    asked = question()
    store.merge_chat(copy("c1", [asked]))
    with pytest.raises(StoreError) as caught:
        store.merge_chat(copy("c2", [question(), asked]))
    assert caught.value.state == "conflict"
    assert [chat.id for chat in store.list_chats()] == ["c1"]


def test_an_answer_cut_off_elsewhere_is_failed_here_until_its_end_arrives(store: Store) -> None:
    cut = answer("half", id="a", finish_reason=None)
    store.merge_chat(copy(messages=[cut]))
    assert store.message("a").state == "failed"
    store.merge_chat(copy(messages=[msgspec.structs.replace(cut, content="half and half", finish_reason="stop")]))
    assert (store.message("a").state, store.message("a").content) == ("complete", "half and half")


def test_an_answer_that_is_being_written_is_not_shared_before_it_ends(store: Store) -> None:
    chat = store.create_chat()
    partial = answer("half", finish_reason=None)
    store.save_partial(chat, partial, attempt_id="t", node="n")
    first = store.changes_since(0)
    store.finish_message(chat, msgspec.structs.replace(partial, content="whole", finish_reason="stop"))
    second = store.changes_since(first.seq)

    assert [message.content for one in first.chats for message in one.messages] == []
    assert [message.content for one in second.chats for message in one.messages] == ["whole"]


def test_changes_come_in_pages_and_none_is_left_out(store: Store) -> None:
    for number in range(5):
        chat = store.create_chat(str(number))
        for _ in range(4):
            store.add_message(question(), chat)
    seq, seen, pages = 0, set[str](), 0
    while True:
        changes: Changes = store.changes_since(seq, limit=7)
        seen |= {message.id for chat in changes.chats for message in chat.messages}
        assert sum(len(chat.messages) for chat in changes.chats) <= 7
        assert changes.seq > seq
        seq, pages = changes.seq, pages + 1
        if not changes.more:
            break
    assert len(seen) == 20
    assert pages >= 4
    assert store.changes_since(seq).chats == ()


def test_cursors_are_kept_per_archive(path: Path) -> None:
    with Store.open(path) as store:
        store.set_pushed("one", 7)
        assert store.set_pulled("one", "abc", was=None)
        assert not store.set_pulled("one", "xyz", was="other")
        assert store.set_pulled("two", "def", was=None)
    with Store.open(path) as store:
        assert (store.sync_cursor("one").pulled, store.sync_cursor("one").pushed) == ("abc", 7)
        assert (store.sync_cursor("two").pulled, store.sync_cursor("two").pushed) == ("def", 0)
        assert store.sync_cursor("three").pulled is None


def test_every_stamp_is_later_than_all_before_even_when_the_clock_stands_or_goes_back(path: Path) -> None:
    clock, stamps = HandClock(), list[str]()
    for _ in range(3):
        with Store.open(path, now=clock) as store:
            store.merge_chat(copy("theirs", title="t", stamps={"title": stamp(MS + 60_000 * len(stamps))}))
            for _ in range(3):
                chat = store.create_chat("title")
                stamps.append(store.chat(chat).stamps["title"])
        clock.now -= 3_600
    assert stamps == sorted(set(stamps))


@pytest.mark.parametrize("moment", [-1e15, -62_135_600_000.0, NOW + 25 * 3_600, 1e15, 1e300])
@pytest.mark.parametrize("where", ["chat", "message", "deletion"])
def test_a_time_that_no_clock_shows_is_refused_and_nothing_is_merged(store: Store, moment: float, where: str) -> None:
    store.merge_chat(copy("c1", [question("hello")], title="t"))
    before = store.chat("c1")
    wrong = {
        "chat": copy("c1", created_at=moment),
        "message": copy("c1", [question(), question(created_at=moment)]),
        "deletion": copy("c1", deleted_at=moment),
    }[where]
    with pytest.raises(StoreError, match=r"'c1' cannot be merged: Its .*_at .* (calendar|clock)") as caught:
        store.merge_chat(wrong)
    assert caught.value.state == "invalid"
    assert store.chat("c1") == before


def test_times_of_long_ago_and_of_a_clock_that_is_hours_ahead_are_taken(store: Store) -> None:
    assert store.merge_chat(copy("c1", [question(created_at=-1e9), question(created_at=NOW + 23 * 3_600)]))
