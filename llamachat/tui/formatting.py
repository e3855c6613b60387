"""Numbers and times in words, as the screens show them."""

from __future__ import annotations

from datetime import datetime, tzinfo


def clock(seconds: float, zone: tzinfo | None = None) -> str:
    """The time of day, `10:30`."""
    return datetime.fromtimestamp(seconds, zone).strftime("%H:%M")


def duration(seconds: float) -> str:
    """`0.3 s`, `12 s`, `2 min 5 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def number(count: int) -> str:
    """Thousands apart by a thin space: `12 345`."""
    return f"{count:,}".replace(",", "\u202f")


def steady(share: float) -> float:
    """A share in steps of a twentieth: what an idle machine's load does by itself is not drawn again and again."""
    return round(share * 20) / 20


def percent(part: float, whole: float = 1.0) -> str:
    """`45 %`; a dash when the whole is nothing."""
    return f"{100 * part / whole:.0f} %" if whole else "–"
