"""What is left of a screen without colours: the terminal's own two, and reverse for what stood on a strong one."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import NoColor

STANDS_OUT: Final = 0.25
"""A background that differs so much from the screen's in its brightness, from 0 to 1, says something: that a line is
chosen, or that something is wrong. The bars and dialogs of the themes, which say nothing by theirs, stay below it."""


class OwnTwoColors(NoColor):
    """Takes colours out of what is drawn.

    Args:
        background: of the screen in the theme that is shown.
    """

    def __init__(self, background: Color) -> None:
        super().__init__()
        self._background = background

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments without colours."""
        return [
            Segment(text, None if style is None else _plain(style, self._background), control)
            for text, style, control in segments
        ]


@lru_cache(maxsize=4096)
def _plain(style: Style, background: Color) -> Style:
    own = style.bgcolor
    stands_out = own is not None and not own.is_default
    if own is not None and own.triplet is not None:
        stands_out = abs(Color(*own.triplet).brightness - background.brightness) >= STANDS_OUT
    return style + NoColor.DEFAULT_COLORS + Style(reverse=True if stands_out or style.reverse else None)
