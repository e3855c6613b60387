"""One question put to the fleet: what `ask` and the line mode share."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from typing import Final

from llamachat.cli.invocation import EXIT_FAILED, EXIT_NO_NODE
from llamachat.config import sampling
from llamachat.config.holding import holding, holding_for
from llamachat.config.schema import ChatSettings
from llamachat.documents.document import Document
from llamachat.fleet import Turn, prompts
from llamachat.fleet.events import Failed, TurnEvent
from llamachat.fleet.outbox import Taken
from llamachat.fleet.recording import RecordedTurn
from llamachat.protocol import ChatMessage, PromptMessage
from llamachat.store import OwnSettings, Store, StoreThread

NO_NODE_CODE: Final = "no_node"


async def kept(
    store: StoreThread,
    chat_id: str,
    chat: ChatSettings,
    said: OwnSettings,
    question: str,
    documents: Sequence[Document] = (),
    *,
    wait: bool,
) -> RecordedTurn:
    """The question as the fleet takes it, kept with its files at the end of its chat; `chat` are the settings of the
    file, `said` those for this question alone; `wait` for a node when none can be reached.

    Raises:
        StoreError: it cannot be kept.
    """
    asked_at = time.time()

    def keep(s: Store) -> RecordedTurn:
        parent = prompts.keep_question(s, chat_id, question, asked_at, documents)
        return _recorded(s, chat, said, chat_id, parent, wait=wait)

    return await store.run(keep)


async def waited(store: StoreThread, taken: Taken, chat: ChatSettings) -> RecordedTurn:
    """A question that waited, and is part of its chat already, as the fleet takes it: with the settings that the chat
    has by now.

    Raises:
        StoreError: the history cannot be read.
    """
    said = OwnSettings(model=taken.item.request.get("model"))
    return await store.read(lambda s: _recorded(s, chat, said, taken.item.chat_id, taken.question, wait=True))


def _recorded(
    s: Store, chat: ChatSettings, said: OwnSettings, chat_id: str, question: ChatMessage, *, wait: bool
) -> RecordedTurn:
    held = holding_for(s, chat_id, chat, said)
    messages = prompts.prompt(s, held.system_prompt, s.active_path(chat_id))
    return RecordedTurn(_turn(held, chat_id, messages, wait=wait), question.id, question.created_at)


def passing(chat: ChatSettings, said: OwnSettings, question: str, documents: Sequence[Document] = ()) -> Turn:
    """The question as the fleet takes it, without a chat that keeps it."""
    held = holding(chat, said)
    return _turn(held, _new_id(), prompts.passing_prompt(held.system_prompt, question, documents), wait=False)


def exit_status(last: TurnEvent) -> int:
    """How the last event of a turn counts for whoever started the program."""
    if not isinstance(last, Failed):
        return 0
    return EXIT_NO_NODE if last.code == NO_NODE_CODE else EXIT_FAILED


def _turn(held: ChatSettings, chat_id: str, messages: tuple[PromptMessage, ...], *, wait: bool) -> Turn:
    return Turn(
        message_id=_new_id(),
        chat_id=chat_id,
        messages=messages,
        model=sampling.model(held),
        params=sampling.params(held.sampling),
        wait_for_node=wait,
    )


def _new_id() -> str:
    return uuid.uuid4().hex
