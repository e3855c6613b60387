"""The question that `ask` puts: the words of the command line, what came in by the pipe, and files."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from llamachat.base.text import one_line

_BINARY: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_DOCUMENTS: Final = (b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


class QuestionError(Exception):
    """A question that cannot be put; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file that goes into the question."""

    name: str
    text: str


def compose(prompt: str, piped: str, files: Sequence[TextFile]) -> str:
    """The question: the prompt, then the piped text, then each file in a frame that names it.

    A frame is a fence of backquotes longer than any in the file, so that no file can end its own frame.
    """
    parts = [part for part in (prompt.strip(), piped.strip("\n")) if part.strip()]
    return "\n\n".join([*parts, *map(_framed, files)])


def _framed(file: TextFile) -> str:
    longest = max((len(run) for run in re.findall("`+", file.text)), default=0)
    fence = "`" * max(3, longest + 1)
    end = "" if file.text.endswith("\n") or not file.text else "\n"
    return f"File: {file.name}\n{fence}\n{file.text}{end}{fence}"


def read_file(path: Path, limit: int) -> TextFile:
    """The text of the file at `path`, at most `limit` bytes.

    Raises:
        QuestionError: it cannot be read, is too large, or is no text.
    """
    name = one_line(path.name or str(path))
    try:
        with path.open("rb") as file:
            return TextFile(name, _text(file, limit, f"The file {one_line(str(path))}"))
    except OSError as error:
        raise QuestionError(f"The file {one_line(str(path))} cannot be read: {error.strerror}.") from error


def read_pipe(stream: BinaryIO, limit: int) -> str:
    """What a pipe holds, at most `limit` bytes.

    Raises:
        QuestionError: it is too large, or no text.
    """
    return _text(stream, limit, "Standard input")


def is_piped(descriptor: int = 0) -> bool:
    """Whether standard input is a pipe, a socket or a file: not a terminal, and not the null device of a service."""
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:  # closed
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISREG(mode)


def _text(stream: BinaryIO, limit: int, what: str) -> str:
    data = b""
    while len(data) <= limit and (piece := stream.read(limit + 1 - len(data))):
        data += piece
    if len(data) > limit:
        raise QuestionError(
            f"{what} has more than {limit} bytes. Give a part of it, or raise max_file_bytes under [attachments]."
        )
    if data.startswith(_DOCUMENTS):
        raise QuestionError(f"{what} is a document, not plain text; convert it to text first.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise QuestionError(f"{what} is not text in UTF-8; convert it first.") from None
    if _BINARY.search(data):
        raise QuestionError(f"{what} holds binary data, not text.")
    return text.replace("\r\n", "\n")
