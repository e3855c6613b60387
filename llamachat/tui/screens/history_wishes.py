"""What the chat screen does with the conversations in the history: names, pins, files, archives and deletes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from textual.screen import Screen

from llamachat.base.text import one_line
from llamachat.config.retention import delete_old, told
from llamachat.store import ARCHIVED, ChatSummary, Store, is_archived
from llamachat.tui.choices import Choice
from llamachat.tui.conversations import Conversations
from llamachat.tui.keymap import first_key
from llamachat.tui.screens.choosing import ChoiceScreen
from llamachat.tui.screens.history_naming import NameScreen
from llamachat.tui.services import Services
from llamachat.tui.undoing import UndoList
from llamachat.tui.widgets.history_list import HistoryList

_FOLDER: Final = "folder:"
"""Begins the ids of the choices that are folders; a folder can have any name."""


class HistoryWishes:
    """Between the history list and the store. Methods raise `StoreError` when the history cannot be read or written.

    Args:
        screen: asks and tells.
        services: the core.
        conversations: what is being answered and what waits.
        undo: remembers how to take a wish back.
        changed: draws the list again.
        leave: shows something else where that conversation is open.
    """

    def __init__(
        self,
        screen: Screen[None],
        services: Services,
        conversations: Conversations,
        undo: UndoList,
        *,
        changed: Callable[[], Awaitable[None]],
        leave: Callable[[str], Awaitable[None]],
    ) -> None:
        self._screen = screen
        self._services = services
        self._conversations = conversations
        self._undo = undo
        self._changed = changed
        self._leave = leave

    async def do(self, wanted: HistoryList.Wanted) -> None:
        """What the user wishes for a conversation."""
        chat = await self._services.store.read(lambda store: store.summary(wanted.chat_id))
        match wanted.wish:
            case "rename":
                await self._rename(chat)
            case "pin":
                await self._services.store.run(lambda store: store.set_pinned(chat.id, not chat.pinned))
            case "move":
                await self._move(chat)
            case "archive":
                await self._file(chat, None if is_archived(chat.folder) else ARCHIVED)
            case "delete":
                await self._delete(chat)
        await self._changed()

    async def _rename(self, chat: ChatSummary) -> None:
        note = "Enter gives the conversation this title, Esc leaves it as it was."
        title = await self._screen.app.push_screen_wait(NameScreen("Title", chat.title, note=note))
        if title is None or title == chat.title:
            return
        await self._services.store.run(lambda store: store.rename(chat.id, title))
        self._undo.add("The conversation has its old title again.", lambda: self._name_again(chat))

    async def _name_again(self, chat: ChatSummary) -> None:
        await self._services.store.run(lambda store: store.rename(chat.id, chat.title))
        await self._changed()

    async def _move(self, chat: ChatSummary) -> None:
        folders = [name for name, _count in await self._services.store.read(lambda store: store.folders())]
        choices = [Choice(f"{_FOLDER}{name}", one_line(name, 40)) for name in folders if not is_archived(name)]
        choices.append(Choice("new", "A new folder …", "n"))
        if chat.folder is not None:
            choices.append(Choice("out", "Out of its folder", "o"))
        if not is_archived(chat.folder):
            choices.append(Choice("archive", "Archived: put it away", "a"))
        current = f"{_FOLDER}{chat.folder}"
        chosen = await self._screen.app.push_screen_wait(ChoiceScreen("Move to", choices, current=current))
        if chosen is None:
            return
        if chosen == "new":
            note = "Enter puts the conversation into a folder of this name, Esc leaves it where it is."
            folder = await self._screen.app.push_screen_wait(NameScreen("New folder", "", note=note))
            if folder is None:
                return
        elif chosen == "archive":
            folder = ARCHIVED
        else:
            folder = None if chosen == "out" else chosen.removeprefix(_FOLDER)
        await self._file(chat, folder)

    async def _file(self, chat: ChatSummary, folder: str | None) -> None:
        if folder == chat.folder:
            return
        await self._services.store.run(lambda store: store.set_folder(chat.id, folder))
        self._undo.add("The conversation is where it was.", lambda: self._file_again(chat))
        if folder is None:
            where = "Taken out of its folder"
        else:
            where = "Archived" if is_archived(folder) else f"Moved to {one_line(folder, 40)}"
        self._tell(f"{where}. {self._undo_key} takes that back.")

    async def _file_again(self, chat: ChatSummary) -> None:
        await self._services.store.run(lambda store: store.set_folder(chat.id, chat.folder))
        await self._changed()

    async def _delete(self, chat: ChatSummary) -> None:
        await self._leave(chat.id)
        await self._services.store.run(lambda store: store.delete_chat(chat.id))
        # Only now: what waits behind the answer would be sent next in a chat that is still there.
        await self._conversations.stop(chat.id)
        self._undo.add("The conversation is back.", lambda: self._restore(chat))
        self._tell(f"Deleted. {self._undo_key} brings it back.")
        await self._conversations.send_waiting()

    async def delete_old(self) -> None:
        """Deletes the conversations that are to be kept no longer, and says so."""
        privacy, now = self._services.settings.privacy, self._services.clock()
        gone = await self._services.store.run(lambda store: delete_old(store, privacy, now))
        if not gone:
            return
        back = "The conversation is back." if len(gone) == 1 else "The conversations are back."
        self._undo.add(back, lambda: self._restore_all(gone))
        self._tell(f"{told(len(gone), privacy)} {self._undo_key} brings back; pin what is to stay.")

    async def _restore_all(self, chat_ids: Sequence[str]) -> None:
        def work(store: Store) -> None:
            with store.transaction():
                for chat_id in chat_ids:
                    store.restore_chat(chat_id)

        await self._services.store.run(work)
        await self._changed()

    async def _restore(self, chat: ChatSummary) -> None:
        await self._services.store.run(lambda store: store.restore_chat(chat.id))
        await self._changed()
        await self._conversations.send_waiting()

    @property
    def _undo_key(self) -> str:
        return first_key("chat.undo", self._services.settings.keys)

    def _tell(self, text: str) -> None:
        self._screen.notify(text, markup=False)
