"""The settings of one conversation, over it: fields as on the Settings tab, each as in the settings file unless it is
filled in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from llamachat.base.text import one_line
from llamachat.config.schema import Settings
from llamachat.fleet import NodeSnapshot
from llamachat.store import OwnSettings
from llamachat.tui.actions import bindings
from llamachat.tui.chat_draft import MODEL, NAMES, PROMPT, ChatDraft, fields
from llamachat.tui.chat_words import prompt_name
from llamachat.tui.choices import Choice
from llamachat.tui.keymap import with_keys
from llamachat.tui.models import model_choices
from llamachat.tui.screens.choosing import ChoiceScreen
from llamachat.tui.widgets.setting_field import SettingField

AS_IN_SETTINGS: Final = ""
"""The id of the choice that is not the conversation's own."""

_NO_PROMPT: Final = "none"  # no prompt of the library can be called so, nor like the next
_AS_IT_IS: Final = "default"
_SHOWN: Final = 60
_MARKS: Final = ("● of this conversation", "as in the settings")
_HINTS: Final = (
    "{own.keep} keeps  {own.models} models  {own.library} prompts  {setting.default} as in the settings  "
    "{own.leave} leaves as it was"
)


class ChatSettingsScreen(ModalScreen[OwnSettings | None]):
    """Its result is what the conversation is to have of its own, or None when that is to stay as it was."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("own")
    AUTO_FOCUS = "Input"

    DEFAULT_CSS = """
    ChatSettingsScreen { align: center middle; }
    ChatSettingsScreen #own {
        width: 90; max-width: 98%; height: 95%; border: round $primary; background: $surface; padding: 0 1;
    }
    ChatSettingsScreen VerticalScroll { height: 1fr; scrollbar-size-vertical: 1; }
    ChatSettingsScreen #own-hints { width: 1fr; height: auto; color: $text-muted; }
    """

    def __init__(self, settings: Settings, own: OwnSettings, nodes: Sequence[NodeSnapshot]) -> None:
        super().__init__(name="own")
        self._settings = settings
        self._snapshots = nodes
        self._draft = ChatDraft(settings.chat, own)

    def compose(self) -> ComposeResult:
        """The fields, and what the keys do."""
        blink = self._settings.look.motion
        with Vertical(id="own") as panel:
            panel.border_title = "This conversation"
            with VerticalScroll(can_focus=False):
                for name in NAMES:
                    yield SettingField(fields()[name], self._draft.text(name), blink=blink)
            yield Static(with_keys(_HINTS, self._settings.keys), id="own-hints", markup=False)

    def on_mount(self) -> None:
        """Says of each field whose it is."""
        for field in self.query(SettingField):
            self._mark(field)

    def _field(self, name: str) -> SettingField:
        return next(field for field in self.query(SettingField) if field.field == fields()[name])

    def _setting(self, field: SettingField) -> str:
        return next(name for name in NAMES if fields()[name] == field.field)

    def _mark(self, field: SettingField) -> None:
        name = self._setting(field)
        library = prompt_name(str(self._draft.value(name)), self._settings.prompts) if name == PROMPT else ""
        own, standing = (f"{mark}: {one_line(library, 40)}" if library else mark for mark in _MARKS)
        field.tell(self._draft.reason(name), changed=self._draft.is_own(name), marks=(own, standing))

    def on_setting_field_changed(self, event: SettingField.Changed) -> None:
        """Takes what stands in the field."""
        event.stop()
        self._draft.write(self._setting(event.field), event.text)
        self._mark(event.field)

    def on_setting_field_reset_wanted(self, event: SettingField.ResetWanted) -> None:
        """As in the settings file again."""
        event.stop()
        self._reset(self._setting(event.field))

    def on_setting_field_leave_wanted(self, event: SettingField.LeaveWanted) -> None:
        """Goes to the field above or below."""
        event.stop()
        shown = list(self.query(SettingField))
        place = shown.index(event.field) + event.step
        if 0 <= place < len(shown):
            shown[place].editor.focus()
            shown[place].scroll_visible()

    def _reset(self, name: str) -> None:
        self._draft.reset(name)
        self._show(name)

    def _show(self, name: str) -> None:
        field = self._field(name)
        field.show(self._draft.text(name))
        self._mark(field)
        field.editor.focus()
        field.scroll_visible()

    @work
    async def action_models(self) -> None:
        """Chooses the model among those of all nodes."""
        standing = Choice(AS_IN_SETTINGS, "as in the settings", detail=one_line(self._settings.chat.model, _SHOWN))
        choices = (standing, *model_choices(self._snapshots))
        current = self._draft.text(MODEL) if self._draft.is_own(MODEL) else AS_IN_SETTINGS
        chosen = await self.app.push_screen_wait(ChoiceScreen("Model", choices, current=current))
        if chosen is not None:
            self._draft.reset(MODEL)
            if chosen != AS_IN_SETTINGS:
                self._draft.choose_model(chosen)
            self._show(MODEL)

    @work
    async def action_library(self) -> None:
        """Chooses the system prompt out of the library."""
        prompts = self._settings.prompts
        standing = one_line(self._settings.chat.system_prompt, _SHOWN) or "none"
        choices = [Choice(AS_IN_SETTINGS, "as in the settings", detail=standing), Choice(_NO_PROMPT, "none at all")]
        choices += [Choice(name, one_line(name, 40), detail=one_line(text, _SHOWN)) for name, text in prompts.items()]
        note = "" if prompts else "Your library is empty yet. Prompts on the Settings tab fills it."
        text = str(self._draft.value(PROMPT))
        current = prompt_name(text, prompts) or _NO_PROMPT if self._draft.is_own(PROMPT) else AS_IN_SETTINGS
        if current == _NO_PROMPT and text:
            choices.append(Choice(_AS_IT_IS, "your own words", detail=one_line(text, _SHOWN)))
            current = _AS_IT_IS
        chosen = await self.app.push_screen_wait(ChoiceScreen("System prompt", choices, current=current, note=note))
        if chosen not in (None, _AS_IT_IS):
            self._draft.reset(PROMPT)
            if chosen != AS_IN_SETTINGS:
                self._draft.write(PROMPT, prompts.get(chosen, ""))
            self._show(PROMPT)

    def action_keep(self) -> None:
        """Ends it with what is filled in, if all of it is right."""
        if wrong := self._draft.wrong:
            self._show(wrong[0])
            text = f"{len(wrong)} of the settings cannot be so; the reason stands below."
            self.notify(text, severity="error", markup=False)
        else:
            self.dismiss(self._draft.own)
