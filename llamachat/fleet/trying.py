"""Waiting until the fleet knows how its nodes are, and one look at an address that is not part of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from llamachat.fleet.address import NodeAddress
from llamachat.fleet.fleet import Fleet
from llamachat.fleet.snapshot import NodeSnapshot


async def settled(fleet: Fleet, is_open: Callable[[NodeSnapshot], bool], timeout_s: float) -> None:
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


async def look_at(address: NodeAddress, timeout_s: float) -> NodeSnapshot:
    """How the node at this address is: as soon as that is known, or what is known when the time is up."""
    async with Fleet([address]) as fleet:
        await settled(fleet, is_connecting, timeout_s)
        (snapshot,) = fleet.snapshots()
    return snapshot
