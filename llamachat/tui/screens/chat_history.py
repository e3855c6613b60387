"""The history beside the conversation, as the chat screen fills it."""

from __future__ import annotations

from typing import Final

from textual.screen import Screen

from llamachat.store import Category
from llamachat.tui.conversations import Conversations
from llamachat.tui.keymap import first_key
from llamachat.tui.services import Services
from llamachat.tui.widgets.history_list import HistoryEntry, HistoryGroup, HistoryList
from llamachat.tui.widgets.top_bar import TopBar

_HEADINGS: Final = {
    "pinned": "Pinned",
    "today": "Today",
    "yesterday": "Yesterday",
    "week": "This week",
    "month": "This month",
    "older": "Older",
    "archived": "Archived",
}


class HistoryDesk:
    """Between the conversations and the list of them."""

    def __init__(self, screen: Screen[None], services: Services, conversations: Conversations) -> None:
        self._screen = screen
        self._services = services
        self._conversations = conversations

    async def show(self, open_chat: str | None) -> None:
        """Lists all conversations, and names the open one in the top bar.

        Raises:
            StoreError: the history cannot be read.
        """
        categories = await self._conversations.stored.listed()
        groups = [self._group(category) for category in categories]
        for history in self._screen.query(HistoryList):
            history.show(groups, open_chat or "")
            history.border_subtitle = f"{first_key('history.search', self._services.settings.keys)} search"
        titles = {chat.id: chat.title for category in categories for chat in category.chats}
        for bar in self._screen.query(TopBar):
            bar.name_open(titles.get(open_chat or "", ""))

    def _group(self, category: Category) -> HistoryGroup:
        entries = tuple(
            HistoryEntry(chat.id, chat.title, "●" if self._conversations.live(chat.id) else "★" if chat.pinned else " ")
            for chat in category.chats
        )
        return HistoryGroup(_HEADINGS.get(category.kind, category.name), entries, folds=category.kind == "archived")
