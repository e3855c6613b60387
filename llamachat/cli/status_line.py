"""One line on standard error that says what is being waited for, where standard error is a terminal."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from typing import TextIO

from llamachat.base.text import one_line


class StatusLine:
    """A line that is rewritten in place; in a dumb terminal a line for each change instead.

    Does nothing where `stream` is no terminal. It must be cleared before anything else is written to the screen.
    """

    def __init__(self, stream: TextIO, env: Mapping[str, str]) -> None:
        self._stream = stream
        self.on = stream.isatty()
        self._rewrites = env.get("TERM", "dumb") != "dumb"
        self._shown = ""

    def show(self, text: str) -> None:
        """Shows `text` in place of what was shown."""
        text = one_line(text, self._width())
        if not self.on or text == self._shown:
            return
        self._write(f"\r{text}\x1b[K" if self._rewrites else f"{text}\n")
        self._shown = text

    def clear(self) -> None:
        """Takes the line away."""
        if self.on and self._shown and self._rewrites:
            self._write("\r\x1b[K")
        self._shown = ""

    def say(self, text: str) -> None:
        """Writes a line that stays."""
        if self.on:
            self.clear()
            self._write(f"{one_line(text, 1000)}\n")

    def _width(self) -> int:
        try:
            columns = os.get_terminal_size(self._stream.fileno()).columns
        except (OSError, ValueError):
            columns = 0
        # Some terminals say 0. One column less than there are: writing into the last one wraps in some.
        return max(20, (columns or 80) - 1)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, UnicodeEncodeError):  # progress that cannot be shown is no reason to fail
            self.on = False


def on_stderr() -> StatusLine:
    """The status line of this program; one that shows nothing where it was started without standard error."""
    return StatusLine(sys.stderr or io.StringIO(), os.environ)
