"""How long a command waits for the fleet to find out how its nodes are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from llamachat.fleet import Fleet, NodeSnapshot, trying
from llamachat.fleet.trying import is_connecting, is_silent

__all__ = ["ANSWER_TIMEOUT_S", "is_connecting", "is_silent", "settled"]

ANSWER_TIMEOUT_S: Final = 7.0
"""How long a node may take to say how it is; a connection that cannot be opened is given up before that."""


async def settled(fleet: Fleet, is_open: Callable[[NodeSnapshot], bool]) -> None:
    """Until `is_open` holds for no node any more, or the time is up: what is known by then has to do."""
    await trying.settled(fleet, is_open, ANSWER_TIMEOUT_S)
