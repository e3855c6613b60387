"""The first line of every tab: the program, the tabs, what is open, and how many nodes take work."""

from __future__ import annotations

from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Click, Resize
from textual.widgets import Static

from llamachat.base.text import one_line
from llamachat.tui.opening import TABS
from llamachat.tui.services import Services
from llamachat.tui.status import connection_mark
from llamachat.tui.watching import Watching

NARROW: Final = 80
"""Below this many columns there is no room for the brand."""

_MAX_TITLE = 120


class TabLabel(Static):
    """One tab. The open one is in brackets and bold, so that it is known without colours."""

    DEFAULT_CSS = """
    TabLabel { width: auto; text-wrap: nowrap; }
    TabLabel.-open { text-style: bold reverse; }
    TabLabel:hover { text-style: underline; }
    """

    def __init__(self, tab: str) -> None:
        super().__init__("", markup=False)
        self.tab = tab

    def on_mount(self) -> None:
        """Its name never changes: every tab has a screen, and so a bar, of its own."""
        is_open = self.app.current_mode == self.tab
        self.set_class(is_open, "-open")
        self.update(Content(f"[{TABS[self.tab]}]" if is_open else f" {TABS[self.tab]} "))

    async def on_click(self, event: Click) -> None:
        """Opens the tab."""
        event.stop()
        await self.run_action(f"app.tab('{self.tab}')")


class TopBar(Horizontal, Watching):
    """Shared by the screens of all tabs; keeps itself up to date while it can be seen."""

    DEFAULT_CSS = """
    TopBar { height: 1; background: $primary 30%; color: $text; }
    TopBar #brand { width: auto; padding: 0 2 0 1; text-style: bold; }
    TopBar #title { width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; text-align: center; padding: 0 1; }
    TopBar #mark { width: auto; padding: 0 1; }
    TopBar.-narrow #brand { display: none; }
    """

    def __init__(self, services: Services) -> None:
        super().__init__(id="header")
        self.services = services

    def compose(self) -> ComposeResult:
        """Brand, tabs, title, mark."""
        yield Static("llamachat", id="brand", markup=False)
        for tab in TABS:
            yield TabLabel(tab)
        title = Static("", id="title", markup=False)
        title.tooltip = "What is open: a conversation or a node."
        yield title
        mark = Static("", id="mark", markup=False)
        mark.tooltip = "Nodes that take work, of those you configured; how one is chosen."
        yield mark

    def on_resize(self, event: Resize) -> None:
        """The brand gives way to the tabs."""
        self.set_class(event.size.width < NARROW, "-narrow")

    def name_open(self, title: str) -> None:
        """Says what is open, such as the name of the conversation; shown where there is room."""
        _show(self, "#title", one_line(title, _MAX_TITLE), layout=False)

    def draw(self) -> None:
        """The mark, when it says something else."""
        fleet = self.services.fleet
        _show(self, "#mark", connection_mark(fleet.snapshots(), fleet.policy), layout=True)


def _show(bar: TopBar, selector: str, text: str, *, layout: bool) -> None:
    for line in bar.query(selector).results(Static):
        if str(line.content) != text:
            line.update(Content(text), layout=layout)
