"""The exported file, run by llama.cpp as the daemon runs it, greedily and one conversation at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from llama_cpp import Llama

from train.packing import CONTEXT
from train.template import TURN_END, ChatMessage, turns

ANSWER_LIMIT = 1024
"""Tokens after which an answer that has not ended counts as endless; the longest one intended has about 500."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A generated answer; ``ended`` tells whether the model ended it itself."""

    text: str
    ids: tuple[int, ...]
    ended: bool


class Runner:
    """A loaded GGUF.

    It runs on one thread: the network is so small that two are hardly faster, and where something else runs on the machine,
    their waiting for each other makes them many times slower.
    """

    def __init__(self, path: Path) -> None:
        self._llama = Llama(str(path), n_ctx=CONTEXT, n_threads=1, n_threads_batch=1, verbose=False)
        [self._turn_end] = self._llama.tokenize(TURN_END.encode(), add_bos=False, special=True)

    def close(self) -> None:
        """Free the model."""
        self._llama.close()

    def encode(self, text: str) -> list[int]:
        """The ids that llama.cpp gives plain text."""
        return list(self._llama.tokenize(text.encode(), add_bos=False, special=False)) if text else []

    def prompt(self, messages: Iterable[ChatMessage]) -> list[int]:
        """The ids of a conversation up to the assistant's next turn, by the file's own vocabulary."""
        ids: list[int] = []
        for segment in turns(messages, generation_prompt=True):
            if segment.control:
                ids += self._llama.tokenize(segment.text.encode(), add_bos=False, special=True)
            else:
                ids += self.encode(segment.text)
        return ids

    def answer(self, messages: Iterable[ChatMessage], limit: int = ANSWER_LIMIT) -> Answer:
        """Generate greedily until the model ends its turn, ``limit`` tokens are out, or the context is full."""
        prompt = self.prompt(messages)
        ids: list[int] = []
        for token in self._llama.generate(prompt, temp=0.0, repeat_penalty=1.0):
            if token == self._turn_end:
                return Answer(self._text(ids), tuple(ids), True)
            ids.append(token)
            if len(ids) >= min(limit, CONTEXT - len(prompt)):
                break
        return Answer(self._text(ids), tuple(ids), False)

    def _text(self, ids: list[int]) -> str:
        return self._llama.detokenize(ids, special=True).decode("utf-8", errors="replace")
