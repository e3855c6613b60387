"""Jump mode: a letter on each panel and tab, and the letter leads there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.dom import DOMNode
from textual.events import Click, Key, Resize
from textual.geometry import Offset, Region, Size
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static

from llamachat.tui.widgets.top_bar import TabLabel

LETTERS: Final = "asdfghjklqwertyuiopzxcvbnm"
"""Those under the fingers first."""


@dataclass(frozen=True, slots=True)
class Target:
    """A place to go to, with the letter that leads there and where the letter is shown."""

    letter: str
    widget: Widget
    at: Offset


def targets(screen: Screen[object]) -> list[Target]:
    """The tabs and every panel that can be seen. Of things of one kind in one list, such as messages, only the one with
    the focus gets a letter, or else the last: the arrows lead to the others."""
    found: list[Widget] = list(screen.query(TabLabel))
    groups: dict[tuple[DOMNode | None, type[Widget]], Widget] = {}
    for widget in screen.focus_chain:
        key = (widget.parent, type(widget))
        if _seen(widget, screen.region) and not (key in groups and groups[key].has_focus):
            groups[key] = widget
    found += sorted(groups.values(), key=lambda widget: (widget.region.y, widget.region.x))
    return [Target(letter, widget, widget.region.offset) for letter, widget in zip(LETTERS, found, strict=False)]


def _seen(widget: Widget, screen: Region) -> bool:
    return bool(widget.region) and screen.contains_point(widget.region.offset)


class JumpScreen(ModalScreen[Widget | None]):
    """Lies over the screen until a key is pressed; its result is where to go, None for nowhere."""

    BINDINGS: ClassVar[list[BindingType]] = []

    DEFAULT_CSS = """
    JumpScreen { background: $background 0%; }
    JumpScreen Static {
        position: absolute; width: 3; height: 1; text-style: bold reverse; background: $background; color: $foreground;
    }
    """

    def __init__(self, found: Sequence[Target]) -> None:
        super().__init__()
        self._targets = found
        self._shown_in: Size | None = None

    def compose(self) -> ComposeResult:
        """The letters, each in the corner of what it leads to."""
        for target in self._targets:
            label = Static(Content(f" {target.letter.upper()} "))
            label.styles.offset = (target.at.x, target.at.y)
            yield label

    def on_key(self, event: Key) -> None:
        """Any key ends it; a letter that is shown leads somewhere."""
        event.stop()
        event.prevent_default()
        self.dismiss(next((target.widget for target in self._targets if target.letter == event.key.lower()), None))

    def on_resize(self, event: Resize) -> None:
        """A terminal of another size ends it: the letters would stand beside what they lead to."""
        if self._shown_in not in (None, event.size):
            self.dismiss(None)
        self._shown_in = event.size

    def on_click(self, event: Click) -> None:
        """A click ends it."""
        self.dismiss(None)
