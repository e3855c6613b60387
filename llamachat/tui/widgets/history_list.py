"""The sidebar with earlier conversations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from llamachat.base.text import one_line
from llamachat.tui.actions import bindings


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One conversation in the list; `mark` is a character that says what is special about it."""

    chat_id: str
    title: str
    mark: str = " "


@dataclass(frozen=True, slots=True)
class HistoryGroup:
    """Conversations under one heading, newest first."""

    heading: str
    entries: tuple[HistoryEntry, ...]


class _Conversations(OptionList):
    """The list itself, with its own keys."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("history")


class HistoryList(Vertical):
    """Conversations by date; Enter or a click opens one."""

    BORDER_TITLE = "History"

    DEFAULT_CSS = """
    HistoryList {
        width: 28; height: 1fr; border: round $secondary; background: $surface;
        &:focus-within { border: heavy $primary; }
        OptionList { height: 1fr; border: none; background: $surface; padding: 0; scrollbar-size-vertical: 1; }
        #no-history { padding: 1; color: $text-muted; height: auto; }
    }
    """

    @dataclass
    class Opened(Message):
        """The user wants to see this conversation."""

        chat_id: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._groups: tuple[HistoryGroup, ...] | None = None
        self._current = ""

    def compose(self) -> ComposeResult:
        """The list, or a sentence that says why there is none."""
        yield Static("Nothing here yet. Your conversations will be listed here.", id="no-history", markup=False)
        yield _Conversations(markup=False)

    def show(self, groups: Sequence[HistoryGroup], current: str) -> None:
        """Shows these conversations, with the open one marked."""
        groups = tuple(groups)
        if (groups, current) == (self._groups, self._current):
            return
        self._groups, self._current = groups, current
        options = self.query_one(OptionList)
        highlighted = options.highlighted_option.id if options.highlighted_option else None
        options.clear_options()
        for group in groups:
            options.add_option(Option(Content.styled(one_line(group.heading, 24), "bold"), disabled=True))
            for entry in group.entries:
                mark = "▸" if entry.chat_id == current else entry.mark
                title = Content(f" {mark} {one_line(entry.title or 'New chat', 60)}")
                options.add_option(
                    Option(title.stylize("bold") if entry.chat_id == current else title, id=entry.chat_id)
                )
        wanted = highlighted if options.has_focus else current
        self._highlight(wanted)
        self.query_one("#no-history").display = not groups
        options.display = bool(groups)

    def focus_list(self) -> None:
        """Puts the focus on the list."""
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Passes the choice on."""
        event.stop()
        if event.option_id:
            self.post_message(self.Opened(event.option_id))

    def _highlight(self, chat_id: str | None) -> None:
        options = self.query_one(OptionList)
        if chat_id is None:
            return
        for index in range(options.option_count):
            if options.get_option_at_index(index).id == chat_id:
                options.highlighted = index
                return
