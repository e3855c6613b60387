"""The last line of every tab: how the node in use is, and the keys that lead everywhere else."""

from __future__ import annotations

from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from llamachat.tui.keymap import OwnKeys, first_key
from llamachat.tui.services import Services
from llamachat.tui.status import status_facts
from llamachat.tui.watching import Watching
from llamachat.tui.widgets.status_bar import StatusBar

NARROW: Final = 80
"""Below this many columns there is no room for the hints."""

_HINTS: Final = (("app.help", "keys"), ("app.palette", "commands"), ("app.jump", "jump"))


class Foot(Horizontal, Watching):
    """Shared by the screens of all tabs; keeps itself up to date while it can be seen."""

    DEFAULT_CSS = """
    Foot { height: 1; background: $panel; }
    Foot #hints { width: auto; padding: 0 1; color: $text-muted; }
    Foot.-narrow #hints { display: none; }
    """

    def __init__(self, services: Services) -> None:
        super().__init__(id="foot")
        self.services = services

    def compose(self) -> ComposeResult:
        """The status bar and the hints."""
        yield StatusBar(id="status")
        yield Static("", id="hints", markup=False)

    def on_resize(self, event: Resize) -> None:
        """The hints give way to the facts."""
        self.set_class(event.size.width < NARROW, "-narrow")

    def draw(self) -> None:
        """The facts, when they have changed."""
        activity = self.services.activity
        own = self.services.settings.keys
        facts = status_facts(self.services.fleet.snapshots(), activity.node, activity.waiting, own)
        for bar in self.query(StatusBar):
            bar.show(facts)
        hints = _hints(own)
        for line in self.query("#hints").results(Static):
            if str(line.content) != hints:
                line.update(Content(hints))


def _hints(own: OwnKeys) -> str:
    """`F1 keys  ^P commands`, with the keys that hold."""
    return "  ".join(f"{first_key(action, own).replace('Ctrl+', '^')} {leads_to}" for action, leads_to in _HINTS)
