"""The terminal UI as a program: themes, clipboard, and the core's life around the screens."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from rich.console import RenderableType
from textual._compositor import CompositorUpdate
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.driver import Driver
from textual.events import DescendantFocus, Event, Key, Paste, Resize
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from llamachat.base.signals import EXIT_SIGNAL, handled
from llamachat.base.text import printable
from llamachat.tui import collecting
from llamachat.tui.actions import actions, bindings, places
from llamachat.tui.clipboard import terminal_copy
from llamachat.tui.keymap import names_of
from llamachat.tui.keys_in_turn import KeysInTurn
from llamachat.tui.modified_keys import asking, is_tmux, named
from llamachat.tui.nodes_history import NodesHistory
from llamachat.tui.opening import Opening, OpeningScreen
from llamachat.tui.painting import Painter
from llamachat.tui.settings_applying import begin
from llamachat.tui.terminal_gone import HUNG_UP, LOOK_INTERVAL_S, is_gone, surviving
from llamachat.tui.theme import CONTRAST_CSS, LOOK_CSS, NO_COLOR_CSS, TITLES_CSS

if TYPE_CHECKING:
    from llamachat.config import AppContext
    from llamachat.store import StoreError
    from llamachat.tui.screens.chat import ChatScreen
    from llamachat.tui.screens.nodes_dialogs import LookAt
    from llamachat.tui.services import Services

LOOK_TIMEOUT_S: Final = 7.0
"""How long a node that may be added can take to say how it is; connecting is given up before that."""


class LlamachatApp(App[int]):
    """Shows the tabs over the services it is given, or first the outlines of the chat and then opens them itself. Each
    tab is a mode with a screen of its own, made when it is first opened; a screen that is not open draws nothing.

    What the first frame does not need is loaded after it, inside of the methods that need it: hence their imports.

    Attributes:
        services: the core; there from the beginning, or once it was opened.
        failure: why it could not be opened, after the program has ended for that reason.
    """

    TITLE = "llamachat"
    BINDINGS: ClassVar[list[BindingType]] = bindings("app")
    DEFAULT_MODE: ClassVar[str] = "chat"
    ENABLE_COMMAND_PALETTE = True
    DEFAULT_CSS = TITLES_CSS
    CSS = LOOK_CSS + CONTRAST_CSS + NO_COLOR_CSS

    services: Services

    def __init__(self, services: Services | Opening, *, look_at: LookAt | None = None) -> None:
        super().__init__()
        self.failure: StoreError | None = None
        self._opening: Opening | None = None
        if isinstance(services, Opening):
            self._opening = services
        else:
            self.services = services
        self._chat: ChatScreen | None = None
        self._given_look_at = look_at
        self._stop_noting: Callable[[], None] | None = None
        self._history = NodesHistory()
        self._keys = KeysInTurn(self, super().on_event)
        self._early: list[Key | Paste] = []  # came before there was a composer to take them
        self._painter = Painter()
        self.add_mode("opening", OpeningScreen)
        self.add_mode("chat", self._chat_screen)
        self.add_mode("nodes", self._nodes_screen)
        self.add_mode("settings", self._settings_screen)
        self._unusable = begin(self, services)

    @property
    def _look_at(self) -> LookAt:
        from llamachat.fleet import trying

        return self._given_look_at or partial(trying.look_at, timeout_s=LOOK_TIMEOUT_S)

    def _chat_screen(self) -> Screen[None]:
        from llamachat.tui.screens.chat import ChatScreen

        self._chat = ChatScreen(self.services, self._look_at)
        return self._chat

    def _nodes_screen(self) -> Screen[None]:
        from llamachat.tui.screens.nodes import NodesScreen

        return NodesScreen(self.services, self._history, self._look_at)

    def _settings_screen(self) -> Screen[None]:
        from llamachat.tui.screens.settings import SettingsScreen

        return SettingsScreen(self.services)

    async def on_event(self, event: Event) -> None:
        """Has each key take effect before the next one, however fast they come."""
        if isinstance(event, Resize):
            self._painter.forget()
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            if isinstance(event, Key):
                event = named(event)
            if self._opening is None:
                await self._keys.take(event)
            else:
                self._early.append(event)
        else:
            await super().on_event(event)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Sends the terminal what it does not show yet."""
        if isinstance(renderable, CompositorUpdate):
            renderable = self._painter.changes(renderable)
        super()._display(screen, renderable)

    def on_mount(self) -> None:
        """Opens the core as soon as something can be seen, unless it is there."""
        self.app_resume_signal.subscribe(self, self._has_terminal_again, immediate=True)
        self.set_interval(LOOK_INTERVAL_S, self._look_at_terminal)
        if self._opening is None:
            self._begin()
        else:
            self.call_after_refresh(self.run_worker, self._open(self._opening), group="opening")

    def _has_terminal_again(self, _app: App[Any]) -> None:
        """Draws everything: an editor, or the shell, has had the terminal."""
        self._painter.forget()
        self.refresh(layout=True)

    async def _open(self, opening: Opening) -> None:
        from llamachat.store import StoreError

        try:
            self.services = await opening.open()
        except StoreError as error:
            self.failure = error
            self.exit()
            return
        self._begin()
        await self.switch_mode("chat")
        await self.remove_mode("opening")
        self._opening = None
        for event in self._early:
            await self._keys.take(event)
        self.call_after_refresh(collecting.spare)

    def _begin(self) -> None:
        """Keeps what the nodes say of themselves, for their charts: that costs nothing, they say it anyway."""
        fleet = self.services.fleet
        self._stop_noting = fleet.subscribe(lambda: self._history.note(fleet.snapshots()))
        for sentence in self._unusable:
            self.notify(printable(sentence), title="Settings", severity="warning", timeout=15, markup=False)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Without motion no cursor blinks, wherever one writes."""
        if hasattr(event.widget, "cursor_blink"):
            event.widget.cursor_blink = self.services.settings.look.motion

    def _watch_app_focus(self, focus: bool) -> None:
        """Takes the focus away while the terminal does not have it, and gives it back. Textual's own does the same, and
        applies all styles anew, which takes long in a long conversation: none of ours tells such terminals apart."""
        left, self._last_focused_on_app_blur = self._last_focused_on_app_blur, None
        if not focus:
            self._last_focused_on_app_blur = self.screen.focused
            self.screen.set_focus(None)
        elif left is not None and left.is_attached and left.screen is self.screen and self.screen.focused is None:
            self.screen.set_focus(left, scroll_visible=False, from_app_focus=True)

    def on_unmount(self) -> None:
        """The fleet may outlive the program."""
        if self._stop_noting is not None:
            self._stop_noting()

    @property
    def following(self) -> AppContext | None:
        """What to go on with after the end; None for nothing."""
        return None if self._opening is not None else self.services.following

    @property
    def place(self) -> str:
        """The screen that is open, as the table of actions calls it."""
        return self.screen.name or self.current_mode

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action of the open screen by its name, and the themes."""
        for place in places(screen.name or self.current_mode):
            for action in () if place.is_part else actions(place.where):
                if action.action != "command_palette":
                    names = names_of(action, self.services.settings.keys)
                    run = partial(self.run_action, action.action, screen if place.screen else self)
                    yield SystemCommand(action.label, f"{action.help} ({names})" if names else action.help, run)
        yield SystemCommand("Theme", "Try other colours, and keep them.", self._to_themes)

    async def _to_themes(self) -> None:
        await self.action_tab("settings")
        await self.run_action("show_group('look')", self.screen)

    async def action_quit(self) -> None:
        """Leaves; running answers go on at their nodes, and what is typed is kept."""
        await self._leave(0)

    def leave_soon(self, status: int) -> None:
        """The same from outside, with that exit status."""
        self.call_later(self._leave, status)

    async def _leave(self, status: int) -> None:
        if self._chat is not None:
            await self._chat.keep_draft()
        self.exit(status)

    def _look_at_terminal(self) -> None:
        if is_gone(self._driver):
            self.leave_soon(HUNG_UP)

    async def action_tab(self, tab: str) -> None:
        """Opens a tab, and has everything drawn anew, in case something else has written on the terminal."""
        self._painter.forget()
        await self.switch_mode(tab)

    def action_help(self) -> None:
        """Shows the keys of the open screen."""
        from llamachat.tui.screens.help import HelpScreen

        if not isinstance(self.screen, ModalScreen):
            self.push_screen(HelpScreen(self.place, self.services.settings.keys))

    def action_jump(self) -> None:
        """Shows the letters that lead to the panels and tabs."""
        from llamachat.tui.screens.jump import JumpScreen, targets

        if not isinstance(self.screen, ModalScreen):
            self.push_screen(JumpScreen(targets(self.screen)), self._jump_to)

    async def _jump_to(self, widget: Widget | None) -> None:
        from llamachat.tui.widgets.top_bar import TabLabel

        if isinstance(widget, TabLabel):
            await self.action_tab(widget.tab)
        elif widget is not None:
            widget.focus()

    def get_driver_class(self) -> type[Driver]:
        """The driver of the terminal; inside tmux one that has it tell more keys apart."""
        driver = surviving(super().get_driver_class())
        return asking(driver) if is_tmux(os.environ) else driver

    def copy_to_clipboard(self, text: str) -> None:
        """Hands text to the terminal's clipboard; inside tmux in the form that passes through as well."""
        self._clipboard = text
        if self._driver is not None:
            self._driver.write(terminal_copy(text, inside_tmux="TMUX" in os.environ))


