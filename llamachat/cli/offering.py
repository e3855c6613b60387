"""Nodes that could be added: looking for them, telling of them, writing one down."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from llamachat.base.problems import ConfigError, shown
from llamachat.cli.invocation import CommandError, Invocation, UsageProblem

if TYPE_CHECKING:
    from llamachat.config.schema import NodeSettings
    from llamachat.fleet import NodeAddress, NodeSnapshot
    from llamachat.fleet.discovery import Offer
    from llamachat.fleet.limits import FleetLimits

LOOK_TIMEOUT_S: Final = 2.0
"""How long a daemon on this machine may take to say hello."""

NOTHING: Final = "Nothing was found: no daemon on this machine, and no node names a peer that is not in the settings."


async def survey(
    addresses: Sequence[NodeAddress], known: Sequence[str], limits: FleetLimits
) -> tuple[tuple[NodeSnapshot, ...], NodeSnapshot | None]:
    """How these nodes are, and the daemon on this machine where none of them or of the `known` URLs is that."""
    from llamachat.cli.settling import is_silent, settled
    from llamachat.fleet import Fleet
    from llamachat.fleet.discovery import to_look_at

    async with Fleet(addresses, limits=limits) as fleet, asyncio.TaskGroup() as group:
        looking = group.create_task(look_at(to_look_at([*(address.url for address in addresses), *known])))
        await settled(fleet, is_silent)
        snapshots = fleet.snapshots()
    return snapshots, looking.result()


async def look_at(address: NodeAddress | None) -> NodeSnapshot | None:
    """The daemon at an address, if one says hello there; None without an address."""
    from llamachat.fleet import trying

    if address is None:
        return None
    snapshot = await trying.look_at(address, LOOK_TIMEOUT_S)
    return snapshot if snapshot.hello is not None else None


def lines(offers: Sequence[Offer]) -> list[str]:
    """What people read; nothing without offers."""
    if not offers:
        return []
    width = max(len(offer.url) for offer in offers)
    told = [f"  {offer.url.ljust(width)}  {_origin(offer)}" for offer in offers]
    return ["Could be added:", *told, "Add one with `llamachat nodes --add URL`."]


def _origin(offer: Offer) -> str:
    parts = [f'runs on this machine as "{offer.name}"'] if offer.name else []
    if offer.named_by:
        parts.append(f"named by {', '.join(offer.named_by)}")
    return ", ".join(parts)


def as_json(offer: Offer) -> dict[str, Any]:
    """One offer as plain values."""
    return {"url": offer.url, "name": offer.name or None, "named_by": list(offer.named_by)}


def add(invocation: Invocation, text: str) -> str:
    """Writes a node down in the settings file; returns a sentence about it.

    Raises:
        UsageProblem: `text` is no address, or the settings are wrong.
        CommandError: the file cannot be written.
    """
    from llamachat.config import saving
    from llamachat.config.rules import full_url
    from llamachat.config.schema import NodeSettings

    try:
        url = full_url(text)
    except ValueError:
        raise UsageProblem(f"{shown(text)} is no address of a node; one looks like ws://HOST:13000/chat.") from None
    nodes = invocation.settings().nodes
    file = invocation.places().config_file
    there = next((node.name for node in nodes if node.url == url), None)
    if there is not None:
        return f"{url} is in {file} already, as {there}."
    try:
        saving.add_node(file, NodeSettings(url=url, name=_free_name(url, nodes)))
    except ConfigError as error:
        raise UsageProblem(f"The settings cannot be used.\n{error}") from None
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror or error}.") from None
    return f"{url} was added to {file}. `llamachat nodes` shows how it is."


def _free_name(url: str, nodes: Sequence[NodeSettings]) -> str:
    """Nothing where the name that the URL gives is free, else the whole URL."""
    from llamachat.config.rules import name_of

    return url if name_of(url) in {node.name for node in nodes} else ""
