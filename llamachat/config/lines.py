"""On which line of a TOML document each key stands: the standard library's parser does not tell."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from typing import Final

Path = tuple[str | int, ...]
"""Where a value stands: keys of tables, and places in lists counted from 0."""

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_STRING: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'',
    re.DOTALL,
)
_SCALAR: Final = re.compile(r"[^,\]}\n#]*")


def key_lines(text: str) -> dict[Path, int]:
    """The line, counted from 1, of every key, table header and list item of a valid TOML document.

    A table that is only implied by a longer header has the line of the first one. The text must be TOML: ask a parser
    first.
    """
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line_ends = [match.start() for match in re.finditer("\n", text)]
        self._lines: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        self._skip_blank()
        while self._at < len(self._text):
            start = self._at
            if self._text.startswith("[[", start):
                self._at += 2
                table = self._array_header(self._key())
                self._at += 2
            elif self._text[start] == "[":
                self._at += 1
                table = self._place(self._key())
                self._record(table, start)
                self._at += 1
            else:
                self._pair(table)
            self._skip_blank()
        return self._lines

    def _array_header(self, key: tuple[str, ...]) -> Path:
        array = (*self._place(key[:-1]), key[-1])
        index = self._counts.get(array, 0)
        self._counts[array] = index + 1
        self._record((*array, index), self._at)
        return (*array, index)

    def _place(self, key: tuple[str, ...]) -> Path:
        """The path that a header means: a list of tables on the way stands for its last one."""
        path: Path = ()
        for part in key:
            path = (*path, part)
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        return path

    def _record(self, path: Path, at: int) -> None:
        line = bisect_left(self._line_ends, at) + 1
        for length in range(1, len(path) + 1):
            self._lines.setdefault(path[:length], line)

    def _skip_blank(self) -> None:
        match = _BLANK.match(self._text, self._at)
        assert match is not None
        self._at = match.end()

    def _key(self) -> tuple[str, ...]:
        parts = []
        while True:
            self._skip_blank()
            if match := _STRING.match(self._text, self._at):
                parts.append(tomllib.loads(f"key = {match[0]}")["key"])
            elif match := _BARE_KEY.match(self._text, self._at):
                parts.append(match[0])
            else:
                return tuple(parts)
            self._at = match.end()
            self._skip_blank()
            if not self._text.startswith(".", self._at):
                return tuple(parts)
            self._at += 1

    def _pair(self, table: Path) -> None:
        start = self._at
        path = (*table, *self._key())
        self._record(path, start)
        self._at += 1  # the equals sign
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip_blank()
        if self._text.startswith("[", self._at):
            self._items(path)
        elif self._text.startswith("{", self._at):
            self._inline_table(path)
        else:
            match = _STRING.match(self._text, self._at) or _SCALAR.match(self._text, self._at)
            assert match is not None
            self._at = match.end()

    def _items(self, path: Path) -> None:
        self._at += 1
        index = 0
        while not self._closes("]"):
            self._record((*path, index), self._at)
            self._value((*path, index))
            index += 1

    def _inline_table(self, path: Path) -> None:
        self._at += 1
        while not self._closes("}"):
            self._pair(path)

    def _closes(self, bracket: str) -> bool:
        """Whether the list or inline table ends here; steps over the bracket, or over the comma before what follows."""
        self._skip_blank()
        if self._text.startswith(",", self._at):
            self._at += 1
            self._skip_blank()
        if not self._text.startswith(bracket, self._at):
            return False
        self._at += 1
        return True
