"""The beginning of a document, when the whole is too long: cut at a border that makes sense, and what is missing said.
Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from llamachat.base.sizes import count_text, size_text
from llamachat.documents.document import Document
from llamachat.documents.kinds import Kind

MIN_KEPT_BYTES: Final = 200
"""Less of a document than this helps nobody."""

MARK_BYTES: Final = 100
"""Room for the line that says what is missing."""

_HEADING: Final = re.compile(r"^(?=#{1,6} )", re.MULTILINE)
_DEFINITION: Final = re.compile(r"(?<=\n\n)(?=\S)")
_PARAGRAPH: Final = re.compile(r"(?<=\n\n)(?!\n)")
_LINE: Final = re.compile(r"(?<=\n)")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")
_WORD: Final = re.compile(r"\s+")
_BORDERS: Final[dict[Kind, tuple[re.Pattern[str], ...]]] = {
    "pdf": (_PARAGRAPH, _LINE, _SENTENCE, _WORD),
    "markdown": (_HEADING, _PARAGRAPH, _LINE, _SENTENCE, _WORD),
    "source": (_DEFINITION, _PARAGRAPH, _LINE),
    "text": (_PARAGRAPH, _LINE, _SENTENCE, _WORD),
}
_WORTH: Final = 0.7
"""A border is taken when at least this share of what fits lies before it; else a lesser border nearer to the end."""


def trim(document: Document, most_bytes: int) -> Document | None:
    """As much of the beginning as fits into `most_bytes` of UTF-8; None when that is too little to be of use. A
    document that fits is returned as it is; of a part that does not, its document is trimmed anew.

    What is left is a document of its own: its name says which part it is, its last line what is missing, and its
    content is its text, so that exactly what was sent is kept under its own hash.
    """
    if document.is_whole and len(document.text.encode()) <= most_bytes:
        return document
    document = document.origin or document
    size = len(document.text.encode())
    if most_bytes - MARK_BYTES < min(MIN_KEPT_BYTES, size):
        return None
    fitting = len(document.text.encode()[: most_bytes - MARK_BYTES].decode(errors="ignore"))
    if fitting < len(document.text):
        end = _page_border(document, fitting) or _text_border(document, fitting)
    else:
        end = fitting  # all that was read of a longer file
    kept = document.text[:end].rstrip("\n")
    part, missing = _described(document, end)
    text = f"{kept}\n[left out here: {missing}]\n"
    return replace(
        document,
        name=f"{document.name} ({part})",
        content=text.encode(),
        text=text,
        page_starts=tuple(start for start in document.page_starts if start < end),
        encoding="utf-8",
        is_whole=True,
        notes=(*document.notes, f"{document.name}: {missing} left out."),
        origin=document,
    )


def shares(sizes: Sequence[int], most: int) -> list[int]:
    """`most` divided among parts of these sizes: small ones stay whole, the others get equal shares of the rest."""
    given = [0] * len(sizes)
    left = most
    by_size = sorted(range(len(sizes)), key=lambda index: sizes[index])
    for place, index in enumerate(by_size):
        given[index] = min(sizes[index], left // (len(sizes) - place))
        left -= given[index]
    return given


def _page_border(document: Document, fitting: int) -> int | None:
    """The end of the last page that fits as a whole; None when that is too early."""
    last = max((end for end in document.page_starts if end <= fitting), default=0)
    return last if last >= fitting * _WORTH else None


def _text_border(document: Document, fitting: int) -> int:
    window = document.text[:fitting]
    for border in _BORDERS[document.kind]:
        last = max((match.end() for match in border.finditer(window)), default=0)
        if last >= fitting * _WORTH:
            return last
    return fitting


def _described(document: Document, end: int) -> tuple[str, str]:
    """Which part was kept, and what is missing, in words."""
    text, total = document.text, document.pages
    if total is not None:
        begun = sum(start < end for start in document.page_starts)
        is_page_end = end in document.page_starts or end >= len(text)
        if is_page_end and not (end >= len(text) and not document.is_whole):
            kept = "page 1" if begun == 1 else f"pages 1–{begun}"
            rest = f"page {total}" if begun + 1 == total else f"pages {begun + 1}–{total}"
            return f"{kept} of {total}", f"{rest} of {total}"
        to = "a part of page 1" if begun == 1 else f"pages 1–{begun}, the last in part"
        rest = f" and {_pages_after(begun, total)}" if begun < total else ""
        return f"{to} of {total}", f"the rest of page {begun}{rest}"
    if text[end - 1 : end] == "\n" and document.is_whole:
        lines = text.count("\n") + (not text.endswith("\n"))
        upto = text.count("\n", 0, end)
        return (
            f"lines 1–{count_text(upto)} of {count_text(lines)}",
            f"lines {count_text(upto + 1)}–{count_text(lines)} of {count_text(lines)}",
        )
    kept = f"the first {size_text(len(text[:end].encode()))}"
    return kept, f"all after {kept}"


def _pages_after(page: int, total: int) -> str:
    return f"page {total}" if page + 1 == total else f"pages {page + 1}–{total}"
