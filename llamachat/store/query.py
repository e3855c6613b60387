"""What a person types into the search, as words, phrases and filters. Nothing typed ever becomes SQL or FTS5 syntax."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from llamachat.protocol import Role
from llamachat.store.errors import QueryError
from llamachat.store.indexing import index_text
from llamachat.store.limits import DEFAULT_LIMITS, StoreLimits

MIN_PREFIX_CHARACTERS: Final = 2
"""Shortest beginning of a word that is looked up as one: a single letter begins a tenth of all words."""

_TOKEN: Final = re.compile(
    r'(?P<key>in|model|node|role|before|after):(?:"(?P<quoted>[^"]*)"?|(?P<bare>[^\s"]*))'
    r'|"(?P<phrase>[^"]*)"?(?P<phrase_star>\*?)'
    r'|(?P<word>[^\s"]+)',
    re.IGNORECASE,
)
_UNTYPEABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_DAY: Final = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII)
_ROLES: Final[dict[str, Role]] = {
    "user": "user", "me": "user", "assistant": "assistant", "answer": "assistant", "system": "system",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a phrase that must occur; with `prefix`, its last word may go on."""

    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A search. `before` and `after` are Unix seconds: earlier than the one, not earlier than the other."""

    terms: tuple[Term, ...] = ()
    folder: str | None = None
    model: str | None = None
    node: str | None = None
    role: Role | None = None
    before: float | None = None
    after: float | None = None

    @property
    def about_messages(self) -> bool:
        """Whether it asks for what only messages have, so that no title can match."""
        return (self.model, self.node, self.role) != (None, None, None)


def parse(
    text: str, now: float, tz: tzinfo | None = None, *, typing: bool = False, limits: StoreLimits = DEFAULT_LIMITS
) -> Query:
    """Reads a search.

    `word`, `"a phrase"`, `pref*`, and the filters `in:folder`, `model:`, `node:`, `role:user`, `before:` and `after:`
    with `2025`, `2025-03`, `2025-03-31`, `today` or `yesterday` (`after:` includes the day, `before:` does not). All
    of them must hold.

    Args:
        now: Unix seconds.
        tz: where days begin and end; None is this machine's zone.
        typing: the text is still being typed: its last word may go on when it has `MIN_PREFIX_CHARACTERS`, and an
            unfinished filter is left out.

    Raises:
        QueryError: too long, a filter without sense, or nothing in it to search for.
    """
    if len(text) > limits.query_characters:
        raise QueryError(f"A search has at most {limits.query_characters} characters. Search for a part of it.")
    tokens = list(_TOKEN.finditer(_UNTYPEABLE.sub(" ", text)))
    terms: list[Term] = []
    filters: dict[str, str] = {}
    for token in tokens:
        is_last = typing and token is tokens[-1] and token.end() == len(text)
        if key := token["key"]:
            value = (token["quoted"] if token["quoted"] is not None else token["bare"]).strip()
            if is_last and not _is_complete(key.lower(), value):
                continue
            if key.lower() in filters:
                raise QueryError(f"{key.lower()}: stands there twice. Give it once.")
            filters[key.lower()] = value
        elif token["phrase"] is not None:
            terms.append(Term(token["phrase"], prefix=bool(token["phrase_star"])))
        else:
            word = token["word"].rstrip("*")
            is_long = len(word) >= MIN_PREFIX_CHARACTERS
            if token["word"] != word and not is_long and has_words(word):
                raise QueryError(f"{token['word']} would match nearly everything. Type one more letter before the *.")
            terms.append(Term(word, prefix=is_long and (token["word"] != word or is_last)))
    kept = tuple(term for term in terms if has_words(term.text))
    if len(kept) > limits.query_terms:
        raise QueryError(f"A search has at most {limits.query_terms} words and phrases. Leave some out.")
    if not kept and not filters:
        raise QueryError("There is nothing to search for: type a word, or a filter such as role:user or in:folder.")
    return Query(
        terms=kept,
        folder=_value(filters, "in", "a folder"),
        model=_value(filters, "model", "a model"),
        node=_value(filters, "node", "a node"),
        role=_role(filters),
        before=_moment(filters, "before", now, tz),
        after=_moment(filters, "after", now, tz),
    )


def match_expression(terms: tuple[Term, ...]) -> str:
    """The terms for FTS5: each a quoted string, so that whatever it holds is text."""
    quoted = ('"{}"'.format(index_text(term.text).replace('"', '""')) + ("*" if term.prefix else "") for term in terms)
    return " AND ".join(quoted)


def has_words(text: str) -> bool:
    """Whether the tokenizer finds a word in it: a letter, a digit or a private character."""
    return any(
        unicodedata.category(character)[0] in "LN" or unicodedata.category(character) == "Co" for character in text
    )


def _value(filters: dict[str, str], key: str, what: str) -> str | None:
    value = filters.get(key)
    if value == "":
        raise QueryError(f"{key}: needs {what} after it, without a space between.")
    return value


def _role(filters: dict[str, str]) -> Role | None:
    value = _value(filters, "role", "user, assistant or system")
    if value is None:
        return None
    if value.lower() not in _ROLES:
        raise QueryError(f"role:{value[:40]} is no role. Use role:user, role:assistant or role:system.")
    return _ROLES[value.lower()]


def _moment(filters: dict[str, str], key: str, now: float, tz: tzinfo | None) -> float | None:
    value = _value(filters, key, "a day such as 2025-03-31")
    if value is None:
        return None
    try:
        if value.lower() in ("today", "yesterday"):
            day = datetime.fromtimestamp(now, tz).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=tz)
            return (day - timedelta(days=value.lower() == "yesterday")).timestamp()
        match = _DAY.fullmatch(value)
        if match is None:
            raise ValueError
        return datetime(int(match[1]), int(match[2] or 1), int(match[3] or 1), tzinfo=tz).timestamp()
    except (ValueError, OverflowError, OSError):
        raise QueryError(
            f"{key}:{value[:40]} is no day. Write {key}:2025, {key}:2025-03, {key}:2025-03-31, {key}:today or "
            f"{key}:yesterday."
        ) from None


def _is_complete(key: str, value: str) -> bool:
    if key == "role":
        return value.lower() in _ROLES
    if key in ("before", "after"):
        return value.lower() in ("today", "yesterday") or _DAY.fullmatch(value) is not None
    return value != ""
