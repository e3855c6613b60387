"""Wordings as small patterns, intents as what is asked and what is answered, and the rule that holds wordings out.

A pattern is plain text with ``(a|b)`` for a choice, ``[a|b]`` for a choice that may be left out, and ``<slot>`` for a
word of a lexicon. A *phrase* is one expansion of a pattern; frames (frames.py) make sentences of phrases.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from textwrap import dedent

FORMS = ("topics", "actions", "says", "asks")
"""How a phrase enters a sentence: noun phrase, verb phrase, statement (a symptom), whole question."""

HOLD_OUT_ONE_IN = 20
"""One phrase in so many is never trained on."""

_SLOT = re.compile(r"<(\w+)>")
_TOKEN = re.compile(r"[()\[\]|]|[^()\[\]|]+")


def normalise(text: str) -> str:
    """The letters and digits of a text, lower case, single spaces: what two wordings are compared by."""
    return " ".join(re.findall(r"\w+", text.lower()))


def held_out(text: str, salt: str = "") -> bool:
    """Whether a phrase is kept for evaluation: a fixed function of its words."""
    return zlib.crc32(f"{salt}\n{normalise(text)}".encode()) % HOLD_OUT_ONE_IN == 0


@cache
def expand(pattern: str) -> tuple[str, ...]:
    """Every phrase of a pattern, in a fixed order, slots left as they are."""
    tokens = _TOKEN.findall(pattern)
    position = 0

    def sequence() -> list[str]:
        nonlocal position
        found = [""]
        while position < len(tokens) and tokens[position] not in ")]|":
            token = tokens[position]
            if token in "([":
                position += 1
                choices = [] if token == "(" else [""]
                choices += sequence()
                while tokens[position] == "|":
                    position += 1
                    choices += sequence()
                position += 1
                found = [left + right for left in found for right in choices]
            else:
                position += 1
                found = [left + token for left in found]
        return found

    phrases = sequence()
    if position != len(tokens):
        raise ValueError(f"unbalanced brackets in the pattern {pattern!r}")
    return tuple(dict.fromkeys(" ".join(phrase.split()) for phrase in phrases))


def split(patterns: str) -> tuple[str, ...]:
    """Patterns written one after the other, separated by semicolons."""
    return tuple(" ".join(pattern.split()) for pattern in patterns.split(";") if pattern.strip())


def fill(rng: random.Random, phrase: str, lexicon: Mapping[str, tuple[str, ...]]) -> str:
    """A phrase with each ``<slot>`` replaced by a word of the lexicon."""
    return _SLOT.sub(lambda match: rng.choice(lexicon[match.group(1)]), phrase)


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing that people want to know, the wordings of it by form, and its one answer.

    ``expect`` are the key facts as in ``Question.expect``. ``portable``: the wordings make sense about other programs
    too, so that they can be asked about those and must then be refused. ``elsewhere``: phrases, normalised, that
    belong to another intent.
    """

    name: str
    answer: str
    expect: tuple[str, ...]
    wordings: Mapping[str, tuple[str, ...]]
    portable: bool = True
    elsewhere: frozenset[str] = frozenset()

    def phrases(self) -> Iterator[tuple[str, str]]:
        """Every (form, phrase), those held out included."""
        for form in FORMS:
            for pattern in self.wordings[form]:
                for phrase in expand(pattern):
                    if normalise(phrase) not in self.elsewhere:
                        yield form, phrase


def fact(
    name: str,
    answer: str,
    expect: str,
    *,
    topics: str = "",
    actions: str = "",
    says: str = "",
    asks: str = "",
    block: str = "",
    portable: bool = True,
) -> Intent:
    """An intent. ``answer`` is prose (line breaks do not count); ``block`` follows it with its lines kept."""
    text = " ".join(answer.split())
    if block:
        text = (text + "\n\n" + dedent(block).strip("\n")).strip("\n")
    wordings = {"topics": split(topics), "actions": split(actions), "says": split(says), "asks": split(asks)}
    return Intent(name, text, split(expect), wordings, portable)


@cache
def trained_phrases(pattern: str, salt: str) -> tuple[str, ...]:
    """The phrases of a pattern that may be trained on."""
    return tuple(phrase for phrase in expand(pattern) if not held_out(phrase, salt))


def draw_phrase(rng: random.Random, intent: Intent) -> tuple[str, str]:
    """A (form, phrase) to train on: patterns weigh equally, however many phrases each of them has."""
    pool = _trained_patterns(intent.name, tuple((form, p) for form in FORMS for p in intent.wordings[form]))
    while True:
        form, pattern = rng.choice(pool)
        phrase = rng.choice(trained_phrases(pattern, intent.name))
        if normalise(phrase) not in intent.elsewhere:
            return form, phrase


@cache
def _trained_patterns(name: str, patterns: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((form, pattern) for form, pattern in patterns if trained_phrases(pattern, name))
