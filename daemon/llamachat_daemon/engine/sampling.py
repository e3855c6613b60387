"""Which token comes next.

The draw for token *i* of an answer depends on the request's seed and *i* alone, so that an answer that is continued
elsewhere draws as the original would have.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from llamachat.protocol import Params

Ids = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

REPEAT_WINDOW: Final = 64
"""Tokens of the answer that `repeat_penalty` looks back on, as in llama.cpp."""

_ROWS: Final = 64
"""The logits are laid out in so many rows when the likeliest are looked for: enough that few columns are left, few
enough that they are many more than the candidates."""

_IMPOSSIBLE: Final = 1000.0
"""The exponential of minus as much is 0 in double precision."""

_MASK64: Final = 2**64 - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15


class NotFinite(Exception):
    """The model's logits hold NaN or infinity: its weights are broken."""


class Truncate(Protocol):
    """Cuts the unlikely off: (logits of the whole vocabulary) → (ids, logits) of what is left."""

    def __call__(self, logits: Floats, /) -> tuple[Ids, Floats]: ...


class Rules(Protocol):
    """What a grammar allows."""

    def allowed(self, ids: Ids) -> Mask:
        """Which of `ids` may come next."""
        ...

    def accept(self, token: int) -> None:
        """Goes on by `token`."""
        ...


def uniform(seed: int, index: int) -> float:
    """A number in [0, 1) for draw `index` of `seed`: splitmix64 (Steele, Lea and Flood, 2014) twice, as a hash."""
    return (_mix(_mix(seed) + index) >> 11) * 2.0**-53


def _mix(value: int) -> int:
    value = (value + _GOLDEN) & _MASK64
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK64
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK64
    return value ^ (value >> 31)


def likeliest(logits: Floats, count: int) -> Ids:
    """The ids of the `count` (at least 1) largest logits and a few more, in rising order, in a fraction of the time
    that sorting takes. There must be no NaN among the logits."""
    columns = len(logits) // _ROWS
    if count >= columns:
        return np.arange(len(logits), dtype=np.int32)
    # As many columns have an element that is at least as large as the count-th largest of their maxima.
    maxima = logits[: columns * _ROWS].reshape(_ROWS, columns).max(axis=0)
    least = np.partition(maxima, -count)[-count]
    return np.flatnonzero(logits >= least).astype(np.int32)


def draw(ids: Ids, logits: Floats, temperature: float, number: float) -> int:
    """The id that `number`, in [0, 1), falls on when `ids` are laid out by falling logit (then rising id), each as wide
    as its probability at `temperature` (more than 0). The order of the arguments' entries does not matter."""
    order = np.lexsort((ids, -logits))
    values = logits[order].astype(np.float64)
    # At a tiny temperature all but the first are as good as impossible, and their exponents beyond all numbers.
    exponents = np.maximum(values - values[0], -_IMPOSSIBLE * temperature) / temperature
    edges = np.cumsum(np.exp(exponents))
    place = int(np.searchsorted(edges, number * edges[-1], side="right"))
    return int(ids[order[min(place, len(ids) - 1)]])


