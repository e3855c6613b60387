"""A file to a document: bytes, kind, text, and a sentence for everything that can be wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Final

from llamachat.base.sizes import size_text
from llamachat.base.tasks import run_apart
from llamachat.documents import decoding, extraction, kinds
from llamachat.documents.document import Document, DocumentError, Progress
from llamachat.documents.frames import Done, Guessed, Opened, Page, Reason, Refused
from llamachat.documents.limits import DEFAULT_LIMITS, DocumentLimits
from llamachat.documents.opening import read_bytes, safe_name

OnProgress = Callable[[Progress], None]

_REASONS: Final[dict[Reason, str]] = {
    "encrypted": "is encrypted. Save a copy without a password, and attach that",
    "damaged": "is damaged. If a viewer opens it, print it from there to a new PDF, and attach that",
    "empty": "is empty",
    "missing": "cannot be read: a library for that is missing here. Install llamachat again, and attach it then",
}
_MOST_RUNS: Final = 8
"""Stretches of pages that a note lists."""


async def read_document(
    path: Path, limits: DocumentLimits = DEFAULT_LIMITS, progress: OnProgress | None = None
) -> Document:
    """Reads the file at `path`; `progress` is called on the event loop, only for a PDF, with each percent of its pages.

    Cancelling it ends the process that reads for it. The disk is read in a thread apart, which a dead network disk may
    hold without holding anybody else.

    Raises:
        DocumentError: it cannot go into a question.
    """
    name = safe_name(path)
    content = await run_apart(partial(read_bytes, path, limits.file_bytes))
    return await read_content(name, content, limits, progress)


async def read_content(
    name: str, content: bytes, limits: DocumentLimits = DEFAULT_LIMITS, progress: OnProgress | None = None
) -> Document:
    """As `read_document`, for the bytes of a file called `name`, which must be safe to print.

    Raises:
        DocumentError: they cannot go into a question.
    """
    head = content[: kinds.HEAD_BYTES]
    if kinds.is_pdf(head):
        return await _read_pdf(name, content, limits, progress or _ignore)
    if reason := kinds.refusal(name, head):
        raise DocumentError(f"{name} {reason}.")
    try:
        decoded = await run_apart(partial(decoding.decode, content))
    except decoding.NotText:
        raise DocumentError(f"{name} {kinds.refusal_of_binary(name)}.") from None
    if decoded is None:
        return await _read_guessed(name, content, limits)
    text = decoded.text
    # A text of fewer code points than a quarter of the limit fits whatever they are: no need to encode it to see.
    if len(text) * 4 > limits.text_bytes:
        text = text.encode()[: limits.text_bytes].decode(errors="ignore")
    return _text_document(name, content, text, decoded.encoding, is_whole=len(text) == len(decoded.text))


async def _read_guessed(name: str, content: bytes, limits: DocumentLimits) -> Document:
    found: Guessed | None = None
    whole = True
    try:
        async with aclosing(extraction.frames("guess", content, limits)) as frames:
            async for frame in frames:
                match frame:
                    case Guessed():
                        found = frame
                    case Done():
                        whole = frame.whole
                    case Refused(reason="memory"):
                        raise _too_much_memory(name, limits)
                    case Refused(reason="not_text"):
                        raise DocumentError(f"{name} {kinds.refusal_of_binary(name)}.")
                    case Refused():
                        raise DocumentError(f"{name} {_REASONS[frame.reason]}.")
    except TimeoutError:
        raise _too_slow(name, "", limits) from None
    except OSError as error:
        raise _no_process(name, error) from error
    assert found is not None, "the process ends with text or a refusal"
    note = f"{name} is not in UTF-8; it was read as {found.encoding}, which is a guess: accents may be wrong."
    return _text_document(name, content, found.text, found.encoding, is_whole=whole, notes=(note,))


def _text_document(
    name: str, content: bytes, text: str, encoding: str, *, is_whole: bool, notes: Sequence[str] = ()
) -> Document:
    if not text.strip():
        raise DocumentError(f"{name} is empty: there is no text in it.")
    if not is_whole:
        notes = (*notes, f"{name} is longer than what is read of one file: only its first {_size(text)} of text.")
    return Document(name, kinds.kind_of(name), content, text, encoding=encoding, is_whole=is_whole, notes=tuple(notes))


async def _read_pdf(name: str, content: bytes, limits: DocumentLimits, progress: OnProgress) -> Document:
    texts: list[str | None] = []
    total: int | None = None
    shown: int | None = None
    whole = True
    try:
        async with aclosing(extraction.frames("pdf", content, limits)) as frames:
            async for frame in frames:
                match frame:
                    case Opened():
                        total = frame.pages
                    case Page():
                        texts.append(frame.text)
                    case Done():
                        whole = frame.whole
                    case Refused(reason="memory"):
                        raise _too_much_memory(name, limits)
                    case Refused():
                        raise DocumentError(f"{name} {_REASONS[frame.reason]}.")
                # A hundred times at most: whoever shows it may have to redraw a screen each time.
                if total and (percent := 100 * len(texts) // total) != shown:
                    shown = percent
                    progress(Progress(len(texts), total))
    except TimeoutError:
        reached = f", and had come to page {len(texts) + 1} of {total}" if total else ""
        raise _too_slow(name, reached, limits) from None
    except OSError as error:
        raise _no_process(name, error) from error
    return _pdf_document(name, content, texts, total or 0, is_whole=whole)


def _pdf_document(name: str, content: bytes, texts: Sequence[str | None], total: int, *, is_whole: bool) -> Document:
    if not any(texts):
        if total and all(text is None for text in texts):
            raise DocumentError(f"{name} {_REASONS['damaged']}.")
        if not total:
            raise DocumentError(f"{name} has no pages.")
        pages = "its only page is" if total == 1 else f"its {total} pages are"
        raise DocumentError(
            f"{name} has no text: {pages} probably scanned, that is pictures of text. Let a text recognition "
            "(for one, `ocrmypdf`) put the text in, and attach the result."
        )
    starts = []
    text = ""
    parts = []
    at = 0
    for number, page in enumerate(texts, 1):
        starts.append(at)
        parts.append(f"[page {number} of {total}]\n{page}\n\n" if page else f"[page {number} of {total}: no text]\n\n")
        at += len(parts[-1])
    text = "".join(parts).rstrip("\n") + "\n"
    notes = []
    if blank := [number for number, page in enumerate(texts, 1) if page == ""]:
        notes.append(f"{name}: no text on {page_list(blank)}; scanned, or pictures only.")
    if broken := [number for number, page in enumerate(texts, 1) if page is None]:
        notes.append(f"{name}: {page_list(broken)} could not be read.")
    if not is_whole:
        notes.append(
            f"{name} is longer than what is read of one file: only its first {_size(text)} of text, to page "
            f"{len(texts)} of {total}."
        )
    return Document(
        name, "pdf", content, text, page_starts=tuple(starts), pages=total, is_whole=is_whole, notes=tuple(notes)
    )


def page_list(numbers: Iterable[int]) -> str:
    """Pages in words: `page 3`, `pages 1, 4–6`. Rising numbers; of many stretches the first few."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    words = [str(first) if first == last else f"{first}–{last}" for first, last in runs]
    if len(words) > _MOST_RUNS:
        words = [*words[:_MOST_RUNS], "and others"]
    single = len(runs) == 1 and runs[0][0] == runs[0][1]
    return f"page{'' if single else 's'} {', '.join(words)}"


def _ignore(progress: Progress) -> None:
    """For those who do not follow it."""


def _size(text: str) -> str:
    return size_text(len(text.encode()))


def _too_slow(name: str, reached: str, limits: DocumentLimits) -> DocumentError:
    return DocumentError(
        f"Reading {name} took more than {limits.seconds:g} s{reached}; it was given up. Attach fewer pages, or raise "
        "max_seconds under [attachments] in the settings."
    )


def _too_much_memory(name: str, limits: DocumentLimits) -> DocumentError:
    return DocumentError(
        f"Reading {name} took more than {size_text(limits.memory_bytes)} of memory; it was given up. Attach fewer "
        "pages, or raise max_memory_bytes under [attachments] in the settings."
    )


def _no_process(name: str, error: OSError) -> DocumentError:
    return DocumentError(f"{name} cannot be read: no process could be started for it ({error.strerror or error}).")
