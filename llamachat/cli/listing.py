"""How a kept chat is called in lists."""

from __future__ import annotations

from datetime import datetime

from llamachat.base.text import one_line


def title_text(title: str) -> str:
    """A chat's title on one line."""
    return one_line(title) or "(untitled)"


def time_text(seconds: float) -> str:
    """A point in time (seconds since 1970) to the minute, in the local time zone."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")
