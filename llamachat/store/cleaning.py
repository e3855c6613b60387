"""Text that SQLite and every other machine can hold."""

from __future__ import annotations

import re
from typing import Final

_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` with lone surrogates (half a character, from a broken paste or file name) as U+FFFD."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)
