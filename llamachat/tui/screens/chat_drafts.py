"""What is typed and not sent: kept while it is typed, put away and brought back with each conversation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from textual.events import Key
from textual.screen import Screen
from textual.timer import Timer

from llamachat.tui.stored_chats import StoredChats
from llamachat.tui.widgets.composer import Composer

DRAFT_PAUSE_S: Final = 0.3
"""What is typed is kept once the typing has paused for so long."""


class DraftDesk:
    """Between the composer and the drafts of the history. Methods that touch the history raise `StoreError`."""

    def __init__(self, screen: Screen[None], stored: StoredChats) -> None:
        self._screen = screen
        self._stored = stored
        self._early = 0  # characters at the start of the composer that were typed before it had the focus
        self._timer: Timer | None = None

    @property
    def _composer(self) -> Composer:
        return self._screen.query_one(Composer)

    async def begin(self) -> None:
        """Puts the draft of a new conversation before what was typed while the program started."""
        draft = await self._stored.draft(None)
        _show(self._composer, draft + self._composer.text)
        self._early += len(draft)

    def typed_early(self, event: Key) -> None:
        """Takes what was typed before the composer had the focus, as coming before what it has taken itself since."""
        composer = self._composer
        if self._screen.focused not in (None, composer):
            return
        if event.key == "enter":
            composer.send_first(self._early)
            self._early = 0
        elif event.is_printable and event.character:
            text = composer.text
            _show(composer, text[: self._early] + event.character + text[self._early :])
            self._early += 1

    async def change_chat(self, left: str | None, entered: str | None) -> None:
        """Puts away what was typed in the one conversation and shows what was typed in the other."""
        draft = await self._stored.draft(entered)
        typed = self._composer.message
        _show(self._composer, draft)
        await self._stored.keep_draft(left, typed)

    def typing(self, keep: Callable[[], Awaitable[None]]) -> None:
        """Calls `keep` a moment after the typing pauses."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._screen.set_timer(DRAFT_PAUSE_S, keep)

    async def keep(self, chat_id: str | None) -> None:
        """Keeps what is typed, now."""
        await self._stored.keep_draft(chat_id, self._composer.message)


def _show(composer: Composer, text: str) -> None:
    composer.load_text(text)
    composer.move_cursor(composer.document.end)
