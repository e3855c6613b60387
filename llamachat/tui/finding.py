"""What the searches show, as values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Final

from textual.content import Content

from llamachat.base.text import one_line, printable
from llamachat.store import SearchHit
from llamachat.store.snippets import fold

SYNTAX: Final = (
    'Words, "a phrase", begin* and filters: role:user in:folder model:name node:name after:2025-03 before:yesterday'
)
NOTHING: Final = (
    "No conversation has all of that. Use fewer words, the beginning of one with * behind it, or leave a filter out."
)
_TITLE: Final = 60


def hit_lines(hit: SearchHit, zone: tzinfo | None) -> Content:
    """Two lines for a hit: where and when, and the words around what was found, which are bold and underlined."""
    day = datetime.fromtimestamp(hit.created_at, zone).strftime("%Y-%m-%d")
    who = {"user": f"you · {day}", "assistant": f"answer · {day}", "system": f"system · {day}", None: "title"}[hit.role]
    folder = f" · {one_line(hit.folder, 24)}" if hit.folder else ""
    head = Content.assemble((one_line(hit.title, _TITLE) or "New chat", "bold"), (f"  {who}{folder}", "$text-muted"))
    parts = [(printable(part.text), "bold underline" if part.match else "") for part in hit.snippet]
    return Content("\n").join([head, Content.assemble("  ", *parts)])


def spans(line: str, needle: str) -> list[tuple[int, int]]:
    """Where `needle` stands in a line, without regard to case and diacritics: starts and ends."""
    wanted, text = fold(needle), fold(line)
    found: list[tuple[int, int]] = []
    at = text.find(wanted) if wanted else -1
    while at >= 0:
        found.append((at, at + len(wanted)))
        at = text.find(wanted, at + len(wanted))
    return found


def find_status(needle: str, hits: Sequence[str], at: int | None, keys: tuple[str, str]) -> str:
    """What the find bar says: how many messages have it, and which of them is shown; `keys` lead to the next one and
    to the one before."""
    if not needle:
        return ""
    if not hits:
        return "not in this conversation"
    if at is None:
        return f"{len(hits)} message{'s' if len(hits) != 1 else ''}, Enter goes there"
    return f"{at + 1} of {len(hits)}, {keys[0]} next, {keys[1]} before"
