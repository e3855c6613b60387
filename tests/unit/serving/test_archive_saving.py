"""What is pushed is merged: in any order and any number of times the archive ends alike, within the quota."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamachat.protocol import Chat, ProtocolError, merge_chats
from llamachat_daemon.serving.archive.database import Database
from llamachat_daemon.serving.archive.limits import MAX_CHAT_BYTES, MAX_MESSAGE_BYTES
from llamachat_daemon.serving.archive.opening import open_database
from llamachat_daemon.serving.archive.reading import whole
from tests.unit.protocol.test_merge import chats
from tests.unit.serving.archive_building import NOW, bytes_used, chat, message, pull, push, stamp


@contextmanager
def archive() -> Iterator[Database]:
    """A new one; made by hand, because an example of a property needs its own."""
    with TemporaryDirectory() as directory:
        db = open_database(Path(directory) / "archive.db")
        try:
            yield db
        finally:
            db.close()


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "archive.db")
    yield opened
    opened.close()


def refused(db: Database, pushed: Chat, **options: Any) -> ProtocolError:
    """Why it is not taken; nothing is kept of it then."""
    before = db.all("SELECT id, body FROM chats UNION ALL SELECT id, body FROM messages")
    with pytest.raises(ProtocolError) as caught:
        push(db, pushed, **options)
    assert db.all("SELECT id, body FROM chats UNION ALL SELECT id, body FROM messages") == before
    return caught.value


# ── merging ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=60, deadline=None)
@given(st.lists(chats, min_size=1, max_size=5), st.data())
def test_any_order_of_any_copies_ends_as_the_pure_merge_does(copies: list[Chat], data: st.DataObject):
    again = data.draw(st.lists(st.sampled_from(copies), max_size=2))
    with archive() as db:
        for copy in data.draw(st.permutations([*copies, *again])):
            push(db, copy)
        assert whole(db, "ann", "c") == functools.reduce(merge_chats, copies, copies[0])


@settings(max_examples=60, deadline=None)
@given(st.lists(chats, min_size=1, max_size=4), st.integers(1, 3), st.data())
def test_whoever_pulls_at_any_moments_ends_with_all_of_it(copies: list[Chat], limit: int, data: st.DataObject):
    with archive() as db:
        cursor, mine = None, None
        for copy in copies:
            push(db, copy)
            if data.draw(st.booleans()):
                pulled, cursor = pull(db, cursor, limit=limit)
                mine = functools.reduce(merge_chats, pulled, mine or pulled[0]) if pulled else mine
        pulled, cursor = pull(db, cursor, limit=limit)
        mine = functools.reduce(merge_chats, pulled, mine or pulled[0]) if pulled else mine
        assert mine == whole(db, "ann", "c")
        assert pull(db, cursor) == ([], cursor)
        bytes_used(db)


def test_the_messages_may_come_one_by_one(db: Database):
    one, two, three = message("one"), message("two"), message("three")
    push(db, chat("c", two, title="t"))
    push(db, chat("c", one))
    push(db, chat("c", three, two))
    assert [found.content for found in whole(db, "ann", "c").messages] == ["one", "two", "three"]
    assert whole(db, "ann", "c").title == "t"


def test_every_field_of_a_message_is_kept(db: Database):
    full = msgspec.convert(
        {
            "id": "m", "parent_id": "p", "role": "assistant", "content": "a\x00\U0001f600\u0085", "model": "tiny",
            "created_at": NOW + 0.1, "deleted_at": NOW, "seams": [{"node": "box", "offset": 0}],
            "attachments": [{"name": "a.txt", "sha256": "00", "size": 7}],
            "usage": {"prompt_tokens": 1, "cached_tokens": 0, "completion_tokens": 2, "dropped_messages": 3},
            "timings": {
                "queued_ms": 0.5, "load_ms": 0, "prefill_ms": 1, "ttft_ms": 2, "decode_ms": 3, "tokens_per_second": 9.7,
            },
            "finish_reason": "stop", "stamps": {"deleted_at": stamp()},
        },
        type(message()),
    )  # fmt: skip
    push(db, chat("c", full, title="\U0001f600", folder="f", pinned=True, active_leaf="m"))
    assert whole(db, "ann", "c") == chat("c", full, title="\U0001f600", folder="f", pinned=True, active_leaf="m")


def test_what_is_known_already_changes_nothing(db: Database):
    pushed = chat("c", message(), title="t")
    assert push(db, pushed)
    _, cursor = pull(db)
    assert not push(db, pushed)
    assert pull(db, cursor) == ([], cursor)


def test_a_deleted_chat_stays_deleted_whatever_comes_later(db: Database):
    push(db, chat("c", message("old"), title="t"))
    push(db, chat("c", deleted_at=NOW))
    push(db, chat("c", message("late"), title="renamed", stamps={"title": stamp(60)}))
    kept = whole(db, "ann", "c")
    assert (kept.deleted_at, kept.title, len(kept.messages)) == (NOW, "renamed", 2)


def test_principals_may_use_the_same_ids_and_see_nothing_of_each_other(db: Database):
    push(db, chat("c", message("ann's", id="m")), "ann")
    push(db, chat("c", message("bob's", id="m")), "bob")
    assert [m.content for m in whole(db, "ann", "c").messages] == ["ann's"]
    assert [m.content for c in pull(db, principal="bob")[0] for m in c.messages] == ["bob's"]
    assert pull(db, principal="eve")[0] == []
    with pytest.raises(ProtocolError, match="No such chat"):
        whole(db, "eve", "c")


# ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "wrong",
    [
        chat("c", title="t", stamps={"title": stamp(24 * 3600 + 1)}),
        chat("c", title="t", stamps={"title": "yesterday"}),
        chat("c", message(deleted_at=NOW, stamps={"deleted_at": stamp(24 * 3600 + 1)})),
        chat("c", created_at=NOW + 24 * 3600 + 1),
        chat("c", created_at=-1e12),
        chat("c", message(created_at=1e300)),
        chat("c", message(deleted_at=-1e300)),
    ],
)
def test_stamps_and_times_that_no_right_clock_makes_are_refused(db: Database, wrong: Chat):
    error = refused(db, wrong)
    assert error.code == "invalid_params"
    assert "clock" in error.message or "calendar" in error.message


def test_a_stamp_within_a_day_is_taken(db: Database):
    assert push(db, chat("c", title="t", stamps={"title": stamp(24 * 3600 - 1)}))


def test_a_message_is_in_one_chat(db: Database):
    push(db, chat("c", message(id="m")))
    for other in ("d", "d"):
        error = refused(db, chat(other, message("elsewhere", id="m")))
        assert error.code == "id_conflict"
    push(db, chat("d"))
    assert refused(db, chat("d", message(id="m"))).code == "id_conflict"


@pytest.mark.parametrize(
    "wrong",
    [chat("c", title="t" * MAX_CHAT_BYTES), chat("c", message("\n" * (MAX_MESSAGE_BYTES // 2)))],
    ids=["title", "message"],
)
def test_what_would_not_fit_into_a_frame_again_is_refused(db: Database, wrong: Chat):
    error = refused(db, wrong)
    assert error.code == "too_large"
    assert error.detail["limit"] in (MAX_CHAT_BYTES, MAX_MESSAGE_BYTES)


# ── the quota ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_over_the_quota_nothing_more_is_taken_and_the_sentence_says_what_to_do(db: Database):
    push(db, chat("c", message("x" * 5_000)), quota=10_000)
    error = refused(db, chat("c", message("x" * 5_000)), quota=10_000)
    assert error.code == "too_large"
    assert error.detail == {"used": bytes_used(db)["ann"], "bytes": error.detail["bytes"], "limit": 10_000}
    assert "Delete chats" in error.message
    assert "archive.quota" in error.message


def test_each_principal_has_a_quota_of_its_own(db: Database):
    push(db, chat("c", message("x" * 9_000)), "ann", quota=10_000)
    assert push(db, chat("c", message("x" * 9_000)), "bob", quota=10_000)


def test_deleting_is_possible_when_the_quota_is_used_up(db: Database):
    text = message("x" * 9_000)
    push(db, chat("c", text, title="t"), quota=10_000)
    gone = msgspec.structs.replace(text, deleted_at=NOW, stamps={"deleted_at": stamp()})
    assert push(db, chat("c", gone, active_leaf="p"), quota=1_000)
    assert push(db, chat("c", title="t", deleted_at=NOW), quota=1_000)
    assert whole(db, "ann", "c").deleted_at == NOW


def test_deleting_is_no_way_around_the_quota(db: Database):
    push(db, chat("c", message("x" * 9_000, id="m"), title="t"), quota=10_000)
    for smuggled in (
        chat("c", deleted_at=NOW, title="long " * 1_000, stamps={"title": stamp(1), "deleted_at": stamp()}),
        chat("c", deleted_at=NOW, stamps={"deleted_at": stamp(), **{f"field{n}": stamp() for n in range(100)}}),
        chat("c", message("y" * 5_000, deleted_at=NOW)),
        chat("new", deleted_at=NOW),
    ):
        assert refused(db, smuggled, quota=9_500).code == "too_large"


def test_a_push_that_needs_no_more_room_is_taken_over_the_quota(db: Database):
    push(db, chat("c", message("x" * 9_000), title="a title"), quota=10_000)
    assert push(db, chat("c", title="short", stamps={"title": stamp(1)}), quota=1_000)
