"""Lays code out in a frame; code that grows costs what its end costs."""

from __future__ import annotations

from typing import Final

from textual.content import Content

from llamachat.base.text import printable

PROOF_LINES: Final = 24
"""So many lines must look the same, whether what stands before them was read or not, before it is not read again."""


def language_of(info: str) -> str:
    """The language that the words behind a fence name, "" for none."""
    return info.split()[0] if info.split() else ""


class CodeLayout:
    """Highlighted code in a frame that names its language and the number to copy it by.

    Where highlighting can begin in the middle, such as between two functions but not inside a long string, differs by
    language. So it is tried out: once the last lines come out the same without those before them, those before them are
    settled, and what is appended later is highlighted from there on.
    """

    def __init__(self, language: str, width: int, number: int | None) -> None:
        self._language = language
        self._width = width
        self._inner = max(1, width - 4)
        self._side = Content.styled("│", "$text-muted")
        self._top = self._top_line(number)
        self._bottom = Content.styled(("└" + "─" * max(0, width - 2) + "┘")[:width], "$text-muted")
        self._settled_code = ""
        self._settled: list[Content] = []
        self._try_at = 2 * PROOF_LINES

    def lines(self, code: str) -> list[Content]:
        """The frame with this code; when it begins with what was settled, only what follows is laid out."""
        code = printable(code)
        if not code.startswith(self._settled_code):
            self._settled_code, self._settled, self._try_at = "", [], 2 * PROOF_LINES
        tail = code[len(self._settled_code) :]
        shown = self._highlighted(tail)
        rows = [self._row(line) for line in shown]
        lines = [self._top, *self._settled, *(line for row in rows for line in row), self._bottom]
        if len(shown) >= self._try_at:
            self._settle(tail, shown, rows)
        return lines

    def _settle(self, tail: str, shown: list[Content], rows: list[list[Content]]) -> None:
        """Keeps what cannot change any more, all but the last lines; `shown` and `rows` are those of `tail`."""
        sources = tail.split("\n")
        count = len(shown) - PROOF_LINES
        alone = self._highlighted("\n".join(sources[count:]))
        proven = any(line.plain.strip() for line in alone) and [(line.plain, line.spans) for line in alone] == [
            (line.plain, line.spans) for line in shown[count:]
        ]
        if proven:
            self._settled_code += "".join(line + "\n" for line in sources[:count])
            self._settled.extend(line for row in rows[:count] for line in row)
            self._try_at = 2 * PROOF_LINES
        else:  # inside of something long: not at every word anew
            self._try_at = 2 * len(shown)

    def _highlighted(self, code: str) -> list[Content]:
        # Loads the highlighter, which a conversation without code has no need of.
        from textual.highlight import highlight

        source = code.rstrip("\n").expandtabs(4)
        return highlight(source, language=self._language or "text").split("\n", allow_blank=True)

    def _row(self, line: Content) -> list[Content]:
        """One line of code between the sides of the frame, folded where it is too long."""
        row = []
        for piece in line.fold(self._inner) or [Content("")]:
            padding = " " * max(0, self._inner - piece.cell_length)
            row.append(Content.assemble(self._side, " ", piece, padding, " ", self._side).truncate(self._width))
        return row

    def _top_line(self, number: int | None) -> Content:
        name = f" {printable(self._language)} " if self._language else "─"
        mark = f" {number} copy " if number is not None else "─"
        rule = "─" * max(0, self._width - len(name) - len(mark) - 2)
        top = Content.assemble(
            ("┌", "$text-muted"), (name, "bold"), (rule, "$text-muted"), (mark, "$text-muted"), ("┐", "$text-muted")
        )
        return top.truncate(self._width)
