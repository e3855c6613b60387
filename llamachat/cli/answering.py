"""What `ask` does once the command line is understood."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import click

from llamachat.base.signals import EXIT_SIGNAL
from llamachat.base.tasks import cancel_and_wait
from llamachat.base.text import printable
from llamachat.cli import attaching, chat_ids, exchange
from llamachat.cli.displays import Display, JsonDisplay, TextDisplay
from llamachat.cli.interrupts import Interrupts, watched
from llamachat.cli.invocation import EXIT_USAGE, NO_NODE, CommandError, UsageProblem
from llamachat.cli.line_words import describe
from llamachat.cli.output import Output, on_stdout
from llamachat.cli.rendering import as_line
from llamachat.cli.status_line import StatusLine, on_stderr
from llamachat.config import AppContext, sampling
from llamachat.config.holding import holding, holding_for
from llamachat.config.schema import ChatSettings
from llamachat.documents.document import Document
from llamachat.documents.estimating import RULE_OF_THUMB
from llamachat.documents.limits import DocumentLimits
from llamachat.fleet import Fleet, prompts
from llamachat.fleet.events import Failed, TurnEvent
from llamachat.fleet.recording import record
from llamachat.fleet.sync import push_once
from llamachat.protocol import ErrorCode
from llamachat.store import OwnSettings, StoreError, StoreThread

STOP_TIMEOUT_S: Final = 3.0
"""How long an interrupted answer may take to be stopped at its node; a second interrupt does not wait for it."""
PUSH_TIMEOUT_S: Final = 1.0
"""How long the end may wait, with the answer written, until the archives have this exchange; what is not there by then
is pushed by the next run."""
EXIT_BROKEN_PIPE: Final = EXIT_SIGNAL + 13
"""As of a program that SIGPIPE ended."""

_LESS: Final = "The files take more room than was estimated. Attach less, or lower context_share and add --trim."

Stop = Callable[[], Awaitable[None]]
"""Has the answer stopped at its node; the events then come to their end."""


@dataclass(frozen=True, slots=True)
class Request:
    """One `ask`. `chat` are the settings of the file, `said` those of the command line; `chat_id` is as typed; `go_on`
    means the chat used last; `keep`: into the history; `archive`: and from there into those of the nodes; `trim`: send
    the beginning of files that do not fit."""

    question: str
    chat: ChatSettings
    said: OwnSettings
    limits: DocumentLimits
    files: tuple[Path, ...] = ()
    trim: bool = False
    chat_id: str | None = None
    go_on: bool = False
    keep: bool = True
    archive: bool = True
    as_json: bool = False
    stream: bool = True


async def answer(context: AppContext, request: Request) -> int:
    """Asks, writes what comes, and returns the exit status.

    Raises:
        CommandError: the history, standard output or a file cannot be used, or the history holds no such chat.
    """
    status = on_stderr()
    for line in (*filter(None, [context.banner]), *context.warnings):
        status.say(line)
    try:
        output = on_stdout()
        async with AsyncExitStack() as stack:
            interrupts = stack.enter_context(watched())
            documents = await attaching.read_files(request.files, request.limits, status, interrupts)
            if isinstance(documents, signal.Signals):
                return EXIT_SIGNAL + documents
            if not context.addresses:
                failed = Failed(exchange.NO_NODE_CODE, NO_NODE)
                await _display(request, output, status, None).show(failed)
                _tell(failed.message)
                return exchange.exit_status(failed)
            store = None
            if request.keep:
                store = await stack.enter_async_context(StoreThread(context.places.history_file))
            fleet = await stack.enter_async_context(
                Fleet(context.addresses, policy=request.chat.policy, limits=context.limits)
            )
            return await _ask(request, documents, fleet, store, output, status, interrupts)
    except StoreError as error:
        raise CommandError(f"{error}\nWith --no-history, nothing is kept and nothing of it is needed.") from None
    except BrokenPipeError:
        return EXIT_BROKEN_PIPE
    except OSError as error:
        raise CommandError(f"The answer cannot be written: {error.strerror}.") from error


async def _ask(
    request: Request,
    documents: tuple[Document, ...],
    fleet: Fleet,
    store: StoreThread | None,
    output: Output,
    status: StatusLine,
    interrupts: Interrupts,
) -> int:
    chat_id = None if store is None else await _chat(store, request)
    if documents:
        fitting = await _attached(request, documents, fleet, store, chat_id, output, status, interrupts)
        if isinstance(fitting, signal.Signals):
            return EXIT_SIGNAL + fitting
        documents = fitting
    if store is None:
        turn = exchange.passing(request.chat, request.said, request.question, documents)
        events = fleet.ask(turn)
    else:
        if chat_id is None:
            chat_id = await store.run(lambda s: s.create_chat())
        kept = await exchange.kept(store, chat_id, request.chat, request.said, request.question, documents, wait=False)
        turn = kept.turn
        events = record(fleet, store, kept)
    display = _display(request, output, status, chat_id)
    outcome = await _run(events, partial(fleet.cancel, turn.message_id), display, output, interrupts)
    if isinstance(outcome, signal.Signals):
        return EXIT_SIGNAL + outcome
    if isinstance(outcome, Failed):
        _tell(outcome.message)
        for node in fleet.snapshots():
            if outcome.code == exchange.NO_NODE_CODE and node.reason:
                _tell(describe(node))
        is_new = request.chat_id is None and not request.go_on
        if store is not None and is_new and not outcome.text:
            # A script that asks in vain every minute would fill the history with unanswered questions.
            await store.run(lambda s: s.delete_chat(turn.chat_id))
        if documents and outcome.code == ErrorCode.CONTEXT_OVERFLOW.value:
            _tell(_LESS)
            return EXIT_USAGE
    if store is not None and request.archive:
        await push_once(fleet, store, within_s=PUSH_TIMEOUT_S, chat_id=turn.chat_id)
    return exchange.exit_status(outcome)


async def _attached(
    request: Request,
    documents: tuple[Document, ...],
    fleet: Fleet,
    store: StoreThread | None,
    chat_id: str | None,
    output: Output,
    status: StatusLine,
    interrupts: Interrupts,
) -> tuple[Document, ...] | signal.Signals:
    """The files as they go into the question, and says what there is to say about them; or the signal that came.

    Raises:
        UsageProblem: they do not fit.
        OSError: it could not be written.
    """
    ratio, held = RULE_OF_THUMB, holding(request.chat, request.said)
    if store is not None and chat_id is not None:
        known = chat_id
        ratio = await store.read(lambda s: prompts.token_ratio(s, s.active_path(known)))
        held = await store.read(lambda s: holding_for(s, known, request.chat, request.said))
    model = sampling.model(held)
    fitting = await attaching.fitted(documents, fleet, model, ratio, request.limits, interrupts, trim=request.trim)
    if isinstance(fitting, signal.Signals):
        return fitting
    for document in fitting:
        for line in (attaching.described(document, ratio), *document.notes):
            status.say(line)
    if request.as_json:
        await output.write(as_line(attaching.as_json(fitting, ratio)) + "\n")
    return fitting


def _tell(message: str) -> None:
    click.echo(f"llamachat: {printable(message)}", err=True)


def _display(request: Request, output: Output, status: StatusLine, chat_id: str | None) -> Display:
    if request.as_json:
        return JsonDisplay(output, status, stream=request.stream, chat_id=chat_id)
    return TextDisplay(output, status, stream=request.stream, shared=sys.stdout.isatty())


async def _chat(store: StoreThread, request: Request) -> str | None:
    """The id of the chat to go on with; None for a new one.

    Raises:
        UsageProblem: there is none like the one asked for.
    """
    if request.chat_id is None and not request.go_on:
        return None
    wanted = request.chat_id
    chats = await store.read(lambda s: s.list_chats(1 if wanted is None else None))
    if wanted is not None:
        return chat_ids.find(wanted, chats).id
    if not chats:
        raise UsageProblem("There is no chat to go on with yet.")
    return chats[0].id


async def _run(
    events: AsyncGenerator[TurnEvent, None], stop: Stop, display: Display, output: Output, interrupts: Interrupts
) -> TurnEvent | signal.Signals:
    """Shows the events and returns the last one; or has the answer stopped when a signal comes, and returns that.

    Raises:
        OSError: an event could not be written; the answer was stopped first.
    """
    showing = asyncio.create_task(_show(events, stop, display))
    interrupted = asyncio.create_task(interrupts.wait())
    try:
        await asyncio.wait((showing, interrupted), return_when=asyncio.FIRST_COMPLETED)
        number = interrupts.take()
        if number is None:
            return showing.result()
        await stop()
        again = asyncio.create_task(interrupts.wait())
        await asyncio.wait((showing, again), timeout=STOP_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        again.cancel()
        # Whoever reads may have stopped reading, and the last events wait behind what it does not take.
        output.discard()
        await asyncio.wait((showing,), timeout=STOP_TIMEOUT_S)
        return number
    finally:
        await cancel_and_wait(showing, interrupted)


async def _show(events: AsyncGenerator[TurnEvent, None], stop: Stop, display: Display) -> TurnEvent:
    """Shows the events and returns the last one.

    Raises:
        OSError: one could not be written; the answer was stopped first.
    """
    failure: OSError | None = None
    async with aclosing(events):
        async for event in events:
            if failure is None:
                try:
                    await display.show(event)
                except OSError as error:
                    failure = error
                    await stop()
    if failure is not None:
        raise failure
    return event
