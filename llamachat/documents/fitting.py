"""Whether files fit into a question, what to say when they do not, and what of them would. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from llamachat.base.sizes import count_text, size_text
from llamachat.base.text import one_line
from llamachat.documents.document import Document
from llamachat.documents.estimating import TokenRatio
from llamachat.documents.limits import DocumentLimits
from llamachat.documents.prompting import FileText, framed
from llamachat.documents.trimming import MARK_BYTES, shares, trim

_PART_NAME_BYTES: Final = 60
"""How much longer the name of a part is than that of the whole."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much the files of one question may have, in bytes of their framed text; `reason` says why, as a clause."""

    text_bytes: int
    reason: str
    ratio: TokenRatio


def room(model: str, context: int | None, ratio: TokenRatio, limits: DocumentLimits) -> Room:
    """What `model` has room for, with a context of so many tokens; None when that is not known."""
    fitting = limits.question_text_bytes
    reason = "that is the most text that one question carries"
    if context is not None and ratio.text_bytes(int(context * limits.context_share)) < fitting:
        fitting = ratio.text_bytes(int(context * limits.context_share))
        share = f"{100 * limits.context_share:g} %"
        reason = (
            f"{one_line(model, 64)} has a context of {count_text(context)} tokens, and files may fill {share} of it"
        )
    return Room(fitting, reason, ratio)


def framed_bytes(documents: Sequence[Document]) -> int:
    """What the documents add to a question, in bytes of UTF-8."""
    return sum(_framed_bytes(document) for document in documents)


def problem(documents: Sequence[Document], room: Room) -> str | None:
    """Why they cannot go into one question as they are, and what of them would fit, in a few sentences; None when they
    fit."""
    size = framed_bytes(documents)
    if size <= room.text_bytes:
        cut = next((document for document in documents if not document.is_whole), None)
        if cut is None:
            return None
        why = cut.notes[-1]
    else:
        what = documents[0].name if len(documents) == 1 else f"The {len(documents)} files"
        ratio = room.ratio
        tokens, most = (count_text(round(number / ratio.bytes_per_token)) for number in (size, room.text_bytes))
        why = (
            f"{what} would take about {tokens} tokens ({size_text(size)}, {ratio.source}), and about {most} fit: "
            f"{room.reason}."
        )
    trimmed = trimmed_to_fit(documents, room)
    if trimmed is None:
        return f"{why} Not even a useful part would fit; attach less."
    return f"{why} This would fit: {'; '.join(document.name for document in trimmed)}."


def trimmed_to_fit(documents: Sequence[Document], room: Room) -> tuple[Document, ...] | None:
    """The beginnings of the documents that fit together, short ones whole; None when that is too little of one."""
    around = [_framed_bytes(document) - len(document.text.encode()) for document in documents]
    spare = room.text_bytes - sum(around) - _PART_NAME_BYTES * len(documents)
    sizes = [len(document.text.encode()) + (0 if document.is_whole else MARK_BYTES) for document in documents]
    kept = [trim(document, most) for document, most in zip(documents, shares(sizes, max(0, spare)), strict=True)]
    found = tuple(document for document in kept if document is not None)
    return found if len(found) == len(documents) else None


def _framed_bytes(document: Document) -> int:
    return len(framed(FileText(document.name, document.text)).encode())
