"""What the list of waiting questions says, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from llamachat.base.text import one_line
from llamachat.fleet import NodeSnapshot
from llamachat.fleet.outbox import Waiting, takes_work
from llamachat.tui.actions import key_names
from llamachat.tui.answers import LiveAnswer
from llamachat.tui.keymap import OwnKeys, find, keys_of

_WORDS: Final = 200
"""Characters of a question that are shown at most; the width of the list cuts them further."""


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """One waiting question: its place from 1, how it begins, the chat it belongs to where that is not the open one, and
    why it waits."""

    item_id: str
    place: int
    text: str
    chat: str
    why: str


def waiting_rows(
    waiting: Sequence[Waiting],
    *,
    open_chat: str | None,
    live: Mapping[str, LiveAnswer],
    owner: str,
    nodes: Sequence[NodeSnapshot],
    now: float,
) -> tuple[WaitingRow, ...]:
    """A row for each, in their order. `live` are the running answers by chat, `owner` is this client."""
    rows: list[WaitingRow] = []
    begun: set[str] = set()
    for place, one in enumerate(waiting, 1):
        item = one.item
        chat = "" if item.chat_id == open_chat else one_line(one.title, 40) or "another chat"
        if item.owner is not None:
            why = "being edited" if item.owner == owner else "held by another llamachat"
        elif item.chat_id in begun:
            why = "after the one before it"
        else:
            why = _why_first(one, live.get(item.chat_id), nodes, now)
        begun.add(item.chat_id)
        files = ", ".join(file.name for file in item.attachments)
        rows.append(WaitingRow(item.id, place, one_line(item.text.strip() or files, _WORDS), chat, why))
    return tuple(rows)


def summary(rows: Sequence[WaitingRow]) -> str:
    """All of them in one line: `2 waiting: Why is the sky blue? · And the sea? (after the running answer)`."""
    if not rows:
        return ""
    return f"{len(rows)} waiting: {' · '.join(row.text for row in rows)}"


def hint(own: OwnKeys) -> str:
    """The keys of the open list, in as few cells as they can be said; `own` are the person's own."""
    told = (("edit", "edit"), ("up", ""), ("down", "move"), ("send", "send now"), ("drop", "drop"))
    words: list[str] = []
    for action_id, label in told:
        action = find(f"outbox.{action_id}")
        assert action is not None, action_id
        key = min(keys_of(action, own), key=len, default="")
        if key:
            words.append(f"{key_names(key)} {label}".strip() + (" " if not label else "  "))
    return "".join(words).strip()


def _why_first(one: Waiting, live: LiveAnswer | None, nodes: Sequence[NodeSnapshot], now: float) -> str:
    if live is not None:
        return f"after the running answer: {live.phase}" if live.phase not in ("", "…") else "after the running answer"
    if not nodes:
        return "no node is configured"
    if not takes_work(nodes):
        tries = [node.retry_at for node in nodes if node.retry_at is not None]
        again = f", next try in {max(0, round(min(tries) - now))} s" if tries else ""
        return f"no node{again}" if again else "no node takes work"
    if one.after_failure:
        return "the answer before it failed"
    return "goes next"
