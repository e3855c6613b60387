"""The conversation that the daemon keeps for a connection whose client speaks the shorthand: one text in, no ids."""

from __future__ import annotations

import secrets
from typing import Final

from llamachat.protocol import PromptMessage, UserMessage

MAX_WAITING_MESSAGES: Final = 16
"""Messages of one connection that wait for the answer to the one before."""

MAX_CONVERSATION_CHARACTERS: Final = 1_000_000
"""Text of the conversation that is kept, in code points; the oldest turns are forgotten first. No model reads more."""


class Conversation:
    """The turns so far: user and assistant in alternation."""

    def __init__(self) -> None:
        self.chat_id = new_id()
        self._turns: list[PromptMessage] = []

    def ask(self, content: str, model: str) -> UserMessage:
        """The request for the next answer. Either `answered` or `unanswered` follows before the next one."""
        self._turns.append(PromptMessage("user", content))
        self._forget()
        return UserMessage(id=new_id(), chat_id=self.chat_id, model=model, messages=list(self._turns))

    def answered(self, text: str) -> None:
        """The answer, whole or as far as it came; one without any text does not count as a turn."""
        if text:
            self._turns.append(PromptMessage("assistant", text))
        else:
            self.unanswered()

    def unanswered(self) -> None:
        """There was no answer: the question is taken back, so that the turns still alternate."""
        self._turns.pop()

    def _forget(self) -> None:
        length = sum(len(turn.content) for turn in self._turns)
        while length > MAX_CONVERSATION_CHARACTERS and len(self._turns) > 2:
            length -= sum(len(turn.content) for turn in self._turns[:2])
            del self._turns[:2]


def new_id() -> str:
    """An id that nobody else has."""
    return secrets.token_hex(12)
