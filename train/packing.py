"""From encoded dialogues to training rows of a few fixed lengths.

Most dialogues are short; several share a row, each blind to the others. Some are joined into one long conversation: a person
asks the guide several unrelated things in a row, and the positions up to the end of the context must have been trained.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CONTEXT = 2048
"""Longest row, in tokens: the context length that the model is trained for."""

SHARED_LENGTH = 256
"""Length of the rows that pieces share. All that is short meets in them, so that every step sees every kind of dialogue, and
hardly anything is padding."""

LENGTHS = (SHARED_LENGTH, 384, 512, 640, 1024, CONTEXT)
"""The row lengths in use: few, because every new tensor shape costs time on a CPU."""

STEP_TOKENS = 2048
"""Tokens in a training step, padding included: a batch has ``STEP_TOKENS // length`` rows."""

OPEN_ROWS = 32
"""Shared rows that are filled at the same time; the more, the less padding."""

JOINED_SHARE = 0.15
"""Share of the dialogues that become part of a longer conversation."""

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
class Row:
    """One or more pieces, one after the other, that must not see each other."""

    pieces: tuple[Tokens, ...]

    def __len__(self) -> int:
        return sum(map(len, self.pieces))


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that are trained in one step, each at most ``length`` tokens; fewer than ``size`` rows in the last one."""

    length: int
    rows: tuple[Row, ...]

    @property
    def size(self) -> int:
        """Number of rows of the fixed shape."""
        return max(1, STEP_TOKENS // self.length)


@dataclass(slots=True)
class _Conversation:
    """A joined conversation being filled."""

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


def pieces(dialogues: Iterable[EncodedDialogue], rng: random.Random) -> list[Tokens]:
    """Make pieces of dialogues, joining a share of them.

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
            done.append(dialogue.head + dialogue.body)
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


def cut_pieces(dialogues: Iterable[EncodedDialogue]) -> list[Tokens]:
    """Make a piece of each dialogue, without its system message, up to where its last answer is decided.

    Dialogues that are longer than ``CONTEXT`` even so are left out.
    """
    cut = (dialogue.body.first(dialogue.decided) for dialogue in dialogues)
    return [piece for piece in cut if len(piece) <= CONTEXT]


def rows(members: Sequence[Tokens], rng: random.Random) -> list[Row]:
    """Put pieces into rows, in random order: those of up to ``SHARED_LENGTH`` tokens together, the longer ones alone.

    A piece goes where it leaves the least room (best fit). Every piece is in exactly one row.
    """
    done: list[Row] = []
    filling: list[list[Tokens]] = []
    for piece in rng.sample(members, len(members)):
        if len(piece) > SHARED_LENGTH:
            done.append(Row((piece,)))
            continue
        fullest = max(
            (shared for shared in filling if _length(shared) + len(piece) <= SHARED_LENGTH), key=_length, default=None
        )
        if fullest is None:
            filling.append([piece])
        else:
            fullest.append(piece)
        if len(filling) > OPEN_ROWS:
            fullest = max(filling, key=_length)
            filling.remove(fullest)
            done.append(Row(tuple(fullest)))
    return done + [Row(tuple(shared)) for shared in filling]


def batches(members: Sequence[Row], rng: random.Random) -> list[Batch]:
    """Sort rows by fitting length into batches, in random order; every row appears in exactly one batch."""
    buckets: dict[int, list[Row]] = {length: [] for length in LENGTHS}
    for row in members:
        buckets[fitting_length(len(row))].append(row)
    result: list[Batch] = []
    for length, bucket in buckets.items():
        rng.shuffle(bucket)
        size = Batch(length, ()).size
        result += [Batch(length, tuple(bucket[i : i + size])) for i in range(0, len(bucket), size)]
    rng.shuffle(result)
    return result


def _length(shared: list[Tokens]) -> int:
    return sum(map(len, shared))
