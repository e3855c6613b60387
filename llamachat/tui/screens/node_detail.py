"""One node: its last minutes as charts, its models, its log, its settings."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.events import ScreenResume, ScreenSuspend
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import OptionList, Static, TabbedContent, TabPane, Tabs
from textual.widgets.option_list import Option

from llamachat.base.text import one_line
from llamachat.fleet import NodeSnapshot
from llamachat.fleet.requests import RequestError
from llamachat.protocol import Hello, LoadModel, UnloadModel
from llamachat.tui.actions import bindings
from llamachat.tui.keymap import first_key, with_keys
from llamachat.tui.nodes_charts import charts
from llamachat.tui.nodes_history import NodesHistory
from llamachat.tui.nodes_words import about, hints, log_line, model_line
from llamachat.tui.screens.node_settings_desk import NodeSettingsDesk
from llamachat.tui.services import Services
from llamachat.tui.watching import Watching
from llamachat.tui.widgets.foot import Foot
from llamachat.tui.widgets.node_charts import NodeCharts
from llamachat.tui.widgets.node_log import NodeLog
from llamachat.tui.widgets.node_settings import NodeSettingsPane
from llamachat.tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from llamachat.tui.screens.nodes_dialogs import LookAt

FIRST_LINES: Final = 200
"""Of the log, before the lines to come."""

NAME: Final = "node"
"""What the table of actions calls this screen."""

_COUNTDOWN_S: Final = 1.0

_ABOUT: Final = "The node's state and since when, where it is and who it says it is, what its graphics cards do."
_ABOUT_MODELS: Final = (
    "● loaded, ◐ loading, ○ on its disk, ✖ failed; how many answers it gives at once (slots), how many tokens it "
    "reads (context), how its weights are kept, and how large it is."
)


class NodeDetailScreen(Screen[str], Watching):
    """Above the nodes tab; asks for the log only while the log is shown. Its result is what the node is called then."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("node")

    DEFAULT_CSS = """
    NodeDetailScreen #about { height: auto; padding: 0 1; background: $surface; }
    NodeDetailScreen TabbedContent { height: 1fr; }
    NodeDetailScreen TabPane { padding: 0; height: 1fr; }
    NodeDetailScreen Tab { color: $text-muted; &.-active { color: $text; } }
    NodeDetailScreen OptionList { height: 1fr; border: round $secondary; background: $surface; }
    NodeDetailScreen OptionList:focus { border: heavy $primary; }
    NodeDetailScreen #keys { height: 1; padding: 0 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, services: Services, history: NodesHistory, node: str, look_at: LookAt) -> None:
        super().__init__(name=NAME)
        self.services = services
        self._history = history
        self._node_name = node
        self._models: tuple[str, ...] = ()  # as they are drawn
        self._charted: float | None = None  # when the newest sample that is drawn was taken
        self._log_from: Hello | None = None  # the connection that the log was asked for on
        self._countdown: Timer | None = None
        self._settings = NodeSettingsDesk(self, services, node, look_at, self._renamed)
        self._leaves_unsaved = False  # was told that something is not saved, and may leave it

    def compose(self) -> ComposeResult:
        """Bar, what the node is, charts, models, log and settings, keys, foot."""
        yield TopBar(self.services)
        about = Static("", id="about", markup=False)
        about.tooltip = _ABOUT
        yield about
        with TabbedContent():
            with self._pane("charts", "Charts"):
                yield NodeCharts()
            with self._pane("models", "Models"):
                models = OptionList(markup=False)
                models.tooltip = _ABOUT_MODELS
                yield models
            with self._pane("log", "Log"):
                yield NodeLog(first_key("detail.search", self.services.settings.keys))
            with self._pane("settings", "Settings"):
                yield NodeSettingsPane(blink=self.services.settings.look.motion)
        keys = Static(hints(NAME, self.services.settings.keys), id="keys", markup=False)
        keys.tooltip = "The keys of this screen; the help has all of them."
        yield keys
        yield Foot(self.services)

    def _pane(self, name: str, title: str) -> TabPane:
        """A pane with the key that leads there."""
        return TabPane(Content(f"{first_key(f'detail.{name}', self.services.settings.keys)} {title}"), id=name)

    def on_mount(self) -> None:
        """Its name goes where a conversation has its title."""
        self.query_one(TopBar).name_open(self._node_name)
        self.query_one(Tabs).tooltip = "What is shown of the node; the letter or digit leads there."
        self._countdown = self.set_interval(_COUNTDOWN_S, self.draw, pause=True)

    def on_screen_resume(self, event: ScreenResume) -> None:
        """Shows what has come meanwhile."""
        self.draw()
        self._follow_log()

    def on_screen_suspend(self, event: ScreenSuspend) -> None:
        """Nothing is asked for where nobody sees it."""
        if self._countdown is not None:
            self._countdown.pause()
        self.workers.cancel_group(self, "log")

    @property
    def _node(self) -> NodeSnapshot | None:
        return next((node for node in self.services.fleet.snapshots() if node.name == self._node_name), None)

    def draw(self) -> None:
        """What is known now."""
        node = self._node
        lines = self.query("#about").results(Static)
        now = self.services.clock()
        for line in lines:
            text = "It was removed." if node is None else "\n".join(self._about(node, now))
            if str(line.content) != text:
                line.update(Content(text))
        for panel in self.query(NodeCharts):
            self._show_charts(panel, now)
        for options in self.query(OptionList):
            self._show_models(options, node)
        if node is not None and node.connected and node.hello is not self._log_from:
            self._follow_log()
        if self._countdown is not None:
            if node is not None and node.retry_at is not None:
                self._countdown.resume()
            else:
                self._countdown.pause()

    def _show_charts(self, panel: NodeCharts, now: float) -> None:
        """Draws them when something new has come, and only while they can be seen."""
        samples = self._history.of(self._node_name)
        if self.query_one(TabbedContent).active != "charts" or (samples and samples[-1].at == self._charted):
            return
        self._charted = samples[-1].at if samples else None
        panel.show(charts(samples, now))

    def _about(self, node: NodeSnapshot, now: float) -> list[str]:
        key = first_key("detail.reconnect", self.services.settings.keys)
        return about(node, self.services.fleet.address(node.name), now, self.services.zone, retry_key=key)

    def _show_models(self, options: OptionList, node: NodeSnapshot | None) -> None:
        models = node.models if node is not None else ()
        default = node.default_model if node is not None else None
        lines = tuple(model_line(model, is_default=model.id == default) for model in models)
        if lines == self._models and options.option_count:
            return
        self._models = lines
        place = options.highlighted
        options.clear_options()
        options.add_options([Option(Content(line)) for line in lines])
        own = self.services.settings.keys
        wishes = with_keys("{detail.load}: load · {detail.unload}: unload", own)
        options.border_title = Content(wishes if lines else "It offers no model that is known here.")
        if lines:
            options.highlighted = min(place or 0, len(lines) - 1)

    # ── getting about ───────────────────────────────────────────────────────────────────────────────────────────────

    def action_back(self) -> None:
        """Leaves the search, the fields, or the node; what was filled in and not saved only when that is said twice."""
        search = self.query_one("#search")
        if search.has_focus:
            self.query_one("NodeLog RichLog").focus()
        elif self.query_one(NodeSettingsPane).has_focus_inside:
            self.query_one(Tabs).focus()
        elif self._settings.has_unsaved and not self._leaves_unsaved:
            self._leaves_unsaved = True
            save, back = (first_key(f"detail.{name}", self.services.settings.keys) for name in ("save", "back"))
            text = f"Its settings were changed and not saved. {save} saves them; {back} again throws them away."
            self.notify(text, severity="warning", markup=False)
        else:
            self.dismiss(self._node_name)

    def action_pane(self, pane: str) -> None:
        """Shows the charts, the models, the log or the settings."""
        panes = self.query_one(TabbedContent)
        if panes.active != pane:
            # What is hidden loses the focus to its neighbour, which would bring the pane back.
            self.query_one(Tabs).focus()
            panes.active = pane

    def action_search(self) -> None:
        """Searches the log."""
        self.action_pane("log")
        self.query_one(NodeLog).search()

    def on_tabbed_content_tab_activated(self, event: TabbedContent.TabActivated) -> None:
        """The focus goes to what is shown; the log is followed while it is."""
        event.stop()
        if event.pane.id == "charts":
            self.query_one(NodeCharts).focus()
        elif event.pane.id == "models":
            self.query_one(OptionList).focus()
        elif event.pane.id == "log" and not self.query_one("#search").has_focus:
            self.query_one("NodeLog RichLog").focus()
        elif event.pane.id == "settings":
            self.run_worker(self._settings.open(), group="opening", exclusive=True)
        self._follow_log()
        self.draw()

    def on_node_settings_pane_left(self, event: NodeSettingsPane.Left) -> None:
        """Above the first field are the panes."""
        event.stop()
        self.query_one(Tabs).focus()

    # ── the settings ────────────────────────────────────────────────────────────────────────────────────────────────

    def action_save(self) -> None:
        """Tries the node with what was filled in, and saves that."""
        self._leaves_unsaved = False
        self.action_pane("settings")
        self.run_worker(self._settings.save(), group="saving", exclusive=True)

    def _renamed(self, name: str) -> None:
        self._node_name = name
        self.query_one(TopBar).name_open(name)
        self.draw()

    # ── what can be done ────────────────────────────────────────────────────────────────────────────────────────────

    def action_reconnect(self) -> None:
        """Connects again now."""
        self.services.fleet.reconnect_now(self._node_name)

    def action_load(self) -> None:
        """Loads the chosen model."""
        self._change_model(LoadModel, "loaded")

    def action_unload(self) -> None:
        """Unloads the chosen model."""
        self._change_model(UnloadModel, "unloaded")

    def _change_model(self, frame: type[LoadModel | UnloadModel], done: str) -> None:
        node = self._node
        place = self.query_one(OptionList).highlighted
        self.action_pane("models")
        if node is None or place is None or place >= len(node.models):
            return
        model = node.models[place].id
        self.run_worker(self._administer(frame(model=model), f"{one_line(model, 64)} is {done}."), group="asking")

    async def _administer(self, frame: LoadModel | UnloadModel, done: str) -> None:
        try:
            await self.services.fleet.administer(self._node_name, frame)
        except RequestError as error:
            self.notify(f"{one_line(self._node_name, 64)}: {error}", severity="warning", markup=False)
        else:
            self.notify(done, markup=False)

    # ── the log ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _follow_log(self) -> None:
        self.workers.cancel_group(self, "log")
        if self.can_be_seen and self.query_one(TabbedContent).active == "log":
            node = self._node
            self._log_from = node.hello if node is not None else None
            self.run_worker(self._read_log(), group="log")

    async def _read_log(self) -> None:
        panel = self.query_one(NodeLog)
        panel.clear()
        zone = self.services.zone
        try:
            async with aclosing(self.services.fleet.log(self._node_name, FIRST_LINES)) as pieces:
                async for lines in pieces:
                    panel.add(log_line(line, zone) for line in lines)
        except RequestError as error:
            panel.tell(f"{error}")
