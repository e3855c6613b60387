"""On which line of a TOML document each key stands: the standard library's parser does not tell."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from typing import Final

KeyPath = tuple[str | int, ...]
"""Where a value stands: keys from the top of the document, and places in lists counted from 0."""

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_STRING: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'',
    re.DOTALL,
)
_PLAIN_VALUE: Final = re.compile(r"[^,\]}\n#]*")


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, counted from 1, of every key, table and list item of a TOML document.

    A table has the line of its own header; one that is only implied has that of the first key or header to name it.
    The text should be TOML; of other text the lines are guesses.
    """
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line_ends = [match.start() for match in re.finditer("\n", text)]
        self._lines: dict[KeyPath, int] = {}
        self._sizes: dict[KeyPath, int] = {}  # of the arrays of tables, as far as they have come

    def scan(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._more():
            before = self._at
            if self._sees("["):
                table = self._header()
            else:
                self._pair(table)
            if self._at == before:  # not TOML after all: stop rather than spin
                break
        return self._lines

    def _header(self) -> KeyPath:
        line = self._line()
        brackets = 2 if self._sees("[[") else 1
        self._at += brackets
        keys = self._key()
        self._at += brackets
        if not keys:
            return ()
        table: KeyPath = ()
        for key in keys[:-1]:
            table = self._entered((*table, key), line)
        table = (*table, keys[-1])
        if brackets == 2:
            self._sizes[table] = self._sizes.get(table, 0) + 1
        table = self._entered(table, line)
        self._lines[table] = line
        return table

    def _entered(self, path: KeyPath, line: int) -> KeyPath:
        """The table that `path` means in a header: of an array of tables, its last one."""
        self._lines.setdefault(path, line)
        if path in self._sizes:
            path = (*path, self._sizes[path] - 1)
            self._lines.setdefault(path, line)
        return path

    def _pair(self, table: KeyPath) -> None:
        line = self._line()
        path = table
        for key in self._key():
            path = (*path, key)
            self._lines.setdefault(path, line)
        if self._sees("="):
            self._at += 1
            self._value(path)

    def _key(self) -> tuple[str, ...]:
        parts = []
        while self._more():
            if match := _STRING.match(self._text, self._at):
                parts.append(_unquoted(match[0]))
            elif match := _BARE_KEY.match(self._text, self._at):
                parts.append(match[0])
            else:
                break
            self._at = match.end()
            if not self._more() or not self._sees("."):
                break
            self._at += 1
        return tuple(parts)

    def _value(self, path: KeyPath) -> None:
        self._more()
        if self._sees("["):
            self._members(path, "]")
        elif self._sees("{"):
            self._members(path, "}")
        elif match := _STRING.match(self._text, self._at) or _PLAIN_VALUE.match(self._text, self._at):
            self._at = match.end()

    def _members(self, path: KeyPath, end: str) -> None:
        """What stands in a list or an inline table."""
        self._at += 1
        index = 0
        while self._more() and not self._sees(end):
            before = self._at
            if self._sees(","):
                self._at += 1
                index += 1
            elif end == "]":
                self._lines[(*path, index)] = self._line()
                self._value((*path, index))
            else:
                self._pair(path)
            if self._at == before:
                return
        self._at += 1

    def _more(self) -> bool:
        """Steps over white space and comments; whether anything follows."""
        if match := _BLANK.match(self._text, self._at):
            self._at = match.end()
        return self._at < len(self._text)

    def _sees(self, mark: str) -> bool:
        return self._text.startswith(mark, self._at)

    def _line(self) -> int:
        return bisect_left(self._line_ends, self._at) + 1


def _unquoted(key: str) -> str:
    try:
        return str(tomllib.loads(f"key = {key}")["key"])
    except tomllib.TOMLDecodeError:  # an escape that TOML does not have
        return key
