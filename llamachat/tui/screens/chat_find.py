"""How the chat screen looks for words in the open conversation."""

from __future__ import annotations

from textual.screen import Screen

from llamachat.tui.conversations import Conversations
from llamachat.tui.finding import find_status
from llamachat.tui.keymap import first_key
from llamachat.tui.screens.chat_open import OpenChat
from llamachat.tui.services import Services
from llamachat.tui.widgets.find_bar import FindBar
from llamachat.tui.widgets.message_view import MessageView
from llamachat.tui.widgets.transcript import Transcript


class FindDesk:
    """Between the find bar and the messages. Methods raise `StoreError`."""

    def __init__(self, screen: Screen[None], services: Services, conversations: Conversations, chat: OpenChat) -> None:
        self._screen = screen
        self._services = services
        self._conversations = conversations
        self._chat = chat
        self._needle = ""
        self._hits: list[str] = []
        self._at: int | None = None

    async def look(self, needle: str) -> None:
        """Finds the messages that have these words, and marks the words."""
        chat_id = self._chat.chat_id
        self._needle, self._at = needle.strip(), None
        self._hits = await self._conversations.stored.find(chat_id, self._needle) if chat_id and self._needle else []
        self._chat.mark(self._needle)
        self._tell()

    async def go(self, needle: str) -> None:
        """Goes to the last message that has these words."""
        await self.look(needle)
        await self._go_to(len(self._hits) - 1)

    async def next(self, by: int) -> None:
        """Goes on to the next message that has them (1), or to the one before (-1); at an end it begins anew."""
        if not self._hits:
            key = first_key("chat.find", self._services.settings.keys)
            self._screen.notify(f"Nothing is looked for. {key} looks for words in this conversation.", markup=False)
        else:
            start = self._at if self._at is not None else (len(self._hits) if by < 0 else -1)
            await self._go_to((start + by) % len(self._hits))

    def close(self) -> None:
        """Ends the search."""
        self._screen.query_one(FindBar).close()
        self._needle, self._hits, self._at = "", [], None
        self._chat.mark("")

    async def _go_to(self, at: int) -> None:
        if not 0 <= at < len(self._hits):
            return
        self._at = at
        await self._chat.go_to(self._hits[at])
        self._chat.mark(self._needle)
        view = self._chat.view(self._hits[at])
        if isinstance(view, MessageView):
            self._screen.query_one(Transcript).show_line(view, view.first_mark)
        self._tell()

    def _tell(self) -> None:
        own = self._services.settings.keys
        keys = first_key("message.find_next", own), first_key("message.find_before", own)
        self._screen.query_one(FindBar).tell(find_status(self._needle, self._hits, self._at, keys))
