"""From a conversation to pieces of a prompt: control tokens by id, and plain text between them.

Control tokens come from the template alone. What people and models wrote is never read for them: before rendering,
every spelled-out control token in a message is broken by a mark, and afterwards the marks are taken out again. So a
template may trim, split or search the messages as it likes, and the ids are those that the whole text would give.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from llamachat.protocol import PromptMessage

FALLBACK_NAMES: Final = {"system": "System", "user": "User", "assistant": "Assistant"}
FALLBACK_STOP: Final = f"\n{FALLBACK_NAMES['user']}:"
"""Where an answer without a template ends: the model begins to write the other's part."""


class Render(Protocol):
    """Renders messages with the model's own template."""

    def __call__(self, messages: Sequence[PromptMessage], /) -> str: ...


@dataclass(frozen=True, slots=True)
class Special:
    """A control token; a stripping one swallows the white space beside it."""

    token: int
    text: str
    strips_left: bool = False
    strips_right: bool = False


class Specials:
    """The control tokens of a vocabulary, as they are found in a template's text and broken in a message's."""

    def __init__(self, specials: Iterable[Special]) -> None:
        # A token of one character cannot be broken by a mark, so it is never read from a text.
        by_text = {special.text: special for special in specials if len(special.text) > 1}
        self._by_text = by_text
        longest_first = sorted(by_text, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if by_text else None
        self._heads = {text[:end] for text in by_text for end in range(1, len(text))}
        self._tails = {text[start:] for text in by_text for start in range(1, len(text))}
        self._longest = max(map(len, by_text), default=0)

    def guard(self, text: str, mark: str) -> str:
        """`text` with marks wherever it holds a control token, or could complete one with what stands around it."""
        if self._pattern is None or not text:
            return text
        while self._pattern.search(text):  # breaking one may show another that overlapped it
            text = self._pattern.sub(lambda match: match[0][0] + mark + match[0][1:], text)
        reach = min(self._longest, len(text)) + 1
        inside = len(text) < self._longest and any(text in special for special in self._by_text)
        if inside or any(text[:end] in self._tails for end in range(1, reach)):
            text = mark + text
        if inside or any(text[-end:] in self._heads for end in range(1, reach)):
            text += mark
        return text

    def split(self, text: str, mark: str) -> list[int | str]:
        """The control tokens of a rendered text and the plain texts between them, without marks."""
        pieces: list[int | str] = []
        strip_next = False
        at = 0
        matches = self._pattern.finditer(text) if self._pattern is not None else iter(())
        for match in itertools.chain(matches, [None]):
            special = self._by_text[match[0]] if match else None
            plain = _unmark(text[at : match.start() if match else len(text)], mark)
            if strip_next:
                plain = plain.lstrip()
            if special is not None and special.strips_left:
                plain = plain.rstrip()
            if plain:
                pieces.append(plain)
            if match is not None and special is not None:
                pieces.append(special.token)
                strip_next = special.strips_right
                at = match.end()
        return pieces


def unused_mark(texts: Iterable[str]) -> str:
    """A short text that occurs in none of `texts`. It counts as white space, so that trimming takes it off."""
    everything = "\n".join(texts)
    return next(mark for length in itertools.count() if (mark := "\x1c" + "\x1d" * length + "\x1e") not in everything)


def _unmark(text: str, mark: str) -> str:
    escaped = json.dumps(mark)[1:-1]  # what a template's `tojson` makes of it
    return text.replace(mark, "").replace(escaped, "")


class ChatTemplate:
    """How this model wants a conversation written."""

    def __init__(self, render: Render | None, specials: Specials) -> None:
        """Without `render`, a plain transcript is written."""
        self._render = render
        self._specials = specials

    @property
    def stops(self) -> tuple[str, ...]:
        """Stop strings that belong to the form of the conversation."""
        return () if self._render is not None else (FALLBACK_STOP,)

    def pieces(self, messages: Sequence[PromptMessage]) -> list[int | str]:
        """The conversation up to where the answer begins: ids of control tokens, and texts to tokenise as plain text.

        Raises:
            whatever `render` raises.
        """
        if self._render is None:
            return [plain_transcript(messages)]
        mark = unused_mark(text for message in messages for text in (message.content, message.name or ""))
        guarded = [
            PromptMessage(
                message.role,
                self._specials.guard(message.content, mark),
                self._specials.guard(message.name, mark) if message.name else message.name,
            )
            for message in messages
        ]
        return self._specials.split(self._render(guarded), mark)


def plain_transcript(messages: Sequence[PromptMessage]) -> str:
    """The conversation for a model without a template."""
    lines = [f"{FALLBACK_NAMES[message.role]}: {message.content}\n" for message in messages]
    return "".join(lines) + f"{FALLBACK_NAMES['assistant']}:"
