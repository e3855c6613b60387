"""What the process that reads a file says to the one that started it: one JSON object a line."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Reason = Literal["encrypted", "damaged", "empty", "memory", "missing", "not_text"]
"""Why nothing came of it; `missing`: not the file is at fault, a library is not installed."""


class Opened(msgspec.Struct, frozen=True, tag="opened"):
    """The PDF has so many pages."""

    pages: int


class Page(msgspec.Struct, frozen=True, tag="page"):
    """The text of the next page; None when that one could not be read."""

    text: str | None


class Guessed(msgspec.Struct, frozen=True, tag="guessed"):
    """The text of a file in an encoding that had to be guessed."""

    text: str
    encoding: str


class Done(msgspec.Struct, frozen=True, tag="done"):
    """All is said; `whole` False: as much as may be."""

    whole: bool


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """Nothing, or nothing more, can be read."""

    reason: Reason


Frame = Opened | Page | Guessed | Done | Refused

DECODER: Final = msgspec.json.Decoder(Frame)


def line_of(frame: Frame) -> bytes:
    """The frame as it is written."""
    return msgspec.json.encode(frame) + b"\n"


def most_bytes(text_bytes: int) -> int:
    """How long a line may become that carries so many bytes of text: every control character takes six."""
    return 6 * text_bytes + 1024
