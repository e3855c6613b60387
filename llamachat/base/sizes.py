"""Numbers of bytes as people write them."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

_SIZE: Final = re.compile(r"\s*([0-9]{1,15}(?:\.[0-9]{1,15})?)\s*(?:([kmgt])(i?))?b?\s*", re.IGNORECASE)
_POWERS: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def parse_size(text: str) -> int | None:
    """Bytes of `256MB`, `1.5 GiB`, `512k` or `4096`; None when it is not a size.

    Units are decimal, with an i binary; case and a final B make no difference. Parts of a byte are dropped.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    number, prefix, binary = match.groups(default="")
    return int(Fraction(number) * (1024 if binary else 1000) ** _POWERS[prefix.lower()])


def size_text(count: float) -> str:
    """Bytes as people read them, in powers of 1000: `512 B`, `4.2 MB`, `13 GB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def count_text(count: int) -> str:
    """A whole number with its thousands apart: `12 345`."""
    return f"{count:,}".replace(",", " ")
