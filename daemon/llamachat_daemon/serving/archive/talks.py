"""Conversations in the shorthand, which the daemon archives itself: their clients keep nothing."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from llamachat.base.text import one_line
from llamachat.protocol import Chat, ChatMessage, ProtocolError, Seam
from llamachat_daemon.serving.archive.archive import Archive
from llamachat_daemon.serving.generations import Ending, Generation
from llamachat_daemon.serving.shorthand import new_id

TITLE_CHARACTERS: Final = 60

_log = logging.getLogger(__name__)


class ArchivedTalk:
    """One conversation on its way into the archive. `node` is the name of this node.

    A question is kept when it is asked, its answer when that has ended, whether or not the client is still there. One
    that got no answer stays a branch of its own: the next question follows the last answer.
    """

    def __init__(self, archive: Archive, principal: str, node: str) -> None:
        self._archive = archive
        self._principal = principal
        self._node = node
        self._chat: Chat | None = None
        self._leaf: str | None = None
        self._before: asyncio.Task[None] | None = None

    def exchange(self, question: str, generation: Generation) -> None:
        """Keeps a question, and its answer when there is one. The one before must be over."""
        self._before = self._archive.beside(self._keep(question, generation, self._before))

    async def _keep(self, question: str, generation: Generation, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])  # times and stamps are in the order of the conversation
        now = time.time()
        asked = ChatMessage(id=new_id(), parent_id=self._leaf, role="user", content=question, created_at=now)
        if self._chat is None:
            title, stamps = one_line(question, TITLE_CHARACTERS), {"title": self._archive.clock.stamp()}
            self._chat = Chat(id=generation.chat_id, title=title, created_at=now, stamps=stamps)
        try:
            await self._save(self._chat, asked)
            await generation.over()
            if (answer := self._answer(asked.id, generation)) is not None:
                self._leaf = answer.id
                await self._save(self._chat, answer)
        except ProtocolError as error:
            _log.warning("a conversation of %s was not archived: %s", self._principal, error)

    async def _save(self, chat: Chat, message: ChatMessage) -> None:
        stamps = {**chat.stamps, "active_leaf": self._archive.clock.stamp()}
        await self._archive.save(
            self._principal,
            Chat(
                id=chat.id,
                title=chat.title,
                created_at=chat.created_at,
                active_leaf=message.id,
                stamps=stamps,
                messages=[message],
            ),
        )

    def _answer(self, question_id: str, generation: Generation) -> ChatMessage | None:
        """The answer as far as it came; None where there is none that the conversation goes on from."""
        outcome, text = generation.outcome, generation.record.text()
        if not isinstance(outcome, Ending) or not text:
            return None
        return ChatMessage(
            id=generation.message_id,
            parent_id=question_id,
            role="assistant",
            content=text,
            created_at=time.time(),
            model=generation.model,
            seams=[Seam(self._node, 0)],
            usage=outcome.usage,
            timings=outcome.timings,
            finish_reason=outcome.reason,
        )
