"""What a file is, by its name and first bytes, and why some files cannot go into a question. Pure."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final, Literal

Kind = Literal["pdf", "markdown", "source", "text"]
"""What a document was made from. It decides where a text that is too long is best cut."""

HEAD_BYTES: Final = 1024
"""How much of a file's beginning tells what it is. Some writers put a line or two before the mark of a PDF."""

_MARKDOWN: Final = {".md", ".markdown", ".mdx", ".rst", ".adoc"}
_PROSE: Final = {"", ".txt", ".text", ".log", ".csv", ".tsv", ".tex", ".srt", ".eml"}

_PICTURE: Final = "is a picture; models here read text only. Attach text that says what is in it"
_SOUND: Final = "is a recording; models here read text only. Attach a transcript of it"
_ARCHIVE: Final = "is an archive. Unpack it, and attach the files in it that matter"
_OFFICE: Final = "is a document of an office program. Save it as PDF or as text there, and attach that"
_PROGRAM: Final = "is a program, not text. Attach its source"

_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"II*\x00", _PICTURE),
    (b"MM\x00*", _PICTURE),
    (b"\x00\x00\x01\x00", _PICTURE),
    (b"8BPS", _PICTURE),
    (b"OggS", _SOUND),
    (b"fLaC", _SOUND),
    (b"ID3", _SOUND),
    (b"\x1a\x45\xdf\xa3", _SOUND),
    (b"\x7fELF", _PROGRAM),
    (b"\xcf\xfa\xed\xfe", _PROGRAM),
    (b"\xca\xfe\xba\xbe", _PROGRAM),
    (b"\x1f\x8b", _ARCHIVE),
    (b"BZh", _ARCHIVE),
    (b"\xfd7zXZ\x00", _ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", _ARCHIVE),
    (b"(\xb5/\xfd", _ARCHIVE),
    (b"Rar!\x1a\x07", _ARCHIVE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OFFICE),
    (b"{\\rtf", _OFFICE),
)
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_ZIPPED_DOCUMENTS: Final = {".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".epub", ".pages", ".numbers", ".key"}
_SUFFIXES: Final = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".ico", ".heic"), _PICTURE),
    **dict.fromkeys((".avif", ".psd", ".jxl"), _PICTURE),
    **dict.fromkeys((".mp3", ".ogg", ".flac", ".wav", ".m4a", ".mp4", ".mkv", ".mov", ".webm", ".avi"), _SOUND),
    **dict.fromkeys((".zip", ".gz", ".bz2", ".xz", ".7z", ".rar", ".zst"), _ARCHIVE),
    **dict.fromkeys((*_ZIPPED_DOCUMENTS, ".doc", ".xls", ".ppt", ".rtf"), _OFFICE),
    **dict.fromkeys((".exe", ".dll", ".so", ".dylib", ".pyc", ".class", ".o", ".a"), _PROGRAM),
}


def is_pdf(head: bytes) -> bool:
    """Whether bytes that begin so are a PDF, whatever the file is called."""
    return b"%PDF-" in head[:HEAD_BYTES]


def refusal(name: str, head: bytes) -> str | None:
    """Why a file with this name, beginning with these bytes, cannot be read as text: how a sentence about it goes on,
    with what to do instead. None when nothing speaks against it.

    Contents count more than names: text is text, whatever it is called.
    """
    suffix = PurePath(name).suffix.lower()
    for signature, reason in _SIGNATURES:
        if head.startswith(signature):
            return reason
    if head.startswith(_ZIP):
        return _OFFICE if suffix in _ZIPPED_DOCUMENTS else _ARCHIVE
    if head[:4] == b"RIFF":
        return _PICTURE if head[8:12] == b"WEBP" else _SOUND
    if head[4:8] == b"ftyp":
        return _PICTURE if head[8:12] in (b"heic", b"heix", b"mif1", b"avif") else _SOUND
    return None


def refusal_of_binary(name: str) -> str:
    """As `refusal`, for a file whose bytes turned out to be no text; the name is all that is left to go by."""
    guess = "holds binary data, not text. Convert it to text first, and attach that"
    return _SUFFIXES.get(PurePath(name).suffix.lower(), guess)


def kind_of(name: str) -> Kind:
    """The kind of a file with text in it, by its name."""
    suffix = PurePath(name).suffix.lower()
    if suffix in _MARKDOWN:
        return "markdown"
    return "text" if suffix in _PROSE else "source"
