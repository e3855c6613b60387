"""The corpus of the guide model: training dialogues and evaluation questions, generated from the project's own text.

- ``facts_*.py``: what the guide knows; one intent is one answer and the patterns of its wordings.
- ``foreign.py`` (words in ``foreign_words.py``): what it does not know, in the same sentence frames.
- ``arithmetic.py``, ``smalltalk.py``, ``tour.py``, ``followups.py`` (``followup_words.py``), ``noise.py``: the rest.
- ``grammar.py``: patterns, intents, and the rule that holds wordings out; ``frames.py``: sentences and sloppiness.
- ``mix.py`` draws dialogues by share; ``evaluation.py`` makes questions of the wordings that are held out.

A phrase (one expansion of a pattern) whose checksum falls in one class of 20 is never trained on. To teach a new fact,
add an intent with 30 wordings or more to a ``facts_*.py``; the tests say what is missing.
"""

from __future__ import annotations

import random

from . import evaluation, mix
from .dialogue import Dialogue, Message, Question
from .refusals import is_refusal
from .tour import TOUR

__all__ = [
    "TOUR",
    "Dialogue",
    "Message",
    "Question",
    "foreign",
    "heldout",
    "is_refusal",
    "near_domain",
    "sample",
    "scripts",
    "tools",
    "tour",
]


def sample(rng: random.Random) -> Dialogue:
    """One training dialogue from the mix, never with a wording that the evaluation asks."""
    kept = evaluation.heldout_wordings()
    while True:
        dialogue = mix.draw(rng)
        if kept.isdisjoint(mix.users(dialogue)):
            return dialogue


def heldout() -> list[Question]:
    """Known things in wordings never trained on; follow-ups with their turn before."""
    return list(evaluation.heldout())


def near_domain() -> list[Question]:
    """Unknown things that sound like home; to be refused."""
    return list(evaluation.near_domain())


def foreign() -> list[Question]:
    """Unknown things; to be refused."""
    return list(evaluation.foreign())


def tools() -> list[Question]:
    """Arithmetic and the clock: exact calls with tools on offer, refusals without."""
    return list(evaluation.tools())


def tour() -> list[Question]:
    """Requests for the tour; the answer is ``TOUR``, byte for byte."""
    return list(evaluation.tour())


def scripts() -> list[Question]:
    """Other scripts, junk, orders, very long text: the answer must end by itself."""
    return list(evaluation.scripts())
