"""Bytes to text: which characters a file was written in. Pure."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Longer ones first: that of UTF-32 begins like one of UTF-16."""

# What no text of any 8-bit encoding holds. Escape stays: logs carry colours.
_BINARY: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_BINARY_TEXT: Final = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffe\uffff\ud800-\udfff]")
_LINE_ENDS: Final = re.compile("\r\n?")
_SAMPLE_BYTES: Final = 4096
_ZERO_SHARE: Final = 0.3
"""Of every second byte: Latin text in UTF-16 has nearly all of them zero, binary data has few in a row."""

_SURE: Final = 0.2
"""Coherence of charset-normalizer from which its guess is taken: the share of letters as a language uses them."""
_WESTERN: Final = ("cp1252", "latin-1")
"""What is left when the text is too short to tell: by far the most common, and the second takes any byte."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text with `\\n` as its line ends, and the encoding it was in; `guessed` when nothing in the file says so."""

    text: str
    encoding: str
    guessed: bool = False


class NotText(Exception):
    """Bytes that are no text."""


def decode(data: bytes) -> Decoded | None:
    """The text, if its encoding is beyond doubt: marked by its first bytes, or UTF-8. None when it has to be guessed.

    Raises:
        NotText: it is none.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return Decoded(_checked(data.decode(encoding)), encoding)
            except UnicodeDecodeError:
                raise NotText from None
    unmarked = _unmarked_utf16(data)
    if unmarked is not None:
        try:
            return Decoded(_checked(data.decode(unmarked)), unmarked)
        except UnicodeDecodeError:
            raise NotText from None
    if _BINARY.search(data):
        raise NotText
    try:
        return Decoded(_checked(data.decode()), "utf-8")
    except UnicodeDecodeError:
        return None


def guess(data: bytes) -> Decoded:
    """The text by the likeliest encoding. May take seconds for a large file.

    Raises:
        NotText: it reads as text in none.
    """
    import charset_normalizer  # slow to load, and seldom needed

    if _BINARY.search(data):
        raise NotText
    best = charset_normalizer.from_bytes(data, cp_exclusion=["utf_16", "utf_16_le", "utf_16_be", "utf_7"]).best()
    if best is not None and (best.coherence >= _SURE or _is_mostly_foreign(data)):
        text = str(best)
        # Several code pages often read the same bytes alike; the usual one is named then.
        usual = next((name for name in _WESTERN if _reads_as(data, name) == text), best.encoding)
        return Decoded(_checked(text), usual, guessed=True)
    western = _WESTERN[0] if _reads_as(data, _WESTERN[0]) is not None else _WESTERN[1]
    return Decoded(_checked(data.decode(western)), western, guessed=True)


def _is_mostly_foreign(data: bytes) -> bool:
    """Whether it holds more accents than any Western language has: Chinese and Japanese have a coherence of zero."""
    return sum(byte >= 0x80 for byte in data[:_SAMPLE_BYTES]) > min(len(data), _SAMPLE_BYTES) / 2


def _reads_as(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 as some Windows programs write it, without a mark: every second byte of Latin text is zero."""
    sample = data[:_SAMPLE_BYTES]
    if len(data) % 2 or not sample:
        return None
    half = len(sample) / 2
    if sample[1::2].count(0) / half > _ZERO_SHARE and 0 not in sample[::2]:
        return "utf-16-le"
    if sample[::2].count(0) / half > _ZERO_SHARE and 0 not in sample[1::2]:
        return "utf-16-be"
    return None


def _checked(text: str) -> str:
    if _BINARY_TEXT.search(text):
        raise NotText
    return _LINE_ENDS.sub("\n", text)
