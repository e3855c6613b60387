"""The mix: how often each kind of dialogue is drawn, and conversations of several turns."""

from __future__ import annotations

import random
from typing import Final

from . import arithmetic, followups, foreign, noise, smalltalk
from .dialogue import Dialogue, Message
from .facts import FACTS
from .frames import home_tail, rough, sentence
from .grammar import Intent, draw_phrase, normalise
from .refusals import unknown
from .systems import plain_system, tools_system
from .tour import INTENT as TOUR_INTENT

SHARES: Final = {
    "fact": 0.43,
    "foreign": 0.115,
    "near": 0.105,
    "tool": 0.20,
    "smalltalk": 0.05,
    "followup": 0.055,
    "tour": 0.014,
    "script": 0.025,
    "long": 0.006,
}
"""The share of each kind among the dialogues drawn."""

LONG_CHARACTERS: Final = 5400
"""Size of a packed dialogue: about 2 000 tokens, with the turn marks."""

_EARLIER_TURNS: Final = 0.18
"""How often a single question comes after unrelated turns."""

_SYSTEM: Final = 0.08
_TOOLS: Final = 0.10
"""How often a question that needs no tool comes with a system prompt, and with the tools on offer."""

Turn = list[Message]


def question(rng: random.Random, intent: Intent) -> str:
    """A wording of an intent, as somebody types it; never one that is held out."""
    form, phrase = draw_phrase(rng, intent)
    tail = home_tail(rng, phrase) if intent.portable and form != "says" else ""
    return rough(rng, sentence(rng, form, phrase, tail))


def _fact(rng: random.Random) -> Turn:
    intent = rng.choice(FACTS)
    return [Message("user", question(rng, intent)), Message("assistant", intent.answer)]


def _foreign(rng: random.Random) -> Turn:
    return [Message("user", foreign.easy(rng)[1]), Message("assistant", unknown(rng))]


def _near(rng: random.Random) -> Turn:
    return [Message("user", foreign.hard(rng)[1]), Message("assistant", unknown(rng))]


def _smalltalk(rng: random.Random) -> Turn:
    intent = rng.choice(smalltalk.TALK)
    return [Message("user", smalltalk.wording(rng, intent)), Message("assistant", intent.answer)]


def _followup(rng: random.Random) -> Turn:
    if rng.random() < 0.05:
        return [Message("user", followups.draw_clarify(rng)), Message("assistant", followups.CLARIFY)]
    before, follow_up, wording = followups.draw(rng)
    return [
        Message("user", question(rng, before)),
        Message("assistant", before.answer),
        Message("user", wording),
        Message("assistant", follow_up.answer),
    ]


def _tour(rng: random.Random) -> Turn:
    return [Message("user", question(rng, TOUR_INTENT)), Message("assistant", TOUR_INTENT.answer)]


_TURNS: Final = {
    "fact": _fact,
    "foreign": _foreign,
    "near": _near,
    "smalltalk": _smalltalk,
    "followup": _followup,
    "tour": _tour,
}
_EARLIER: Final = ("fact", "fact", "fact", "foreign", "near", "smalltalk")


def _earlier(rng: random.Random, kind: str) -> Turn:
    turns: Turn = []
    if kind != "tour" and rng.random() >= _EARLIER_TURNS:
        return turns
    if kind == "tour" and rng.random() >= 0.3:
        return turns
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
        turns += _TURNS[rng.choice(_EARLIER)](rng)
    return turns


def _long(rng: random.Random) -> Dialogue:
    messages: Turn = []
    if rng.random() < 0.3:
        system, tools = tools_system(rng)
        messages.append(system)
    else:
        tools = frozenset()
    while sum(len(message.content) + 12 for message in messages) < LONG_CHARACTERS:
        dice = rng.random()
        if dice < 0.12:
            messages += arithmetic.turn(rng, tools)
        elif dice < 0.22:
            messages += _followup(rng)
        elif dice < 0.24:
            messages += noise.dialogue(rng).messages if sum(len(m.content) for m in messages) < 1500 else _fact(rng)
        else:
            messages += _TURNS[rng.choice(_EARLIER)](rng)
    return Dialogue(tuple(messages), "long")


def draw(rng: random.Random) -> Dialogue:
    """One training dialogue."""
    kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
    match kind:
        case "tool":
            return arithmetic.dialogue(rng)
        case "script":
            return noise.dialogue(rng)
        case "long":
            return _long(rng)
    messages = [*_earlier(rng, kind), *_TURNS[kind](rng)]
    dice = rng.random()
    if dice < _SYSTEM:
        messages.insert(0, plain_system(rng))
    elif dice < _SYSTEM + _TOOLS:
        messages.insert(0, tools_system(rng)[0])
    return Dialogue(tuple(messages), kind)


def users(dialogue: Dialogue) -> list[str]:
    """The normalised wordings of a dialogue's user messages."""
    return [normalise(message.content) for message in dialogue.messages if message.role == "user"]