class Penalties:
    """Lowers the logits of what the answer already holds.

    `repeat` divides (or, below zero, multiplies) those of the last `REPEAT_WINDOW` tokens; `frequency` is subtracted
    once per occurrence in the answer, `presence` once. The prompt does not count, so that an answer does not change
    with how much of an old conversation still fits.
    """

    def __init__(self, repeat: float, presence: float, frequency: float) -> None:
        self._repeat = repeat
        self._presence = presence
        self._frequency = frequency
        self._window: deque[int] = deque(maxlen=REPEAT_WINDOW)
        self._slots: dict[int, int] = {}
        self._ids: Ids = np.empty(64, dtype=np.int32)
        self._counts: Floats = np.empty(64, dtype=np.float32)

    @classmethod
    def asked_for(cls, params: Params) -> Penalties | None:
        """Those of `params`, or None where they change nothing."""
        if params.repeat_penalty == 1 and not params.presence_penalty and not params.frequency_penalty:
            return None
        return cls(params.repeat_penalty, params.presence_penalty, params.frequency_penalty)

    def accept(self, token: int) -> None:
        """Counts a token of the answer."""
        self._window.append(token)
        slot = self._slots.get(token)
        if slot is None:
            slot = self._slots[token] = len(self._slots)
            if slot == len(self._ids):
                self._ids = np.concatenate([self._ids, np.empty_like(self._ids)])
                self._counts = np.concatenate([self._counts, np.empty_like(self._counts)])
            self._ids[slot] = token
            self._counts[slot] = 0
        self._counts[slot] += 1

    def apply(self, logits: Floats) -> None:
        """Changes `logits` in place."""
        if self._repeat != 1 and self._window:
            recent = np.unique(np.fromiter(self._window, np.int32, len(self._window)))
            values = logits[recent]
            logits[recent] = np.where(values > 0, values / self._repeat, values * self._repeat)
        if self._slots and (self._presence or self._frequency):
            used = len(self._slots)
            logits[self._ids[:used]] -= self._presence + self._frequency * self._counts[:used]


class Sampler:
    """Draws the tokens of one answer, one after another."""

    def __init__(
        self,
        params: Params,
        *,
        seed: int,
        forbidden: Ids,
        truncate: Truncate | None,
        rules: Rules | None = None,
    ) -> None:
        """`forbidden` ids never come; `truncate` is None where nothing is to be cut off."""
        self.count = 0
        """Tokens of the answer so far, those of a prefix included; the index of the next draw."""
        self._temperature = params.temperature
        self._seed = seed
        self._forbidden = forbidden
        self._truncate = truncate
        self._rules = rules
        self._penalties = Penalties.asked_for(params)

    def accept(self, token: int) -> None:
        """Takes `token` as the next of the answer.

        Raises:
            whatever `rules.accept` raises where the grammar does not allow it.
        """
        if self._rules is not None:
            self._rules.accept(token)
        if self._penalties is not None:
            self._penalties.accept(token)
        self.count += 1

    def accept_all(self, tokens: Iterable[int]) -> None:
        """Takes the tokens of a prefix."""
        for token in tokens:
            self.accept(token)

    def next(self, logits: Floats) -> int | None:
        """The next token; None where the grammar allows nothing more. Changes `logits` in place; accepts nothing.

        Raises:
            NotFinite: the logits are not numbers.
        """
        if not math.isfinite(logits.max()):  # NaN and infinity both come through a maximum
            raise NotFinite
        logits[self._forbidden] = -np.inf
        if self._penalties is not None:
            self._penalties.apply(logits)
        choice = self._choose(logits)
        if choice is None and self._rules is not None:
            # The grammar allows nothing of what the truncation has left: look at the whole vocabulary.
            logits[~self._rules.allowed(np.arange(len(logits), dtype=np.int32))] = -np.inf
            choice = self._choose(logits)
        return choice

    def _choose(self, logits: Floats) -> int | None:
        """A token out of `logits`, or None when there is none that is possible."""
        if self._temperature == 0:
            best = int(logits.argmax())
            possible = math.isfinite(logits[best]) and self._permits(best)
            return best if possible else None
        ids, values = self._candidates(logits)
        possible_mask = np.isfinite(values)
        if self._rules is not None:
            possible_mask &= self._rules.allowed(ids)
        if not possible_mask.any():
            return None
        number = uniform(self._seed, self.count)
        return draw(ids[possible_mask], values[possible_mask], self._temperature, number)

    def _permits(self, token: int) -> bool:
        return self._rules is None or bool(self._rules.allowed(np.array([token], dtype=np.int32))[0])

    def _candidates(self, logits: Floats) -> tuple[Ids, Floats]:
        if self._truncate is None:
            return np.arange(len(logits), dtype=np.int32), logits
        return self._truncate(logits)
