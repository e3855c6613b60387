"""Where the keys of a TOML document stand, which `tomllib` does not tell, so that a wrong setting can name its line."""

from __future__ import annotations

import re
from typing import Final

KeyPath = tuple[str | int, ...]
"""Keys and array indices from the top of the document."""

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACES: Final = re.compile(r"[ \t]*")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_QUOTED: Final = (
    re.compile(r'"""(?:\\.|[^\\])*?"{3,5}', re.DOTALL),
    re.compile(r"'''.*?'{3,5}", re.DOTALL),
    re.compile(r'"(?:\\.|[^"\\\n])*"'),
    re.compile(r"'[^'\n]*'"),
)
_PLAIN_VALUE: Final = re.compile(r"[^,\]}\n#]*")


class KeyLines:
    """The line of every key of a document that `tomllib` has accepted (of another one, the lines are guesses)."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lines: dict[KeyPath, int] = {}
        self._sizes: dict[KeyPath, int] = {}
        self._document()

    def line(self, path: KeyPath) -> int | None:
        """The line (from 1) of the key at `path`, else of the nearest key around it; None when there is none."""
        for end in range(len(path), 0, -1):
            if (found := self._lines.get(path[:end])) is not None:
                return found
        return None

    def _document(self) -> None:
        table: KeyPath = ()
        while self._skip(_BLANK) < len(self._text):
            before = self._at
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
            if self._at == before:  # not TOML after all: stop rather than spin
                return

    def _header(self) -> KeyPath:
        line = self._line()
        is_array = self._text.startswith("[[", self._at)
        self._at += 2 if is_array else 1
        keys = self._dotted_key()
        self._at = self._end_of_line()
        table: KeyPath = ()
        for key in keys[:-1]:
            self._lines.setdefault((*table, key), line)
            table = self._inside((*table, key))
        table = (*table, *keys[-1:])
        if is_array:
            self._sizes[table] = self._sizes.get(table, 0) + 1
            self._lines.setdefault(table, line)
            table = self._inside(table)
        self._lines[table] = line
        return table

    def _inside(self, table: KeyPath) -> KeyPath:
        """A table's own path, or that of the last element where it is an array of tables."""
        return (*table, self._sizes[table] - 1) if table in self._sizes else table

    def _pair(self, table: KeyPath) -> None:
        line = self._line()
        path = table
        for key in self._dotted_key():
            path = (*path, key)
            self._lines.setdefault(path, line)
        if self._text.startswith("=", self._at):
            self._at += 1
            self._skip(_SPACES)
            self._value(path)

    def _dotted_key(self) -> KeyPath:
        keys: list[str | int] = []
        while True:
            self._skip(_SPACES)
            if match := _BARE_KEY.match(self._text, self._at):
                keys.append(match.group())
            elif match := self._quoted():
                keys.append(match.group()[1:-1])
            else:
                return tuple(keys)
            self._at = match.end()
            self._skip(_SPACES)
            if not self._text.startswith(".", self._at):
                return tuple(keys)
            self._at += 1

    def _value(self, path: KeyPath) -> None:
        if match := self._quoted():
            self._at = match.end()
        elif self._text.startswith("[", self._at):
            self._members(path, "]")
        elif self._text.startswith("{", self._at):
            self._members(path, "}")
        else:
            self._skip(_PLAIN_VALUE)

    def _members(self, path: KeyPath, end: str) -> None:
        self._at += 1
        index = 0
        while self._skip(_BLANK) < len(self._text) and not self._text.startswith(end, self._at):
            before = self._at
            if self._text.startswith(",", self._at):
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

    def _quoted(self) -> re.Match[str] | None:
        return next((match for pattern in _QUOTED if (match := pattern.match(self._text, self._at))), None)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        if match := pattern.match(self._text, self._at):
            self._at = match.end()
        return self._at

    def _end_of_line(self) -> int:
        end = self._text.find("\n", self._at)
        return len(self._text) if end < 0 else end

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1
