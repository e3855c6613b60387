"""The library of system prompts, to add to it and to change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from llamachat.base.text import one_line
from llamachat.tui.actions import bindings
from llamachat.tui.keymap import OwnKeys, with_keys
from llamachat.tui.settings_draft import Draft

Wish = Literal["add", "edit", "rename", "remove", "restore"]

_NAME: Final = 24
_WORDS: Final = 100
_DETAIL: Final = 400
_HINTS: Final = "{prompt.add} add · {prompt.edit} edit · {prompt.rename} rename · {prompt.remove} remove"
_EMPTY: Final = "No prompt yet; {prompt.add} adds one. Single conversations and `ask --prompt` can then choose it."


class PromptList(OptionList):
    """A line for each prompt, by name."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("prompt")

    DEFAULT_CSS = """
    PromptList {
        height: 1fr; border: round $secondary; border-title-color: $text; border-subtitle-color: $text-muted;
        background: $surface; padding: 0; scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis;
    }
    PromptList:focus { border: heavy $primary; }
    """

    @dataclass
    class Wanted(Message):
        """Something is to be done with the prompt of that name; there is none where one is to be added."""

        wish: Wish
        name: str

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.border_title = Content("Prompts")
        self._names: list[str] = []
        self._texts: dict[str, str] = {}
        self._empty = ""

    def show(self, draft: Draft) -> None:
        """Shows the prompts as they would be, and those that would be gone."""
        lit = self.lit
        self._texts = draft.prompts
        self._names = sorted({*self._texts, *draft.saved.prompts}, key=lambda name: (name.casefold(), name))
        self._say_keys(draft.keys)
        room = max((len(one_line(name, _NAME)) for name in self._names), default=0)
        self.set_options([Option(self._line(name, draft, room)) for name in self._names])
        if self._names:
            self.highlighted = self._names.index(lit) if lit in self._names else 0

    def light(self, name: str) -> None:
        """Goes to a prompt."""
        if name in self._names:
            self.highlighted = self._names.index(name)

    def _say_keys(self, own: OwnKeys) -> None:
        self.border_subtitle = Content(with_keys(_HINTS, own))
        self._empty = with_keys(_EMPTY, own)

    def _line(self, name: str, draft: Draft, room: int) -> Content:
        mark = "●" if draft.prompt_changed(name) else " "
        words = one_line(self._texts[name], _WORDS) if name in self._texts else "taken out when you save"
        return Content(f"{mark} {one_line(name, _NAME).ljust(room)}  {words}")

    @property
    def lit(self) -> str:
        """The name of the prompt under the bar; empty without one."""
        return "" if self.highlighted is None or not self._names else self._names[self.highlighted]

    @property
    def detail(self) -> str:
        """The beginning of the prompt under the bar; what to do where there is none."""
        return one_line(self._texts.get(self.lit, ""), _DETAIL) if self._names else self._empty

    def action_prompt(self, wish: Wish) -> None:
        """Has it done."""
        if wish == "add" or self.lit:
            self.post_message(self.Wanted(wish, "" if wish == "add" else self.lit))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click does what Enter does."""
        event.stop()
        self.action_prompt("edit")
