"""One of a few things is chosen: by its letter, with the arrows, or with the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from llamachat.tui.actions import key_names
from llamachat.tui.choices import Choice


class ChoiceScreen(ModalScreen[str | None]):
    """Its result is the id of what was chosen, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", "Close")]

    DEFAULT_CSS = """
    ChoiceScreen { align: center middle; }
    ChoiceScreen #choices {
        width: auto; min-width: 40; max-width: 95%; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    ChoiceScreen OptionList, ChoiceScreen OptionList:focus {
        width: auto; min-width: 100%; height: auto; max-height: 100%; border: none; padding: 0; background: $surface;
    }
    ChoiceScreen #note { width: auto; max-width: 70; height: auto; color: $text-muted; padding: 1 0 0 0; }
    """

    def __init__(self, title: str, choices: Sequence[Choice], *, current: str | None = None, note: str = "") -> None:
        super().__init__()
        self._title = title
        self._choices = tuple(choices)
        self._current = current
        self._note = note

    def compose(self) -> ComposeResult:
        """The list, the one that holds now under the bar."""
        room = max((len(choice.label) for choice in self._choices), default=0)
        options = OptionList(*[Option(_line(choice, room), id=choice.id) for choice in self._choices], markup=False)
        with Vertical(id="choices") as panel:
            panel.border_title = self._title
            panel.border_subtitle = "Enter chooses  Esc closes"
            yield options
            if self._note:
                yield Static(self._note, id="note", markup=False)
        ids = [choice.id for choice in self._choices]
        options.highlighted = ids.index(self._current) if self._current in ids else 0

    def on_key(self, event: Key) -> None:
        """The letter of a choice chooses it."""
        pressed = event.character if event.is_printable else key_names(event.key)
        for choice in self._choices:
            if choice.key and choice.key == pressed:
                event.stop()
                self.dismiss(choice.id)
                return

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click chooses what is under the bar."""
        event.stop()
        self.dismiss(event.option.id)


def _line(choice: Choice, room: int) -> Content:
    key = (f"{choice.key} ", "bold") if choice.key else ""
    detail = f"{' ' * (room - len(choice.label))}  {choice.detail}" if choice.detail else ""
    return Content.assemble(key, choice.label, (detail, "$text-muted"))
