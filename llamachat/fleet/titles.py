"""Titles that a model writes for new chats, while nothing else is to be done.

A turn that is kept nowhere: the node and the model that gave the first answer are asked for a few words, and these take
the place of the question's own first words, never of a title that a person gave.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Protocol

from llamachat.base.guide import GUIDE_MODEL
from llamachat.base.text import one_line
from llamachat.fleet.events import Failed, Finished
from llamachat.fleet.prompts import prompt
from llamachat.fleet.recording import Asker
from llamachat.fleet.turn import Turn
from llamachat.protocol import Params, PromptMessage
from llamachat.store import Store, StoreError, StoreThread, first_title
from llamachat.store.titles import MAX_TITLE_CHARACTERS

logger = logging.getLogger("llamachat.fleet")

MAX_TITLE_WORDS: Final = 6
"""What the model is asked to stay within."""

_INSTRUCTION: Final = (
    f"Write a title for this conversation, in its own language and in at most {MAX_TITLE_WORDS} words."
    " Reply with the title alone: no quotation marks, no Markdown, no explanation."
)
_QUOTES: Final = "\"'`“”„‘’«»‹›「」『』"
_BEFORE: Final = " *_#:-–—"
_AFTER: Final = " *_.:-–—"
_LABEL: Final = "title:"
_THOUGHTS: Final = "<think"


@dataclass(frozen=True, slots=True)
class TitleLimits:
    """What a title may cost."""

    tokens: int = 32
    """Tokens of the model: six words in any language, with room."""
    deadline_s: float = 10.0
    """Seconds after which the title is given up."""


class TitleAsker(Asker, Protocol):
    """What is needed of a fleet."""

    def cancel_attempt(self, node: str, attempt_id: str) -> bool:
        """As `Fleet.cancel_attempt`."""


@dataclass(frozen=True, slots=True)
class Untitled:
    """A chat with a first answer whose title, `words`, is still made of the first words of the question."""

    chat_id: str
    words: str
    node: str
    model: str
    messages: tuple[PromptMessage, ...]


def untitled(store: Store, chat_id: str, system_prompt: str) -> Untitled | None:
    """What to ask for a chat's title, and whom; None when it has a title, or no answer yet that one could be made from.

    The prompt begins as that of the conversation did, so that the node need not read it again.

    Raises:
        StoreError: the history cannot be read.
    """
    path = store.messages(store.active_ids(chat_id)[:2])
    chat = store.summary(chat_id)
    if [message.role for message in path] != ["user", "assistant"] or chat.deleted_at is not None:
        return None
    question, answer = path
    is_whole = answer.state == "complete" and answer.finish_reason in ("stop", "length")
    if not is_whole or answer.model in (None, GUIDE_MODEL) or not answer.seams or chat.title != first_title(question):
        return None
    assert answer.model is not None
    messages = (*prompt(store, system_prompt, path), PromptMessage("user", _INSTRUCTION))
    return Untitled(chat_id, chat.title, answer.seams[-1].node, answer.model, messages)


def title_from(text: str) -> str:
    """The title in what a model wrote: one line without marks around it; "" where there is none that can be used."""
    if _THOUGHTS in text:
        return ""
    for line in text.splitlines():
        if line.rstrip().endswith((":", "：")):  # announces the title
            continue
        title = _bare(one_line(line.replace("**", "").replace("`", ""), 1000))
        if title.lower().startswith(_LABEL):
            title = _bare(title[len(_LABEL) :])
        if any(character.isalnum() for character in title):
            return title if len(title) <= MAX_TITLE_CHARACTERS else ""
    return ""


def _bare(text: str) -> str:
    text = text.lstrip(_BEFORE).rstrip(_AFTER)
    while len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES and not {text[0], text[-1]} & set(text[1:-1]):
        text = text[1:-1].lstrip(_BEFORE).rstrip(_AFTER)
    return text


class TitleWriter:
    """Writes one title at a time, for each chat once.

    Args:
        asker: the fleet.
        store: the history.
    """

    def __init__(self, asker: TitleAsker, store: StoreThread, limits: TitleLimits | None = None) -> None:
        self._asker = asker
        self._store = store
        self._limits = limits or TitleLimits()
        self._writing: asyncio.Task[bool] | None = None
        self._message_id = ""
        self._done: set[str] = set()  # chats that were asked about to the end, whatever came of it

    async def write(self, chat_id: str, system_prompt: str) -> bool:
        """Has the chat named, if it is without a title of its own; whether it was. Fails silently."""
        if self._writing is not None or chat_id in self._done:
            return False
        try:
            async with asyncio.TaskGroup() as group:
                writing = self._writing = group.create_task(self._write(chat_id, system_prompt))
        finally:
            self._writing = None
        return not writing.cancelled() and writing.result()

    def stop(self) -> None:
        """Gives up what is being written, at its node too: there is something better to do."""
        if self._writing is None:
            return
        held = self._asker.held(self._message_id)
        if held is not None and held.node is not None and held.attempt_id is not None:
            self._asker.cancel_attempt(held.node, held.attempt_id)
        self._writing.cancel()

    async def _write(self, chat_id: str, system_prompt: str) -> bool:
        try:
            chat = await self._store.read(lambda store: untitled(store, chat_id, system_prompt))
            if chat is None:
                return False
            title = await self._ask(chat)
            self._done.add(chat_id)
            if not title:
                return False
            return await self._store.run(lambda store: store.suggest_title(chat_id, title, replacing=chat.words))
        except StoreError as error:
            logger.debug("No title for the chat %s: %s", chat_id, error)
            return False

    async def _ask(self, chat: Untitled) -> str:
        """The title; "" without one."""
        self._message_id = uuid.uuid4().hex
        turn = Turn(
            message_id=self._message_id,
            chat_id=chat.chat_id,
            messages=chat.messages,
            model=chat.model,
            params=Params(temperature=0.0, max_tokens=self._limits.tokens, deadline_s=self._limits.deadline_s),
            node=chat.node,
            wait_for_node=False,
        )
        async with aclosing(self._asker.ask(turn)) as events:
            async for event in events:
                match event:
                    case Finished(finish_reason="stop"):
                        title = title_from(event.text)
                        if not title:
                            logger.debug("No title for the chat %s: the model wrote none", chat.chat_id)
                        return title
                    case Finished():
                        logger.debug("No title for the chat %s: it ended as %s", chat.chat_id, event.finish_reason)
                    case Failed():
                        logger.debug("No title for the chat %s: %s", chat.chat_id, one_line(event.message))
        return ""
