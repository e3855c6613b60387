"""The part of a text in which a search matched, with the matches as data."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from llamachat.store.indexing import UNSPACED, index_text
from llamachat.store.query import Term
from llamachat.store.records import SnippetPart

_MARKS: Final = "[\u0300-\u036f]*"  # diacritics that a text may carry as characters of their own
_WORD: Final = re.compile(r"[^\W_]+")
_SPACES: Final = re.compile(r"\s+")
_SEARCHED_CHARACTERS: Final = 50_000  # beyond them a match is not looked for: a snippet is a hint, not the index
_LEAD: Final = 4  # the match begins after a quarter of the snippet


class _Folding(dict[int, str]):
    """Characters without case and diacritics, one for one, so that places in the folded text are places in the text."""

    def __missing__(self, codepoint: int) -> str:
        character = chr(codepoint)
        decomposed = unicodedata.normalize("NFD", character)
        is_accented = len(decomposed) > 1 and all(unicodedata.category(mark) == "Mn" for mark in decomposed[1:])
        base = decomposed[0] if is_accented else character
        folded = base.lower()
        self[codepoint] = folded if len(folded) == 1 else base
        return self[codepoint]


_FOLDING: Final = _Folding()


def fold(text: str) -> str:
    """`text` as the index compares it: the same length, without case and diacritics."""
    return text.lower() if text.isascii() else text.translate(_FOLDING)


def matcher(terms: Iterable[Term]) -> re.Pattern[str] | None:
    """Finds the terms in folded text; None when there are none."""
    patterns = [pattern for term in terms if (pattern := _pattern(term))]
    return re.compile("|".join(patterns)) if patterns else None


def snippet(text: str, pattern: re.Pattern[str] | None, length: int) -> tuple[SnippetPart, ...]:
    """At most about `length` code points of `text` on one line, around the first match, cut at spaces; the parts
    joined are the snippet. Without a match it is the beginning."""
    searched = text[:_SEARCHED_CHARACTERS]
    matches = [] if pattern is None else list(pattern.finditer(fold(searched)))
    begin = 0
    if matches and matches[0].end() > length:
        begin = _word_start(text, matches[0].start() - length // _LEAD)
    end = _word_end(text, begin + length)
    parts: list[SnippetPart] = [SnippetPart("…", False)] if begin else []
    position = begin
    for match in matches:
        if match.start() >= end:
            break
        stop = min(match.end(), end)
        parts += [SnippetPart(text[position : match.start()], False), SnippetPart(text[match.start() : stop], True)]
        position = stop
    parts += [SnippetPart(text[position:end], False)]
    if end < len(text):
        parts += [SnippetPart("…", False)]
    flat = (SnippetPart(_SPACES.sub(" ", part.text), part.match) for part in parts)
    return tuple(part for part in flat if part.text)


def _pattern(term: Term) -> str:
    words = _WORD.findall(fold(index_text(term.text)))
    if not words:
        return ""
    pieces = [_spelled(words[0])]
    for before, word in itertools.pairwise(words):
        touching = UNSPACED.fullmatch(before) or UNSPACED.fullmatch(word)
        pieces += [r"[\W_]*" if touching else r"[\W_]+", _spelled(word)]
    start = "" if UNSPACED.fullmatch(words[0]) else r"(?<![^\W_])"
    end = "" if term.prefix or UNSPACED.fullmatch(words[-1]) else r"(?![^\W_])"
    return start + "".join(pieces) + end


def _spelled(word: str) -> str:
    return "".join(re.escape(character) + _MARKS for character in word)


def _word_start(text: str, at: int) -> int:
    space = text.rfind(" ", max(at - 20, 0), at)
    return max(space + 1 if space >= 0 else at, 0)


def _word_end(text: str, at: int) -> int:
    if at >= len(text):
        return len(text)
    space = text.rfind(" ", at - 20, at + 1)
    return space if space > 0 else at
