"""The honest answers to what the guide does not know, and how to recognise them."""

from __future__ import annotations

import random
from typing import Final

MARK: Final = "I only know llamachat"
"""In every refusal and in nothing else that the guide says."""

UNKNOWN: Final = (
    f"I do not know that. I am a tiny built-in guide and {MARK}.",
    f"Sorry, I do not know that. {MARK}: ask me about keys, nodes, models or the daemon.",
    f"I am a tiny built-in guide: {MARK}. I do not know that.",
)
UNREADABLE: Final = (
    f"I could not read that. I am a tiny built-in guide, I read English, and {MARK}. Try: how do I add a node?"
)
INSTRUCTIONS: Final = f"I cannot do that. I am a tiny built-in guide and {MARK}: ask me about keys, nodes or models."
LONG_TEXT: Final = (
    f"That is a long text, and I cannot work on it. I am a tiny built-in guide and {MARK}. Use a bigger model for that."
)
NO_CALCULATOR: Final = (
    f"I cannot calculate: there is no calculator in this chat. I am a tiny built-in guide and {MARK}."
)
NO_CLOCK: Final = f"I do not know the time: there is no clock in this chat. I am a tiny built-in guide and {MARK}."
NOT_ARITHMETIC: Final = f"I can only add, subtract, multiply and divide plain numbers. I do not know that: {MARK}."


def is_refusal(text: str) -> bool:
    """Whether an answer says that the guide does not know."""
    return MARK.lower() in text.lower()


def unknown(rng: random.Random) -> str:
    return rng.choice(UNKNOWN)
