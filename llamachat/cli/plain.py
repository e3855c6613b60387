"""`llamachat --plain`: the chat as a linear transcript, for screen readers, dumb terminals and pipes."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncGenerator, Coroutine
from contextlib import AsyncExitStack, aclosing
from typing import Any, Final

from llamachat.base.signals import EXIT_SIGNAL
from llamachat.base.tasks import cancel_and_wait
from llamachat.base.text import one_line, printable
from llamachat.cli import exchange, line_words
from llamachat.cli.interrupts import Interrupts, watched
from llamachat.cli.invocation import EXIT_FAILED, EXIT_USAGE, NO_NODE, NoNodeError
from llamachat.cli.line_files import LineFiles
from llamachat.cli.line_outbox import LineOutbox
from llamachat.cli.line_settings import LineSettings
from llamachat.cli.line_words import Ordered, Said
from llamachat.cli.lines import Lines
from llamachat.cli.listing import attached_text, time_text, title_text
from llamachat.cli.output import on_stdout
from llamachat.cli.settling import is_connecting, settled
from llamachat.cli.transcript import Transcript
from llamachat.config import AppContext
from llamachat.config.retention import delete_old, told
from llamachat.fleet import Fleet, NodeSnapshot, Syncing
from llamachat.fleet.events import TurnEvent
from llamachat.fleet.outbox import takes_work
from llamachat.fleet.recording import RecordedTurn, abandoned, record
from llamachat.fleet.sync_state import describe as in_words
from llamachat.store import ChatSummary, OwnSettings, StoreThread

PROMPT: Final = "you> "
LISTED_CHATS: Final = 20
SHOWN_MESSAGES: Final = 6
"""How much of an opened chat is read out."""


def run(context: AppContext) -> int:
    """Runs the line mode to its end; the exit status.

    Raises:
        NoNodeError: there is no node.
        StoreError: the history cannot be used.
    """
    if not context.addresses:
        raise NoNodeError(NO_NODE)
    return asyncio.run(_run(context))


async def _run(context: AppContext) -> int:
    with watched() as interrupts:
        try:
            async with AsyncExitStack() as stack:
                store = await stack.enter_async_context(StoreThread(context.places.history_file))
                policy = context.settings.chat.policy
                fleet = await stack.enter_async_context(Fleet(context.addresses, policy=policy, limits=context.limits))
                syncing = None
                if context.settings.privacy.archive:
                    syncing = await stack.enter_async_context(Syncing(fleet, store))
                own = LineSettings(context.settings, store, fleet)
                files = LineFiles(context, store, fleet, interrupts, own)
                stack.push_async_callback(files.close)
                return await LineMode(context, store, fleet, interrupts, files, own, syncing).run()
        except BrokenPipeError:
            return EXIT_FAILED


class LineMode:
    """One run of it.

    At a terminal the next question can be typed while an answer comes; it waits in the outbox, so that it survives the
    end of the program, and is sent after that. What the fleet does between two questions is said before the next
    prompt, never into a line that is being typed.
    """

    def __init__(
        self,
        context: AppContext,
        store: StoreThread,
        fleet: Fleet,
        interrupts: Interrupts,
        files: LineFiles,
        own: LineSettings,
        syncing: Syncing | None,
    ) -> None:
        self._files = files
        self._own = own
        self._syncing = syncing
        self._context = context
        self._store = store
        self._fleet = fleet
        self._interrupts = interrupts
        self._typed = sys.stdin.isatty()
        self._output = on_stdout()
        self._lines = Lines()
        self._outbox = LineOutbox(store, fleet)
        self._ahead: deque[str | None] = deque()
        self._ending: signal.Signals | None = None
        self._quitting = False
        self._listed: list[ChatSummary] = []
        self._chat_id: str | None = None
        self._seen: tuple[NodeSnapshot, ...] = ()
        self._status = 0

    async def run(self) -> int:
        """From the greeting to the end; the exit status: that of the last question where the input is no terminal."""
        for note in (*filter(None, [self._context.banner]), *self._context.warnings):
            await self._say(f"[{note}]")
        await self._say("llamachat, line by line. /help lists the commands.")
        await self._delete_old()
        await settled(self._fleet, is_connecting)
        while True:
            await self._tell_changes()
            if self._typed:
                await self._go_on()
                await self._send_waiting()
                if not self._leaving:
                    await self._output.write(PROMPT)
            if self._quitting:
                return 0
            line = await self._next_line()
            if isinstance(line, signal.Signals):
                await self._say("")
                return EXIT_SIGNAL + line
            if line is None:
                return 0 if self._typed else self._status
            if not self._typed:
                await self._say(PROMPT + printable(line))
            if self._typed and (said := await self._files.dropped(line, self._chat_id)):
                await self._note(said)
                continue
            match line_words.parse(line):
                case Said(text):
                    await self._ask(text)
                case Ordered(name="quit"):
                    return 0 if self._typed else self._status
                case Ordered() as order:
                    await self._obey(order)

    async def _delete_old(self) -> None:
        privacy, now = self._context.settings.privacy, time.time()
        if gone := await self._store.run(lambda store: delete_old(store, privacy, now)):
            told_where = "`llamachat chats list --deleted` shows them, and `chats restore` brings them back."
            await self._say(f"[{told(len(gone), privacy)} {told_where}]")

    @property
    def _leaving(self) -> bool:
        return self._quitting or self._ending is not None

    async def _say(self, text: str) -> None:
        await self._output.write(text + "\n")

    async def _note(self, sentences: list[str]) -> None:
        for sentence in sentences:
            await self._say(f"[{one_line(sentence, 1000)}]")

    async def _tell_changes(self) -> None:
        before, self._seen = self._seen, self._fleet.snapshots()
        for sentence in line_words.changes(before, self._seen):
            await self._say(f"[{sentence}]")

    async def _next_line(self) -> str | signal.Signals | None:
        while True:
            if (number := self._ending or self._interrupts.take()) is not None:
                return number
            if self._ahead:
                return self._ahead.popleft()
            if self._lines.any:
                return self._lines.take()
            await _until_any(self._lines.wait(), self._interrupts.wait())

    # ── commands ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _obey(self, order: Ordered) -> None:
        match order.name:
            case "help":
                await self._say(line_words.HELP)
            case "new":
                self._chat_id = None
                self._own.forget()
                await self._say("[A new chat begins with your next question.]")
            case "chats":
                await self._list_chats()
            case "open":
                await self._open(order.argument)
            case "nodes":
                for node in self._fleet.snapshots():
                    await self._say(f"[{line_words.describe(node)}]")
                for state in self._syncing.states() if self._syncing is not None else ():
                    await self._say(f"[{one_line(state.node, 64)}, history: {in_words(state)}]")
            case "stop":
                await self._say("[No answer is coming.]")
            case "attach":
                await self._note(await self._files.attach(order.argument, self._chat_id))
            case "trim":
                await self._note(await self._files.trim(self._chat_id))
            case "detach":
                await self._note(self._files.detach())
            case "settings":
                await self._note(await self._own.listed(self._chat_id))
            case "system":
                await self._note(await self._own.system(order.argument, self._chat_id))
            case "set":
                await self._note(await self._own.set(order.argument, self._chat_id))
            case name if name in line_words.OUTBOX_NAMES:
                await self._obey_about_outbox(order)
            case _:
                await self._say(f"[There is no command /{one_line(order.name, 20)}; /help lists them.]")

    async def _obey_about_outbox(self, order: Ordered) -> None:
        match order.name:
            case "waiting":
                await self._note(await self._outbox.listed())
            case "edit":
                await self._note(await self._outbox.edit(order.argument))
            case "move":
                await self._note(await self._outbox.move(order.argument))
            case "drop":
                await self._note(await self._outbox.drop(order.argument))
            case "send":
                await self._note(await self._outbox.send(order.argument))

    async def _list_chats(self) -> None:
        self._listed = await self._store.read(lambda store: store.list_chats(LISTED_CHATS))
        for number, chat in enumerate(self._listed, 1):
            await self._say(f"{number}. {title_text(chat.title)}, {time_text(chat.updated_at)}")
        if not self._listed:
            await self._say("[No chats yet.]")

    async def _open(self, argument: str) -> None:
        if not self._listed:
            self._listed = await self._store.read(lambda store: store.list_chats(LISTED_CHATS))
        if not argument.isdecimal() or not 1 <= int(argument) <= len(self._listed):
            await self._say(f"[/open wants a number from 1 to {len(self._listed)}; /chats lists the chats.]")
            return
        chat = self._listed[int(argument) - 1]
        path = await self._store.read(lambda store: store.active_path(chat.id, SHOWN_MESSAGES))
        self._chat_id = chat.id
        await self._say(f"[{title_text(chat.title)}, {chat.message_count} messages; the last ones:]")
        for message in path:
            label = PROMPT if message.role == "user" else f"{one_line(message.model or message.role, 64)}> "
            files = attached_text(message.attachments)
            await self._say(label + " ".join(filter(None, (files, printable(message.content)))))

    # ── a question ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _ask(self, question: str) -> None:
        if problem := await self._files.problem(self._chat_id):
            self._status = EXIT_USAGE
            await self._note([f"The question was not sent. {problem}"])
            return
        if self._chat_id is None:
            self._chat_id = await self._own.begin()
        kept = await exchange.kept(
            self._store,
            self._chat_id,
            self._context.settings.chat,
            OwnSettings(),
            question,
            self._files.take(),
            wait=self._typed,
        )
        await self._answer(kept)

    async def _go_on(self) -> None:
        """Goes on with answers that a client left before they ended, this one's predecessor or another."""
        if not takes_work(self._fleet.snapshots()):
            return
        now = time.time()
        for recorded in await self._store.run(lambda store: abandoned(store, now)):
            if self._leaving:
                return
            chat_id = recorded.turn.chat_id
            so_far = "so far:" if recorded.turn.prefix else "nothing had come yet."
            await self._note([f"Going on with the last answer in {await self._title(chat_id)}; {so_far}"])
            await self._say(printable(recorded.turn.prefix))
            self._chat_id = self._chat_id or chat_id
            await self._answer(recorded)

    async def _send_waiting(self) -> None:
        """Sends what waits, as far as it can be sent now."""
        while not self._leaving and (taken := await self._outbox.next()) is not None:
            chat_id = taken.item.chat_id
            if chat_id != self._chat_id:
                await self._note([f"From {await self._title(chat_id)}, where it waited:"])
            await self._say(PROMPT + printable(taken.item.text))
            await self._answer(await exchange.waited(self._store, taken, self._context.settings.chat))

    async def _title(self, chat_id: str) -> str:
        return title_text((await self._store.read(lambda store: store.summary(chat_id))).title)

    async def _answer(self, kept: RecordedTurn) -> None:
        showing = asyncio.create_task(self._show(record(self._fleet, self._store, kept)))
        try:
            await self._listen_until(showing, kept.turn.message_id)
            if showing.done():
                self._status = showing.result()
        finally:
            await cancel_and_wait(showing)

    async def _listen_until(self, showing: asyncio.Task[int], message_id: str) -> None:
        """Reads on while an answer comes: `/stop` and Ctrl+C stop it; who leaves does not, it goes on at its node."""
        while not (showing.done() or self._leaving):
            if (number := self._interrupts.take()) is not None:
                if number == signal.SIGINT:
                    await self._fleet.cancel(message_id)
                else:
                    self._ending = number
            elif self._lines.any:
                await self._take_ahead(self._lines.take(), message_id)
            else:
                await _until_any(self._lines.wait(), self._interrupts.wait(), showing)

    async def _take_ahead(self, line: str | None, message_id: str) -> None:
        """A line that was typed while an answer comes."""
        match None if line is None else line_words.parse(line):
            case Ordered("stop", ""):
                await self._fleet.cancel(message_id)
            case Ordered("quit") if self._typed:
                self._quitting = True
            case Ordered(name=name) as order if name in line_words.OUTBOX_NAMES and self._typed:
                await self._obey_about_outbox(order)
            case Said(text) if self._typed and not self._ahead and self._chat_id is not None:
                if problem := await self._files.problem(self._chat_id):
                    await self._note([f"The question was not sent. {problem}"])
                else:
                    await self._note(await self._outbox.put(self._chat_id, text, self._files.take()))
            case _:
                self._ahead.append(line)

    async def _show(self, events: AsyncGenerator[TurnEvent, None]) -> int:
        """Writes what comes; the exit status that the ending counts as."""
        transcript = Transcript()
        async with aclosing(events):
            async for event in events:
                await self._output.write(transcript.feed(event))
        return exchange.exit_status(event)


async def _until_any(*waits: Coroutine[Any, Any, Any] | asyncio.Task[Any]) -> None:
    """Until one of them is done. Coroutines are cancelled then, tasks run on."""
    tasks = [wait if isinstance(wait, asyncio.Task) else asyncio.create_task(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await cancel_and_wait(*(task for task in tasks if task not in waits))
