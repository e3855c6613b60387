"""Text from elsewhere made safe to print: a terminal must never obey what a model or a peer wrote."""

from __future__ import annotations

import re
from typing import Final

# C0 without tab and newline, DEL and C1 (a raw 0x9b starts an escape sequence in some terminals), and the characters
# that reorder what is shown (bidirectional embeddings, overrides and isolates).
_UNSAFE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_NEWLINES: Final = re.compile("\r\n?|\u2028|\u2029|\x85")


def printable(text: str) -> str:
    """`text` with line ends as newlines and every other control character replaced by U+FFFD."""
    return _UNSAFE.sub("\ufffd", _NEWLINES.sub("\n", text))


def one_line(text: str, limit: int = 200) -> str:
    """`printable` on a single line of at most `limit` characters, an ellipsis for the rest."""
    flat = " ".join(printable(text).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def sentence(text: str) -> str:
    """`text` with a full stop, unless it ends as a sentence already."""
    return text if text.endswith((".", "!", "?", "…")) else text + "."
