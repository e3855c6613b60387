"""Questions that make sense only after the turn before."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from .facts import BY_NAME
from .followup_words import ASKS, ENTRIES
from .frames import rough
from .grammar import Intent, expand, fact, held_out

CLARIFY: Final = "Please name the thing you mean, for example: which key stops an answer?"
"""The answer to a follow-up question with nothing before it."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """After an answer about ``after``, one of the wordings named ``ask`` gets ``answer``."""

    after: str
    ask: str
    answer: str
    expect: tuple[str, ...]


def _entries() -> tuple[FollowUp, ...]:
    found = []
    for ask, after, answer, expect in ENTRIES:
        if answer in BY_NAME:
            intent = BY_NAME[answer]
            text, facts = intent.answer, intent.expect
        else:
            made = fact("", answer, expect)
            text, facts = made.answer, made.expect
        found += [FollowUp(name, ask, text, facts) for name in after.split()]
    return tuple(found)


FOLLOW_UPS: Final = _entries()


def wordings(ask: str) -> tuple[str, ...]:
    return tuple(phrase for pattern in ASKS[ask] for phrase in expand(pattern))


def draw(rng: random.Random) -> tuple[Intent, FollowUp, str]:
    """What was asked before, the follow-up, and its wording."""
    follow_up = rng.choice(FOLLOW_UPS)
    while True:
        wording = rng.choice(expand(rng.choice(ASKS[follow_up.ask])))
        if not held_out(wording, follow_up.ask):
            return BY_NAME[follow_up.after], follow_up, rough(rng, wording, 0.6)


def draw_clarify(rng: random.Random) -> str:
    """A follow-up wording asked out of the blue."""
    while True:
        ask = rng.choice(("key", "where", "undo", "change"))
        wording = rng.choice(expand(rng.choice(ASKS[ask])))
        if not held_out(wording, ask):
            return rough(rng, wording, 0.5)
