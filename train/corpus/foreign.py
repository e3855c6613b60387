"""Questions about anything but llamachat: easy ones, and hard ones that sound like home."""

from __future__ import annotations

import random
from typing import Final

from .facts import FACTS
from .foreign_words import EASY, HARD, HELD_OUT_PROGRAMS, LEXICON, PROGRAMS
from .frames import FRAMES, rough, sentence
from .grammar import expand, fill, held_out, trained_phrases

_SALT: Final = "foreign"
_PLACES: Final = ("in", "in", "in", "with", "for", "on", "using")
_SYLLABLES: Final = [
    "zor",
    "bix",
    "tal",
    "ven",
    "kor",
    "mo",
    "ra",
    "li",
    "pex",
    "du",
    "nim",
    "sa",
    "gro",
    "fy",
    "tek",
    "lu",
    "par",
    "on",
    "dex",
    "vi",
    "qua",
    "ser",
    "to",
    "bel",
    "cho",
    "wa",
    "ix",
    "ul",
]
_PORTABLE: Final = tuple(intent for intent in FACTS if intent.portable)
_KEYWORDS: Final = ("{0} {1}", "{0} {1}", "{1} {0}", "{0}: {1}", "{0} - {1}")
_CONTEXT: Final = ("i use {}. {}", "{}: {}", "in {}, {}", "about {}: {}", "i have {} here. {}", "{} question: {}")


Asked = tuple[str, str]
"""The phrase that makes a question what it is, and the question."""


def easy(rng: random.Random, *, evaluation: bool = False) -> Asked:
    """A question about another world."""
    return _from_list(rng, EASY, evaluation)


def hard(rng: random.Random, *, evaluation: bool = False) -> Asked:
    """A question in the words of this program about another program or another world."""
    if rng.random() < 0.35:
        return _from_list(rng, HARD, evaluation)
    return other_program(rng, evaluation=evaluation)


def other_program(rng: random.Random, *, evaluation: bool = False) -> Asked:
    """A question about llamachat asked about another program: the wording alone would be known."""
    while True:
        intent = rng.choice(_PORTABLE)
        form = rng.choice(("topics", "actions", "actions", "actions", "asks"))
        patterns = intent.wordings[form]
        if not patterns:
            continue
        phrases = trained_phrases(rng.choice(patterns), intent.name)
        if not phrases:
            continue
        phrase = rng.choice(phrases)
        if any(
            word in phrase.lower() for word in ("llama", "daemon", "chatgpt", "/", "--", "_", "esc", "f5", "f6", "f1")
        ):
            continue
        program = _program(rng, evaluation)
        if held_out(f"{phrase} {program}", _SALT) != evaluation:
            continue
        if rng.random() < 0.15 and not evaluation:
            text = rng.choice(_KEYWORDS).format(program, phrase)
        elif rng.random() < 0.2 and not evaluation:
            text = rng.choice(_CONTEXT).format(program, sentence(rng, form, phrase))
        else:
            text = sentence(rng, form, phrase, f"{rng.choice(_PLACES)} {program}")
        return phrase, rough(rng, text, 0.0 if evaluation else 0.8)


def _program(rng: random.Random, evaluation: bool) -> str:
    if evaluation:
        return rng.choice(HELD_OUT_PROGRAMS if rng.random() < 0.4 else PROGRAMS)
    if rng.random() < 0.2:
        name = "".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(2, 3)))
        return name.capitalize() if rng.random() < 0.6 else name
    name = rng.choice(PROGRAMS)
    return name.lower() if rng.random() < 0.5 else name


def _from_list(rng: random.Random, words: dict[str, tuple[str, ...]], evaluation: bool) -> Asked:
    forms = tuple((form, pattern) for form in FRAMES for pattern in words[form])
    while True:
        form, pattern = rng.choice(forms)
        phrase = fill(rng, rng.choice(expand(pattern)), LEXICON)
        if held_out(phrase, _SALT) == evaluation:
            return phrase, rough(rng, sentence(rng, form, phrase), 0.0 if evaluation else 0.8)
