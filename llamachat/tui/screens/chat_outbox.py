"""What the chat screen does with the questions that wait."""

from __future__ import annotations

from typing import Final

from textual.screen import Screen

from llamachat.store import OutboxItem
from llamachat.tui.conversations import Conversations
from llamachat.tui.keymap import first_key, with_keys
from llamachat.tui.screens.editing import EditScreen
from llamachat.tui.services import Services
from llamachat.tui.undoing import UndoList
from llamachat.tui.waiting import hint, waiting_rows
from llamachat.tui.widgets.outbox_panel import OutboxPanel

HOLD_INTERVAL_S: Final = 10.0
"""How often a question that is being edited is claimed anew; the store's claims last `claim_timeout_s`, 30 s."""

_GONE: Final = "It is not waiting any more: it was sent."
_EDIT_NOTE: Final = (
    "{composer.send} keeps the change and the place in the queue. Esc leaves it as it was. "
    "{composer.newline} begins a new line."
)


class OutboxDesk:
    """Between the outbox panel and the outbox. Methods that touch the history raise `StoreError`."""

    def __init__(self, screen: Screen[None], services: Services, conversations: Conversations, undo: UndoList) -> None:
        self._screen = screen
        self._services = services
        self._conversations = conversations
        self._undo = undo

    def draw(self, open_chat: str | None) -> None:
        """Shows what waits now."""
        rows = waiting_rows(
            self._conversations.waiting,
            open_chat=open_chat,
            live=self._conversations.running,
            owner=self._conversations.outbox.owner,
            nodes=self._services.fleet.snapshots(),
            now=self._services.clock(),
        )
        own = self._services.settings.keys
        for panel in self._screen.query(OutboxPanel):
            panel.show(rows, hint(own), closes=f"{first_key('chat.stop', own)} closes")

    async def do(self, wanted: OutboxPanel.Wanted) -> None:
        """What the user wishes for a question."""
        match wanted.wish:
            case "edit":
                await self._edit(wanted.item_id)
            case "up" | "down":
                await self._conversations.outbox.move(wanted.item_id, -1 if wanted.wish == "up" else 1)
                await self._conversations.look_at_outbox()
                self._screen.query_one(OutboxPanel).highlight(wanted.item_id)
            case "send":
                await self._send(wanted.item_id)
            case "drop":
                await self._drop(wanted.item_id)

    async def _edit(self, item_id: str) -> None:
        item = await self._conversations.outbox.hold(item_id)
        if item is None:
            self._tell("It cannot be edited now: it, or the one before it, is being edited or sent.")
            await self._conversations.look_at_outbox()
            return
        await self._conversations.look_at_outbox()
        # A program that ends meanwhile claims it no longer, and it is sent as it was.
        holding = self._screen.set_interval(HOLD_INTERVAL_S, lambda: self._keep_hold(item_id))
        settings = self._services.settings
        note = with_keys(_EDIT_NOTE, settings.keys)
        screen = EditScreen("Waiting question", note, item.text, blink=settings.look.motion)
        try:
            text = await self._screen.app.push_screen_wait(screen)
        finally:
            holding.stop()
        if text is None:
            await self._conversations.outbox.let_go(item_id)
        elif not await self._conversations.outbox.edit(item_id, text):
            self._screen.app.copy_to_clipboard(text)
            self._tell(f"{_GONE} What you wrote was sent to your terminal's clipboard.")
        await self._conversations.send_waiting()

    async def _keep_hold(self, item_id: str) -> None:
        await self._conversations.outbox.keep_hold(item_id)

    async def _send(self, item_id: str) -> None:
        match await self._conversations.send_now(item_id):
            case "gone":
                self._tell(_GONE)
            case "next":
                self._tell("It is the next one, after the running answer. {chat.stop} stops that one.")
            case "no_node":
                self._tell("No node takes work now. It is the first one as soon as a node does.")

    async def _drop(self, item_id: str) -> None:
        item = await self._conversations.outbox.drop(item_id)
        if item is None:
            self._tell(_GONE)
        else:
            self._undo.add("The question waits again.", lambda: self._restore(item))
            self._tell("Dropped. {chat.undo} brings it back.")
        # What waited behind it may go now.
        await self._conversations.send_waiting()

    async def _restore(self, item: OutboxItem) -> None:
        await self._conversations.outbox.restore(item)
        await self._conversations.send_waiting()

    def _tell(self, text: str) -> None:
        self._screen.notify(with_keys(text, self._services.settings.keys), markup=False)
