"""The conversation that is open, and which part of it the transcript shows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from textual.css.query import NoMatches
from textual.screen import Screen
from textual.widget import MountError, Widget
from textual.widgets import Static

from llamachat.protocol import ChatMessage
from llamachat.store import StoredMessage
from llamachat.tui.answers import LiveAnswer
from llamachat.tui.conversations import Conversations
from llamachat.tui.keymap import first_key
from llamachat.tui.services import Services
from llamachat.tui.widgets.first_run import FirstRun
from llamachat.tui.widgets.message_view import MessageLabel, MessageView
from llamachat.tui.widgets.transcript import Transcript
from llamachat.tui.window import Window, around, at_end

_EMPTY: Final = "Ask something: type below and press {}. {} begins a new line, {} shows all keys."
_WAITING: Final = "Your question waits to be sent; {} opens the list below, which says why."


class OpenChat:
    """Puts messages into the transcript. Methods that read the history raise `StoreError`.

    Attributes:
        chat_id: the open conversation; None for one that has not begun.
        last_node: who answered in it last, since it was opened.
    """

    def __init__(self, screen: Screen[None], services: Services, conversations: Conversations) -> None:
        self._screen = screen
        self._services = services
        self._conversations = conversations
        self._window = Window()
        self._changing = asyncio.Lock()  # what is drawn goes onto the messages that stand, not onto those that leave
        self._needle = ""
        self.chat_id: str | None = None
        self.last_node: str | None = None

    @property
    def _transcript(self) -> Transcript:
        return self._screen.query_one(Transcript)

    def view(self, message_id: str) -> MessageView | None:
        """The widget that shows that message."""
        return next((view for view in self._transcript.messages if view.message_id == message_id), None)

    def is_last(self, message_id: str) -> bool:
        """Whether nothing follows that message."""
        return self._window.ids[-1:] == (message_id,)

    def neighbour(self, message_id: str) -> str | None:
        """The message after that one, or else the one before it."""
        ids = self._window.ids
        if message_id not in ids:
            return None
        at = ids.index(message_id)
        return next(iter((*ids[at + 1 : at + 2], *ids[max(0, at - 1) : at])), None)

    async def open(self, chat_id: str | None, *, at: str | None = None) -> None:
        """Shows another conversation: its end, or where the message `at` is, which gets the focus."""
        self.chat_id = chat_id
        self.last_node = None
        await self.reload(at=at)

    async def reload(self, *, at: str | None = None) -> None:
        """Shows the open conversation as it is now."""
        await self._alone(lambda: self._reload(at))

    async def _reload(self, at: str | None) -> None:
        ids = await self._conversations.stored.active_ids(self.chat_id) if self.chat_id is not None else []
        live = self._conversations.live(self.chat_id) if self.chat_id is not None else None
        if live is not None and live.message_id not in ids and live.question_id in ids:
            # It has only begun; what the history still ends with is the branch before it.
            del ids[ids.index(live.question_id) + 1 :]
        self._window = at_end(ids) if at is None else around(ids, at)
        transcript = self._transcript
        messages = await self._conversations.stored.messages(self._window.shown)
        if messages:
            views = [self._stored_view(message) for message in messages]
            await transcript.show(views, may_have_older=self._window.has_older, may_have_newer=self._window.has_newer)
        else:
            await transcript.show([self._hint()])
        if live is not None:
            await self._draw(self._conversations.running.get(live.chat_id, live))
        await self._mark_branches()
        if at is not None and (view := self.view(at)) is not None:
            view.focus(scroll_visible=False)
            self._transcript.show_line(view, 0)

    def _hint(self) -> Widget:
        """What stands in place of messages."""
        if not self._services.fleet.snapshots():
            return FirstRun(lambda: self._services.settings.keys, id="empty")
        is_waiting = any(one.item.chat_id == self.chat_id for one in self._conversations.waiting)
        own = self._services.settings.keys
        if is_waiting:
            text = _WAITING.format(first_key("chat.outbox", own))
        else:
            text = _EMPTY.format(*(first_key(name, own) for name in ("composer.send", "composer.newline", "app.help")))
        return Static(text, id="empty", markup=False)

    async def go_to(self, message_id: str) -> None:
        """Goes to a message of this conversation, which gets the focus."""
        view = self.view(message_id)
        if view is None:
            await self.reload(at=message_id)
        else:
            view.focus(scroll_visible=False)
            self._transcript.show_line(view, 0)

    def mark(self, needle: str) -> None:
        """Marks words in all messages, also in those that are loaded later; "" marks nothing."""
        self._needle = needle
        for view in self._transcript.messages:
            view.mark(needle)

    async def follow(self) -> None:
        """Goes to the end and stays there."""

        async def work() -> None:
            if self._window.has_newer:
                await self._reload(None)
            else:
                self._transcript.follow()

        await self._alone(work)

    async def show_older(self) -> None:
        """Adds a window of messages above."""

        async def work() -> None:
            self._window, ids = self._window.older()
            views = [self._stored_view(message) for message in await self._conversations.stored.messages(ids)]
            await self._transcript.add_older(views, may_have_older=self._window.has_older)
            await self._mark_branches()

        await self._alone(work)

    async def show_newer(self) -> None:
        """Adds a window of messages below."""

        async def work() -> None:
            self._window, ids = self._window.newer()
            views = [self._stored_view(message) for message in await self._conversations.stored.messages(ids)]
            await self._transcript.add_newer(views, may_have_newer=self._window.has_newer)
            await self._mark_branches()

        await self._alone(work)

    async def add_question(self, question: ChatMessage) -> None:
        """Shows a question that was just asked."""

        async def work() -> None:
            if self._window.has_newer:
                await self._reload(None)
            elif question.id not in self._window.ids:
                self._window = self._window.grown(question.id)
                await self._transcript.add(self._stored_view(question))

        await self._alone(work)

    async def draw(self, answer: LiveAnswer) -> None:
        """Shows an answer of this conversation as it is now, unless the reader is far above it."""
        if answer.chat_id == self.chat_id:
            await self._alone(lambda: self._draw(answer))

    async def _alone(self, work: Callable[[], Awaitable[None]]) -> None:
        async with self._changing:
            try:
                await work()
            except (NoMatches, MountError):
                # The program may have begun to leave meanwhile, and takes the widgets down one after the other. What
                # came is in the history. While they are all there, it is a defect.
                if self._screen.query("Transcript #messages"):
                    raise

    async def _draw(self, answer: LiveAnswer) -> None:
        if answer.chat_id != self.chat_id:
            return
        self.last_node = answer.node or self.last_node
        view = self.view(answer.message_id)
        if view is None:
            if self._window.has_newer:
                return
            if answer.message_id not in self._window.ids:
                self._window = self._window.grown(answer.message_id)
            view = MessageView(
                answer.message_id, MessageLabel("assistant", answer.created_at), retry_key=self._retry_key
            )
            await self._transcript.add(view)
        view.show(answer)
        self._transcript.content_changed()

    async def _mark_branches(self) -> None:
        """Says on every message which of several branches it is."""
        if self.chat_id is None:
            return
        branches = await self._conversations.stored.branches(self.chat_id)
        for view in self._transcript.messages:
            view.show_branch(branches.get(view.message_id))
            view.mark(self._needle)

    async def catch_up(self) -> bool:
        """Shows what another llamachat on the same history has made of the open conversation; whether nothing of it is
        left to show. Who reads further up, or has a message in hand, is not disturbed."""
        shown = True

        async def work() -> None:
            nonlocal shown
            chat_id = self.chat_id
            if chat_id is None or self._conversations.live(chat_id) is not None:
                return
            ids = tuple(await self._conversations.stored.active_ids(chat_id))
            last = await self._conversations.stored.messages(ids[-1:])
            view = self.view(last[0].id) if last else None
            is_new = ids != tuple(self._window.ids) or (view is not None and view.text != last[0].content)
            if not is_new:
                return
            transcript = self._transcript
            if transcript.is_at_end and not isinstance(self._screen.focused, MessageView):
                await self._reload(None)
            else:
                shown = False

        await self._alone(work)
        return shown

    async def keep_hint(self) -> None:
        """Says what holds now in place of messages, if there are none."""
        if not self._window.ids:
            await self.reload()

    def questions(self) -> list[str]:
        """What was asked, as far as it is shown, for the composer to bring back."""
        return [view.text for view in self._transcript.messages if view.role == "user" and view.text]

    @property
    def _retry_key(self) -> str:
        return first_key("chat.retry", self._services.settings.keys)

    def _stored_view(self, message: ChatMessage) -> MessageView:
        """The widget for a message that is in the history."""
        if message.role == "user":
            label = MessageLabel("user", message.created_at)
            return MessageView(message.id, label, message.content, message.attachments)
        node = message.seams[-1].node if message.seams else ""
        label = MessageLabel(message.role, message.created_at, message.model or "", node)
        view = MessageView(message.id, label, message.content, retry_key=self._retry_key)
        problem = message.error or "" if isinstance(message, StoredMessage) else ""
        view.tell_end([seam for seam in message.seams if seam.offset > 0], message.finish_reason or "", problem)
        return view
