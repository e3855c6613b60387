"""The ids that answers were written with, for the next turns of their conversations.

A client sends an answer back as text, and the text tokenised again seldom gives the same ids: the cache, which holds
the answer as it was written, would not help from there on. So the worker remembers, and puts the ids in the text's
place.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llamachat.protocol import PromptMessage
from llamachat_daemon.engine.prefixes import Ids, Owner
from llamachat_daemon.engine.text import decode


@dataclass(frozen=True, slots=True)
class Written:
    """The ids that stand for the first `length` code points of an answer (all of it but for what a stop string cut)."""

    ids: Ids
    length: int


class Answers:
    """The answers written last, up to `limit` ids in all. May be used from several threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._tokens = 0
        self._written: OrderedDict[tuple[Owner, str], Written] = OrderedDict()
        self._lock = threading.Lock()

    def remember(self, owner: Owner, text: str, ids: Ids, piece: Callable[[int], bytes]) -> None:
        """An answer has ended with this text; `piece` gives the bytes of an id."""
        written = written_as(text, ids, piece)
        if written is None:
            return
        with self._lock:
            before = self._written.pop((owner, text), None)
            self._tokens += len(written.ids) - (len(before.ids) if before else 0)
            self._written[owner, text] = written
            while self._tokens > self._limit:
                _, oldest = self._written.popitem(last=False)
                self._tokens -= len(oldest.ids)

    def find(self, owner: Owner, text: str) -> Written | None:
        """How an answer of this conversation was written."""
        with self._lock:
            written = self._written.get((owner, text))
            if written is not None:
                self._written.move_to_end((owner, text))
            return written


def written_as(text: str, ids: Ids, piece: Callable[[int], bytes]) -> Written | None:
    """As many of `ids` as stand for a beginning of `text`; None where not even the first does."""
    pieces = [piece(token) for token in ids.tolist()]
    for count in range(len(pieces), 0, -1):  # a stop string takes the last few
        known = decode(pieces[:count])
        if text.startswith(known):
            return Written(ids[:count].copy(), len(known)) if known else None
        if len(known) <= len(text):
            return None  # another text than these ids stand for
    return None


def splice(
    pieces: Sequence[int | str], messages: Sequence[PromptMessage], find: Callable[[str], Written | None]
) -> list[int | str | Ids]:
    """The pieces of a rendered conversation with the ids of remembered answers in the place of their texts.

    The messages are looked for one behind the other. What a template has changed is not found, and stays text.
    """
    cuts: dict[int, list[tuple[int, Written]]] = {}
    piece, start = 0, 0
    for message in messages:
        place = _locate(pieces, message.content, piece, start)
        if place is None:
            continue
        piece, at = place
        start = at + len(message.content)
        written = find(message.content) if message.role == "assistant" else None
        if written is not None:
            cuts.setdefault(piece, []).append((at, written))
    spliced: list[int | str | Ids] = []
    for number, text in enumerate(pieces):
        done = 0
        for at, written in cuts.get(number, ()):
            assert isinstance(text, str)
            spliced += [text[done:at], written.ids]
            done = at + written.length
        spliced.append(text[done:] if isinstance(text, str) else text)
    return [item for item in spliced if not (isinstance(item, str) and not item)]


def _locate(pieces: Sequence[int | str], content: str, first: int, start: int) -> tuple[int, int] | None:
    """The next piece that holds `content`, and where in it; at its end if possible: the head of a message may hold the
    same word."""
    if not content:
        return None
    for number in range(first, len(pieces)):
        text = pieces[number]
        if isinstance(text, str):
            at = len(text) - len(content) if text.endswith(content) else text.find(content, start)
            if at >= start:
                return number, at
        start = 0
    return None
