"""The chat screen: the conversation, the composer, the history beside them."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from llamachat.base.text import one_line, printable
from llamachat.protocol import ChatMessage
from llamachat.store import Category, StoredMessage, StoreError
from llamachat.tui.actions import bindings
from llamachat.tui.answers import LiveAnswer
from llamachat.tui.clipboard import MAX_COPY_BYTES, fits
from llamachat.tui.conversations import Conversations
from llamachat.tui.formatting import size
from llamachat.tui.services import Services
from llamachat.tui.status import banner, connection_mark, status_facts
from llamachat.tui.widgets.composer import Composer
from llamachat.tui.widgets.history_list import HistoryEntry, HistoryGroup, HistoryList
from llamachat.tui.widgets.message_view import MessageLabel, MessageView
from llamachat.tui.widgets.status_bar import StatusBar
from llamachat.tui.widgets.transcript import WINDOW, Transcript

DRAW_INTERVAL_S: Final = 0.1
"""Shortest time between two redraws of a growing answer: ten a second keep a slow link usable."""

DRAFT_PAUSE_S: Final = 0.3
"""What is typed is kept once the typing has paused for so long."""

RESUME_INTERVAL_S: Final = 5.0
"""How often the screen looks for answers that a client has left behind."""

NARROW: Final = 80
"""Below this many columns the history covers the conversation instead of standing beside it."""

_HEADINGS: Final = {
    "pinned": "Pinned",
    "today": "Today",
    "yesterday": "Yesterday",
    "week": "This week",
    "month": "This month",
    "older": "Older",
}
_EMPTY: Final = "Ask something: type below and press Enter. Ctrl+J begins a new line, F1 shows all keys."
_NO_NODES: Final = (
    "No node is configured yet. Start with --node ws://HOST:13000/chat, add one with `llamachat config edit`, "
    "or try `llamachat demo`. What you type is kept until a node is there."
)


class ChatScreen(Screen[None]):
    """Carries what the user does to the conversations, and what comes back to the widgets."""

    AUTO_FOCUS = "#composer"
    BINDINGS: ClassVar[list[BindingType]] = bindings("chat")
    # Textual declares it as an attribute of instances.
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-narrow"),
        (NARROW, "-normal"),
        (120, "-wide"),
    ]

    DEFAULT_CSS = """
    ChatScreen { layers: base over; }
    ChatScreen #header { height: 1; background: $primary 30%; color: $text; }
    ChatScreen #brand { width: auto; padding: 0 2 0 1; text-style: bold; }
    ChatScreen #title { width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
    ChatScreen #mark { width: auto; padding: 0 1; }
    ChatScreen #label { height: auto; background: $panel; color: $text; padding: 0 1; display: none; }
    ChatScreen #banner { height: auto; background: $error; color: auto; text-style: bold; padding: 0 1; display: none; }
    ChatScreen #main { height: 1fr; }
    ChatScreen #center { width: 1fr; }
    ChatScreen #foot { height: 1; background: $panel; }
    ChatScreen #hints { width: auto; padding: 0 1; color: $text-muted; }
    ChatScreen.-narrow HistoryList { display: none; layer: over; dock: left; width: 100%; height: 100%; }
    ChatScreen.-narrow HistoryList.opened { display: block; }
    ChatScreen.-narrow #hints { display: none; }
    ChatScreen HistoryList.closed { display: none; }
    """

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self._conversations = Conversations(
            services,
            changed=self._answer_changed,
            began=self._question_began,
            spawn=lambda task: self.run_worker(task, group="answers"),
        )
        self._chat_id: str | None = None
        self._title = ""
        self._early = 0  # characters at the start of the composer that were typed before it had the focus
        self._last_node: str | None = None
        self._stale: dict[str, LiveAnswer] = {}  # answers that came on since they were last drawn
        self._draw_timer: Timer | None = None
        self._draft_timer: Timer | None = None
        self._countdown: Timer | None = None

    def compose(self) -> ComposeResult:
        """Header, history, conversation, composer, status."""
        with Horizontal(id="header"):
            yield Static("llamachat", id="brand", markup=False)
            yield Static("", id="title", markup=False)
            yield Static("", id="mark", markup=False)
        yield Static("", id="banner", markup=False)
        yield Static(self._services.banner, id="label", markup=False)
        with Horizontal(id="main"):
            yield HistoryList(id="history")
            with Vertical(id="center"):
                yield Transcript(id="transcript")
                yield Composer(id="composer", blink=self._services.settings.look.motion)
        with Horizontal(id="foot"):
            yield StatusBar(id="status")
            yield Static("F1 keys  ^P commands", id="hints", markup=False)

    async def on_mount(self) -> None:
        """Shows what there is, and goes on with what was left."""
        self.query_one("#label").display = bool(self._services.banner)
        self.query_one("#mark").tooltip = "Nodes that take work, of those you configured; how one is chosen."
        self._countdown = self.set_interval(1.0, self._show_fleet, pause=True)
        self._unsubscribe = self._services.fleet.subscribe(self._show_fleet)
        self._show_fleet()
        await self._begin()
        await self._show_history()
        await self._resume()
        self.set_interval(RESUME_INTERVAL_S, self._resume)

    async def _begin(self) -> None:
        """An empty conversation with its draft, behind which comes what was typed while the program started."""
        draft = await self._conversations.draft(None)
        composer = self.query_one(Composer)
        composer.load_text(draft + composer.text)
        composer.move_cursor(composer.document.end)
        self._early += len(draft)
        await self._show_messages()

    def on_key(self, event: Key) -> None:
        """Keeps what was typed before the composer had the focus, in front of what it has taken itself since."""
        composer = self.query_one(Composer)
        if self.focused in (None, composer) and event.is_printable and event.character:
            text = composer.text
            composer.load_text(text[: self._early] + event.character + text[self._early :])
            composer.move_cursor(composer.document.end)
            self._early += 1

    async def _resume(self) -> None:
        """Takes up what a client that is gone has left, this one's predecessor or another on the same history."""
        try:
            await self._conversations.resume()
        except StoreError as error:
            self._tell_store_error(error)

    def on_unmount(self) -> None:
        """The fleet may outlive the screen."""
        self._unsubscribe()

    # ── the conversation ────────────────────────────────────────────────────────────────────────────────────────────

    async def on_composer_sent(self, event: Composer.Sent) -> None:
        """Asks, or queues the question behind the answer that is running."""
        event.stop()
        try:
            asked = await self._conversations.ask(self._chat_id, event.text)
        except StoreError as error:
            self.query_one(Composer).load_text(event.text)
            self._tell_store_error(error)
            return
        if self._chat_id is None:
            self._chat_id = asked.chat_id
        transcript = self.query_one(Transcript)
        if asked.question is not None:
            await transcript.add(self._question_view(asked.question))
        transcript.follow()
        self._show_fleet()
        await self._show_history()

    async def on_history_list_opened(self, event: HistoryList.Opened) -> None:
        """Opens an earlier conversation."""
        event.stop()
        self.query_one(HistoryList).remove_class("opened")
        await self._show_chat(event.chat_id)
        await self._show_history()
        self.query_one(Composer).focus()

    async def on_transcript_older_wanted(self, event: Transcript.OlderWanted) -> None:
        """Loads a window of messages more."""
        event.stop()
        if self._chat_id is None:
            return
        transcript = self.query_one(Transcript)
        shown = len(transcript.messages)
        messages = await self._conversations.messages(self._chat_id, shown + WINDOW)
        older = messages[: max(0, len(messages) - shown)]
        await transcript.add_older([self._stored_view(m) for m in older], may_have_older=len(older) == WINDOW)

    async def action_new_chat(self) -> None:
        """Begins an empty conversation; the open one stays in the history."""
        await self._show_chat(None)
        await self._show_history()
        self.query_one(Composer).focus()

    async def action_stop(self) -> None:
        """Stops the running answer of this conversation; closes the history where it covers everything."""
        history = self.query_one(HistoryList)
        if history.has_class("opened"):
            history.remove_class("opened")
            self.query_one(Composer).focus()
        elif self._chat_id is not None and self._conversations.live(self._chat_id) is not None:
            await self._conversations.stop(self._chat_id)
        else:
            self.query_one(Composer).focus()
            self.query_one(Transcript).follow()

    async def action_retry(self) -> None:
        """Asks the last question again, when its answer failed or was cut short."""
        if self._chat_id is None:
            return
        try:
            if not await self._conversations.retry(self._chat_id):
                self.notify("There is no failed answer to ask for again.", markup=False)
        except StoreError as error:
            self._tell_store_error(error)

    def action_reconnect(self) -> None:
        """Tries every lost node now."""
        for snapshot in self._services.fleet.snapshots():
            if not snapshot.connected:
                self._services.fleet.reconnect_now(snapshot.name)

    def action_toggle_history(self) -> None:
        """Shows or hides the history; in a narrow terminal it covers the conversation."""
        history = self.query_one(HistoryList)
        name = "opened" if self.has_class("-narrow") else "closed"
        history.toggle_class(name)
        if history.display:
            history.focus_list()
        else:
            self.query_one(Composer).focus()

    def action_focus_message(self, direction: int) -> None:
        """Moves among the messages; below the last one is the composer."""
        views = self.query_one(Transcript).messages
        focused = self.focused
        place = views.index(focused) if isinstance(focused, MessageView) else len(views)
        target = max(0, place + direction)
        if target < len(views):
            views[target].focus()
        else:
            self.query_one(Composer).focus()

    def action_scroll_transcript(self, direction: int) -> None:
        """Scrolls by a page."""
        self.query_one(Transcript).page(direction)

    def on_message_view_copy_wanted(self, event: MessageView.CopyWanted) -> None:
        """Sends text to the terminal's clipboard, and claims no more than that."""
        event.stop()
        if not fits(event.text):
            limit = size(MAX_COPY_BYTES)
            self.notify(f"Too long for a terminal's clipboard (over {limit}).", severity="warning", markup=False)
            return
        self.app.copy_to_clipboard(event.text)
        self.notify(f"Sent {event.what} to your terminal's clipboard.", markup=False)

    # ── drawing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def is_settled(self) -> bool:
        """Whether everything that has come is drawn."""
        return self._draw_timer is None and not self._stale

    def _answer_changed(self, answer: LiveAnswer) -> None:
        """Draws at once when it begins or ends, and else at most every `DRAW_INTERVAL_S`."""
        self._stale[answer.message_id] = answer
        if self._draw_timer is None:
            self._draw_timer = self.set_timer(DRAW_INTERVAL_S, self._drawing_may_go_on)
            self.call_next(self._draw)
        elif answer.ended is not None:
            self.call_next(self._draw)

    async def _drawing_may_go_on(self) -> None:
        self._draw_timer = None
        if self._stale:
            self._draw_timer = self.set_timer(DRAW_INTERVAL_S, self._drawing_may_go_on)
            await self._draw()

    async def _draw(self) -> None:
        stale, self._stale = self._stale, {}
        for answer in stale.values():
            if answer.chat_id == self._chat_id and not self._is_leaving:
                await self._draw_answer(answer)
            if answer.ended is not None:
                await self._show_history()
        self._show_fleet()

    async def _draw_answer(self, answer: LiveAnswer) -> None:
        transcript = self.query_one(Transcript)
        view = next((view for view in transcript.messages if view.message_id == answer.message_id), None)
        if view is None:
            view = MessageView(answer.message_id, MessageLabel("assistant", answer.created_at))
            await transcript.add(view)
        self._last_node = answer.node or self._last_node
        view.show(answer)
        transcript.content_changed()

    def _question_began(self, chat_id: str, question: ChatMessage) -> None:
        if chat_id == self._chat_id:
            self.call_next(self.query_one(Transcript).add, self._question_view(question))

    async def _show_chat(self, chat_id: str | None) -> None:
        """Leaves the open conversation for another; what was typed in each stays with it."""
        draft = await self._conversations.draft(chat_id)
        left, self._chat_id = self._chat_id, chat_id
        self._last_node = None
        composer = self.query_one(Composer)
        typed = composer.text
        composer.load_text(draft)
        composer.move_cursor(composer.document.end)
        await self._conversations.keep_draft(left, typed)
        await self._show_messages()

    async def _show_messages(self) -> None:
        transcript = self.query_one(Transcript)
        messages: list[StoredMessage] = []
        if self._chat_id is not None:
            messages = await self._conversations.messages(self._chat_id, WINDOW)
        if messages:
            views = [self._stored_view(message) for message in messages]
            await transcript.show(views, may_have_older=len(messages) == WINDOW)
        else:
            hint = _EMPTY if self._services.fleet.snapshots() else _NO_NODES
            await transcript.show([Static(hint, id="empty", markup=False)])
        self.query_one(Composer).remember([message.content for message in messages if message.role == "user"])
        if self._chat_id is not None and (live := self._conversations.live(self._chat_id)) is not None:
            await self._draw_answer(live)
        self._show_fleet()

    async def _show_history(self) -> None:
        try:
            categories = await self._conversations.listed()
        except StoreError as error:
            self._tell_store_error(error)
            return
        if self._is_leaving:
            return
        groups = [self._history_group(category) for category in categories]
        self.query_one(HistoryList).show(groups, self._chat_id or "")
        titles = {chat.id: chat.title for category in categories for chat in category.chats}
        title = one_line(titles.get(self._chat_id or "", ""), 120)
        if title != self._title:
            self._title = title
            self.query_one("#title", Static).update(Content(title), layout=False)

    def _history_group(self, category: Category) -> HistoryGroup:
        entries = tuple(
            HistoryEntry(chat.id, chat.title, "●" if self._conversations.live(chat.id) else "★" if chat.pinned else " ")
            for chat in category.chats
        )
        return HistoryGroup(_HEADINGS.get(category.kind, category.name), entries)

    def _question_view(self, question: ChatMessage) -> MessageView:
        return MessageView(question.id, MessageLabel("user", question.created_at), question.content)

    def _stored_view(self, message: StoredMessage) -> MessageView:
        node = message.seams[-1].node if message.seams else ""
        label = MessageLabel(message.role, message.created_at, message.model or "", node)
        view = MessageView(message.id, label, message.content)
        view.tell_end(
            [seam for seam in message.seams if seam.offset > 0], message.finish_reason or "", message.error or ""
        )
        return view

    @property
    def _is_leaving(self) -> bool:
        """Whether the widgets are being taken down; what still comes is kept in the store and not drawn."""
        return not self.query(Transcript)

    def _show_fleet(self) -> None:
        if self._is_leaving:
            return
        snapshots = self._services.fleet.snapshots()
        mark = connection_mark(snapshots, self._services.fleet.policy)
        self._update_line("#mark", mark)
        self.query_one(StatusBar).show(status_facts(snapshots, self._last_node, self._conversations.waiting))
        text = banner(snapshots, self._services.clock())
        self._update_line("#banner", text)
        self.query_one("#banner").display = bool(text)
        if self._countdown is not None:
            if text:
                self._countdown.resume()
            else:
                self._countdown.pause()

    def _update_line(self, selector: str, text: str) -> None:
        line = self.query_one(selector, Static)
        if str(line.content) != text:
            line.update(Content(text))

    # ── drafts and trouble ──────────────────────────────────────────────────────────────────────────────────────────

    async def on_text_area_changed(self) -> None:
        """Keeps what is typed a moment after the typing pauses."""
        if self._draft_timer is not None:
            self._draft_timer.stop()
        self._draft_timer = self.set_timer(DRAFT_PAUSE_S, self.keep_draft)

    async def keep_draft(self) -> None:
        """Keeps what is typed, now."""
        try:
            await self._conversations.keep_draft(self._chat_id, self.query_one(Composer).text)
        except StoreError as error:
            self._tell_store_error(error)

    def _tell_store_error(self, error: StoreError) -> None:
        self.notify(printable(str(error)), title="History", severity="error", timeout=15, markup=False)
