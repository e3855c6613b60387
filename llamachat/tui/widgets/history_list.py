"""The sidebar with earlier conversations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from llamachat.base.text import one_line
from llamachat.tui.actions import bindings

Wish = Literal["rename", "pin", "move", "archive", "delete"]

_FOLD: Final = ":fold"
"""The id of a heading that opens and closes its group; no conversation has such an id."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One conversation in the list; `mark` is a character that says what is special about it."""

    chat_id: str
    title: str
    mark: str = " "


@dataclass(frozen=True, slots=True)
class HistoryGroup:
    """Conversations under one heading, newest first; one `folds`, and shows them only when it was opened."""

    heading: str
    entries: tuple[HistoryEntry, ...]
    folds: bool = False


class _Conversations(OptionList):
    """The list itself, with its own keys."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("history")

    def action_history(self, wish: Wish) -> None:
        """Asks for something to be done with the highlighted conversation."""
        option = self.highlighted_option
        if option is not None and option.id is not None and option.id != _FOLD:
            self.post_message(HistoryList.Wanted(wish, option.id))


class HistoryList(Vertical):
    """Conversations by date; Enter or a click opens one."""

    BORDER_TITLE = "History"

    DEFAULT_CSS = """
    HistoryList {
        width: 28; height: 1fr; border: round $secondary; background: $surface;
        &:focus-within { border: heavy $primary; }
        OptionList, OptionList:focus {
            height: 1fr; border: none; background: $surface; padding: 0; scrollbar-size-vertical: 1;
        }
        #no-history { padding: 1; color: $text-muted; height: auto; }
    }
    """

    @dataclass
    class Opened(Message):
        """The user wants to see this conversation."""

        chat_id: str

    @dataclass
    class Wanted(Message):
        """The user wants something done with this conversation."""

        wish: Wish
        chat_id: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._groups: tuple[HistoryGroup, ...] | None = None
        self._current = ""
        self._unfolded = False

    def compose(self) -> ComposeResult:
        """The list, or a sentence that says why there is none."""
        yield Static("Nothing here yet. Your conversations will be listed here.", id="no-history", markup=False)
        conversations = _Conversations(markup=False)
        conversations.tooltip = "Earlier conversations: ▸ the open one, ● one in which an answer comes, ★ pinned."
        yield conversations

    def show(self, groups: Sequence[HistoryGroup], current: str) -> None:
        """Shows these conversations, with the open one marked."""
        groups = tuple(groups)
        if (groups, current) == (self._groups, self._current):
            return
        self._groups, self._current = groups, current
        self._draw()

    def focus_list(self) -> None:
        """Puts the focus on the list."""
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Opens or closes a group that folds; passes the choice of a conversation on."""
        event.stop()
        if event.option_id == _FOLD:
            self._unfolded = not self._unfolded
            self._draw()
        elif event.option_id:
            self.post_message(self.Opened(event.option_id))

    def _draw(self) -> None:
        groups = self._groups or ()
        options = self.query_one(OptionList)
        place = options.highlighted
        highlighted = options.highlighted_option.id if options.highlighted_option else None
        options.clear_options()
        for group in groups:
            options.add_option(self._heading(group))
            for entry in group.entries if self._unfolded or not group.folds else ():
                mark = "▸" if entry.chat_id == self._current else entry.mark
                title = Content(f" {mark} {one_line(entry.title or 'New chat', 60)}")
                is_current = entry.chat_id == self._current
                options.add_option(Option(title.stylize("bold") if is_current else title, id=entry.chat_id))
        if options.has_focus:
            self._highlight(highlighted, place)
        else:
            self._highlight(self._current, None)
        self.query_one("#no-history").display = not groups
        options.display = bool(groups)

    def _heading(self, group: HistoryGroup) -> Option:
        heading = one_line(group.heading, 24)
        if not group.folds:
            return Option(Content.styled(heading, "bold"), disabled=True)
        sign = "▾" if self._unfolded else "▸"
        return Option(Content.styled(f"{sign} {heading} ({len(group.entries)})", "bold"), id=_FOLD)

    def _highlight(self, option_id: str | None, place: int | None) -> None:
        """Puts the bar on that option or, when it is gone, on what has come to its place or stands nearest above."""
        options = self.query_one(OptionList)
        listed = [options.get_option_at_index(index) for index in range(options.option_count)]
        there = [index for index, option in enumerate(listed) if option_id and option.id == option_id]
        if not there and place is not None:
            usable = [index for index, option in enumerate(listed) if not option.disabled]
            there = [index for index in usable if index >= place][:1] or usable[-1:]
        if there:
            options.highlighted = there[0]
