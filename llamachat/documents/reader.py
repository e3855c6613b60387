"""The reading process: a file on standard input, frames on standard output, and little that it may use up.

Started as `python -P -m llamachat.documents.reader KIND TEXT_BYTES MEMORY_BYTES SECONDS`, KIND being `pdf` or `guess`.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import resource
import sys
from collections.abc import Iterator

from llamachat.documents import decoding
from llamachat.documents.frames import Done, Frame, Guessed, Refused, line_of


def main(arguments: list[str]) -> None:
    """Reads, and says what it found."""
    kind, text_bytes, memory_bytes, seconds = arguments[0], int(arguments[1]), int(arguments[2]), float(arguments[3])
    _confine(memory_bytes, seconds)
    logging.disable()  # pypdf reports what it mends; nobody reads it here
    out = sys.stdout.buffer
    try:
        content = sys.stdin.buffer.read()
        for frame in _frames(kind, content, text_bytes):
            out.write(line_of(frame))
            out.flush()
    except MemoryError:
        out.write(line_of(Refused("memory")))
        out.flush()
    except ImportError:
        out.write(line_of(Refused("missing")))
        out.flush()
    except BrokenPipeError:
        # Whoever wanted it is gone. The interpreter would complain when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _frames(kind: str, content: bytes, text_bytes: int) -> Iterator[Frame]:
    if kind == "pdf":
        from llamachat.documents.pdf import read_pdf

        yield from read_pdf(content, text_bytes)
        return
    try:
        decoded = decoding.guess(content)
    except decoding.NotText:
        yield Refused("not_text")
        return
    encoded = decoded.text.encode()
    yield Guessed(encoded[:text_bytes].decode(errors="ignore"), decoded.encoding)
    yield Done(whole=len(encoded) <= text_bytes)


def _confine(memory_bytes: int, seconds: float) -> None:
    """Limits that the system keeps, should this process not come to look at its own any more."""
    for what, limit in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, math.ceil(seconds) + 1),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(OSError, ValueError):  # not every system has every limit, or lets it be lowered
            resource.setrlimit(what, (limit, limit))


if __name__ == "__main__":
    main(sys.argv[1:])
