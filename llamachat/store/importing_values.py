"""What every reader of another program's export needs: ids, times, stamps, and the list of what was left out."""

from __future__ import annotations

import json
import math
import re
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from llamachat.base.text import one_line
from llamachat.protocol.stamps import MAX_AHEAD_MS

_NAMESPACE: Final = uuid.UUID("6f0a3c52-8a0e-5b0b-9d8e-0c6f3a1f7b21")
_MOST_KINDS: Final = 50
_BACKTICKS: Final = re.compile("`+")
_MILLISECONDS_FROM: Final = 100_000_000_000  # as seconds, the year 5138


class LeftOut:
    """Counts what a reader did not take over, by kind; kinds that come from the file are bounded."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, kind: str, count: int = 1) -> None:
        """Notes `count` more of `kind`."""
        kind = one_line(kind, 80)
        if kind not in self._counts and len(self._counts) >= _MOST_KINDS:
            kind = "other"
        self._counts[kind] += count

    def items(self) -> tuple[tuple[str, int], ...]:
        """Kinds and numbers, the most frequent first."""
        return tuple(self._counts.most_common())


def own_id(*names: str) -> str:
    """An id of ours for something that another program named; the same names give the same id.

    Their own ids cannot be kept: a chat that was forked there has its messages under the same ids as the original.
    """
    return uuid.uuid5(_NAMESPACE, json.dumps(names)).hex


def seconds(value: object, now: float) -> float | None:
    """A time as Unix seconds, from seconds or milliseconds; None when it is none, or in the future."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 10**15:
        return None
    unix = float(value) / (1000 if value >= _MILLISECONDS_FROM else 1)
    return unix if math.isfinite(unix) and unix <= now + MAX_AHEAD_MS / 1000 else None


def stamps(program: str, created_at: float, updated_at: float | None) -> dict[str, str]:
    """Stamps for the fields of an imported chat: what is renamed or pinned here stays so when a later export of the
    same chat comes in, and the chat then ends where it was last gone on with."""

    def stamp(at: float) -> str:
        return f"{int(at * 1000):013d}-0000-{program}"

    created = stamp(created_at)
    return {"title": created, "pinned": created, "active_leaf": stamp(max(created_at, updated_at or 0.0))}


def from_the_beginning(parents: Mapping[str, str]) -> list[tuple[str, str | None]]:
    """Every name once, after its parent, with that: None where the parent is not there, and where a circle is cut."""
    children: dict[str, list[str]] = {}
    for name, parent in parents.items():
        children.setdefault(parent, []).append(name)
    ordered: dict[str, str | None] = {}
    beginnings = [name for name, parent in parents.items() if parent not in parents]
    for beginning in [*beginnings, *parents]:
        todo: list[tuple[str, str | None]] = [(beginning, None)]
        while todo:
            name, parent_or_none = todo.pop()
            if name not in ordered:
                ordered[name] = parent_or_none
                todo += [(child, name) for child in children.get(name, [])]
    return list(ordered.items())


def string(value: object) -> str:
    """The value when it is a string, else nothing."""
    return value if isinstance(value, str) else ""


def mapping(value: object) -> dict[str, Any]:
    """The value when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    """The value when it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def fenced(text: str, language: str = "") -> str:
    """The text as a code block that nothing in it can end."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    name = language if language.isalnum() and language != "unknown" else ""
    return f"{fence}{name}\n{text}\n{fence}"
