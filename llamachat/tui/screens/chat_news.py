"""What comes into the history from elsewhere: from other machines through archives, and from another llamachat on the
same file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from textual.screen import Screen
from textual.timer import Timer

from llamachat.fleet.sync_state import describe
from llamachat.store import StoreError
from llamachat.tui.conversations import Conversations
from llamachat.tui.screens.chat_open import OpenChat
from llamachat.tui.services import Services

SYNC_DRAW_INTERVAL_S: Final = 0.5
"""How often the list is drawn while chats come from other machines: the first time, thousands may."""

WATCH_INTERVAL_S: Final = 1.0
"""How often the screen looks whether another llamachat has written into the history."""


class NewsDesk:
    """Has the list of conversations drawn again, and the open one caught up with.

    Args:
        show_history: draws the list.
        trouble: tells that the history cannot be read.
    """

    def __init__(
        self,
        screen: Screen[None],
        services: Services,
        conversations: Conversations,
        opened: OpenChat,
        *,
        show_history: Callable[[], Awaitable[None]],
        trouble: Callable[[StoreError], None],
    ) -> None:
        self._screen = screen
        self._services = services
        self._conversations = conversations
        self._open = opened
        self._show_history = show_history
        self._trouble = trouble
        self._is_behind = False  # something came that the open conversation may not show
        self._news = 0  # from other machines, as far as it is shown
        self._timer: Timer | None = None
        self._told = False
        self._refusing: set[str] = set()  # nodes that do not take all of the history, which was told
        self._end: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begins, once the screen is there."""
        if self._services.syncing is not None:
            self._end = self._services.syncing.subscribe(self._synced)
        self._screen.set_interval(WATCH_INTERVAL_S, self._watch)

    def stop(self) -> None:
        """The syncing may outlive the screen."""
        self._end()

    async def _watch(self) -> None:
        """Shows what another llamachat has written, and what could not be shown before."""
        try:
            if await self._services.store.read(lambda store: store.changed_elsewhere()):
                self._is_behind = True
                await self._show_history()
                await self._conversations.look_at_outbox()
            if self._is_behind:
                self._is_behind = not await self._open.catch_up()
        except StoreError as error:
            self._trouble(error)

    def _synced(self) -> None:
        """Called outside the screen's own task, which alone may set timers and tell."""
        if not self._told:
            self._told = True
            self._screen.call_later(self._show_synced)

    async def _show_synced(self) -> None:
        """Shows what came from other machines, now and then while more comes, and says what was refused."""
        assert self._services.syncing is not None
        self._told = False
        if self._services.syncing.news != self._news and self._timer is None:
            self._timer = self._screen.set_timer(SYNC_DRAW_INTERVAL_S, self._show_news)
        for state in self._services.syncing.states():
            if state.phase == "idle" and not state.left_out:
                self._refusing.discard(state.node)
            elif state.phase in ("refused", "idle") and state.node not in self._refusing:
                self._refusing.add(state.node)
                self._screen.notify(f"History with {state.node}: {describe(state)}", severity="warning", markup=False)

    async def _show_news(self) -> None:
        assert self._services.syncing is not None
        self._timer = None
        self._news = self._services.syncing.news
        self._is_behind = True
        await self._show_history()
