"""The settings of one node, to fill in."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from llamachat.tui.node_draft import FIELDS, NodeDraft
from llamachat.tui.widgets.setting_field import SettingField


class NodeSettingsPane(Vertical):
    """Where they stand, the fields, and what came of saving; empty until there is a draft to show."""

    DEFAULT_CSS = """
    NodeSettingsPane .where { height: auto; padding: 0 1; }
    NodeSettingsPane VerticalScroll { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    NodeSettingsPane .said { height: auto; padding: 0 1; text-style: bold; display: none; }
    NodeSettingsPane .-problem { color: $text-error; }
    """

    @dataclass
    class Left(Message):
        """The focus is to go above the first field."""

    def __init__(self, *, blink: bool) -> None:
        super().__init__()
        self._blink = blink
        self._draft: NodeDraft | None = None
        self._where = Static("", classes="where", markup=False)
        self._where.tooltip = "Where the settings of this node stand, and what saves them."
        self._fields = VerticalScroll(can_focus=False)
        self._said = Static("", classes="said", markup=False)

    def compose(self) -> ComposeResult:
        """One below the other."""
        yield self._where
        yield self._fields
        yield self._said

    @property
    def has_focus_inside(self) -> bool:
        """Whether somebody fills in a field."""
        return self.has_pseudo_class("focus-within")

    async def show(self, draft: NodeDraft, where: str) -> None:
        """Shows another draft, with a sentence about where it stands."""
        self._draft = draft
        self._where.update(Content(where))
        if not self.query(SettingField):
            await self._fields.mount_all(SettingField(field, "", blink=self._blink) for field in FIELDS)
        for shown in self.query(SettingField):
            shown.show(draft.text(shown.field))
        self._mark()

    def focus_first(self) -> None:
        """Goes to the first field, or to the first that is wrong."""
        shown = list(self.query(SettingField))
        wrong = [field for field in shown if self._draft is not None and self._draft.reason(field.field)]
        for field in [*wrong, *shown][:1]:
            field.editor.focus()

    def say(self, sentence: str, *, is_problem: bool = False) -> None:
        """Says what came of saving."""
        self._said.set_class(is_problem, "-problem")
        self._said.update(Content(f"✖ {sentence}" if is_problem else sentence))
        self._said.display = bool(sentence)

    def on_setting_field_changed(self, event: SettingField.Changed) -> None:
        """Takes what stands in the field."""
        event.stop()
        if self._draft is not None:
            self._draft.write(event.field.field, event.text)
            self.say("")
            self._mark()

    def on_setting_field_reset_wanted(self, event: SettingField.ResetWanted) -> None:
        """Takes the setting out."""
        event.stop()
        if self._draft is not None:
            self._draft.reset(event.field.field)
            event.field.show(self._draft.text(event.field.field))
            self.say("")
            self._mark()

    def on_setting_field_leave_wanted(self, event: SettingField.LeaveWanted) -> None:
        """Goes to the field above or below."""
        event.stop()
        fields = list(self.query(SettingField))
        place = fields.index(event.field) + event.step
        if place < 0:
            self.post_message(self.Left())
        elif place < len(fields):
            fields[place].editor.focus()
            fields[place].scroll_visible()

    def _mark(self) -> None:
        """Says of every field what is wrong with it and whether it was changed: one may be wrong because of another."""
        draft = self._draft
        if draft is None:
            return
        for shown in self.query(SettingField):
            field = shown.field
            shown.tell(draft.reason(field), changed=draft.is_changed(field.key))
            if isinstance(shown.editor, Input) and field.secret:
                kept = draft.is_kept_secret(field)
                out = draft.is_changed(field.key)
                shown.editor.placeholder = "kept, and never shown" if kept else "taken out" if out else "not set"
