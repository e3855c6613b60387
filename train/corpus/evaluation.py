"""Questions for the evaluation: wordings that the mix never draws."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from functools import cache

from . import arithmetic, followups, noise
from . import foreign as outside
from .dialogue import Message, Question
from .facts import BY_NAME, FACTS
from .frames import rough, sentence
from .grammar import Intent, held_out, normalise
from .tour import INTENT as TOUR_INTENT
from .tour import TOUR

PER_INTENT = 2
"""Held-out questions of each intent, where the rule holds out so many."""


def _rng(name: str) -> random.Random:
    return random.Random(zlib.crc32(name.encode()))


def _wordings(intent: Intent, count: int) -> list[str]:
    """Some held-out phrases of an intent, each in a frame, without typing errors."""
    rng = _rng(intent.name)
    phrases = [(form, phrase) for form, phrase in intent.phrases() if held_out(phrase, intent.name)]
    picked = rng.sample(phrases, min(count, len(phrases)))
    return [rough(rng, sentence(rng, form, phrase), 0.0) for form, phrase in picked]


@cache
def heldout() -> tuple[Question, ...]:
    """Facts in wordings never trained on, and follow-up questions (kind fact, with the turn before)."""
    found = [
        Question((Message("user", text),), "fact", intent.expect)
        for intent in FACTS
        for text in _wordings(intent, PER_INTENT)
    ]
    for follow_up in followups.FOLLOW_UPS[::8]:
        rng = _rng(f"{follow_up.after} {follow_up.ask}")
        kept = [text for text in followups.wordings(follow_up.ask) if held_out(text, follow_up.ask)]
        before = BY_NAME[follow_up.after]
        if kept:
            first = sorted(phrase for form, phrase in before.phrases() if form == "asks")[0]
            messages = (Message("user", first), Message("assistant", before.answer), Message("user", rng.choice(kept)))
            found.append(Question(messages, "fact", follow_up.expect))
    return tuple(found)


def _unknown(kind: str, ask: Callable[..., outside.Asked], count: int = 100) -> tuple[Question, ...]:
    """Questions to be refused, each with a phrase of its own."""
    rng = _rng(kind)
    found: dict[str, Question] = {}
    while len(found) < count:
        phrase, text = ask(rng, evaluation=True)
        found.setdefault(phrase, Question((Message("user", text),), kind, (), refuse=True))
    return tuple(found.values())


@cache
def near_domain() -> tuple[Question, ...]:
    """Questions in the words of this program about something else; two in five name a program never trained on."""
    return _unknown("near", outside.hard)


@cache
def foreign() -> tuple[Question, ...]:
    """Questions about other worlds."""
    return _unknown("foreign", outside.easy)


@cache
def tools() -> tuple[Question, ...]:
    return tuple(arithmetic.questions(_rng("tools")))


@cache
def tour() -> tuple[Question, ...]:
    """The tour in its usual wordings (trained on: exactness is the point) and in held-out ones."""
    usual = ["tour", "give me the tour", "show me around", "The tour please!", "Can you give me a tour?"]
    texts = [*usual, *_wordings(TOUR_INTENT, 7)]
    return tuple(Question((Message("user", text),), "tour", (), exact=TOUR) for text in texts)


@cache
def scripts() -> tuple[Question, ...]:
    return tuple(noise.questions(_rng("script")))


@cache
def heldout_wordings() -> frozenset[str]:
    """Normalised user messages that no training dialogue may have."""
    asked = [*heldout(), *near_domain(), *foreign(), *tools(), *tour()[5:]]
    return frozenset(normalise(question.messages[-1].content) for question in asked)
