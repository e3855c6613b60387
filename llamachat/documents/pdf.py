"""PDF to text, page by page, by pypdf. For the reading process alone: pypdf holds the GIL and grows with its input."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Final

from pypdf import PdfReader
from pypdf.errors import DependencyError, EmptyFileError, FileNotDecryptedError, PyPdfError, WrongPasswordError

from llamachat.documents.frames import Done, Frame, Opened, Page, Refused

# Left behind by fonts that do not say which characters they draw.
_NOT_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def read_pdf(content: bytes, text_bytes: int) -> Iterator[Frame]:
    """What there is to say about a PDF: its pages, at most `text_bytes` of text, and how it ended."""
    try:
        reader = PdfReader(io.BytesIO(content))
        # Many are encrypted with an empty password: they open for anyone, and only ask not to be changed.
        if reader.is_encrypted and not reader.decrypt(""):
            yield Refused("encrypted")
            return
        pages = len(reader.pages)
    except (DependencyError, FileNotDecryptedError, WrongPasswordError):
        yield Refused("encrypted")
        return
    except EmptyFileError:
        yield Refused("empty")
        return
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a file made to harm can make any line of a parser fail in any way
        yield Refused("damaged")
        return
    yield Opened(pages)
    left = text_bytes
    for number in range(pages):
        text = _page(reader, number)
        if text is None:
            yield Page(None)
            continue
        encoded = text.encode()
        if len(encoded) > left:
            yield Page(encoded[:left].decode(errors="ignore"))
            yield Done(whole=False)
            return
        left -= len(encoded)
        yield Page(text)
    yield Done(whole=True)


def _page(reader: PdfReader, number: int) -> str | None:
    try:
        text = reader.pages[number].extract_text()
    except MemoryError:
        raise
    except (PyPdfError, Exception):  # noqa: BLE001 - as above; the other pages may be sound
        return None
    return _NOT_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
