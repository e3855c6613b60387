"""One question put to the fleet: what `ask` and the line mode share."""

from __future__ import annotations

import time
import uuid
from typing import Final

from llamachat.cli.invocation import EXIT_FAILED, EXIT_NO_NODE
from llamachat.config import sampling
from llamachat.config.schema import ChatSettings
from llamachat.fleet import Turn
from llamachat.fleet.events import Failed, TurnEvent
from llamachat.fleet.recording import RecordedTurn, add_question, conversation
from llamachat.protocol import Params, PromptMessage
from llamachat.store import Store, StoreThread

NO_NODE_CODE: Final = "no_node"


async def kept(
    store: StoreThread, chat_id: str, chat: ChatSettings, params: Params, question: str, *, wait: bool
) -> RecordedTurn:
    """The question as the fleet takes it, kept at the end of its chat; `wait` for a node when none can be reached.

    Raises:
        StoreError: it cannot be kept.
    """
    asked_at = time.time()

    def keep(s: Store) -> RecordedTurn:
        parent = add_question(s, chat_id, question, asked_at)
        messages = conversation(chat.system_prompt, s.active_path(chat_id))
        return RecordedTurn(_turn(chat, params, chat_id, messages, wait=wait), parent.id, asked_at)

    return await store.run(keep)


def passing(chat: ChatSettings, params: Params, question: str) -> Turn:
    """The question as the fleet takes it, without a chat that keeps it."""
    messages = (*conversation(chat.system_prompt, ()), PromptMessage("user", question))
    return _turn(chat, params, _new_id(), messages, wait=False)


def exit_status(last: TurnEvent) -> int:
    """How the last event of a turn counts for whoever started the program."""
    if not isinstance(last, Failed):
        return 0
    return EXIT_NO_NODE if last.code == NO_NODE_CODE else EXIT_FAILED


def _turn(chat: ChatSettings, params: Params, chat_id: str, messages: tuple[PromptMessage, ...], *, wait: bool) -> Turn:
    return Turn(
        message_id=_new_id(),
        chat_id=chat_id,
        messages=messages,
        model=sampling.model(chat),
        params=params,
        wait_for_node=wait,
    )


def _new_id() -> str:
    return uuid.uuid4().hex
