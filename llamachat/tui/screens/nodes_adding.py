"""How a node comes into the list, from whatever screen: by its address, or found on this computer."""

from __future__ import annotations

from textual.screen import Screen

from llamachat.fleet import NodeSnapshot
from llamachat.fleet.discovery import Offer, offers, to_look_at
from llamachat.tui.nodes_keeping import NodesKeeping, NotKeptError
from llamachat.tui.screens.nodes_dialogs import AddNodeScreen, LookAt
from llamachat.tui.services import Services

NOTHING_FOUND = "No other node was found: none on this computer, and no node names one that is not listed here."


class NodesAdding:
    """Asks for nodes and looks for them, for one screen."""

    def __init__(self, screen: Screen[None], services: Services, look_at: LookAt) -> None:
        self._screen = screen
        self._services = services
        self._look_at = look_at
        self._keeping = NodesKeeping(services)
        self._here: NodeSnapshot | None = None  # the daemon on this machine that is not part of the fleet
        self._known: tuple[str, ...] = ()

    @property
    def offers(self) -> tuple[Offer, ...]:
        """The nodes that could be added, as far as has been looked."""
        return offers(self._services.fleet.snapshots(), self._here, self._known)

    async def look(self) -> None:
        """Looks once for a node on this computer."""
        self._known = await self._keeping.known_urls()
        address = to_look_at([*(node.url for node in self._services.fleet.snapshots()), *self._known])
        self._here = await self._look_at(address) if address is not None else None

    async def ask(self, url: str = "") -> None:
        """Asks for a node, beginning with this address, tests it, and adds it."""
        taken = [node.name for node in self._services.fleet.snapshots()]
        node = await self._screen.app.push_screen_wait(AddNodeScreen(self._look_at, taken, url))
        if node is None:
            return
        try:
            kept = await self._keeping.add(node)
        except (ValueError, NotKeptError) as error:
            self._screen.notify(str(error), severity="warning", markup=False)
        else:
            self._screen.notify(f"{node.name} was added. {kept}", markup=False)
