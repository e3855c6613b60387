"""The settings of one group, one below the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static

from llamachat.tui.settings_draft import Draft
from llamachat.tui.settings_fields import KEYS_GROUP, PROMPTS_GROUP, Group
from llamachat.tui.widgets.setting_field import SettingField
from llamachat.tui.widgets.setting_keys import KeyList
from llamachat.tui.widgets.setting_prompts import PromptList

_LISTS: Final[dict[str, type[KeyList] | type[PromptList]]] = {KEYS_GROUP: KeyList, PROMPTS_GROUP: PromptList}
"""What the pages of tables end with in which the person chooses the keys."""


class SettingPage(VerticalScroll, can_focus=False):
    """What the group is about, its fields, and what else belongs there.

    Args:
        group: what to show.
        draft: what stands in the fields.
        note: says what else there is to know, anew each time.
        blink: whether cursors blink.
    """

    DEFAULT_CSS = """
    SettingPage { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    SettingPage .about { width: 1fr; height: auto; padding: 0 1; margin: 0 0 1 0; }
    SettingPage .note { width: 1fr; height: auto; padding: 0 2; }
    SettingPage.-list { overflow: hidden; }
    SettingPage.-list .note { height: 2; color: $text-muted; }
    """

    def __init__(self, group: Group, draft: Draft, note: Callable[[], str], *, blink: bool) -> None:
        super().__init__(id=f"page-{group.key.replace('.', '-')}")
        self.group = group
        self._draft = draft
        self._note = note
        self._blink = blink

    def compose(self) -> ComposeResult:
        """One below the other."""
        yield Static(self.group.help, classes="about", markup=False)
        for field in self.group.fields:
            yield SettingField(field, self._draft.text(field), blink=self._blink)
        if self.group.key in _LISTS:
            self.add_class("-list")
            yield _LISTS[self.group.key]()
        yield Static("", classes="note", markup=False)

    def on_mount(self) -> None:
        """Shows what is so far."""
        self.show()

    def show(self) -> None:
        """Shows the draft as it is now."""
        for field in self.query(SettingField):
            field.show(self._draft.text(field.field))
            self.mark(field)
        for entries in self.lists:
            entries.show(self._draft)
        self._show_note()

    @property
    def lists(self) -> list[KeyList | PromptList]:
        """The list with which the page ends, if it has one."""
        return [*self.query(KeyList), *self.query(PromptList)]

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Says more about what is lit."""
        event.stop()
        self._show_note()

    def _show_note(self) -> None:
        details = [entries.detail for entries in self.lists]
        text = "\n".join(filter(None, [*details, self._note()]))
        for line in self.query(".note").results(Static):
            line.display = bool(text)
            line.update(Content(text))

    def become(self, group: Group) -> None:
        """Offers other words: the same fields, with what can be chosen by now."""
        self.group = group
        for shown in self.query(SettingField):
            shown.offer(next(field for field in group.fields if field.key == shown.field.key))
        self.show()

    def mark(self, field: SettingField) -> None:
        """Says what is with one field."""
        field.tell(self._draft.reason(field.field), changed=self._draft.is_changed(field.field.key))
