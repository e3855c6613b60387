"""Sentence frames, shared by known and foreign questions, and the sloppiness of people who type.

Sharing them is the point: nothing in "how do I ..." or "help, ..." may tell whether the rest is known.
"""

from __future__ import annotations

import random
import re
from typing import Final

TOPIC_FRAMES: Final = (
    *("{}",) * 7,
    *("what is {}", "what are {}", "tell me about {}", "explain {}", "help with {}", "about {}") * 2,
    "what's {}",
    "whats {}",
    "what does {} mean",
    "how does {} work",
    "how do {} work",
    "can you explain {}",
    "could you explain {} to me",
    "please explain {}",
    "explain {} to me like i am new",
    "i need help with {}",
    "help me with {}",
    "help {}",
    "{} help",
    "{} explained",
    "{} how",
    "info on {}",
    "info about {}",
    "i have a question about {}",
    "question about {}",
    "what about {}",
    "how about {}",
    "what can you tell me about {}",
    "what do you know about {}",
    "describe {}",
    "i want to know about {}",
    "i would like to know more about {}",
    "tell me more about {}",
    "something about {}",
    "i do not understand {}",
    "i dont get {}",
    "what is this {} thing",
    "and {}",
    "is there something like {}",
    "does it have {}",
    "do you have {}",
    "where do i find {}",
    "where is {}",
    "i am looking for {}",
    "looking for {}",
    "show me {}",
    "give me {}",
    "any tips on {}",
    "how do i use {}",
    "what do i need to know about {}",
    "a word about {}",
)

ACTION_FRAMES: Final = (
    *("{}",) * 4,
    *("how do i {}", "how can i {}", "how to {}") * 4,
    *("i want to {}", "can i {}", "is it possible to {}") * 2,
    "how do you {}",
    "how would i {}",
    "how should i {}",
    "how does one {}",
    "i'd like to {}",
    "i would like to {}",
    "i need to {}",
    "need to {}",
    "i have to {}",
    "is there a way to {}",
    "is there any way to {}",
    "any way to {}",
    "what is the best way to {}",
    "what's the way to {}",
    "whats the easiest way to {}",
    "what do i do to {}",
    "what do i have to do to {}",
    "what should i do to {}",
    "show me how to {}",
    "tell me how to {}",
    "explain how to {}",
    "can you tell me how to {}",
    "could you tell me how i can {}",
    "could you please tell me how to {}",
    "please tell me how to {}",
    "help me {}",
    "please help me {}",
    "help me to {}",
    "i am trying to {}",
    "trying to {}",
    "im trying to {}",
    "i cannot figure out how to {}",
    "i dont know how to {}",
    "i do not know how to {}",
    "idk how to {}",
    "do you know how to {}",
    "where can i {}",
    "where do i {}",
    "can you {}",
    "can one {}",
    "could i {}",
    "am i able to {}",
    "does it let me {}",
    "may i {}",
    "please {}",
    "{} please",
    "{} how",
    "{} possible",
    "wanna {}",
    "i wanna {}",
    "gotta {}",
    "steps to {}",
    "instructions to {}",
    "what command do i use to {}",
    "whats the trick to {}",
    "teach me to {}",
    "i was told i can {}",
    "a friend of mine wants to {}",
    "my boss wants me to {}",
    "i forgot how to {}",
    "how exactly do i {}",
    "quick way to {}",
    "how 2 {}",
    "howto {}",
    "how {}",
    "where {}",
    "yo, how do i {}",
    "ok so how do i {}",
    "how i {}",
    "i just want to {}",
    "can it {}",
    "so how do i {} then",
    "what if i want to {}",
)

SAY_FRAMES: Final = (
    *("{}",) * 10,
    *("help, {}", "{}, what now", "{}, what can i do", "why is it that {}") * 2,
    "{}, how do i fix that",
    "{}. what should i do",
    "{}, any idea",
    "{}, any ideas why",
    "{}, help",
    "{}, please help",
    "hi, {}",
    "hello, {}",
    "hm, {}",
    "i have a problem: {}",
    "problem: {}",
    "{}, why",
    "{}. why is that",
    "{}, is that normal",
    "what does it mean when {}",
    "what do i do when {}",
    "what to do if {}",
    "what if {}",
    "{}, what is wrong",
    "{}, what am i doing wrong",
    "for some reason {}",
    "it seems that {}",
    "since today {}",
    "sometimes {}",
    "{} :(",
    "{} so bad",
    "{} man",
    "dude {}",
    "{} wtf",
    "{} again",
    "{} really",
    "{} all the time",
    "{} suddenly",
    "argh {}",
    "omg {}",
    "{} now",
    "{} and nothing helps",
    "ugh, {}",
    "{} and i do not know why",
    "{} and it is annoying",
    "sorry to bother you but {}",
)

