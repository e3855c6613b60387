"""The keys, made from the table of actions."""

from __future__ import annotations

from typing import ClassVar, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from llamachat.tui.actions import actions, places
from llamachat.tui.keymap import OwnKeys, names_of, with_keys

_KEY_WIDTH: Final = 21


class HelpScreen(ModalScreen[None]):
    """The keys of the screen named `screen`, and those that hold everywhere, each with what it does; `own` are the keys
    that the person has changed."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,f1,q,enter", "dismiss", "Close")]

    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen VerticalScroll {
        width: 76; max-width: 95%; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    HelpScreen Static { width: 1fr; height: auto; }
    """

    def __init__(self, screen: str, own: OwnKeys) -> None:
        super().__init__()
        self._screen = screen
        self._own = own

    def compose(self) -> ComposeResult:
        """One list, a heading for each place."""
        with VerticalScroll() as panel:
            panel.border_title = "Keys"
            panel.border_subtitle = "Esc closes"
            yield Static(self._tables(), markup=False)

    def _tables(self) -> Group:
        parts: list[RenderableType] = []
        for place in places(self._screen):
            found = actions(place.where)
            if not found:
                continue
            table = Table.grid(padding=(0, 1, 0, 0))
            table.add_column(width=_KEY_WIDTH)
            for action in found:
                table.add_row(Text(f"  {names_of(action, self._own)}"), Text(action.help))
            parts += [Text("")] * bool(parts) + [Text(with_keys(place.heading, self._own), "bold"), table]
        return Group(*parts)
