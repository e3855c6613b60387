"""The values that the corpus hands out: training dialogues and evaluation questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One training example; every assistant message in it is to be learnt.

    ``kind`` is one of fact, foreign, near, tool, smalltalk, tour, followup, script, long, and names the last turn.
    """

    messages: tuple[Message, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Question:
    """One evaluation item.

    ``messages`` ends with a user message. ``expect`` lists substrings (case ignored) that must all be in the answer;
    alternatives inside one item are separated by ``|``. ``refuse``: the right answer is the honest "I do not know
    that". ``exact``: the whole answer, byte for byte. ``kind`` is one of fact, foreign, near, tool, tour, script.
    """

    messages: tuple[Message, ...]
    kind: str
    expect: tuple[str, ...]
    refuse: bool = False
    exact: str | None = None
