"""What the chat screen does while no node is configured: it leads to the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.screen import Screen

from llamachat.base.text import printable
from llamachat.demo.trouble import DemoError
from llamachat.tui.screens.chat_open import OpenChat
from llamachat.tui.services import Services
from llamachat.tui.widgets.composer import Composer
from llamachat.tui.widgets.first_run import FirstRun, Wish

if TYPE_CHECKING:
    from llamachat.tui.screens.nodes_adding import NodesAdding
    from llamachat.tui.screens.nodes_dialogs import LookAt

NOT_HERE: Final = (
    "No node was found on this computer. `llamachat-daemon serve` starts one; one that listens at another port than "
    "the usual one is added by its address."
)
_NO_DEMO: Final = "This run cannot start a demo. Leave, and start `llamachat demo`."


class DemoStarter:
    """Starts the demo for a screen that shows the first steps; the program then goes on in it."""

    def __init__(self, screen: Screen[None], services: Services) -> None:
        self._screen = screen
        self._services = services

    async def start(self) -> None:
        """Starts it, and says how far it is; leaves when it runs, or says why it does not."""
        if self._services.start_demo is None:
            self._tell(_NO_DEMO, is_problem=True)
            return
        try:
            self._services.following = await self._services.start_demo(self._tell)
        except DemoError as error:
            self._tell(printable(str(error)), is_problem=True)
        else:
            await self._screen.run_action("app.quit")

    def _tell(self, sentence: str, *, is_problem: bool = False) -> None:
        for panel in self._screen.query(FirstRun):
            panel.tell(sentence, is_problem=is_problem)


class FirstRunDesk:
    """Between the panel, the open conversation in whose place it stands, and the fleet."""

    def __init__(self, screen: Screen[None], services: Services, chat: OpenChat, look_at: LookAt) -> None:
        self._screen = screen
        self._services = services
        self._chat = chat
        self._look_at = look_at
        self._had_nodes = bool(services.fleet.snapshots())
        self._is_busy = False

    def begin(self) -> None:
        """Goes to the panel, unless somebody writes already."""
        if not self._screen.query_one(Composer).text:
            for panel in self._screen.query(FirstRun):
                panel.call_after_refresh(panel.focus_first)

    def fleet_changed(self) -> None:
        """The first node came, or the last one went: something else stands in place of messages."""
        has_nodes = bool(self._services.fleet.snapshots())
        if has_nodes != self._had_nodes:
            self._had_nodes = has_nodes
            self._screen.call_later(self._change)

    async def _change(self) -> None:
        await self._chat.keep_hint()
        if not isinstance(self._screen.focused, Composer):
            self._screen.query_one(Composer).focus()

    async def do(self, wish: Wish) -> None:
        """Begins as the person wishes, one thing at a time."""
        if self._is_busy:
            return
        self._is_busy = True
        try:
            match wish:
                case "demo":
                    await DemoStarter(self._screen, self._services).start()
                case "add":
                    await self._adding.ask()
                case "find":
                    await self._find()
        finally:
            self._is_busy = False

    @property
    def _adding(self) -> NodesAdding:
        # Loads what writes settings files, which the chat does not need.
        from llamachat.tui.screens.nodes_adding import NodesAdding

        return NodesAdding(self._screen, self._services, self._look_at)

    async def _find(self) -> None:
        self._tell("Looking …")
        adding = self._adding
        await adding.look()
        self._tell("" if adding.offers else NOT_HERE)
        for offer in adding.offers[:1]:
            await adding.ask(offer.url)

    def _tell(self, sentence: str) -> None:
        for panel in self._screen.query(FirstRun):
            panel.tell(sentence)
