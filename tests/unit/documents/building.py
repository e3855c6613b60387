"""Files for the tests of documents: PDFs written by hand, object by object."""

from __future__ import annotations

import io
import zlib

from pypdf import PdfReader, PdfWriter

Page = str | bytes | None
"""The lines of a page; or its content stream as it is; or None for a page that shows nothing."""


def pdf(*pages: Page, deflate: bool = False) -> bytes:
    """A PDF of these pages, in Helvetica."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> "
            b"/Contents %d 0 R >>" % (5 + 2 * number)
        )
        stream = page if isinstance(page, bytes) else _shown(page)
        coding = b""
        if deflate:
            stream, coding = zlib.compress(stream), b" /Filter /FlateDecode"
        objects.append(b"<< /Length %d%s >>\nstream\n%s\nendstream" % (len(stream), coding, stream))
    return assembled(objects)


def assembled(objects: list[bytes]) -> bytes:
    """Objects, the first of them the catalogue, as a file with its table of places."""
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table))
    return out.getvalue()


def locked(content: bytes, password: str) -> bytes:
    """The PDF encrypted; an empty password lets anyone read it."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _shown(page: str | None) -> bytes:
    if page is None:
        return b"0 0 10 10 re f"
    lines = [
        b"(%s) Tj T*" % line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").encode("cp1252")
        for line in page.split("\n")
    ]
    return b"BT /F1 12 Tf 14 TL 50 750 Td " + b" ".join(lines) + b" ET"
