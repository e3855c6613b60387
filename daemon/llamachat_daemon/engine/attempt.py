"""One answer in the making."""

from __future__ import annotations

import time
from typing import Final

import numpy as np

from llamachat.protocol import FinishReason
from llamachat_daemon.engine.cache import Place
from llamachat_daemon.engine.prefixes import Ids, Owner, Resident
from llamachat_daemon.engine.sampling import Sampler
from llamachat_daemon.engine.text import TextStream
from llamachat_daemon.pipe.frames import Finished, Prefilled, Produced, Started

PREFILL_REPORT_SECONDS: Final = 0.1
"""Shortest time between two reports of how far a prompt is read."""


class Attempt:
    """The ids of prompt and answer, how many of them the cache holds, and what makes the next one and its text.

    `fed` of `ids` are in the cache, in `sequence`; the rest is still to be fed. An attempt that has lost its sequence
    is fed again from the start when it gets another one; nothing else about it changes.
    """

    def __init__(
        self,
        *,
        key: int,
        owner: Owner,
        prompt: Ids,
        prefix: Ids,
        dropped_messages: int,
        context: int,
        max_tokens: int | None,
        sampler: Sampler,
        text: TextStream,
        released: str,
    ) -> None:
        """`sampler` and `text` have taken the prefix, and `released` is what `text` gave for it."""
        self.key = key
        self.owner = owner
        self.sequence: int | None = None
        self.fed = 0
        self.visiting = False
        self._at_home = 0
        self.sampler = sampler
        self.text = text
        self.finish_reason: FinishReason | None = None
        self._prompt_tokens = len(prompt)
        self._prefix = prefix
        self._dropped_messages = dropped_messages
        self._length = len(prompt) + len(prefix)
        self.limit = max(self._length, context if max_tokens is None else min(context, len(prompt) + max_tokens))
        """Most ids that prompt and answer can come to."""
        self._ids: Ids = np.empty(self.limit, dtype=np.int32)
        self._ids[: len(prompt)] = prompt
        self._ids[len(prompt) : self._length] = prefix
        self._new_ids: list[int] = []
        self._new_text = released
        self._started_at: float | None = None
        self._first_token_at: float | None = None
        self._prefill_reported_at = 0.0
        self._prefilled_tokens = 0
        self._finish_if_complete()

    @property
    def ids(self) -> Ids:
        """Everything known: the prompt and the answer so far."""
        return self._ids[: self._length]

    @property
    def pending(self) -> Ids:
        """What is still to be fed."""
        return self._ids[self.fed : self._length]

    @property
    def answer(self) -> Ids:
        """The answer so far."""
        return self._ids[self._prompt_tokens : self._length]

    @property
    def holding(self) -> Resident:
        """What its sequence holds by now (at home, where it is visiting another context); the ids are a view."""
        return Resident(self.place, self._ids[: self._at_home if self.visiting else self.fed], self.owner)

    @property
    def place(self) -> int:
        """The sequence; the attempt must have one."""
        assert self.sequence is not None
        return self.sequence

    @property
    def decoding(self) -> bool:
        """The first token of this attempt is out."""
        return self._first_token_at is not None

    @property
    def ready(self) -> bool:
        """Everything is fed: the last logits are for the next token."""
        return self.fed == self._length

    def take(self, place: Place) -> None:
        """Has a sequence from now on."""
        self.sequence = place.sequence
        self.fed = place.cached

    def leave(self) -> None:
        """Goes on in another context, in the sequence of the same number."""
        self.visiting = True
        self._at_home = self.fed

    def come_home(self, *, emptied: bool = False) -> None:
        """Is back in its sequence; `emptied` when everything has to be fed again."""
        self.visiting = False
        if emptied:
            self.fed = 0

    def start(self) -> Started | None:
        """What the front is told when the attempt begins; None when it has been told."""
        if self._started_at is not None:
            return None
        self._started_at = self._prefill_reported_at = time.monotonic()
        return Started(
            key=self.key,
            prompt_tokens=self._prompt_tokens,
            cached_tokens=min(self.fed, self._prompt_tokens),
            dropped_messages=self._dropped_messages,
            prefix_tokens=self._prefix.tolist(),
        )

    def lose_sequence(self) -> None:
        """Somebody else needs the room."""
        self.sequence = None
        self.fed = 0
        self.visiting = False

    def feed(self, count: int) -> Prefilled | None:
        """`count` more ids are in the cache; from time to time, what the front is told about it."""
        self.fed += count
        if self._first_token_at is not None:
            return None
        self._prefilled_tokens += count
        now = time.monotonic()
        if not self.ready and now - self._prefill_reported_at < PREFILL_REPORT_SECONDS:
            return None
        self._prefill_reported_at = now
        return Prefilled(key=self.key, done=self.fed, total=self._prompt_tokens + len(self._prefix))

    def push(self, token: int, piece: bytes) -> None:
        """Appends the next id of the answer, and finds out whether it is the last."""
        if self._first_token_at is None:
            self._first_token_at = time.monotonic()
        self.sampler.accept(token)
        self._ids[self._length] = token
        self._length += 1
        self._new_ids.append(token)
        self._new_text += self.text.feed(piece)
        self._finish_if_complete()

    def finish(self, reason: FinishReason) -> None:
        """Ends the answer here. What was held back is released, except when another node goes on: it releases it."""
        self.finish_reason = reason
        if reason != "interrupted":
            self._new_text += self.text.finish()

    def _finish_if_complete(self) -> None:
        if self.text.stopped:
            self.finish("stop")
        elif self._length >= self.limit:
            self.finish("length")

    def produced(self) -> Produced | None:
        """New ids and text since the last call."""
        if not self._new_ids and not self._new_text:
            return None
        produced = Produced(key=self.key, tokens=self._new_ids, text=self._new_text)
        self._new_ids, self._new_text = [], ""
        return produced

    def finished(self) -> Finished:
        """The last word about an answer that has ended."""
        assert self.finish_reason is not None
        now = time.monotonic()
        started = self._started_at or now
        first = self._first_token_at or now
        return Finished(
            key=self.key,
            reason=self.finish_reason,
            prefill_ms=(first - started) * 1000,
            decode_ms=(now - first) * 1000,
            prefill_tokens=self._prefilled_tokens,
            decode_tokens=self.sampler.count - len(self._prefix),
        )
