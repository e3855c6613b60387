"""How much of a conversation fits: whole oldest turns go, never the system prompt or the last question."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from llamachat.protocol import PromptMessage

Ids = npt.NDArray[np.int32]

ROOM_SHARE: Final = 4
"""Without `max_tokens`, an answer is promised this part (a quarter) of the context."""

MAX_ROOM_SHARE: Final = 2
"""No `max_tokens` reserves more than this part (half) of the context: the question matters too."""

MIN_ROOM: Final = 16
"""Tokens that an answer needs at least, when the last message alone leaves less than it was promised."""


class ContextOverflow(Exception):
    """The last message (with the system prompt) does not fit into the context."""

    def __init__(self, prompt_tokens: int, context: int) -> None:
        super().__init__(f"{prompt_tokens} tokens do not fit into a context of {context}")
        self.prompt_tokens = prompt_tokens
        self.context = context


@dataclass(frozen=True, slots=True)
class Layout:
    """The prompt's ids, and how many messages were left out for it."""

    ids: Ids
    dropped_messages: int


def answer_room(max_tokens: int | None, context: int) -> int:
    """Tokens of the context that the prompt leaves to the answer."""
    if max_tokens is None:
        return context // ROOM_SHARE
    return min(max_tokens, context // MAX_ROOM_SHARE)


def lay_out(
    messages: Sequence[PromptMessage],
    tokenise: Callable[[Sequence[PromptMessage]], Ids],
    *,
    context: int,
    room: int,
) -> Layout:
    """The longest end of the conversation that leaves `room` tokens of the context.

    A turn is a user's message and what follows it up to the next one. The result depends on the arguments alone, so a
    continuation is laid out as its original was.

    Raises:
        ContextOverflow: not even the last turn fits.
    """
    starts = turn_starts(messages)
    known: dict[int, Ids] = {}

    def ids_from(turn: int) -> Ids:
        if turn not in known:
            known[turn] = tokenise(without_turns(messages, starts, turn))
        return known[turn]

    def fits(turn: int) -> bool:
        return len(ids_from(turn)) + room <= context

    last = max(0, len(starts) - 1)
    first = 0 if fits(0) else bisect.bisect_left(range(last), True, lo=min(1, last), key=fits)
    ids = ids_from(first)
    if len(ids) + min(room, MIN_ROOM) > context:
        raise ContextOverflow(len(ids), context)
    kept = without_turns(messages, starts, first)
    return Layout(ids, len(messages) - len(kept))


def turn_starts(messages: Sequence[PromptMessage]) -> list[int]:
    """Where the turns begin. What stands before the first question belongs to the first turn."""
    users = [place for place, message in enumerate(messages) if message.role == "user"]
    return [0, *users[1:]] if users else [0]


def without_turns(messages: Sequence[PromptMessage], starts: Sequence[int], turn: int) -> list[PromptMessage]:
    """The conversation from that turn on, with the system messages of the earlier ones."""
    start = starts[turn] if turn < len(starts) else len(messages)
    return [message for place, message in enumerate(messages) if place >= start or message.role == "system"]