ASK_FRAMES: Final = (
    *("{}",) * 14,
    "hi, {}",
    "hello, {}",
    "hey, {}",
    "so {}",
    "ok, {}",
    "and {}",
    "but {}",
    "please, {}",
    "{} please",
    "quick question: {}",
    "question: {}",
    "one question, {}",
    "i wonder, {}",
    "tell me, {}",
    "can you tell me: {}",
    "sorry, {}",
    "sorry for the silly question, but {}",
    "i am new here. {}",
    "just curious, {}",
    "i was asking myself, {}",
    "{} exactly",
    "{} anyway",
    "{} thanks",
    "do you know, {}",
    "yo {}",
    "ok so {}",
    "dumb question but {}",
    "{} then",
    "{} actually",
    "man, {}",
)

FRAMES: Final = {
    "topics": TOPIC_FRAMES,
    "actions": ACTION_FRAMES,
    "says": SAY_FRAMES,
    "asks": ASK_FRAMES,
}

HOME_TAILS: Final = (
    *("in llamachat", "here", "with llamachat", "in this app", "in this program") * 3,
    "in llama chat",
    "in Llamachat",
    "using llamachat",
    "in this chat",
    "in this thing",
    "in the app",
    "in this tool",
    "in this client",
    "in the terminal",
    "in my terminal",
    "on my machine",
    "on my laptop",
    "on linux",
    "on my server",
    "in lamachat",
    "in llamachat please",
)

_STOP: Final = frozenset(
    word
    for word in [
        "a",
        "an",
        "the",
        "do",
        "does",
        "did",
        "i",
        "to",
        "my",
        "is",
        "it",
        "of",
        "me",
        "you",
        "can",
        "could",
        "would",
        "please",
        "how",
        "what",
        "in",
        "that",
        "this",
        "am",
        "are",
        "be",
        "with",
        "have",
    ]
)
_CASUAL: Final = (
    (r"\bplease\b", "pls"),
    (r"\byou\b", "u"),
    (r"\byour\b", "ur"),
    (r"\bi am\b", "im"),
    (r"\bdo not\b", "dont"),
    (r"\bdoes not\b", "doesnt"),
    (r"\bcannot\b", "cant"),
    (r"\bis not\b", "isnt"),
    (r"\bwill not\b", "wont"),
    (r"\bdid not\b", "didnt"),
    (r"\bhow to\b", "how 2"),
    (r"\bare\b", "r"),
    (r"\bthe\b ", ""),
    (r"\bit is\b", "its"),
    (r"\bthat is\b", "thats"),
    (r"\bpeople\b", "ppl"),
    (r"\bquestion\b", "q"),
    (r"\bdoes it\b", "it"),
    (r"\bhow do i\b", "how do u"),
    (r"\bwhat is\b", "whats"),
    (r"\bmessage\b", "msg"),
    (r"\bmessages\b", "msgs"),
    (r"\bconfiguration\b", "config"),
    (r"\bsettings\b", "setings"),
    (r"\bwant to\b", "wanna"),
    (r"\bbecause\b", "cuz"),
    (r"\bthanks\b", "thx"),
    (r"\band\b", "&"),
)
_SYNONYMS: Final = {
    "answer": ("reply", "response", "output"),
    "answers": ("replies", "responses"),
    "message": ("text", "prompt", "post"),
    "chat": ("conversation", "thread", "discussion"),
    "chats": ("conversations", "threads", "talks"),
    "node": ("server", "box", "host", "machine", "nod"),
    "nodes": ("servers", "boxes", "hosts", "machines"),
    "delete": ("remove", "erase", "kill"),
    "remove": ("delete", "take away", "get rid of"),
    "show": ("display", "reveal"),
    "see": ("view", "look at", "check"),
    "find": ("locate", "discover"),
    "stop": ("halt", "end", "interrupt"),
    "change": ("alter", "modify", "switch", "adjust"),
    "key": ("button", "shortcut", "hotkey"),
    "keys": ("shortcuts", "buttons", "hotkeys"),
    "problem": ("issue", "trouble"),
    "broken": ("busted", "kaputt", "not ok", "dead"),
    "slow": ("sluggish", "laggy", "slooow"),
    "start": ("launch", "run", "begin"),
    "use": ("work with", "employ", "try"),
    "terminal": ("console", "shell window"),
    "config": ("configuration", "cfg", "settings file"),
    "settings": ("options", "preferences"),
    "big": ("large", "huge"),
    "fast": ("quick", "speedy"),
    "faster": ("quicker", "speedier"),
    "write": ("create", "type"),
    "make": ("create", "do"),
    "add": ("insert", "include", "put in"),
    "get": ("obtain", "have"),
    "send": ("submit", "ship"),
    "question": ("query", "prompt"),
    "model": ("llm", "language model", "ai model"),
    "models": ("llms", "language models"),
    "machine": ("computer", "pc", "box"),
    "machines": ("computers", "pcs"),
    "screen": ("display", "ui", "window"),
    "picture": ("image", "photo"),
    "error": ("failure", "error message"),
    "lost": ("gone", "away"),
    "explain": ("describe", "clarify"),
    "daemon": ("deamon", "demon", "server"),
    "token": ("access token", "secret"),
    "theme": ("skin", "style"),
    "history": ("past chats", "log of chats"),
    "folder": ("directory", "dir"),
    "file": ("document", "doc"),
    "files": ("documents", "docs"),
    "need": ("require", "want"),
    "want": ("wish", "would like"),
    "hello": ("hi", "hey"),
    "help": ("assist", "hlep"),
    "colours": ("colors", "color"),
}
_NEIGHBOURS: Final = {
    **dict(zip("abcdefghijklm", ("s", "v", "x", "s", "r", "d", "f", "g", "o", "h", "l", "k", "n"), strict=True)),
    **dict(zip("nopqrstuvwxyz", ("m", "i", "o", "w", "t", "a", "r", "y", "b", "e", "z", "t", "x"), strict=True)),
}


