"""The terminal UI as a program: themes, clipboard, and the core's life around the screens."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import Iterable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.screen import Screen
from textual.theme import BUILTIN_THEMES

from llamachat.config import AppContext
from llamachat.fleet import Fleet
from llamachat.store import StoreThread
from llamachat.tui.actions import ACTIONS, bindings, key_names
from llamachat.tui.clipboard import terminal_copy
from llamachat.tui.screens.chat import ChatScreen
from llamachat.tui.screens.help import HelpScreen
from llamachat.tui.services import Services
from llamachat.tui.theme import DEFAULT_THEME, THEMES


class LlamachatApp(App[int]):
    """Shows one chat screen over the services it is given."""

    TITLE = "llamachat"
    BINDINGS: ClassVar[list[BindingType]] = bindings("app")
    ENABLE_COMMAND_PALETTE = True

    CSS = """
    Screen { background: $background; color: $foreground; }
    """

    def __init__(self, services: Services, *, theme: str | None = None) -> None:
        super().__init__()
        self.services = services
        for known in THEMES:
            self.register_theme(known)
        # Textual has two themes of the terminal's own colours; ours is the one that assumes nothing bright.
        self.register_theme(dataclasses.replace(BUILTIN_THEMES["ansi-dark"], name="ansi"))
        self.theme = theme or services.settings.look.theme or DEFAULT_THEME
        if not services.settings.look.motion:
            self.animation_level = "none"

    def get_default_screen(self) -> ChatScreen:
        """The chat is what there is."""
        return ChatScreen(self.services)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action by its name, and the themes."""
        for action in ACTIONS:
            if action.where in ("chat", "app") and action.action != "command_palette":
                run = partial(self.run_action, action.action, self if action.where == "app" else screen)
                yield SystemCommand(action.label, f"{action.help} ({key_names(action.keys)})", run)
        yield SystemCommand("Theme", "Try other colours.", self.action_change_theme)

    async def action_quit(self) -> None:
        """Leaves; running answers go on at their nodes, and what is typed is kept."""
        for screen in self.screen_stack:
            if isinstance(screen, ChatScreen):
                await screen.keep_draft()
        self.exit()

    def action_help(self) -> None:
        """Shows the keys."""
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    def copy_to_clipboard(self, text: str) -> None:
        """Hands text to the terminal's clipboard; inside tmux in the form that passes through as well."""
        self._clipboard = text
        if self._driver is not None:
            self._driver.write(terminal_copy(text, inside_tmux="TMUX" in os.environ))


async def _run(context: AppContext) -> int:
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(StoreThread(context.places.history_file))
        fleet = await stack.enter_async_context(Fleet(context.addresses, policy=context.settings.chat.policy))
        services = Services(context.settings, fleet, store, banner=context.banner or "")
        return await LlamachatApp(services).run_async() or 0


def run(context: AppContext) -> int:
    """Runs the terminal UI until the user quits; returns the exit status.

    Raises:
        StoreError: the history cannot be opened.
    """
    return asyncio.run(_run(context))
