"""What changes on the terminal, and nothing else: most of what Textual draws a screen with is there already.

Textual writes every line of a widget that may have changed, and the whole screen when the layout may have. A `Painter`
knows what the terminal shows, and leaves out what would be drawn over itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby, repeat
from operator import itemgetter
from typing import Final, NamedTuple

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

BRIDGE: Final = 4
"""So many cells that have not changed are written again where that is shorter than moving over them."""


_BLANKS: Final = re.compile(" {12,}")
"""Blanks that cost less when they are erased. Only on the terminal's own background: not all erase with another one."""

_PICTURES: Final = 0x1F000
"""From here on there are emoji, which terminals of different age draw in one cell or in two."""


class Look(NamedTuple):
    """How a cell is drawn: the codes of its attributes and its two colours, each empty for the terminal's own."""

    attributes: str = ""
    color: str = ""
    background: str = ""


Cell = tuple[str, Look]
"""What one cell of the terminal shows. Cells of a strip that is only written as a whole hold all of it."""

PLAIN: Final = Look()
_UNKNOWN: Final[Cell] = ("", PLAIN)


class Painter:
    """Remembers what was written to the terminal, and writes what differs."""

    def __init__(self) -> None:
        self._rows: dict[int, _Row] = {}

    def forget(self) -> None:
        """Takes nothing on the terminal to be as it was left, for it has another size, or somebody else had it."""
        self._rows.clear()

    def changes(self, update: CompositorUpdate) -> CompositorUpdate:
        """The update without what the terminal shows already, for Textual to write in its stead."""
        return _Changes(self, update) if isinstance(update, LayoutUpdate | ChopsUpdate) else update

    def paint(self, update: LayoutUpdate | ChopsUpdate, console: Console) -> str:
        """What to write; the terminal is taken to show it then."""
        pen = _Pen()
        for y, x, strip in _placed(update):
            row = self._rows.setdefault(y, _Row())
            if row.has(x, strip):
                continue
            cells = _cells(strip, console)
            if cells is None:
                whole = strip.render(console)
                if row.take(x, strip, [(f"{place} {whole}", PLAIN) for place in range(strip.cell_length)]):
                    pen.write_whole(y, x, whole)
            else:
                for start, end in row.take(x, strip, cells):
                    pen.write(y, x + start, cells[start:end])
        return pen.written


class _Changes(CompositorUpdate):
    """An update that is painted when Textual writes it."""

    def __init__(self, painter: Painter, update: LayoutUpdate | ChopsUpdate) -> None:
        self._painter = painter
        self._update = update

    def render_segments(self, console: Console) -> str:
        """What to write."""
        return self._painter.paint(self._update, console)


class _Row:
    """A line of the terminal: its cells, and the strips that they were last drawn with, by their columns."""

    def __init__(self) -> None:
        self._cells: list[Cell] = []
        self._strips: dict[int, Strip] = {}

    def has(self, x: int, strip: Strip) -> bool:
        """Whether the strip was drawn there and nothing over it since."""
        drawn = self._strips.get(x)
        return drawn is not None and (drawn is strip or drawn == strip)

    def take(self, x: int, strip: Strip, cells: list[Cell]) -> list[tuple[int, int]]:
        """Where its cells differ from what is there, as runs from … to; they are there afterwards."""
        end = x + len(cells)
        for other, drawn in list(self._strips.items()):
            if other < end and x < other + drawn.cell_length:
                del self._strips[other]
        self._strips[x] = strip
        row = self._cells
        row += [_UNKNOWN] * (end - len(row))
        before, row[x:end] = row[x:end], cells
        runs: list[tuple[int, int]] = []
        if before != cells:
            for place, (old, new) in enumerate(zip(before, cells, strict=True)):
                if old != new:
                    if runs and place - runs[-1][1] <= BRIDGE:
                        runs[-1] = (runs[-1][0], place + 1)
                    else:
                        runs.append((place, place + 1))
        return runs


class _Pen:
    """Writes cells with as few bytes as it can: it knows where it stands and how it draws."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._at: tuple[int, int] | None = None
        self._look = PLAIN

    def write(self, y: int, x: int, cells: list[Cell]) -> None:
        """Writes cells that lie side by side."""
        self._move(y, x)
        for look, alike in groupby(cells, itemgetter(1)):
            self._draw_as(look)
            text = "".join(text for text, _look in alike)
            self._parts.append(_BLANKS.sub(_erased, text) if look == PLAIN else text)
        self._at = (y, x + len(cells))

    def write_whole(self, y: int, x: int, text: str) -> None:
        """Writes text with escape sequences of its own, after which nothing is known of where the pen stands."""
        self._move(y, x)
        self._draw_as(PLAIN)
        self._parts.append(text)
        self._at = None

    @property
    def written(self) -> str:
        """All of it, ending with the terminal's own look."""
        self._draw_as(PLAIN)
        return "".join(self._parts)

    def _move(self, y: int, x: int) -> None:
        if self._at == (y, x):
            return
        if self._at is not None and self._at[0] == y and x > self._at[1]:
            self._parts.append(f"\x1b[{x - self._at[1]}C")
        else:
            self._parts.append(f"\x1b[{y + 1};{x + 1}H")

    def _draw_as(self, look: Look) -> None:
        before, self._look = self._look, look
        if look == before:
            return
        codes = []
        if look.attributes != before.attributes:
            codes = [*(["0"] if before.attributes else []), look.attributes]
            before = PLAIN if before.attributes else before
        if look.color != before.color:
            codes.append(look.color or "39")
        if look.background != before.background:
            codes.append(look.background or "49")
        written = ";".join(code for code in codes if code)
        self._parts.append("\x1b[0m" if look == PLAIN else f"\x1b[{written}m")


def _erased(blanks: re.Match[str]) -> str:
    """As many cells erased, and the way over them."""
    return f"\x1b[{len(blanks[0])}X\x1b[{len(blanks[0])}C"


def _placed(update: LayoutUpdate | ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """The strips of an update, with the row and the column of each."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in line:
                yield y, x, strip
                x += strip.cell_length
        return
    for y, x1, x2 in update.spans:
        for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if chop is not None and x <= x2 and end > x1:
                yield y, x, chop if x1 <= x < x2 and end <= x2 else chop.crop(0, min(end, x2) - x)


def _cells(strip: Strip, console: Console) -> list[Cell] | None:
    """A cell for each character; None where terminals may not agree on how wide each is, or where there is a link."""
    cells: list[Cell] = []
    color_system = console._color_system
    for text, style, _control in strip:
        if (style is not None and style.link) or not _is_plain(text):
            return None
        look = PLAIN if style is None else _look(style, color_system)
        cells += zip(text, repeat(look))
    return cells


@lru_cache(maxsize=4096)
def _is_plain(text: str) -> bool:
    return text.isprintable() and all(
        get_character_cell_size(character) == 1 and ord(character) < _PICTURES for character in text
    )


@lru_cache(maxsize=4096)
def _look(style: Style, color_system: ColorSystem | None) -> Look:
    if color_system is None:
        return PLAIN
    attributes = style.without_color._make_ansi_codes(color_system)
    color, background = (
        "" if color is None or color.is_default else ";".join(color.downgrade(color_system).get_ansi_codes(foreground))
        for color, foreground in ((style.color, True), (style.bgcolor, False))
    )
    return Look(attributes, color, background)
