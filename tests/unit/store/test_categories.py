from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.store import ChatSummary, group, is_archived

# A Thursday.
NOW = datetime(2025, 7, 17, 12, 0, tzinfo=UTC)


def chat(name: str, when: datetime | float = NOW, folder: str | None = None, pinned: bool = False) -> ChatSummary:
    moment = when if isinstance(when, float) else when.timestamp()
    return ChatSummary(name, name, folder, pinned, moment, moment, 1)


def kinds(*chats: ChatSummary, tz: timezone = UTC) -> list[tuple[str, str, list[str]]]:
    return [(c.kind, c.name, [one.id for one in c.chats]) for c in group(chats, NOW.timestamp(), tz)]


def test_pinned_come_first_then_the_dates_then_the_folders_by_name() -> None:
    assert kinds(
        chat("f2", folder="work"),
        chat("old", NOW - timedelta(days=400)),
        chat("f1", folder="Home"),
        chat("today"),
        chat("pin", NOW - timedelta(days=400), pinned=True),
        chat("both", folder="work", pinned=True),
    ) == [
        ("pinned", "", ["both", "pin"]),
        ("today", "", ["today"]),
        ("older", "", ["old"]),
        ("folder", "Home", ["f1"]),
        ("folder", "work", ["f2"]),
    ]


def test_what_is_archived_comes_last_whatever_else_it_is() -> None:
    assert kinds(
        chat("put away", folder="Archived"),
        chat("pinned too", NOW - timedelta(hours=1), folder="archived", pinned=True),
        chat("filed", folder="zoo"),
        chat("today"),
    ) == [
        ("today", "", ["today"]),
        ("folder", "zoo", ["filed"]),
        ("archived", "", ["put away", "pinned too"]),
    ]
    assert not is_archived(None)


@pytest.mark.parametrize(
    ("when", "kind"),
    [
        (datetime(2025, 7, 17, 0, 0, tzinfo=UTC), "today"),
        (datetime(2025, 7, 18, 0, 0, tzinfo=UTC), "today"),
        (datetime(2025, 7, 16, 23, 59, tzinfo=UTC), "yesterday"),
        (datetime(2025, 7, 16, 0, 0, tzinfo=UTC), "yesterday"),
        (datetime(2025, 7, 15, 23, 59, tzinfo=UTC), "week"),
        (datetime(2025, 7, 14, 0, 0, tzinfo=UTC), "week"),
        (datetime(2025, 7, 13, 23, 59, tzinfo=UTC), "month"),
        (datetime(2025, 7, 1, 0, 0, tzinfo=UTC), "month"),
        (datetime(2025, 6, 30, 23, 59, tzinfo=UTC), "older"),
        (datetime(2024, 7, 17, 12, 0, tzinfo=UTC), "older"),
        (1e300, "today"),
        (-1e300, "older"),
    ],
)
def test_dates_are_days_of_the_calendar(when: datetime | float, kind: str) -> None:
    assert kinds(chat("x", when)) == [(kind, "", ["x"])]


def test_days_begin_where_the_reader_is() -> None:
    late = chat("x", datetime(2025, 7, 16, 23, 0, tzinfo=UTC))
    assert kinds(late, tz=timezone(timedelta(hours=2)))[0][0] == "today"
    assert kinds(late, tz=UTC)[0][0] == "yesterday"
    assert kinds(late, tz=timezone(timedelta(hours=-12)))[0][0] == "yesterday"


def test_within_a_category_the_newest_comes_first() -> None:
    assert kinds(*(chat(f"{hour}", NOW - timedelta(hours=hour)) for hour in (3, 1, 2))) == [
        ("today", "", ["1", "2", "3"])
    ]


@given(
    st.lists(
        st.builds(
            chat,
            st.uuids().map(str),
            st.floats(-1e12, 1e12),
            st.none() | st.sampled_from(["a", "b"]),
            st.booleans(),
        ),
        max_size=20,
    )
)
def test_every_chat_is_in_exactly_one_category(chats: list[ChatSummary]) -> None:
    categories = group(chats, NOW.timestamp(), UTC)
    shown = [one.id for category in categories for one in category.chats]
    assert sorted(shown) == sorted(one.id for one in chats)
    assert all(category.chats for category in categories)
