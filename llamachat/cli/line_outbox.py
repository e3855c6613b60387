"""The questions that wait, in the line mode. What is to be said comes back as sentences."""

from __future__ import annotations

import time
from collections.abc import Sequence

from llamachat.base.text import one_line
from llamachat.cli.listing import title_text
from llamachat.documents.document import Document
from llamachat.fleet import Fleet
from llamachat.fleet.outbox import Outbox, Taken, Waiting, sendable, takes_work
from llamachat.store import StoreThread

SHOWN_CHARACTERS = 120
"""How much of a waiting question is read out."""

_GONE = "It does not wait any more: it was sent, or another llamachat has it."


class LineOutbox:
    """Commands name a question by its number in the list of what waits, from 1."""

    def __init__(self, store: StoreThread, fleet: Fleet) -> None:
        self._outbox = Outbox(store)
        self._fleet = fleet
        self._wanted: set[str] = set()  # to be sent even though the answer before them failed

    async def put(self, chat_id: str, text: str, documents: Sequence[Document]) -> list[str]:
        """Has a question wait until the running answer has ended."""
        item = await self._outbox.put(chat_id, text, documents)
        waiting = await self._outbox.waiting()
        number = next((n for n, one in enumerate(waiting, 1) if one.item.id == item.id), len(waiting))
        return [f"It waits as number {number}; /waiting lists what waits."]

    async def listed(self) -> list[str]:
        """All that waits, in the order in which it is sent."""
        waiting = await self._outbox.waiting()
        return [_line(number, one) for number, one in enumerate(waiting, 1)] or ["Nothing waits."]

    async def edit(self, argument: str) -> list[str]:
        """`2 new text` replaces the text of the second."""
        number, _, text = argument.partition(" ")
        if not text.strip():
            return ["/edit wants a number and the new text: /edit 1 What is a node?"]
        found = await self._find(number, "edit")
        if isinstance(found, str):
            return [found]
        changed = await self._outbox.edit(found.item.id, text.strip())
        return [f"Number {number} is changed." if changed else _GONE]

    async def move(self, argument: str) -> list[str]:
        """`3 1` makes the third the first."""
        number, _, place = argument.partition(" ")
        found = await self._find(number, "move")
        if isinstance(found, str):
            return [found]
        if not place.strip().isdecimal() or int(place) < 1:
            return ["/move wants two numbers: /move 3 1 makes the third the first."]
        await self._outbox.move(found.item.id, int(place) - int(number))
        return await self.listed()

    async def drop(self, argument: str) -> list[str]:
        """Takes one out; its text is said, so that it can be typed again."""
        found = await self._find(argument, "drop")
        if isinstance(found, str):
            return [found]
        dropped = await self._outbox.drop(found.item.id)
        return [_GONE] if dropped is None else [f"Dropped: {one_line(dropped.text, 1000)}"]

    async def send(self, argument: str) -> list[str]:
        """Makes one the first, also where the answer before it failed."""
        found = await self._find(argument, "send")
        if isinstance(found, str):
            return [found]
        await self._outbox.move(found.item.id, 1 - int(argument))
        self._wanted.add(found.item.id)
        if not takes_work(self._fleet.snapshots()):
            return ["It is the first now, and is sent when a node takes work."]
        return ["It is the next."]

    async def next(self) -> Taken | None:
        """The first that may be sent, which is part of its chat now; None while there is none or no node takes work."""
        if not takes_work(self._fleet.snapshots()):
            return None
        for one in sendable(await self._outbox.waiting(), wanted=self._wanted):
            taken = await self._outbox.take(one.item.id, time.time())
            if taken is not None:
                self._wanted.discard(one.item.id)
                return taken
        return None

    async def _find(self, number: str, command: str) -> Waiting | str:
        waiting = await self._outbox.waiting()
        if not waiting:
            return "Nothing waits."
        if not number.isdecimal() or not 1 <= int(number) <= len(waiting):
            return f"/{command} wants a number from 1 to {len(waiting)}; /waiting lists what waits."
        return waiting[int(number) - 1]


def _line(number: int, waiting: Waiting) -> str:
    why = ", kept back because the answer before it failed: /send " + str(number) if waiting.after_failure else ""
    return f"{number}. {one_line(waiting.item.text, SHOWN_CHARACTERS)} (in {title_text(waiting.title)}{why})"