class StartingApp(LlamachatApp):
    """The app when it opens the core itself: begins with the outlines of the chat."""

    DEFAULT_MODE: ClassVar[str] = "opening"


async def _run(context: AppContext, demos: ExitStack) -> tuple[int, AppContext | None]:
    """The exit status, and what to go on with if this was not the end; a demo that was started lives on in `demos`."""
    async with AsyncExitStack() as stack:

        async def open_core() -> Services:
            from llamachat.fleet import Fleet, Syncing
            from llamachat.store import StoreThread
            from llamachat.tui.services import Services

            store = await stack.enter_async_context(StoreThread(context.places.history_file))
            policy = context.settings.chat.policy
            fleet = await stack.enter_async_context(Fleet(context.addresses, policy=policy, limits=context.limits))
            services = Services(
                context.settings, fleet, store, banner=context.banner or "", config_file=context.places.config_file
            )
            if context.settings.privacy.archive:
                services.syncing = await stack.enter_async_context(Syncing(fleet, store))
            services.start_demo = partial(_start_demo, services, context, stack, demos)
            return services

        app = StartingApp(Opening(context.settings, context.places.config_file, open_core))
        with handled(lambda number: app.leave_soon(EXIT_SIGNAL + number)):
            status = await app.run_async() or 0
        if app.failure is not None:
            raise app.failure
    return status, app.following


async def _start_demo(
    services: Services, context: AppContext, stack: AsyncExitStack, demos: ExitStack, tell: Callable[[str], None]
) -> AppContext:
    from llamachat.demo import DEMO_NODES
    from llamachat.demo.running import Demo

    demo = demos.enter_context(Demo())
    stack.callback(demo.give_up)  # where it has not started yet
    loop = asyncio.get_running_loop()

    def tell_here(sentence: str) -> None:
        loop.call_soon_threadsafe(tell, sentence)

    return await asyncio.to_thread(demo.start, DEMO_NODES, services.settings, context.places, tell_here)


def run(context: AppContext) -> int:
    """Runs the terminal UI until the user quits, and a demo that was started in it until that is left; returns the exit
    status.

    Raises:
        StoreError: the history cannot be opened.
    """
    with ExitStack() as demos:
        following: AppContext | None = context
        while following is not None:
            status, following = asyncio.run(_run(following, demos))
    return status
