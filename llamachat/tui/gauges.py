"""Small drawings made of characters: a bar for a share of a whole, and a line of bars for values over time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_HEIGHTS: Final = "▁▂▃▄▅▆▇█"


def gauge(share: float, width: int) -> str:
    """A bar of `width` cells, filled from the left by `share` (0 to 1) to an eighth of a cell."""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width)


def sparkline(values: Sequence[float], width: int, most: float | None = None) -> str:
    """The last `width` values as bars between nothing and `most` (by default the largest of them); shorter while there
    are fewer values."""
    shown = values[-width:] if width > 0 else ()
    top = max(shown, default=0.0) if most is None else most
    if top <= 0:
        return _HEIGHTS[0] * len(shown)
    last = len(_HEIGHTS) - 1
    return "".join(_HEIGHTS[round(min(max(value / top, 0.0), 1.0) * last)] for value in shown)
