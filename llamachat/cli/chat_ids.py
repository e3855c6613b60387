"""Chats named on a command line: by the beginning of their id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from llamachat.base.text import one_line
from llamachat.cli.invocation import UsageProblem
from llamachat.store import ChatSummary

SHORTEST: Final = 8
"""Characters of an id that are shown, where they tell the chats apart."""


def short(chat_id: str) -> str:
    """An id as it is shown."""
    return chat_id[:SHORTEST]


def find(
    wanted: str, chats: Sequence[ChatSummary], *, what: str = "chat", listed_by: str = "llamachat chats list"
) -> ChatSummary:
    """The chat whose id is `wanted` or alone begins so. `what` they are and what lists them stands in the errors.

    Raises:
        UsageProblem: none does, or several do.
    """
    matches = [chat for chat in chats if chat.id == wanted] or [chat for chat in chats if chat.id.startswith(wanted)]
    if not wanted or not matches:
        raise UsageProblem(f"There is no {what} {one_line(wanted, 64)}; `{listed_by}` shows their ids.")
    if len(matches) > 1:
        ids = ", ".join(chat.id for chat in matches[:3])
        raise UsageProblem(f"{len(matches)} {what}s begin with {one_line(wanted, 64)}: {ids}; give more of it.")
    return matches[0]
