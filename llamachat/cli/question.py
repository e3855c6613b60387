"""The question that `ask` puts: the words of the command line, and what came in by the pipe."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO

from llamachat.base.sizes import size_text
from llamachat.documents import decoding, kinds


class QuestionError(Exception):
    """A question that cannot be put; the text says why and what to do."""


def compose(prompt: str, piped: str) -> str:
    """The prompt, then the piped text."""
    return "\n\n".join(part for part in (prompt.strip(), piped.strip("\n")) if part.strip())


def read_pipe(stream: BinaryIO, limit: int) -> str:
    """What a pipe holds, at most `limit` bytes.

    Raises:
        QuestionError: it is too large, or no text.
    """
    data = b""
    while len(data) <= limit and (piece := stream.read(limit + 1 - len(data))):
        data += piece
    if len(data) > limit:
        raise QuestionError(
            f"Standard input has more than {size_text(limit)}. Give a part of it, or raise max_text_bytes under "
            "[attachments] in the settings."
        )
    head = data[: kinds.HEAD_BYTES]
    if kinds.is_pdf(head):
        raise QuestionError("Standard input is a PDF. Write it to a file, and give that with -f.")
    if reason := kinds.refusal("", head):
        raise QuestionError(f"Standard input {reason}.")
    try:
        decoded = decoding.decode(data)
    except decoding.NotText:
        raise QuestionError("Standard input holds binary data, not text.") from None
    if decoded is None:
        raise QuestionError("Standard input is not text in UTF-8; convert it first, or give it as a file with -f.")
    return decoded.text


def is_piped(descriptor: int = 0) -> bool:
    """Whether standard input is a pipe, a socket or a file: not a terminal, and not the null device of a service."""
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:  # closed
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISREG(mode)