def sentence(rng: random.Random, form: str, phrase: str, tail: str = "") -> str:
    """A frame of the form around the phrase, the tail after the phrase; still tidy and in lower case."""
    return rng.choice(FRAMES[form]).format(f"{phrase} {tail}".rstrip())


def home_tail(rng: random.Random, phrase: str, share: float = 0.2) -> str:
    """Now and then the name of this program, so that a named program alone does not mean "foreign"."""
    if "llama" in phrase or rng.random() >= share:
        return ""
    return rng.choice(HOME_TAILS)


def rough(rng: random.Random, text: str, level: float = 1.0) -> str:
    """The text as somebody types it: capitals and marks or none, words left out, letters swapped.

    ``level`` scales how often; 0 leaves only the choice of capitals and punctuation marks.
    """
    if rng.random() < 0.14 * level:
        text = _synonyms(rng, text)
    if rng.random() < 0.14 * level:
        text = _terse(rng, text)
    if rng.random() < 0.15 * level:
        text = _casual(rng, text)
    if rng.random() < 0.14 * level:
        for _ in range(rng.randint(1, 2)):
            text = _typo(rng, text)
    return _marks(rng, text)


def _synonyms(rng: random.Random, text: str) -> str:
    words = text.split(" ")
    return " ".join(rng.choice(_SYNONYMS[w]) if w in _SYNONYMS and rng.random() < 0.6 else w for w in words)


def _terse(rng: random.Random, text: str) -> str:
    """The words that carry the meaning, at times in another order."""
    words = [word for word in text.split() if word.lower().strip(",.:") not in _STOP]
    if len(words) < 2:
        return text
    if len(words) <= 4 and rng.random() < 0.25:
        rng.shuffle(words)
    return " ".join(words)


def _casual(rng: random.Random, text: str) -> str:
    for pattern, short in _CASUAL:
        if rng.random() < 0.7:
            text = re.sub(pattern, short, text)
    return text


def _typo(rng: random.Random, text: str) -> str:
    places = [
        i for i in range(1, len(text) - 1) if text[i - 1].isalpha() and text[i].isalpha() and text[i + 1].isalpha()
    ]
    if not places:
        return text
    at = rng.choice(places)
    match rng.randrange(4):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        case 2:
            return text[:at] + text[at] + text[at:]
        case _:
            return text[:at] + _NEIGHBOURS.get(text[at], text[at]) + text[at + 1 :]


_QUESTION = re.compile(
    r"\b(how|what|whats|what's|can|could|is|are|where|why|which|who|does|do|did|will|any|may|when)\b", re.IGNORECASE
)


def _marks(rng: random.Random, text: str) -> str:
    dice = rng.random()
    if dice < 0.40:
        return text
    question = bool(_QUESTION.search(text))
    mark = "?" if question else rng.choice(("", ".", "!", "?"))
    if dice < 0.5 or text[-1] in "?.!)":
        mark = ""
    elif dice < 0.54:
        mark = rng.choice(("??", "???", "...", " ?", "!!", "?!"))
    if rng.random() < 0.72:
        text = re.sub(r"\bi\b(?!\.)", "I", text)
        text = text[0].upper() + text[1:]
    if rng.random() < 0.03:
        text = text.upper()
    return text + mark
