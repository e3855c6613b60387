"""Which part of a long conversation is on the screen, as a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

WINDOW: Final = 16
"""Messages shown at first; further ones are added so many at a time, when the reader reaches an end."""


@dataclass(frozen=True, slots=True)
class Window:
    """The messages from `start` to before `end` of a conversation, by their ids."""

    ids: tuple[str, ...] = ()
    start: int = 0
    end: int = 0

    @property
    def shown(self) -> tuple[str, ...]:
        """The ids of what is shown."""
        return self.ids[self.start : self.end]

    @property
    def has_older(self) -> bool:
        """Whether there is more above."""
        return self.start > 0

    @property
    def has_newer(self) -> bool:
        """Whether there is more below."""
        return self.end < len(self.ids)

    def older(self) -> tuple[Window, tuple[str, ...]]:
        """With a window's worth more above, and what that adds."""
        start = max(0, self.start - WINDOW)
        return replace(self, start=start), self.ids[start : self.start]

    def newer(self) -> tuple[Window, tuple[str, ...]]:
        """With a window's worth more below, and what that adds."""
        end = min(len(self.ids), self.end + WINDOW)
        return replace(self, end=end), self.ids[self.end : end]

    def grown(self, *ids: str) -> Window:
        """After messages were added at the end, which is shown."""
        return Window((*self.ids, *ids), self.start, len(self.ids) + len(ids))


def at_end(ids: Sequence[str]) -> Window:
    """The end of a conversation."""
    return Window(tuple(ids), max(0, len(ids) - WINDOW), len(ids))


def around(ids: Sequence[str], message_id: str) -> Window:
    """That message in the middle, or the end when the conversation does not have it."""
    if message_id not in ids:
        return at_end(ids)
    at = ids.index(message_id)
    if at >= len(ids) - WINDOW:
        return at_end(ids)
    return Window(tuple(ids), max(0, at - WINDOW // 2), min(len(ids), at + WINDOW // 2))
