"""Files for a question on the command line: reading them, whether they fit, and what is said about them."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from llamachat.base.sizes import count_text, size_text
from llamachat.base.tasks import run_until
from llamachat.cli.interrupts import Interrupts
from llamachat.cli.invocation import UsageProblem
from llamachat.cli.settling import is_connecting, settled
from llamachat.cli.status_line import StatusLine
from llamachat.documents import fitting
from llamachat.documents.attaching import Attached, Attachments
from llamachat.documents.document import Document
from llamachat.documents.estimating import TokenRatio
from llamachat.documents.limits import DocumentLimits
from llamachat.fleet.prompts import room_for_files

if TYPE_CHECKING:
    from pathlib import Path

    from llamachat.fleet import Fleet, NodeSnapshot


async def read_files(
    paths: Sequence[Path], limits: DocumentLimits, status: StatusLine, interrupts: Interrupts
) -> tuple[Document, ...] | signal.Signals:
    """What the files hold, in their order, or the signal that came meanwhile.

    Raises:
        UsageProblem: with a sentence for each that cannot be used.
    """
    attachments = Attachments(limits, changed=lambda: status.show(progress(attachments.items)))
    try:
        for path in paths:
            attachments.add(path)
        if not await run_until(attachments.settled(), interrupts.wait()):
            return _taken(interrupts)
        if problems := attachments.problems:
            raise UsageProblem("\n".join(problems))
        return attachments.take()
    finally:
        await attachments.close()
        status.clear()


async def fitted(
    documents: tuple[Document, ...],
    fleet: Fleet,
    model: str | None,
    ratio: TokenRatio,
    limits: DocumentLimits,
    interrupts: Interrupts,
    *,
    trim: bool,
) -> tuple[Document, ...] | signal.Signals:
    """The documents as they fit into the context of a model; with `trim`, the beginnings of those that do not; or the
    signal that came meanwhile.

    A node that has said how large its contexts are is enough; only when it has too little are the others waited for.

    Raises:
        UsageProblem: they do not fit; with what would.
    """

    def nothing_is_known(node: NodeSnapshot) -> bool:
        return is_connecting(node) and not any(other.usable for other in fleet.snapshots())

    for is_open in (nothing_is_known, is_connecting):
        if not await run_until(settled(fleet, is_open), interrupts.wait()):
            return _taken(interrupts)
        room = room_for_files(fleet.snapshots(), model, ratio, limits)
        if fitting.problem(documents, room) is None:
            return documents
    trimmed = fitting.trimmed_to_fit(documents, room)
    if trimmed is None or not trim:
        offer = "" if trimmed is None else " Add --trim to send that."
        raise UsageProblem(f"{fitting.problem(documents, room)}{offer}")
    return trimmed


def _taken(interrupts: Interrupts) -> signal.Signals:
    number = interrupts.take()
    assert number is not None, "the wait ends when there is one"
    return number


def progress(items: Iterable[Attached]) -> str:
    """What is being read, and how far it is; empty when nothing is."""
    for item in items:
        if item.is_reading:
            at = item.progress
            return f"reading {item.name}" + (f", page {at.done} of {at.total}" if at is not None else "")
    return ""


def described(document: Document, ratio: TokenRatio) -> str:
    """One attached file in a sentence."""
    parts = []
    if document.pages is not None:
        parts.append("1 page" if document.pages == 1 else f"{count_text(document.pages)} pages")
    parts.append(f"{size_text(len(document.text.encode()))} of text")
    parts.append(f"about {count_text(ratio.tokens(document.text))} tokens")
    return f"{document.name}: {', '.join(parts)} ({ratio.source})"


def as_json(documents: Sequence[Document], ratio: TokenRatio) -> dict[str, Any]:
    """What was attached as plain values, under the names that `ask --json` promises."""
    return {
        "event": "attached",
        "tokens_counted_by": ratio.source,
        "files": [
            {
                "name": document.name,
                "kind": document.kind,
                "bytes": document.size,
                "sha256": document.attachment.sha256,
                "pages": document.pages,
                "encoding": document.encoding,
                "characters": len(document.text),
                "tokens": ratio.tokens(document.text),
                "notes": list(document.notes),
            }
            for document in documents
        ],
    }
