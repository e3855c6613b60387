"""The keys, made from the table of actions."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from llamachat.tui.actions import ACTIONS, key_names

_HEADINGS: Final = {
    "composer": "Writing",
    "chat": "Conversation",
    "message": "A message (alt+↑ and alt+↓ go there)",
    "app": "Everywhere",
}
_KEY_WIDTH: Final = 21


class HelpScreen(ModalScreen[None]):
    """Every key with what it does."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,f1,q,enter", "dismiss", "Close")]

    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen VerticalScroll {
        width: 76; max-width: 95%; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    HelpScreen Static { width: 1fr; height: auto; }
    """

    def compose(self) -> ComposeResult:
        """One list, a heading for each place."""
        with VerticalScroll() as panel:
            panel.border_title = "Keys"
            panel.border_subtitle = "Esc closes"
            yield Static(self._table(), markup=False)

    def _table(self) -> Content:
        lines: list[Content] = []
        for place, heading in _HEADINGS.items():
            lines += [Content(""), Content.styled(heading, "bold")] if lines else [Content.styled(heading, "bold")]
            for action in ACTIONS:
                if action.where == place:
                    lines.append(Content.assemble(("  " + key_names(action.keys)).ljust(_KEY_WIDTH), " ", action.help))
        return Content("\n").join(lines)
