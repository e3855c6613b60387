"""Every action with its keys, to give it other ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from llamachat.base.text import one_line
from llamachat.tui.actions import PLACES, actions, bindings
from llamachat.tui.keymap import find, first_key, names_of, with_keys
from llamachat.tui.settings_draft import Draft

_LABEL_WIDTH = 17
_HINTS = (("key.give", "other"), ("key.add", "add"), ("key.take", "none"), ("key.default", "first"))
_NO_KEY = "no key"


class KeyList(OptionList):
    """A line for each action, and one below it where something is wrong with its keys."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("key")

    DEFAULT_CSS = """
    KeyList {
        height: 1fr; border: round $secondary; border-title-color: $text; border-subtitle-color: $text-muted;
        background: $surface; padding: 0; scrollbar-size-vertical: 1;
    }
    KeyList:focus { border: heavy $primary; }
    """

    @dataclass
    class PressWanted(Message):
        """The next key that is pressed is for this action: instead of those it has, or with `add` besides them."""

        action_id: str
        add: bool

    @dataclass
    class KeysWanted(Message):
        """The action is to have no key, or with `keys` None those that it had at first."""

        action_id: str
        keys: tuple[str, ...] | None

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.border_title = Content("Keys")

    def show(self, draft: Draft) -> None:
        """Shows the keys as they would be."""
        lit = self.highlighted
        wrong = draft.key_problems()
        own = draft.keys
        options: list[Option] = []
        known: set[str] = set()
        for place in PLACES:
            here = actions(place.where)
            if here:
                options.append(Option(Content.styled(with_keys(place.heading, own), "bold"), disabled=True))
            for action in here:
                known.add(action.id)
                names = names_of(action, own) or _NO_KEY
                options.append(self._option(action.id, action.label, names, draft, wrong.get(action.id)))
        strangers = [name for name in own if name not in known]
        if strangers:
            options.append(Option(Content.styled("Unknown names in the file", "bold"), disabled=True))
        options += [self._option(name, name, "", draft, wrong.get(name)) for name in strangers]
        self.border_subtitle = Content(" · ".join(f"{first_key(key, own)} {does}" for key, does in _HINTS))
        self.set_options(options)
        self.highlighted = lit if lit is not None else 1

    def _option(self, action_id: str, label: str, names: str, draft: Draft, problem: object) -> Option:
        mark = "✖" if problem else "●" if draft.keys_changed(action_id) else "*" if action_id in draft.keys else " "
        lines = [Content(f"{mark} {one_line(label, 64).ljust(_LABEL_WIDTH)} {names}")]
        if problem:
            lines.append(Content.styled(f"    Found {one_line(str(problem), 200)}.", "bold"))
        return Option(Content("\n").join(lines), id=action_id)

    @property
    def detail(self) -> str:
        """The name in the settings file of the action that is lit, and what it does."""
        action = find(self._action_id or "")
        return "" if action is None else f"{action.id}: {action.help}"

    @property
    def _action_id(self) -> str | None:
        option = self.highlighted_option
        return None if option is None else option.id

    def action_give(self, add: bool) -> None:
        """Has the next key named."""
        if self._action_id is not None:
            self.post_message(self.PressWanted(self._action_id, add))

    def action_take(self) -> None:
        """Leaves the action without a key."""
        if self._action_id is not None:
            self.post_message(self.KeysWanted(self._action_id, ()))

    def action_reset(self) -> None:
        """Gives the action its first keys."""
        if self._action_id is not None:
            self.post_message(self.KeysWanted(self._action_id, None))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click does what Enter does."""
        event.stop()
        self.action_give(False)
