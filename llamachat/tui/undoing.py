"""What can be taken back: the last things that were deleted or dropped."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

MAX_UNDOS: Final = 20
"""How many steps can be taken back."""


class UndoList:
    """Steps that can be taken back, the last one first."""

    def __init__(self) -> None:
        self._steps: list[tuple[str, Callable[[], Awaitable[None]]]] = []

    def add(self, what: str, take_back: Callable[[], Awaitable[None]]) -> None:
        """Remembers how to take something back; `what` says what comes back."""
        self._steps = [*self._steps, (what, take_back)][-MAX_UNDOS:]

    async def take_back(self) -> str | None:
        """Takes the last step back; says what came back, None when there is nothing left."""
        if not self._steps:
            return None
        what, take_back = self._steps.pop()
        await take_back()
        return what
