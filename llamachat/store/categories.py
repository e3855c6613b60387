"""The history as a person looks for things in it: pinned, by day, by folder, put away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Final, Literal

from llamachat.store.records import ChatSummary

CategoryKind = Literal["pinned", "today", "yesterday", "week", "month", "older", "folder", "archived"]

ARCHIVED: Final = "Archived"
"""The folder of what was put away. A folder, since those travel to other machines, and older programs know them; it is
this one however it is capitalised."""

_DATE_KINDS: Final[tuple[CategoryKind, ...]] = ("today", "yesterday", "week", "month", "older")


@dataclass(frozen=True, slots=True)
class Category:
    """Chats that belong together, newest first; `name` is the folder's, "" for the other kinds."""

    kind: CategoryKind
    name: str
    chats: tuple[ChatSummary, ...]


def is_archived(folder: str | None) -> bool:
    """Whether that folder is the one of what was put away."""
    return folder is not None and folder.casefold() == ARCHIVED.casefold()


def group(chats: Iterable[ChatSummary], now: float, tz: tzinfo | None = None) -> tuple[Category, ...]:
    """Each chat in exactly one category: archived, else pinned, else its folder, else by the day of its last message.

    Args:
        chats: in any order.
        now: Unix seconds.
        tz: where the days begin and end; None is this machine's zone.

    Returns:
        Pinned, the dates from today to older, then the folders by name, then what is archived; empty ones are left
        out. Weeks begin on Monday; `week` and `month` are the current ones.
    """
    today = _day(now, tz)
    groups: dict[tuple[CategoryKind, str], list[ChatSummary]] = {}
    for chat in sorted(chats, key=lambda chat: (-chat.updated_at, chat.id)):
        if is_archived(chat.folder):
            place: tuple[CategoryKind, str] = ("archived", "")
        elif chat.pinned:
            place = ("pinned", "")
        elif chat.folder is not None:
            place = ("folder", chat.folder)
        else:
            place = (_kind(_day(chat.updated_at, tz), today), "")
        groups.setdefault(place, []).append(chat)
    folders = sorted((place for place in groups if place[0] == "folder"), key=lambda p: (p[1].casefold(), p[1]))
    fixed: list[tuple[CategoryKind, str]] = [("pinned", ""), *((kind, "") for kind in _DATE_KINDS)]
    order: list[tuple[CategoryKind, str]] = [*fixed, *folders, ("archived", "")]
    return tuple(Category(*place, tuple(groups[place])) for place in order if place in groups)


def _kind(day: date, today: date) -> CategoryKind:
    if day >= today:  # or later, where a clock is wrong
        return "today"
    if day == today - timedelta(days=1):
        return "yesterday"
    if day >= today - timedelta(days=today.weekday()):
        return "week"
    return "month" if (day.year, day.month) == (today.year, today.month) else "older"


def _day(timestamp: float, tz: tzinfo | None) -> date:
    try:
        return datetime.fromtimestamp(timestamp, tz).date()
    except (OverflowError, ValueError, OSError):  # beyond the years that a date can name
        return date.max if timestamp > 0 else date.min
