"""What can be told of a screen that is drawn: whether its text can be read, in few colours too, and how wide it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.screen import Screen
from textual.strip import Strip

ENOUGH: Final = 7.0
"""WCAG 2.2, success criterion 1.4.6: contrast (enhanced)."""

Drawn = tuple[tuple[Segment, ...], ...]
"""A screen: its lines from the top, each in pieces of one style."""


def drawn(app: App[Any]) -> Drawn:
    """The screen as the terminal is sent it. What lies under a dialog, not there to be read, is without a style."""
    lines = app.screen._compositor.render_strips()
    return tuple(tuple(_pieces(app.screen, strip, y)) for y, strip in enumerate(lines))


def _pieces(screen: Screen[Any], strip: Strip, y: int) -> Iterator[Segment]:
    x = 0
    for piece in strip:
        is_under = screen.is_modal and piece.text and screen.get_widget_at(x, y)[0] is screen
        yield Segment(piece.text) if is_under else piece
        x += piece.cell_length


def luminance(color: Color) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [part / 255 for part in color.rgb]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one: Color, two: Color) -> float:
    """Their contrast, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(two)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def written(screen: Drawn) -> Iterator[Segment]:
    """The pieces with letters or digits in them: frames and bars are no text."""
    for line in screen:
        yield from (piece for piece in line if piece.style and any(character.isalnum() for character in piece.text))


def faint(screen: Drawn) -> list[tuple[str, float]]:
    """Every piece of text with less contrast than enough; that of the terminal's own two colours is not known here."""
    found = []
    for piece in written(screen):
        assert piece.style is not None, piece.text
        assert piece.style.color is not None, piece.text
        assert piece.style.bgcolor is not None, piece.text
        assert not piece.style.dim, piece.text
        if piece.style.color.is_default and piece.style.bgcolor.is_default:
            continue
        contrast = ratio(Color.from_rich_color(piece.style.color), Color.from_rich_color(piece.style.bgcolor))
        if contrast < ENOUGH:
            found.append((piece.text, contrast))
    return found


def lost_in(system: ColorSystem, screen: Drawn) -> list[str]:
    """Every piece of text with the colour of what is behind it, in a terminal with so few colours. The terminal's own
    two colours, which are called alike, are taken to differ."""
    return [
        piece.text
        for piece in written(screen)
        if piece.style is not None
        and piece.style.color is not None
        and piece.style.bgcolor is not None
        and not piece.style.color.is_default
        and piece.style.color.downgrade(system).number == piece.style.bgcolor.downgrade(system).number
    ]


def widths(screen: Drawn) -> set[int]:
    """How many columns its lines take."""
    return {sum(cell_len(piece.text) for piece in line) for line in screen}


def colors(screen: Drawn) -> list[tuple[str, RichColor]]:
    """Every colour, with the text that has it or lies on it."""
    return [
        (piece.text, color)
        for line in screen
        for piece in line
        if piece.style is not None
        for color in (piece.style.color, piece.style.bgcolor)
        if color is not None
    ]
