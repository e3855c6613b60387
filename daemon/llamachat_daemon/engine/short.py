"""A second, small context with flash attention, in which answers are written as long as their conversations are short.

Without flash attention, a processor computes a step of several long conversations up to twice as fast; but it looks at
`CELL_BLOCK` cells of each at least. In a small model, answers to short questions cost a quarter more with that. So they
visit this context until they have filled half a block. A sequence has the same number here and there.
"""

from __future__ import annotations

import sys
from typing import Final

import numpy as np

from llamachat_daemon.engine import llama
from llamachat_daemon.engine.passes import CELL_BLOCK
from llamachat_daemon.engine.states import Layout, UnknownLayout, rearranged

WORTH_IT_BELOW: Final = 16_000
"""Where reading the weights costs as much as more cells (see `passes`), those of short conversations hardly count."""

_TRIAL: Final = 8
_CLOSE_ENOUGH: Final = 0.97
"""Least cosine between the logits of both contexts in the trial. The last digits differ, and a network of random
weights makes more of them (0.995 was seen); values in a wrong order gave 0.66 at most."""


class ShortContext:
    """Sequences that are away from `home`, the context in which every sequence has cells of its own."""

    tokens: Final = CELL_BLOCK // 2
    """Most tokens of a conversation here: from about 105 on, attention is dearer here than at home (14 to 16 µs for a
    token of an answer here, 6 µs for a cell of its block there)."""

    tokens_at_first: Final = CELL_BLOCK // 4
    """Who comes has fewer: the way here and back takes about 9 ms, and has to pay for itself."""

    def __init__(self, home: llama.Context, threads: int) -> None:
        """Raises `llama.LoadError` when there is no memory for it."""
        self._home = home
        self.context = llama.Context(
            home.model,
            llama.ContextOptions(
                cells=home.sequences * self.tokens,
                sequences=home.sequences,
                batch_rows=max(_TRIAL, home.sequences),
                threads=threads,
                unified=True,
            ),
        )

    def visit(self, sequence: int) -> bool:
        """Brings what the sequence holds at home here; it stays there, too. False where that did not work."""
        if self._home.last_position(sequence) < 0:
            return True
        return self._carry(self._home, self.context, sequence, Layout(1, 0, transposed=False))

    def go_home(self, sequence: int) -> bool:
        """Brings what the sequence holds here home, in the place of what it held there. False where that did not work;
        then it holds nothing anywhere."""
        self._home.forget(sequence)
        done = self._carry(self.context, self._home, sequence, Layout(self._home.sequences, sequence, transposed=True))
        self.forget(sequence)
        return done

    def move(self, sequence: int, target: int) -> None:
        """The visitor has another number from now on, which nobody has here."""
        self.context.share(sequence, target, self.context.last_position(sequence) + 1)
        self.forget(sequence)

    def forget(self, sequence: int) -> None:
        """The visit is over, and what came of it is not wanted."""
        self.context.forget(sequence)

    def works(self) -> bool:
        """Whether a visit and the way home leave everything as it was; tried out in the last sequence."""
        sequence = self._home.sequences - 1
        ids = np.arange(_TRIAL + 2, dtype=np.int32)
        first, second = ids[_TRIAL:-1], ids[-1:]
        try:
            _feed(self._home, ids[:_TRIAL], 0, sequence)
            if not self.visit(sequence):
                return False
            abroad = _feed(self.context, first, _TRIAL, sequence)
            if not self.go_home(sequence):
                return False
            back = _feed(self._home, second, _TRIAL + 1, sequence)
            self._home.forget(sequence, _TRIAL)
            stayed = _feed(self._home, first, _TRIAL, sequence), _feed(self._home, second, _TRIAL + 1, sequence)
            return min(_cosine(abroad, stayed[0]), _cosine(back, stayed[1])) > _CLOSE_ENOUGH
        except llama.LlamaError:
            return False
        finally:
            self._home.forget(sequence)
            self.forget(sequence)

    def free(self) -> None:
        """Releases the memory."""
        self.context.free()

    def _carry(self, source: llama.Context, target: llama.Context, sequence: int, layout: Layout) -> bool:
        state = source.save(sequence)
        if state is None:
            return False
        try:
            return target.load(sequence, rearranged(state, layout))
        except UnknownLayout as error:
            sys.stderr.write(f"warning: llama.cpp writes the state of a sequence in an unknown way: {error}\n")
            return False


def _feed(context: llama.Context, ids: llama.Ids, position: int, sequence: int) -> llama.Floats:
    context.batch.clear()
    context.batch.add(ids, position, sequence, logits=True)
    context.decode()
    logits: llama.Floats = context.logits()[0].copy()
    return logits


def _cosine(one: llama.Floats, other: llama.Floats) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))
