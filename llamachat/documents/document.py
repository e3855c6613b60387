"""A file as it goes into a question: its text, where it came from, and what there is to know about it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from llamachat.documents.kinds import Kind
from llamachat.protocol import Attachment


class DocumentError(Exception):
    """A file that cannot go into a question; the text is a sentence that names it, says why and what to do."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far reading has come, in `unit`; `total` is None while it is not known."""

    done: int
    total: int | None
    unit: str = "pages"


@dataclass(frozen=True, slots=True)
class Document:
    """What was read.

    Attributes:
        name: of the file, safe to print on one line.
        kind: what it was made from.
        content: the bytes that are kept with the message, under their hash.
        text: what the model reads.
        page_starts: where each page of a PDF begins in `text`, in code points; empty for other kinds.
        pages: how many pages the PDF has; None for other kinds.
        encoding: how the characters were written, as Python calls it.
        is_whole: False when `text` ends before the file does, because a limit was reached.
        notes: sentences about what is not as one would expect, as a page without text.
        origin: of a part, the document that it is the beginning of.
    """

    name: str
    kind: Kind
    content: bytes = field(repr=False)
    text: str = field(repr=False)
    page_starts: tuple[int, ...] = field(default=(), repr=False)
    pages: int | None = None
    encoding: str = "utf-8"
    is_whole: bool = True
    notes: tuple[str, ...] = ()
    origin: Document | None = field(default=None, repr=False)

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return len(self.content)

    @property
    def attachment(self) -> Attachment:
        """How a message names it."""
        return Attachment(self.name, hashlib.sha256(self.content).hexdigest(), self.size)
