"""Titles of chats: the first one, and what people may give."""

from __future__ import annotations

import re
from typing import Final

from llamachat.base.text import one_line
from llamachat.protocol import ChatMessage

MAX_TITLE_CHARACTERS: Final = 60

MAX_GIVEN_CHARACTERS: Final = 200
"""The longest title or folder that a person gives, in code points."""

_MARKUP: Final = re.compile(
    r"^(?:#{1,6}\s+|>\s+|[-*+]\s+|\d+[.)]\s+)+|`{3}.*$|(?<!\w)[`*_]{1,3}(?=\S)|(?<=\S)[`*_]{1,3}(?!\w)"
)
_SENTENCE_END: Final = re.compile(r"(?<=[.?!。？！])(?:\s|(?<=[。？！]))")


def derive_title(text: str) -> str:
    """The first words of a question, on one line of at most `MAX_TITLE_CHARACTERS`; "" when it has none.

    The first line with a word in it, without Markdown marks, to the end of its first sentence; a longer one is cut
    after a word.
    """
    for line in text.splitlines():
        plain = one_line(_MARKUP.sub("", line.strip()), 1_000)
        if not any(character.isalnum() for character in plain):
            continue
        sentence = _SENTENCE_END.split(plain, maxsplit=1)[0].rstrip(" .:;,")
        return _cut(sentence)
    return ""


def first_title(question: ChatMessage) -> str:
    """The title that a chat gets from its first question; files without a word give it their names."""
    return derive_title(question.content or ", ".join(file.name for file in question.attachments))


def given_name(text: str) -> str:
    """A title or a folder as it is kept: what a person typed, on one line of at most `MAX_GIVEN_CHARACTERS`."""
    return one_line(text, MAX_GIVEN_CHARACTERS)


def _cut(sentence: str) -> str:
    if len(sentence) <= MAX_TITLE_CHARACTERS:
        return sentence
    room = MAX_TITLE_CHARACTERS - 1
    end = sentence.rfind(" ", room // 2, room + 1)
    return sentence[: end if end > 0 else room].rstrip(" .:;,") + "…"
