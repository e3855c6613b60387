"""The tokeniser: byte-level BPE with single digits, the form that llama.cpp calls ``smollm``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from train.template import CONTROL_TOKENS, ChatMessage, Segment, turns

VOCABULARY = 1536
"""Number of tokens, control tokens included. A multiple of 32, which Q8_0 asks of row lengths, and small, because the
embedding competes with the layers for the few parameters there are."""

GGUF_PRETOKENIZER = "smollm"
"""The name under which llama.cpp knows this pre-tokenisation; any other name gives other tokens."""


class GuideTokenizer:
    """Text to token ids and back. Plain text never yields a control token, whatever it contains."""

    def __init__(self, vocabulary: dict[str, int], merges: Sequence[tuple[str, str]]) -> None:
        self.vocabulary = vocabulary
        self.merges = list(merges)
        # Built from the parts and not taken from the trainer: a trainer registers its special tokens, and the
        # library then finds them inside user text.
        self._tokenizer = _layout(Tokenizer(models.BPE(vocab=vocabulary, merges=self.merges)))
        self._control = {name: vocabulary[name] for name in CONTROL_TOKENS}

    @property
    def tokens(self) -> list[str]:
        """All tokens in the order of their ids."""
        return sorted(self.vocabulary, key=self.vocabulary.__getitem__)

    def control(self, name: str) -> int:
        """The id of a control token."""
        return self._control[name]

    def encode(self, text: str) -> list[int]:
        """The ids of plain text."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def encode_segments(self, segments: Sequence[Segment]) -> list[list[int]]:
        """The ids of each segment, encoded separately."""
        plain = [segment.text for segment in segments if not segment.control]
        encoded = iter(self._tokenizer.encode_batch_fast(plain, add_special_tokens=False))
        return [[self._control[s.text]] if s.control else next(encoded).ids for s in segments]

    def prompt(self, messages: Iterable[ChatMessage]) -> list[int]:
        """The ids of a conversation up to the point where the assistant's next turn begins."""
        parts = self.encode_segments(turns(messages, generation_prompt=True))
        return [token for part in parts for token in part]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids; bytes that are not UTF-8 become the replacement character."""
        text: str = self._tokenizer.decode(list(ids), skip_special_tokens=False)
        return text

    def save(self, path: Path) -> None:
        """Write the tokeniser as the library's own JSON."""
        path.write_text(self._tokenizer.to_str(), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> GuideTokenizer:
        """Read what ``save`` wrote."""
        return cls(*_parts(Tokenizer.from_str(path.read_text(encoding="utf-8"))))

    @classmethod
    def fit(cls, texts: Iterable[str]) -> GuideTokenizer:
        """Learn the merges from texts; the same texts give the same tokeniser."""
        tokenizer = _layout(Tokenizer(models.BPE()))
        trainer = trainers.BpeTrainer(
            vocab_size=VOCABULARY,
            special_tokens=list(CONTROL_TOKENS),
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        )
        tokenizer.train_from_iterator(texts, trainer)
        vocabulary, merges = _parts(tokenizer)
        if len(vocabulary) != VOCABULARY:
            raise ValueError(
                f"the texts yield {len(vocabulary)} tokens where {VOCABULARY} are needed: give more varied texts"
            )
        return cls(vocabulary, merges)


def _layout(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _parts(tokenizer: Tokenizer) -> tuple[dict[str, int], list[tuple[str, str]]]:
    model = json.loads(tokenizer.to_str())["model"]
    return dict(model["vocab"]), [(left, right) for left, right in model["merges"]]
