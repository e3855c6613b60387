"""From encoded dialogues to training rows of a few fixed lengths.

Most dialogues are short and become a row of their own. Some are joined into one long conversation: a person asks the
guide several unrelated things in a row, and the positions up to the end of the context must have been trained.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CONTEXT = 2048
"""Longest row, in tokens: the context length that the model is trained for."""

LENGTHS = (48, 64, 80, 96, 128, 160, 192, 256, 384, 512, 768, 1024, CONTEXT)
"""The row lengths in use. Few, because every new tensor shape costs time on a CPU; close together where most dialogues
are, because padding is computed too."""

STEP_TOKENS = 2048
"""Tokens in a training step, padding included: a batch has ``STEP_TOKENS // length`` rows."""

JOINED_SHARE = 0.15
"""Share of the dialogues that become part of a longer conversation."""

CUT_SHARE = 0.5
"""Share of the dialogues standing alone whose last answer is cut after its first words. Which answer a question gets is
decided in these; the rest is soon known by heart, and what it costs is better spent on more questions."""

JOINED_LENGTHS = {256: 0.40, 384: 0.33, 512: 0.20, 1024: 0.05, CONTEXT: 0.02}
"""Lengths that joined conversations are filled up to, with their probabilities."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token ids with the loss weight of each (the weight of predicting it from what stands before)."""

    ids: tuple[int, ...] = ()
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.weights):
            raise ValueError(f"{len(self.ids)} ids but {len(self.weights)} weights")

    def __len__(self) -> int:
        return len(self.ids)

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.ids + other.ids, self.weights + other.weights)

    def first(self, count: int) -> Tokens:
        """The first tokens."""
        return Tokens(self.ids[:count], self.weights[:count])


@dataclass(frozen=True, slots=True)
class EncodedDialogue:
    """A dialogue as tokens: its system message (``system`` is that message's text, "" for none) and the rest.

    ``decided`` is the length of ``body`` up to where the last answer has begun well enough to be recognised.
    """

    system: str
    head: Tokens
    body: Tokens
    decided: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that are trained in one step, each at most ``length`` tokens; fewer than ``size`` rows in the last one."""

    length: int
    rows: tuple[Tokens, ...]

    @property
    def size(self) -> int:
        """Number of rows of the fixed shape."""
        return max(1, STEP_TOKENS // self.length)


@dataclass(slots=True)
class _Conversation:
    """A joined row being filled."""

    tokens: Tokens
    room: int


def fitting_length(tokens: int) -> int:
    """The smallest row length that holds so many tokens.

    Raises:
        ValueError: more than ``CONTEXT``.
    """
    for length in LENGTHS:
        if tokens <= length:
            return length
    raise ValueError(f"a row of {tokens} tokens exceeds the context of {CONTEXT}")


def rows(dialogues: Iterable[EncodedDialogue], rng: random.Random) -> list[Tokens]:
    """Make rows of dialogues, joining a share of them and cutting a share of the others.

    Only dialogues with the same system message are joined, and the message then stands once, at the beginning.
    Dialogues longer than ``CONTEXT`` are left out.
    """
    done: list[Tokens] = []
    open_rows: dict[str, _Conversation] = {}
    for dialogue in dialogues:
        whole = len(dialogue.head) + len(dialogue.body)
        if whole > CONTEXT:
            continue
        if rng.random() >= JOINED_SHARE:
            body = dialogue.body.first(dialogue.decided) if rng.random() < CUT_SHARE else dialogue.body
            done.append(dialogue.head + body)
            continue
        current = open_rows.get(dialogue.system)
        if current is not None and len(current.tokens) + len(dialogue.body) <= current.room:
            current.tokens += dialogue.body
            continue
        if current is not None:
            done.append(current.tokens)
        room = max(whole, rng.choices(list(JOINED_LENGTHS), list(JOINED_LENGTHS.values()))[0])
        open_rows[dialogue.system] = _Conversation(dialogue.head + dialogue.body, room)
    done.extend(conversation.tokens for conversation in open_rows.values())
    return done


def batches(tokens: Sequence[Tokens], rng: random.Random) -> list[Batch]:
    """Sort rows by fitting length into batches, in random order; every row appears in exactly one batch."""
    buckets: dict[int, list[Tokens]] = {length: [] for length in LENGTHS}
    for row in tokens:
        buckets[fitting_length(len(row))].append(row)
    result: list[Batch] = []
    for length, members in buckets.items():
        rng.shuffle(members)
        size = Batch(length, ()).size
        result += [Batch(length, tuple(members[i : i + size])) for i in range(0, len(members), size)]
    rng.shuffle(result)
    return result
