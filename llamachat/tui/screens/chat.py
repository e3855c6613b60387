"""The chat screen: the conversation, the composer, the history beside them."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Key, Paste
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from llamachat.base.sizes import size_text
from llamachat.base.text import printable
from llamachat.fleet.events import TurnEvent
from llamachat.protocol import ChatMessage
from llamachat.store import StoreError
from llamachat.tui.actions import bindings
from llamachat.tui.answers import LiveAnswer
from llamachat.tui.clipboard import MAX_COPY_BYTES, fits
from llamachat.tui.conversations import Conversations, Listeners
from llamachat.tui.screens.attach_desk import AttachmentDesk
from llamachat.tui.screens.chat_banner import Banner
from llamachat.tui.screens.chat_drafts import DraftDesk
from llamachat.tui.screens.chat_drawing import AnswerDrawing
from llamachat.tui.screens.chat_find import FindDesk
from llamachat.tui.screens.chat_history import HistoryDesk
from llamachat.tui.screens.chat_live import LiveDesk
from llamachat.tui.screens.chat_messages import MessageDesk
from llamachat.tui.screens.chat_news import NewsDesk
from llamachat.tui.screens.chat_open import OpenChat
from llamachat.tui.screens.chat_outbox import OutboxDesk
from llamachat.tui.screens.chat_own import OwnDesk
from llamachat.tui.screens.chat_panels import NARROW, WIDE, Panels
from llamachat.tui.screens.first_run import FirstRunDesk
from llamachat.tui.screens.history_wishes import HistoryWishes
from llamachat.tui.screens.searching import SearchScreen
from llamachat.tui.services import Services
from llamachat.tui.undoing import UndoList
from llamachat.tui.widgets.attachment_row import AttachmentRow
from llamachat.tui.widgets.composer import Composer
from llamachat.tui.widgets.find_bar import FindBar
from llamachat.tui.widgets.first_run import FirstRun
from llamachat.tui.widgets.foot import Foot
from llamachat.tui.widgets.history_list import HistoryList
from llamachat.tui.widgets.live_panel import LivePanel
from llamachat.tui.widgets.message_view import MessageView
from llamachat.tui.widgets.outbox_panel import OutboxPanel
from llamachat.tui.widgets.top_bar import TopBar
from llamachat.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from llamachat.tui.screens.nodes_dialogs import LookAt

RESUME_INTERVAL_S: Final = 5.0
"""How often the screen looks for answers that a client has left behind."""


class ChatScreen(Screen[None]):
    """Carries what the user does to the conversations, and what comes back to the widgets."""

    AUTO_FOCUS = "#composer"
    BINDINGS: ClassVar[list[BindingType]] = bindings("chat")
    # Textual declares it as an attribute of instances.
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-narrow"),
        (NARROW, "-normal"),
        (WIDE, "-wide"),
    ]

    DEFAULT_CSS = """
    ChatScreen { layers: base over; }
    ChatScreen #label { height: auto; background: $panel; color: $text; padding: 0 1; display: none; }
    ChatScreen #main { height: 1fr; }
    /* Not where one writes, and where an answer grows. */
    ChatScreen ToastRack { dock: top; align: right top; margin: 1 0 0 0; }
    ChatScreen #center { width: 1fr; }
    ChatScreen.-narrow HistoryList { display: none; layer: over; dock: left; width: 100%; height: 100%; }
    ChatScreen.-narrow HistoryList.opened { display: block; }
    ChatScreen HistoryList.closed { display: none; }
    ChatScreen LivePanel { display: none; }
    ChatScreen LivePanel.opened, ChatScreen.-wide LivePanel { display: block; }
    ChatScreen.-wide LivePanel.closed { display: none; }
    ChatScreen.-narrow LivePanel { layer: over; dock: right; width: 100%; height: 100%; }
    ChatScreen.-normal.-live HistoryList { display: none; }
    """

    def __init__(self, services: Services, look_at: LookAt) -> None:
        super().__init__()
        self._services = services
        listeners = Listeners(
            changed=self._answer_changed,
            began=self._question_began,
            waiting=self._waiting_changed,
            titled=self._chat_titled,
            trouble=self._tell_store_error,
        )
        self._conversations = Conversations(
            services, listeners, spawn=lambda task: self.run_worker(task, group="answers")
        )
        self._undo = UndoList()
        self._open = OpenChat(self, services, self._conversations)
        self._first_run = FirstRunDesk(self, services, self._open, look_at)
        self._outbox = OutboxDesk(self, services, self._conversations, self._undo)
        self._messages = MessageDesk(self, services, self._conversations, self._open, self._undo)
        self._drawing = AnswerDrawing(self, self._draw)
        self._live = LiveDesk(self, services)
        self._panels = Panels(self)
        self._history = HistoryDesk(self, services, self._conversations)
        self._wishes = HistoryWishes(
            self, services, self._conversations, self._undo, changed=self._show_history, leave=self._leave_chat
        )
        self._own = OwnDesk(self, services, self._conversations, self._open)
        self._attached = AttachmentDesk(self, services, self._open, lambda: self._own.model)
        self._find = FindDesk(self, services, self._conversations, self._open)
        self._elsewhere = NewsDesk(
            self,
            services,
            self._conversations,
            self._open,
            show_history=self._show_news,
            trouble=self._tell_store_error,
        )
        self._parts: tuple[Widget, ...] = ()
        self._begun: dict[str, ChatMessage] = {}  # questions of the open conversation that waited and are not shown yet
        self._drafts = DraftDesk(self, self._conversations.stored)

    def compose(self) -> ComposeResult:
        """Header, history, conversation, composer, status."""
        blink = self._services.settings.look.motion
        bar, banner = TopBar(self._services), Banner(self._services, id="banner")
        history, transcript = HistoryList(id="history"), Transcript(id="transcript")
        outbox, composer = OutboxPanel(id="outbox"), Composer(id="composer", blink=blink)
        attached, live = AttachmentRow(id="attached"), LivePanel(id="live")
        self._attached.connect(composer)
        self._parts = (bar, banner, history, transcript, outbox, attached, composer, live)
        yield bar
        yield banner
        yield Static(self._services.banner, id="label", markup=False)
        with Horizontal(id="main"):
            yield history
            with Vertical(id="center"):
                yield from (transcript, FindBar(id="find"), outbox, attached, composer)
            yield live
        yield Foot(self._services)

    async def on_mount(self) -> None:
        """Shows what there is, and goes on with what was left."""
        self.query_one("#label").display = bool(self._services.banner)
        self.query_one(Banner).count(self._show_fleet)
        self._panels.begin(self._services.settings.look.panels, self.app.size.width)
        self._unsubscribe = self._services.fleet.subscribe(self._show_fleet)
        self._show_fleet()
        await self._drafts.begin()
        await self._open.open(None)
        self._first_run.begin()
        await self._delete_old()
        await self._show_history()
        await self._resume()
        self.set_interval(RESUME_INTERVAL_S, self._resume)
        self._elsewhere.start()
        self._live.start()

    def on_key(self, event: Key) -> None:
        """Takes what was typed before the composer had the focus."""
        self._drafts.typed_early(event)

    def on_paste(self, event: Paste) -> None:
        """Hands the composer what is pasted, or dropped on the terminal, where nothing else takes text."""
        event.stop()
        composer = self.query_one(Composer)
        composer.focus()
        composer.post_message(Paste(event.text))

    async def _delete_old(self) -> None:
        """Lets go of what is to be kept no longer."""
        try:
            await self._wishes.delete_old()
        except StoreError as error:
            self._tell_store_error(error)

    async def _resume(self) -> None:
        """Takes up what a client that is gone has left, this one's predecessor or another on the same history."""
        try:
            await self._conversations.resume()
        except StoreError as error:
            self._tell_store_error(error)

    def on_screen_resume(self) -> None:
        """Motion, the model and the prompts may be others since the Settings tab was open."""
        self._own.draw()
        for composer in self.query(Composer):
            composer.cursor_blink = self._services.settings.look.motion

    async def on_unmount(self) -> None:
        """The fleet may outlive the screen."""
        self._unsubscribe()
        self._elsewhere.stop()
        await self._attached.close()

    # ── the conversation ────────────────────────────────────────────────────────────────────────────────────────────

    async def on_composer_sent(self, event: Composer.Sent) -> None:
        """Asks, or queues the question behind the answer that is running."""
        event.stop()
        asked_in, documents = self._open.chat_id, self._attached.documents
        if not event.text.strip() and not documents:
            return
        try:
            asked = await self._conversations.ask(asked_in, event.text, documents)
        except StoreError as error:
            self.query_one(Composer).load_text(event.text)
            self._tell_store_error(error)
            return
        self._open.chat_id = asked.chat_id
        self._attached.sent(asked_in, asked.chat_id)
        self._live.show_chat(asked.chat_id)
        if asked.question is not None:
            await self._open.add_question(asked.question)
        else:
            await self._open.keep_hint()
        await self._open.follow()
        self._show_fleet()
        await self._show_news()

    def on_first_run_wanted(self, event: FirstRun.Wanted) -> None:
        """Leads to the first node."""
        event.stop()
        self.run_worker(self._first_run.do(event.wish), group="beginning")

    async def on_history_list_opened(self, event: HistoryList.Opened) -> None:
        """Opens an earlier conversation."""
        event.stop()
        self._panels.uncover()
        await self._show_chat(event.chat_id)
        await self._show_history()
        self.query_one(Composer).focus()

    def on_history_list_wanted(self, event: HistoryList.Wanted) -> None:
        """Does what the user wishes for a conversation."""
        event.stop()
        self._work(self._wishes.do(event))

    async def _leave_chat(self, chat_id: str) -> None:
        """Shows an empty conversation in the place of that one, if it is open."""
        if self._open.chat_id == chat_id:
            await self._show_chat(None)

    async def on_transcript_older_wanted(self, event: Transcript.OlderWanted) -> None:
        """Loads a window of messages more."""
        event.stop()
        await self._open.show_older()

    async def on_transcript_newer_wanted(self, event: Transcript.NewerWanted) -> None:
        """The same, below what a search led to."""
        event.stop()
        await self._open.show_newer()

    async def action_new_chat(self) -> None:
        """Begins an empty conversation; the open one stays in the history."""
        await self._show_chat(None)
        await self._show_history()
        self.query_one(Composer).focus()

    async def action_stop(self) -> None:
        """Stops the running answer of this conversation; closes the history where it covers everything."""
        if self.query_one(FindBar).is_open:
            self._find.close()
            self.query_one(Composer).focus()
        elif self._panels.close_one() or self._attached.hold_back():
            pass
        elif self._open.chat_id is not None and self._conversations.live(self._open.chat_id) is not None:
            await self._conversations.stop(self._open.chat_id)
        else:
            self.query_one(Composer).focus()
            await self._open.follow()

    async def action_retry(self) -> None:
        """Asks the last question again, when its answer failed or was cut short."""
        if self._open.chat_id is not None:
            self._work(self._retry(self._open.chat_id))

    async def _retry(self, chat_id: str) -> None:
        question_id = await self._conversations.question_to_retry(chat_id)
        if question_id is None:
            self.notify("There is no failed answer to ask for again.", markup=False)
        else:
            await self._conversations.answer_again(chat_id, question_id)
            await self._open.reload()

    # ── what waits ──────────────────────────────────────────────────────────────────────────────────────────────────

    def action_outbox(self) -> None:
        """Opens the list of waiting questions, or closes it."""
        if self._conversations.waiting or self.query_one(OutboxPanel).is_open:
            self._panels.toggle_outbox()
        else:
            self.notify("Nothing waits to be sent.", markup=False)

    def on_outbox_panel_wanted(self, event: OutboxPanel.Wanted) -> None:
        """Does what the user wishes for a waiting question."""
        event.stop()
        self._work(self._outbox.do(event))

    def action_undo(self) -> None:
        """Brings back what was deleted or dropped last."""
        self._work(self._take_back())

    async def _take_back(self) -> None:
        self.notify(await self._undo.take_back() or "There is nothing to bring back.", markup=False)

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        """Does something that may wait for the user; trouble with the history is told."""

        async def told() -> None:
            try:
                await work
            except StoreError as error:
                self._tell_store_error(error)

        self.run_worker(told(), group="wishes")

    # ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_attach(self) -> None:
        """Asks for a file for the next question."""
        self._work(self._attached.ask_for_file())

    def action_trim(self) -> None:
        """Keeps of the attached files what fits."""
        self._attached.trim()

    def on_attachment_row_remove_wanted(self, event: AttachmentRow.RemoveWanted) -> None:
        """Takes a file out of the question."""
        event.stop()
        self._attached.remove(event.item_id)

    def on_attachment_row_move_wanted(self, event: AttachmentRow.MoveWanted) -> None:
        """Goes to another file."""
        event.stop()
        self._attached.move(event.item_id, event.by)

    # ── the conversation's own settings ───────────────────────────────────────────────────────────────────────────────

    def action_model(self) -> None:
        """Chooses the model of this conversation."""
        self._work(self._own.choose_model())

    def action_chat_settings(self) -> None:
        """Fills in what this conversation has of its own."""
        self._work(self._own.change())

    # ── searching ───────────────────────────────────────────────────────────────────────────────────────────────────

    def action_find(self) -> None:
        """Looks for words in the open conversation."""
        self.query_one(FindBar).open()

    def on_find_bar_changed(self, event: FindBar.Changed) -> None:
        """Says how often the words are there."""
        event.stop()
        self._work(self._find.look(event.needle))

    def on_find_bar_submitted(self, event: FindBar.Submitted) -> None:
        """Goes to where the words are."""
        event.stop()
        self._work(self._find.go(event.needle))

    def action_find_next(self, by: int) -> None:
        """Goes on to the next place, or to the one before."""
        self._work(self._find.next(by))

    def action_search(self) -> None:
        """Looks for words in all conversations."""
        self._work(self._search())

    async def _search(self) -> None:
        hit = await self.app.push_screen_wait(SearchScreen(self._services))
        if hit is None:
            return
        self._panels.uncover()
        if hit.message_id is not None:
            await self._conversations.stored.lead_to(hit.chat_id, hit.message_id)
        await self._show_chat(hit.chat_id, at=hit.message_id)
        await self._show_history()
        if hit.message_id is None:
            self.query_one(Composer).focus()

    def action_reconnect(self) -> None:
        """Tries every lost node now."""
        for snapshot in self._services.fleet.snapshots():
            if not snapshot.connected:
                self._services.fleet.reconnect_now(snapshot.name)

    def action_toggle_live(self) -> None:
        """Shows or hides how answers come about."""
        self._panels.toggle_live()
        self.call_after_refresh(self._live.draw)

    def on_live_panel_resized(self, event: LivePanel.Resized) -> None:
        """Draws it for its width."""
        event.stop()
        self._live.draw()

    def action_toggle_history(self) -> None:
        """Shows or hides the history."""
        self._panels.toggle_history()

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

    def on_message_view_wanted(self, event: MessageView.Wanted) -> None:
        """Does what the user wishes for a message."""
        event.stop()
        self._work(self._messages.do(event.wish, event.view))

    def on_message_view_copy_wanted(self, event: MessageView.CopyWanted) -> None:
        """Sends text to the terminal's clipboard, and claims no more than that."""
        event.stop()
        if not fits(event.text):
            limit = size_text(MAX_COPY_BYTES)
            self.notify(f"Too long for a terminal's clipboard (over {limit}).", severity="warning", markup=False)
            return
        self.app.copy_to_clipboard(event.text)
        self.notify(f"Sent {event.what} to your terminal's clipboard.", markup=False)

    # ── drawing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def is_settled(self) -> bool:
        """Whether everything that has come is drawn."""
        return self._drawing.is_settled

    def _answer_changed(self, answer: LiveAnswer, event: TurnEvent | None) -> None:
        self._live.happened(answer, event)
        self._drawing.changed(answer)

    async def _draw(self, answers: list[LiveAnswer]) -> None:
        for answer in answers:
            await self._show_question(answer.question_id)
            if answer.chat_id == self._open.chat_id and not self._is_leaving:
                await self._open.draw(answer)
            if answer.ended is not None:
                await self._show_history()
        self._show_fleet()
        self._outbox.draw(self._open.chat_id)

    def _waiting_changed(self) -> None:
        self._show_fleet()
        self._outbox.draw(self._open.chat_id)

    def _chat_titled(self) -> None:
        self.call_later(self._show_history)

    def _question_began(self, chat_id: str, question: ChatMessage) -> None:
        if chat_id == self._open.chat_id:
            self._begun[question.id] = question
            self.call_next(self._show_question, question.id)

    async def _show_question(self, question_id: str) -> None:
        """Shows a question that waited, unless that is done: it comes before its answer, whichever is drawn first."""
        question = self._begun.pop(question_id, None)
        if question is not None:
            await self._open.add_question(question)

    async def _show_chat(self, chat_id: str | None, *, at: str | None = None) -> None:
        """Leaves the open conversation for another, at its end or at a message; what was typed stays with each."""
        self._find.close()
        self._attached.hold_back()
        await self._drafts.change_chat(self._open.chat_id, chat_id)
        self._begun.clear()
        await self._open.open(chat_id, at=at)
        await self._own.look()
        self.query_one(Composer).remember(self._open.questions())
        self._attached.changed()
        self._live.show_chat(chat_id)
        self._show_fleet()

    async def _show_history(self) -> None:
        try:
            await self._history.show(self._open.chat_id)
        except StoreError as error:
            self._tell_store_error(error)

    async def _show_news(self) -> None:
        """Shows what may be other by now beside the messages of the open conversation."""
        try:
            await self._own.look()
        except StoreError as error:
            self._tell_store_error(error)
        await self._show_history()

    @property
    def _is_leaving(self) -> bool:
        """Whether the widgets are being taken down, one after the other; what still comes is kept in the store and not
        drawn."""
        return not all(part.is_attached for part in self._parts)

    def _show_fleet(self) -> None:
        if self._is_leaving:
            return
        self._services.activity.tell(self._open.last_node, len(self._conversations.waiting))
        self._conversations.fleet_changed()
        self._live.fleet_changed()
        self._first_run.fleet_changed()
        self._attached.fleet_changed()
        self._own.draw()
        self._outbox.draw(self._open.chat_id)
        self.query_one(Banner).show_fleet()

    # ── drafts and trouble ──────────────────────────────────────────────────────────────────────────────────────────

    async def on_text_area_changed(self) -> None:
        """Keeps what is typed a moment after the typing pauses."""
        for composer in self.query(Composer):
            self._attached.text_changed(composer.message)
        self._drafts.typing(self.keep_draft)

    async def keep_draft(self) -> None:
        """Keeps what is typed, now."""
        try:
            await self._drafts.keep(self._open.chat_id)
        except StoreError as error:
            self._tell_store_error(error)

    def _tell_store_error(self, error: StoreError) -> None:
        self.notify(printable(str(error)), title="History", severity="error", timeout=15, markup=False)
