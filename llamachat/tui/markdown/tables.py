"""Tables that fit: columns share the width, and long cells wrap inside their column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.content import Content

_GAP: Final = " │ "


def column_widths(natural: Sequence[int], available: int) -> list[int]:
    """Widths that add up to at most `available`: narrow columns keep theirs, the wide ones share what is left evenly.

    Every column gets at least one cell, even when that is more than there is.
    """
    widths = [max(1, width) for width in natural]
    open_columns = set(range(len(widths)))
    room = available
    while open_columns:
        share = max(1, room // len(open_columns))
        fitting = {column for column in open_columns if widths[column] <= share}
        if not fitting:
            for place, column in enumerate(sorted(open_columns)):
                widths[column] = max(1, room // len(open_columns) + (place < room % len(open_columns)))
            break
        room -= sum(widths[column] for column in fitting)
        open_columns -= fitting
    return widths


def layout_table(rows: Sequence[Sequence[Content]], aligns: Sequence[str], width: int) -> list[Content]:
    """The table's lines; the first row is its head. `aligns` are `left`, `right` or `center`, one a column."""
    if not rows or not rows[0]:
        return []
    columns = len(rows[0])
    available = width - len(_GAP) * (columns - 1)
    natural = [max(row[column].cell_length for row in rows if column < len(row)) for column in range(columns)]
    if available < columns:  # no room for even one cell a column: one cell a line, so that nothing is lost
        return [piece for row in rows for cell in row for piece in cell.fold(max(1, width))]
    widths = column_widths(natural, available)
    gap = Content.styled(_GAP, "$text-muted")
    lines: list[Content] = []
    for number, row in enumerate(rows):
        cells = [(row[column] if column < len(row) else Content("")) for column in range(columns)]
        wrapped = [_wrap_cell(cell, widths[column]) for column, cell in enumerate(cells)]
        for line in range(max(map(len, wrapped))):
            pieces = [
                _align(cell[line] if line < len(cell) else Content(""), widths[column], aligns[column])
                for column, cell in enumerate(wrapped)
            ]
            text = gap.join(pieces)
            lines.append(text.stylize("bold") if number == 0 else text)
        if number == 0:
            lines.append(Content.styled("─┼─".join("─" * size for size in widths), "$text-muted"))
    return lines


def _wrap_cell(cell: Content, width: int) -> list[Content]:
    return [piece for line in cell.wrap(width) for piece in line.fold(width)] or [Content("")]


def _align(text: Content, width: int, align: str) -> Content:
    space = max(0, width - text.cell_length)
    left = {"right": space, "center": space // 2}.get(align, 0)
    return text.pad(left, space - left)
