"""What is written to the terminal, read by a terminal of a few lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from llamachat.tui.painting import Painter

WIDTH: Final = 16
CONSOLE: Final = Console(color_system="truecolor", force_terminal=True, width=WIDTH)
STYLES: Final = ("", "red", "bold red", "bold on blue", "reverse", "#102030 on #405060", "default on default")
_WRITTEN: Final = re.compile(r"\x1b\[([0-9;]*)([HCXm])|([^\x1b])")


class Paper:
    """A terminal: text and look of each cell. A wide character holds two."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], tuple[str, str]] = {}

    def read(self, written: str) -> None:
        row = column = 0
        style = ""
        for codes, kind, text in _WRITTEN.findall(written):
            if kind == "H":
                row, column = (int(number) - 1 for number in codes.split(";"))
            elif kind == "C":
                column += int(codes)
            elif kind == "X":
                assert style == "", "not every terminal erases with another background"
                self.cells |= {(row, column + place): (" ", "") for place in range(int(codes))}
            elif kind == "m":
                style = self._style(style, codes)
            elif text != "\n":
                for place in range(cell_len(text)):
                    self.cells[row, column + place] = (text if place == 0 else "", style)
                column += cell_len(text)
        assert style == "", "the terminal is not left with its own look"

    @staticmethod
    def _style(style: str, codes: str) -> str:
        """Attributes and colours that hold, in one order."""
        held = dict(part.split("=", 1) for part in style.split() if part)
        numbers = iter((codes or "0").split(";"))
        for number in numbers:
            if number == "0":
                held.clear()
            elif number in ("39", "49"):
                held.pop("fg" if number == "39" else "bg", None)
            elif number in ("38", "48"):
                kind = next(numbers)
                rest = [next(numbers) for _ in range(3 if kind == "2" else 1)]
                held["fg" if number == "38" else "bg"] = ",".join((kind, *rest))
            elif 30 <= int(number) <= 37 or 90 <= int(number) <= 97:
                held["fg"] = number
            elif 40 <= int(number) <= 47 or 100 <= int(number) <= 107:
                held["bg"] = number
            else:
                held[f"attribute{number}"] = "on"
        return " ".join(f"{name}={value}" for name, value in sorted(held.items()))


def strip_of(*parts: tuple[str, str]) -> Strip:
    return Strip([Segment(text, Style.parse(style)) for text, style in parts])


def screen_of(*lines: Strip) -> LayoutUpdate:
    return LayoutUpdate([[line] for line in lines], Region(0, 0, WIDTH, len(lines)))


def chop(y: int, x: int, strip: Strip) -> ChopsUpdate:
    chops: list[dict[int, Strip | None]] = [{} for _ in range(y)] + [{x: strip}]
    ends = [[] for _ in range(y)] + [[x + strip.cell_length]]
    return ChopsUpdate(chops, [(y, x, x + strip.cell_length)], ends)


def padded(parts: Sequence[tuple[str, str]]) -> Strip:
    return strip_of(*parts).adjust_cell_length(WIDTH)


lines = st.lists(
    st.tuples(st.text("ab ┃●é日🦙", max_size=4) | st.just(" " * 13), st.sampled_from(STYLES)), max_size=4
).map(padded)
updates = st.lists(lines, min_size=1, max_size=3).map(lambda found: screen_of(*found)) | st.builds(
    chop, st.integers(0, 2), st.just(0), lines
)


@given(st.lists(updates, max_size=8))
def test_the_terminal_shows_what_textual_would_have_drawn(played: list[LayoutUpdate | ChopsUpdate]) -> None:
    painter, paper, whole = Painter(), Paper(), Paper()
    for update in played:
        paper.read(painter.paint(update, CONSOLE))
        whole.read(update.render_segments(CONSOLE))
        assert paper.cells == whole.cells


def test_what_is_there_is_not_written_again() -> None:
    painter = Painter()
    update = screen_of(padded([("hello", "red")]), padded([("日本", "")]))
    assert painter.paint(update, CONSOLE)
    assert painter.paint(update, CONSOLE) == ""


def test_of_a_line_only_the_cells_that_differ_are_written() -> None:
    painter = Painter()
    painter.paint(screen_of(padded([("load 12 %", "")])), CONSOLE)
    assert painter.paint(screen_of(padded([("load 17 %", "")])), CONSOLE) == "\x1b[1;7H7"


def test_only_the_colour_that_changes_is_named() -> None:
    written = Painter().paint(screen_of(padded([("a", "red on blue"), ("b", "green on blue")])), CONSOLE)
    assert written.startswith("\x1b[1;1H\x1b[31;44ma\x1b[32mb")


@pytest.mark.parametrize("text", ["日", "🦙", "e\u0301", "👩\u200d🚀"])
def test_a_line_with_a_character_of_doubtful_width_is_written_whole(text: str) -> None:
    painter = Painter()
    painter.paint(screen_of(padded([(f"{text} one", "")])), CONSOLE)
    assert text in painter.paint(screen_of(padded([(f"{text} two", "")])), CONSOLE)


def test_an_empty_line_is_erased() -> None:
    assert Painter().paint(screen_of(padded([("a", "")])), CONSOLE) == "\x1b[1;1Ha\x1b[15X\x1b[15C"


def test_what_is_forgotten_is_written_again() -> None:
    painter = Painter()
    update = screen_of(padded([("hello", "red")]))
    first = painter.paint(update, CONSOLE)
    painter.forget()
    assert painter.paint(update, CONSOLE) == first
