"""Changes to the list of nodes: in the fleet at once, and in the settings file where the nodes stand there."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from llamachat.base.problems import ConfigError
from llamachat.base.text import one_line
from llamachat.config import loading, saving
from llamachat.config.context import addresses
from llamachat.config.schema import NodeSettings
from llamachat.fleet import NodeAddress
from llamachat.tui.services import Services

_T = TypeVar("_T")


class NotKeptError(Exception):
    """A change holds for now but could not be kept; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class Removed:
    """A node that was taken out, with all that brings it back: the order before, and what was saved, if anything."""

    address: NodeAddress
    order: tuple[str, ...]
    saved: saving.Saved | None


class NodesKeeping:
    """What a person does to the list of nodes. Files are written in a thread."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def reorder(self, names: Sequence[str]) -> str:
        """A new order; returns what was kept of it.

        Raises:
            NotKeptError: the settings file could not be written.
        """
        self._services.fleet.reorder(names)
        file = self._services.config_file
        kept = await self._kept_names()
        if file is None or not kept:
            return "It holds until you leave: these nodes are not in the settings file."
        await _in_thread(partial(saving.reorder_nodes, file, [name for name in names if name in kept]), file)
        passing = [name for name in names if name not in kept]
        return "Saved." + (f" Not in the settings file: {', '.join(passing)}." if passing else "")

    async def add(self, node: NodeSettings) -> str:
        """A further node, which is connected to at once; returns what was kept of it.

        Raises:
            ValueError: its name is taken.
            NotKeptError: the settings file could not be written.
        """
        (address,) = addresses((node,), os.environ)
        self._services.fleet.add(address)
        file = self._services.config_file
        if file is None:
            return "It stays until you leave."
        await _in_thread(partial(saving.add_node, file, node), file)
        return f"Saved in {file}."

    async def remove(self, name: str) -> Removed | None:
        """Takes a node out; None when there is none of this name.

        Raises:
            NotKeptError: the settings file could not be written; the node is gone until the next start.
        """
        fleet = self._services.fleet
        address = fleet.address(name)
        if address is None:
            return None
        order = tuple(node.name for node in fleet.snapshots())
        await fleet.remove(name)
        file = self._services.config_file
        saved = None
        if file is not None and (address.name, address.url) in await self._kept():
            saved = await _in_thread(partial(saving.remove_node, file, name), file)
        return Removed(address, order, saved)

    async def bring_back(self, removed: Removed) -> None:
        """Undoes `remove`.

        Raises:
            ValueError: its name is taken by now.
            NotKeptError: the settings file was changed since, or could not be written.
        """
        fleet = self._services.fleet
        fleet.add(removed.address)
        fleet.reorder(removed.order)
        file = self._services.config_file
        if file is not None and removed.saved is not None:
            await _in_thread(partial(saving.undo, file, removed.saved), file)

    async def settings_of(self, name: str) -> NodeSettings | None:
        """What the settings file holds of a node of the fleet; None when the node does not stand there.

        Raises:
            NotKeptError: the file cannot be read.
        """
        address = self._services.fleet.address(name)
        nodes = await self._nodes()
        return next((n for n in nodes if address is not None and (n.name, n.url) == (address.name, address.url)), None)

    async def other_names(self, name: str) -> frozenset[str]:
        """The names that a node of the fleet cannot take: of the others in the fleet and in the file.

        Raises:
            NotKeptError: the file cannot be read.
        """
        names = {node.name for node in self._services.fleet.snapshots()}
        return frozenset({*names, *(node.name for node in await self._nodes())} - {name})

    async def change(self, name: str, node: NodeSettings, changes: Mapping[str, object] | None) -> tuple[str, str]:
        """Gives a node of the fleet other settings, at once; returns its name from now on, and what was kept of it.

        Args:
            name: what it is called now.
            node: as it is to be.
            changes: what is to change in the file, by the settings' own names; None for a node that is not there.

        Raises:
            NotKeptError: the settings file could not be written; nothing was changed.
            ValueError: there is no such node any more, or its new name is taken.
        """
        file = self._services.config_file
        if file is None:
            kept = "It holds until you leave."
        elif changes is None:
            await _in_thread(partial(saving.add_node, file, node), file)
            kept = f"Saved in {file}."
        else:
            node = await _in_thread(partial(saving.change_node, file, name, changes), file)
            kept = "Saved."
        (address,) = addresses((node,), os.environ)
        await self._services.fleet.replace(name, address)
        return node.name, kept

    async def known_urls(self) -> tuple[str, ...]:
        """The addresses of all nodes in the settings file, whether this session uses them or not; none where the file
        cannot be read."""
        try:
            return tuple(url for _name, url in await self._kept())
        except NotKeptError:
            return ()

    async def _kept_names(self) -> frozenset[str]:
        """The nodes of the fleet that stand in the settings file."""
        kept = await self._kept()
        return frozenset(node.name for node in self._services.fleet.snapshots() if (node.name, node.url) in kept)

    async def _kept(self) -> frozenset[tuple[str, str]]:
        """Name and address of every node in the settings file."""
        return frozenset((node.name, node.url) for node in await self._nodes())

    async def _nodes(self) -> tuple[NodeSettings, ...]:
        """The nodes of the settings file; none when there is no file."""
        file = self._services.config_file
        if file is None or not file.exists():
            return ()
        return (await _in_thread(partial(loading.load, file), file)).nodes


async def _in_thread(work: Callable[[], _T], file: Path) -> _T:
    """What `work` with the settings file returns.

    Raises:
        NotKeptError: it failed.
    """
    try:
        return await asyncio.to_thread(work)
    except ConfigError as error:
        raise NotKeptError(f"Not saved: {file} has a mistake. {one_line(str(error))}") from error
    except LookupError as error:
        raise NotKeptError(f"Not saved: {file} does not hold this node any more.") from error
    except saving.FileChangedError as error:
        raise NotKeptError(f"Not saved: {one_line(str(error))}") from error
    except OSError as error:
        raise NotKeptError(f"Not saved: {file} cannot be written: {error.strerror or error}.") from error
