"""How many tokens a text has, as well as can be told without the model's own tokenizer. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

MEASURED_FROM_TOKENS: Final = 256
"""A shorter prompt says more about the chat template than about the text."""


@dataclass(frozen=True, slots=True)
class TokenRatio:
    """Bytes of UTF-8 that one token stands for, and where that number comes from, as the end of a sentence.

    Bytes, not characters: vocabularies are made of bytes, so that a token covers four letters of English, but only
    one or two characters of Chinese, which have three bytes each. In bytes one number does for both, roughly.
    """

    bytes_per_token: float
    source: str

    def tokens(self, text: str) -> int:
        """About how many tokens `text` has."""
        return math.ceil(len(text.encode()) / self.bytes_per_token)

    def text_bytes(self, tokens: int) -> int:
        """About how many bytes of text so many tokens are."""
        return math.floor(tokens * self.bytes_per_token)


RULE_OF_THUMB: Final = TokenRatio(4.0, "counting 4 bytes a token, a rule of thumb")


def measured(text_bytes: int, tokens: int) -> TokenRatio | None:
    """The ratio of a prompt whose tokens a node has counted; None when it is too short to go by."""
    if tokens < MEASURED_FROM_TOKENS or not text_bytes:
        return None
    ratio = text_bytes / tokens
    return TokenRatio(ratio, f"counting {ratio:.1f} bytes a token, as measured in this chat")
