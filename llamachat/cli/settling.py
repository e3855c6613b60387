"""Waiting until the fleet has found out how its nodes are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from llamachat.fleet import Fleet, NodeSnapshot

ANSWER_TIMEOUT_S: Final = 7.0
"""How long a node may take to say how it is; a connection that cannot be opened is given up before that."""


async def settled(fleet: Fleet, is_open: Callable[[NodeSnapshot], bool], timeout_s: float = ANSWER_TIMEOUT_S) -> None:
    """Until `is_open` holds for no node any more, or the time is up: what is known by then has to do."""
    changed = asyncio.Event()
    unsubscribe = fleet.subscribe(changed.set)
    try:
        async with asyncio.timeout(timeout_s):
            while any(is_open(node) for node in fleet.snapshots()):
                changed.clear()
                await changed.wait()
    except TimeoutError:
        return
    finally:
        unsubscribe()


def is_connecting(node: NodeSnapshot) -> bool:
    """Whether it is not known yet if the node can be reached."""
    return node.state == "connecting"


def is_silent(node: NodeSnapshot) -> bool:
    """Whether it is not known yet how the node is."""
    return is_connecting(node) or (node.connected and node.status is None)
