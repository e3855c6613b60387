"""The endless stream of training batches: corpus samples, encoded, packed; a pure function of seed and position."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from train.corpus import Dialogue, Message
from train.packing import Batch, EncodedDialogue, Tokens, batches, cut_pieces, pieces, rows
from train.template import Segment, turns

WHOLE_DIALOGUES = 2000
CUT_DIALOGUES = 5000
"""Dialogues drawn, packed and shuffled together as one block; large, so that few batches are left partly filled.

The second lot gives short pieces: single questions with the first words of the answer. Which answer a question gets is
decided in these words; the rest is soon known by heart, and the time it takes is better spent on more questions. The two
take about as much time as each other."""

CUT_KINDS = {"fact", "near", "foreign", "smalltalk"}
"""Kinds of dialogues whose turns do not depend on each other, nor on a system message."""

ROLE_WEIGHTS = {"assistant": 1.0, "user": 0.3}
"""Loss weight of each author's words; the words of others (system, tool, layout) are not learned. Predicting the user's
words makes the network represent them, long before it can tell by them which answer is meant."""

DECIDED_TOKENS = 16
"""Tokens of an answer after which it is clear which answer it is."""

RAGGED_SHARE = 0.02
"""Share of the dialogues whose question carries stray white space, as pasted and piped text does."""


class SegmentEncoder(Protocol):
    """What the stream needs of a tokeniser."""

    def encode_segments(self, segments: Sequence[Segment]) -> list[list[int]]:
        """The ids of each segment, encoded separately."""
        ...


Sample = Callable[[random.Random], Dialogue]


@dataclass(frozen=True, slots=True)
class Position:
    """Where in the stream a batch stands: the block and the batch's index in it."""

    block: int = 0
    index: int = 0


def stream(sample: Sample, tokenizer: SegmentEncoder, seed: int, start: Position) -> Iterator[tuple[Position, Batch]]:
    """Yield batches for ever, from ``start`` on, each with the position of the one after it."""
    block = start.block
    skip = start.index
    while True:
        rng = random.Random(f"{seed}/{block}")
        whole = [_ragged(sample(rng), rng) for _ in range(WHOLE_DIALOGUES)]
        cut = [_ragged(part, rng) for _ in range(CUT_DIALOGUES) for part in singles(sample(rng))]
        members = pieces(encode_all(whole, tokenizer), rng) + cut_pieces(encode_all(cut, tokenizer))
        packed = batches(rows(members, rng), rng)
        for index in range(skip, len(packed)):
            following = Position(block, index + 1) if index + 1 < len(packed) else Position(block + 1, 0)
            yield following, packed[index]
        skip = 0
        block += 1


def singles(dialogue: Dialogue) -> list[Dialogue]:
    """Every question of a dialogue with its answer alone; a follow-up whole, a dialogue of any other kind not at all."""
    if dialogue.kind == "followup":
        return [dialogue]
    if dialogue.kind not in CUT_KINDS:
        return []
    messages = [message for message in dialogue.messages if message.role != "system"]
    return [Dialogue(tuple(messages[i : i + 2]), dialogue.kind) for i in range(0, len(messages), 2)]


def encode_all(dialogues: Sequence[Dialogue], tokenizer: SegmentEncoder) -> list[EncodedDialogue]:
    """Encode dialogues in one call of the tokeniser."""
    spans: list[tuple[str, int, int]] = []
    segments = []
    for dialogue in dialogues:
        first = dialogue.messages[0]
        system = first.content if first.role == "system" else ""
        head = turns(dialogue.messages[:1] if system else (), generation_prompt=False)
        body = turns(dialogue.messages[1:] if system else dialogue.messages, generation_prompt=False)
        spans.append((system, len(head), len(body)))
        segments += head + body
    encoded = iter(zip(segments, tokenizer.encode_segments(segments), strict=True))

    def take(count: int) -> Tokens:
        ids: list[int] = []
        weights: list[float] = []
        for _ in range(count):
            segment, part = next(encoded)
            ids += part
            weights += [ROLE_WEIGHTS.get(segment.author or "", 0.0)] * len(part)
        return Tokens(tuple(ids), tuple(weights))

    return [_encoded(system, take(head), take(body)) for system, head, body in spans]


def _encoded(system: str, head: Tokens, body: Tokens) -> EncodedDialogue:
    answered = ROLE_WEIGHTS["assistant"]
    begins = [
        i for i, weight in enumerate(body.weights) if weight == answered and (i == 0 or body.weights[i - 1] != answered)
    ]
    decided = begins[-1] + DECIDED_TOKENS if begins else len(body)
    return EncodedDialogue(system, head, body, min(decided, len(body)))


def _ragged(dialogue: Dialogue, rng: random.Random) -> Dialogue:
    """Sometimes put white space around the last question."""
    if rng.random() >= RAGGED_SHARE:
        return dialogue
    last = max((i for i, message in enumerate(dialogue.messages) if message.role == "user"), default=None)
    if last is None:
        return dialogue
    before, after = rng.choice((("", "\n"), ("", " "), (" ", ""), ("\n", ""), ("", "\n\n")))
    messages = list(dialogue.messages)
    messages[last] = Message("user", before + messages[last].content + after)
    return replace(dialogue, messages=tuple(messages))
