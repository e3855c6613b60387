"""A thing that can be chosen from a list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """`key` chooses it at once, where it has one; `detail` is said behind it."""

    id: str
    label: str
    key: str = ""
    detail: str = ""
