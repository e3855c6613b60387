"""The terminal UI as a program: themes, clipboard, and the core's life around the screens."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from llamachat.base.text import printable
from llamachat.config import AppContext
from llamachat.fleet import Fleet, Syncing, trying
from llamachat.store import StoreThread
from llamachat.tui.actions import actions, bindings, places
from llamachat.tui.clipboard import terminal_copy
from llamachat.tui.keymap import names_of
from llamachat.tui.nodes_history import NodesHistory
from llamachat.tui.screens.chat import ChatScreen
from llamachat.tui.screens.help import HelpScreen
from llamachat.tui.screens.jump import JumpScreen, targets
from llamachat.tui.services import Services
from llamachat.tui.settings_applying import begin
from llamachat.tui.theme import CONTRAST_CSS, LOOK_CSS
from llamachat.tui.widgets.top_bar import TabLabel

if TYPE_CHECKING:
    from llamachat.tui.screens.nodes_dialogs import LookAt

LOOK_TIMEOUT_S: Final = 7.0
"""How long a node that may be added can take to say how it is; connecting is given up before that."""


class LlamachatApp(App[int]):
    """Shows the tabs over the services it is given. Each tab is a mode with a screen of its own, made when it is first
    opened; a screen that is not open draws nothing."""

    TITLE = "llamachat"
    BINDINGS: ClassVar[list[BindingType]] = bindings("app")
    DEFAULT_MODE: ClassVar[str] = "chat"
    ENABLE_COMMAND_PALETTE = True
    CSS = LOOK_CSS + CONTRAST_CSS

    def __init__(self, services: Services, *, look_at: LookAt | None = None) -> None:
        super().__init__()
        self.services = services
        self._chat: ChatScreen | None = None
        self._look_at = look_at or partial(trying.look_at, timeout_s=LOOK_TIMEOUT_S)
        self._history = NodesHistory()
        self.add_mode("chat", self._chat_screen)
        self.add_mode("nodes", self._nodes_screen)
        self.add_mode("settings", self._settings_screen)
        self._unusable = begin(self, services)

    def _chat_screen(self) -> ChatScreen:
        self._chat = ChatScreen(self.services)
        return self._chat

    def _nodes_screen(self) -> Screen[None]:
        # Loads what writes settings files, which the chat does not need.
        from llamachat.tui.screens.nodes import NodesScreen

        return NodesScreen(self.services, self._history, self._look_at)

    def _settings_screen(self) -> Screen[None]:
        # Likewise.
        from llamachat.tui.screens.settings import SettingsScreen

        return SettingsScreen(self.services)

    def on_mount(self) -> None:
        """Keeps what the nodes say of themselves, for their charts: that costs nothing, they say it anyway."""
        fleet = self.services.fleet
        self._stop_noting = fleet.subscribe(lambda: self._history.note(fleet.snapshots()))
        for sentence in self._unusable:
            self.notify(printable(sentence), title="Settings", severity="warning", timeout=15, markup=False)

    def on_unmount(self) -> None:
        """The fleet may outlive the program."""
        self._stop_noting()

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
        if self._chat is not None:
            await self._chat.keep_draft()
        self.exit()

    async def action_tab(self, tab: str) -> None:
        """Opens a tab."""
        await self.switch_mode(tab)

    def action_help(self) -> None:
        """Shows the keys of the open screen."""
        if not isinstance(self.screen, ModalScreen):
            self.push_screen(HelpScreen(self.place, self.services.settings.keys))

    def action_jump(self) -> None:
        """Shows the letters that lead to the panels and tabs."""
        if not isinstance(self.screen, ModalScreen):
            self.push_screen(JumpScreen(targets(self.screen)), self._jump_to)

    async def _jump_to(self, widget: Widget | None) -> None:
        if isinstance(widget, TabLabel):
            await self.action_tab(widget.tab)
        elif widget is not None:
            widget.focus()

    def copy_to_clipboard(self, text: str) -> None:
        """Hands text to the terminal's clipboard; inside tmux in the form that passes through as well."""
        self._clipboard = text
        if self._driver is not None:
            self._driver.write(terminal_copy(text, inside_tmux="TMUX" in os.environ))


async def _run(context: AppContext) -> int:
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(StoreThread(context.places.history_file))
        policy = context.settings.chat.policy
        fleet = await stack.enter_async_context(Fleet(context.addresses, policy=policy, limits=context.limits))
        services = Services(
            context.settings, fleet, store, banner=context.banner or "", config_file=context.places.config_file
        )
        if context.settings.privacy.archive:
            services.syncing = await stack.enter_async_context(Syncing(fleet, store))
        return await LlamachatApp(services).run_async() or 0


def run(context: AppContext) -> int:
    """Runs the terminal UI until the user quits; returns the exit status.

    Raises:
        StoreError: the history cannot be opened.
    """
    return asyncio.run(_run(context))
