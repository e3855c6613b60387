"""Nodes that could be added to the fleet: those that a node names as its peers, and one on this machine. Pure.

Nothing is added, and no peer is connected to: an address that somebody else wrote is shown to the person, who decides.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from llamachat.base.text import one_line
from llamachat.fleet.address import NodeAddress
from llamachat.fleet.snapshot import NodeSnapshot
from llamachat.protocol import DEFAULT_PORT

MAX_OFFERS: Final = 64
"""A node may name any number of peers; no more than so many are shown."""

_MAX_URL_CHARACTERS: Final = 512
_PORTS: Final = {"ws": 80, "wss": 443}
_LOOPBACK: Final = "localhost"

Place = tuple[str, int]
"""Host and port; all names of this machine's loopback are one host."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A node that is not part of the fleet. `named_by` are the nodes that named it, none when it was found on this
    machine; `name` is what it calls itself, empty when nobody asked it."""

    url: str
    named_by: tuple[str, ...] = ()
    name: str = ""


def place_of(url: str) -> Place | None:
    """Where a `ws://` or `wss://` URL leads; None for anything that a client does not connect to: another scheme, no
    host, credentials, a query, characters that are not printed as they are."""
    if len(url) > _MAX_URL_CHARACTERS or one_line(url, _MAX_URL_CHARACTERS) != url or " " in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        return None
    if port == 0:
        return None
    host = parts.hostname.removesuffix(".")
    return (_LOOPBACK if _is_loopback(host) else host, port or _PORTS[parts.scheme])


def is_this_machine(url: str) -> bool:
    """Whether a URL leads to this machine's loopback, so that nothing sent there can be overheard."""
    place = place_of(url)
    return place is not None and place[0] == _LOOPBACK


def to_look_at(known: Iterable[str], port: int = DEFAULT_PORT) -> NodeAddress | None:
    """Where a daemon of this machine would listen by default; None when one of the known URLs leads there."""
    if (_LOOPBACK, port) in {place_of(url) for url in known}:
        return None
    url = f"ws://127.0.0.1:{port}/chat"
    return NodeAddress(url, url)


def offers(
    nodes: Sequence[NodeSnapshot], here: NodeSnapshot | None = None, known: Iterable[str] = ()
) -> tuple[Offer, ...]:
    """What could be added to these nodes: first the daemon on this machine, then peers, in the order of their naming.

    Args:
        nodes: the fleet.
        here: what was seen at `to_look_at`.
        known: URLs of further nodes, which are not offered either.
    """
    taken = {place_of(url) for url in (*(node.url for node in nodes), *known)}
    found: dict[Place, Offer] = {}
    if here is not None and here.hello is not None and here.hello.node.id not in _ids(nodes):
        place = place_of(here.url)
        if place is not None and place not in taken:
            found[place] = Offer(here.url, name=one_line(here.hello.node.name, 64))
    for node in nodes:
        for url in node.hello.peers if node.hello is not None else ():
            place = place_of(url)
            if place is None or place in taken or not _means_the_same_here(place, node):
                continue
            before = found.get(place, Offer(url))
            if node.name not in before.named_by:
                found[place] = Offer(before.url, (*before.named_by, node.name), before.name)
            if len(found) == MAX_OFFERS:
                return tuple(found.values())
    return tuple(found.values())


def _ids(nodes: Sequence[NodeSnapshot]) -> set[str]:
    return {node.hello.node.id for node in nodes if node.hello is not None}


def _means_the_same_here(place: Place, named_by: NodeSnapshot) -> bool:
    """A loopback address that another machine names is that machine's own."""
    own = place_of(named_by.url)
    return place[0] != _LOOPBACK or (own is not None and own[0] == _LOOPBACK)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == _LOOPBACK or host.endswith(f".{_LOOPBACK}")
