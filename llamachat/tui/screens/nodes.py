"""The nodes tab: how every node is, in which order they are preferred, and what can be done with them."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import ScreenResume, ScreenSuspend
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from llamachat.base.text import one_line
from llamachat.config import sampling
from llamachat.fleet import NodeSnapshot
from llamachat.fleet.requests import RequestError
from llamachat.protocol import Drain
from llamachat.tui.actions import bindings
from llamachat.tui.keymap import first_key, with_keys
from llamachat.tui.nodes_cards import card
from llamachat.tui.nodes_history import NodesHistory
from llamachat.tui.nodes_keeping import NodesKeeping, NotKeptError, Removed
from llamachat.tui.nodes_words import choice, hints
from llamachat.tui.removing import removed
from llamachat.tui.screens.first_run import NOT_HERE, DemoStarter
from llamachat.tui.screens.nodes_adding import NOTHING_FOUND, NodesAdding
from llamachat.tui.screens.nodes_dialogs import LookAt, RemoveNodeScreen
from llamachat.tui.services import Services
from llamachat.tui.watching import Watching
from llamachat.tui.widgets.first_run import FirstChoice, FirstRun
from llamachat.tui.widgets.foot import Foot
from llamachat.tui.widgets.node_card import NodeCard
from llamachat.tui.widgets.node_grid import NodeGrid
from llamachat.tui.widgets.node_offer import NodeOffer
from llamachat.tui.widgets.top_bar import TopBar

COUNTDOWN_S: Final = 1.0


class NodesScreen(Screen[None], Watching):
    """Cards of all nodes, the nodes that could be added, and what the router would choose now.

    Args:
        services: the core.
        history: how the nodes were over the last minutes.
        look_at: connects once to an address, to see what is there.
    """

    AUTO_FOCUS = ""  # what there is to go to is known only when it is drawn
    BINDINGS: ClassVar[list[BindingType]] = bindings("nodes")
    DEFAULT_CSS = """
    NodesScreen #nodes { height: 1fr; scrollbar-size-vertical: 1; }
    NodesScreen #offers { height: auto; padding: 1 1 0 1; text-style: bold; }
    NodesScreen #choice { height: auto; max-height: 2; padding: 0 1; background: $surface; }
    NodesScreen #keys { height: 1; padding: 0 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, services: Services, history: NodesHistory, look_at: LookAt) -> None:
        super().__init__()
        self.services = services
        self._history = history
        self._look_at = look_at
        self._keeping = NodesKeeping(services)
        self._adding = NodesAdding(self, services, look_at)
        self._demo = DemoStarter(self, services)
        self._removed: Removed | None = None
        self._is_stale = False
        self._came_from: str | None = None  # the node whose card is to have the focus
        self._countdown: Timer | None = None

    def compose(self) -> ComposeResult:
        """Bar, cards, offers, the router's choice, keys, foot."""
        yield TopBar(self.services)
        with VerticalScroll(id="nodes", can_focus=False):
            first_run = FirstRun(lambda: self.services.settings.keys)
            first_run.display = False
            yield first_run
            yield NodeGrid()
            yield Static("", id="offers", markup=False)
        choice_line = Static("", id="choice", markup=False)
        choice_line.tooltip = "What the router goes by: the way to the node, its queue, its speed, and your order."
        yield choice_line
        keys = Static("", id="keys", markup=False)
        keys.tooltip = "The keys of this tab; the help has all of them."
        yield keys
        yield Foot(self.services)

    def on_mount(self) -> None:
        """Looks once for a node on this computer."""
        self._countdown = self.set_interval(COUNTDOWN_S, self.draw, pause=True)
        self.run_worker(self._look_here(), group="looking")

    def on_screen_resume(self, event: ScreenResume) -> None:
        """Shows what has come while another tab was open."""
        self.draw()

    def on_screen_suspend(self, event: ScreenSuspend) -> None:
        """Nothing is counted down where nobody sees it."""
        if self._countdown is not None:
            self._countdown.pause()

    # ── drawing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def draw(self) -> None:
        """Draws soon: changes that come together are drawn together."""
        if not self._is_stale:
            self._is_stale = True
            self.call_next(self._draw)

    async def _draw(self) -> None:
        self._is_stale = False
        grids = self.query(NodeGrid)
        if not grids:  # the program is leaving
            return
        fleet, now, own = self.services.fleet, self.services.clock(), self.services.settings.keys
        nodes = fleet.snapshots()
        cards = [
            card(
                node,
                rank,
                self._history.of(node.name),
                next(reversed(fleet.estimates(node.name)), None),
                now,
                self.services.zone,
                retry_key=first_key("node.reconnect", own),
            )
            for rank, node in enumerate(nodes, start=1)
        ]
        await grids.first().show(cards)
        await self._show_offers()
        for panel in self.query(FirstRun):
            panel.display = not nodes
            panel.show_keys()
        self.query_one("#keys").display = bool(nodes)
        self._say("#keys", hints("nodes", own))
        self.query_one("#choice").display = bool(nodes)
        self._say("#choice", choice(fleet.preview(sampling.model(self.services.settings.chat))) if nodes else "")
        for widget in grids.first().cards:
            if widget.node == self._came_from:
                widget.focus()
        self._came_from = None
        if self.focused is None or (nodes and isinstance(self.focused, FirstChoice)):
            self._focus_first()
        if self._countdown is not None:
            if self.can_be_seen and any(node.retry_at is not None for node in nodes):
                self._countdown.resume()
            else:
                self._countdown.pause()

    def _focus_first(self) -> None:
        """Goes to the first card, or where there is none to the ways to begin."""
        cards = self.query_one(NodeGrid).cards
        if cards:
            cards[0].focus()
        else:
            self.query_one(FirstRun).focus_first()

    async def _show_offers(self) -> None:
        found = self._adding.offers
        shown = [widget.offer for widget in self.query(NodeOffer)]
        self.query_one("#offers").display = bool(found)
        self._say("#offers", with_keys("Could be added ({node.open})", self.services.settings.keys))
        if list(found) != shown:
            await removed(self.query(NodeOffer).remove())
            await self.query_one("#nodes").mount_all(NodeOffer(offer) for offer in found)

    def _say(self, selector: str, text: str) -> None:
        line = self.query_one(selector, Static)
        if str(line.content) != text:
            line.update(Content(text))

    # ── moving and opening ──────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _node(self) -> NodeSnapshot | None:
        """The node with the focus."""
        focused = self.query_one(NodeGrid).focused
        nodes = self.services.fleet.snapshots()
        return next((node for node in nodes if focused is not None and node.name == focused.node), None)

    def action_move(self, right: int, down: int) -> None:
        """Moves the focus among the cards and the offers below them."""
        grid = self.query_one(NodeGrid)
        if grid.move_focus(right, down):
            return
        steps: list[NodeCard | NodeOffer] = [*grid.cards, *self.query(NodeOffer)]
        focused = self.focused
        if isinstance(focused, NodeOffer) or (isinstance(focused, NodeCard) and (right or down) and (right + down) > 0):
            place = steps.index(focused) + (1 if right + down > 0 else -1)
            if isinstance(focused, NodeCard) and down:  # below the last row
                place = len(grid.cards)
            if 0 <= place < len(steps):
                steps[place].focus()
            elif place < 0:
                self._focus_first()
        elif focused is None and steps:
            steps[0].focus()

    def action_open(self) -> None:
        """Opens the node with the focus; an offer is what is added."""
        if isinstance(self.focused, NodeOffer):
            self.run_worker(self._adding.ask(self.focused.offer.url), group="asking")
        elif self._node is not None:
            self._open(self._node.name)

    def on_node_card_opened(self, event: NodeCard.Opened) -> None:
        """Opens the node that was clicked."""
        event.stop()
        self._open(event.node)

    def _open(self, name: str) -> None:
        from llamachat.tui.screens.node_detail import NodeDetailScreen  # loads the charts, which few runs need

        self.app.push_screen(NodeDetailScreen(self.services, self._history, name, self._look_at), self._came_back)

    def _came_back(self, node: str | None) -> None:
        """Goes to the card of the node that was open, which may have another name since."""
        self._came_from = node
        self.draw()

    # ── the order ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def action_reorder(self, step: int) -> None:
        """Moves the node with the focus one place to the front or the back."""
        node = self._node
        if node is not None:
            names = [other.name for other in self.services.fleet.snapshots()]
            await self._move(node.name, names.index(node.name) + step)

    async def on_node_grid_moved(self, event: NodeGrid.Moved) -> None:
        """Moves the node that was dragged."""
        event.stop()
        await self._move(event.node, event.place)

    async def _move(self, name: str, place: int) -> None:
        names = [node.name for node in self.services.fleet.snapshots()]
        if name not in names or not 0 <= place < len(names) or names.index(name) == place:
            return
        names.remove(name)
        names.insert(place, name)
        try:
            kept = await self._keeping.reorder(names)
        except NotKeptError as error:
            self._tell(str(error), is_problem=True)
            return
        self._tell(f"{one_line(name, 64)} is number {place + 1} now. {kept}")

    # ── what can be done with a node ────────────────────────────────────────────────────────────────────────────────

    def action_add(self) -> None:
        """Asks for a node, tests it, and adds it."""
        self.run_worker(self._adding.ask(), group="asking")

    def on_first_run_wanted(self, event: FirstRun.Wanted) -> None:
        """Leads to the first node."""
        event.stop()
        match event.wish:
            case "add":
                self.action_add()
            case "find":
                self.action_find()
            case "demo":
                self.run_worker(self._demo.start(), group="demo")

    def action_remove(self) -> None:
        """Takes the node with the focus out, after asking."""
        if self._node is not None:
            self.run_worker(self._remove(self._node.name), group="asking")

    async def _remove(self, name: str) -> None:
        if not await self.app.push_screen_wait(RemoveNodeScreen(name)):
            return
        try:
            removed = await self._keeping.remove(name)
        except NotKeptError as error:
            self._tell(f"{one_line(name, 64)} was removed until the next start. {error}", is_problem=True)
            return
        if removed is not None:
            self._removed = removed
            undo = first_key("node.undo", self.services.settings.keys)
            self._tell(f"{one_line(name, 64)} was removed. {undo}: undo")

    async def action_undo(self) -> None:
        """Brings back the node that was removed last."""
        removed, self._removed = self._removed, None
        if removed is None:
            self._tell("There is nothing to undo.")
            return
        try:
            await self._keeping.bring_back(removed)
        except (ValueError, NotKeptError) as error:
            self._tell(str(error), is_problem=True)
            return
        self._tell(f"{one_line(removed.address.name, 64)} is back.")

    def action_reconnect(self) -> None:
        """Connects to the node with the focus again, now."""
        if self._node is not None:
            self.services.fleet.reconnect_now(self._node.name)

    def action_drain(self) -> None:
        """Has the node with the focus take no new work, or take it again."""
        if self._node is not None:
            self.run_worker(self._drain(self._node), group="asking")

    async def _drain(self, node: NodeSnapshot) -> None:
        on = node.state != "draining"
        name = one_line(node.name, 64)
        try:
            await self.services.fleet.administer(node.name, Drain(on=on))
        except RequestError as error:
            self._tell(f"{name}: {error}", is_problem=True)
        else:
            self._tell(f"{name} finishes what it has and takes no new work." if on else f"{name} takes work again.")

    # ── finding nodes ───────────────────────────────────────────────────────────────────────────────────────────────

    def action_find(self) -> None:
        """Looks for a node on this computer, and says when there is none."""
        self.run_worker(self._look_here(aloud=True), group="looking")

    async def _look_here(self, *, aloud: bool = False) -> None:
        await self._adding.look()
        self.draw()
        if aloud and self._adding.offers:
            self.call_next(self._focus_offer)
        elif aloud:
            self._tell(NOTHING_FOUND if self.services.fleet.snapshots() else NOT_HERE)

    def _focus_offer(self) -> None:
        """Goes from the ways to begin to what was found."""
        if isinstance(self.focused, FirstChoice):
            for offer in self.query(NodeOffer):
                offer.focus()
                return

    def _tell(self, sentence: str, *, is_problem: bool = False) -> None:
        self.notify(sentence, severity="warning" if is_problem else "information", markup=False)
