"""Keys that come faster than they take effect, as they do over a slow line: each waits for the one before it.

Textual hands a key to the widget that has the focus when the key arrives, though a key before it may still be about to
move the focus: of Tab and a letter that arrive together, the letter would end in the field that Tab leaves.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

from textual.app import App
from textual.events import Event, Key, Paste
from textual.message_pump import MessagePump

PATIENCE_S: Final = 0.5
"""How long a key is waited for at most; some start what takes longer, and nothing typed may be held up by that."""

_EDITING: Final = frozenset({"backspace", "delete", "left", "right", "home", "end"})
"""Keys that stay in a field, like all that write a character."""


class KeysInTurn:
    """Holds keys and pastes back until the key before them has been handled, by everything that had it in its queue.

    Args:
        app: whose keys these are.
        handle: what the app does with an event.
    """

    def __init__(self, app: App[Any], handle: Callable[[Event], Awaitable[None]]) -> None:
        self._app = app
        self._handle = handle
        self._held: deque[Event] = deque()
        self._turn = 0
        self._is_busy = False

    async def take(self, event: Event) -> None:
        """Handles a key or a paste now or when its turn comes."""
        if self._is_busy:
            self._held.append(event)
        else:
            await self._begin(event)

    async def _begin(self, event: Event) -> None:
        from textual.widgets import Input, TextArea  # loaded long before anybody types; the first frame needs neither

        target = self._app.focused or self._app.screen
        if isinstance(target, Input | TextArea) and _stays(event):
            await self._handle(event)
            return
        self._is_busy = True
        self._turn += 1
        turn = self._turn
        path: list[MessagePump] = [*target.ancestors_with_self]
        await self._handle(event)
        asyncio.get_running_loop().call_later(PATIENCE_S, self._at, self._app, self._end, turn)
        self._follow(path, turn)

    def _follow(self, path: list[MessagePump], turn: int) -> None:
        """Queues behind the key at each node that it rises through; the last is the app, which acts on it."""
        if path:
            self._at(path[0], self._follow, path[1:], turn)
        else:
            # The focus moves by a message to the app; then a screen that was opened takes its own.
            self._at(self._app, lambda: self._at(self._app.screen, self._at, self._app, self._end, turn))

    def _at(self, node: MessagePump, callback: Callable[..., Any], *arguments: Any) -> None:
        if not node.call_later(callback, *arguments) and node is not self._app:  # it is gone
            self._app.call_later(callback, *arguments)

    async def _end(self, turn: int) -> None:
        if turn != self._turn or not self._is_busy:
            return
        self._is_busy = False
        while self._held and not self._is_busy:
            await self._begin(self._held.popleft())


def _stays(event: Event) -> bool:
    return isinstance(event, Paste) or (isinstance(event, Key) and (event.is_printable or event.key in _EDITING))
