"""What the store's tests build: messages in a line, a clock that stands until it is moved."""

from __future__ import annotations

import itertools
from typing import Any

from llamachat.protocol import ChatMessage, Seam

NOW = 1_750_000_000.0
_numbers = itertools.count(1)


class HandClock:
    """Unix seconds that move only when told to."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def question(text: str = "How do I add a node?", **fields: Any) -> ChatMessage:
    """A message of the user; ids are fresh unless given."""
    number = next(_numbers)
    return ChatMessage(**{"id": f"q{number}", "role": "user", "content": text, "created_at": NOW + number, **fields})


def answer(text: str = "Press a in the node tab.", **fields: Any) -> ChatMessage:
    """A complete answer; ids are fresh unless given."""
    number = next(_numbers)
    made = {
        "id": f"a{number}",
        "role": "assistant",
        "content": text,
        "created_at": NOW + number,
        "model": "llama3-8b",
        "seams": [Seam("llama-01", 0)],
        "finish_reason": "stop",
    }
    return ChatMessage(**{**made, **fields})


def texts(messages: list[Any]) -> list[str]:
    """The contents of messages, in order."""
    return [message.content for message in messages]
