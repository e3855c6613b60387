"""The Settings tab: groups on the left, their fields on the right; what is changed is kept until all of it is right."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import OptionList, Static

from llamachat.base.problems import ConfigError
from llamachat.base.text import one_line
from llamachat.config import Settings
from llamachat.config.saving import FileChangedError
from llamachat.tui import keymap
from llamachat.tui import settings_words as words
from llamachat.tui.actions import bindings
from llamachat.tui.screens.settings_key import KeyScreen
from llamachat.tui.screens.settings_prompts import PromptDesk
from llamachat.tui.services import Services
from llamachat.tui.settings_applying import OwnThemes, apply, preview, register_own_themes
from llamachat.tui.settings_draft import Draft
from llamachat.tui.settings_fields import LOOK_GROUP, NODES_GROUP, PROMPTS_GROUP, Group, groups
from llamachat.tui.widgets.foot import Foot
from llamachat.tui.widgets.setting_field import SettingField
from llamachat.tui.widgets.setting_groups import GroupList
from llamachat.tui.widgets.setting_keys import KeyList
from llamachat.tui.widgets.setting_page import SettingPage
from llamachat.tui.widgets.setting_prompts import PromptList
from llamachat.tui.widgets.status_bar import StatusBar
from llamachat.tui.widgets.top_bar import TopBar

LOOK_INTERVAL_S: Final = 2.0
"""How often the tab looks whether another program has changed the file, while it can be seen."""

_AT_NEXT_START: Final = ("fleet", "privacy")
"""The tables whose settings hold from the next start on."""

_MAX_TROUBLE: Final = 400


class SettingsScreen(Screen[None]):
    """Carries what is filled in to the draft, and the draft to the file and the program."""

    AUTO_FOCUS = "#groups"
    BINDINGS: ClassVar[list[BindingType]] = bindings("settings")
    # Textual declares it as an attribute of instances.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-normal"), (120, "-wide")]  # noqa: RUF012

    DEFAULT_CSS = """
    SettingsScreen #settings-main { height: 1fr; }
    SettingsScreen.-narrow GroupList { width: 15; border: none; border-right: solid $secondary; }
    SettingsScreen.-narrow GroupList:focus { border: none; border-right: heavy $primary; }
    SettingsScreen #page { width: 1fr; height: 1fr; }
    SettingsScreen.-wide #page { max-width: 110; }
    SettingsScreen #trouble {
        height: auto; max-height: 4; background: $error; color: auto; text-style: bold; padding: 0 1; display: none;
    }
    """

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self._draft = Draft(services.config_file, services.settings)
        self._prompts = PromptDesk(self, services, self._draft, self._prompt_changed)
        self._own = OwnThemes()
        self._groups: tuple[Group, ...] = ()
        self._trouble = ""
        self._is_known = False  # whether the file has been read
        self._looking: Timer | None = None

    def compose(self) -> ComposeResult:
        """Header, groups and fields, trouble, what is not saved, status."""
        yield TopBar(self._services)
        with Horizontal(id="settings-main"):
            yield GroupList()
            yield Vertical(id="page")
        yield Static("", id="trouble", markup=False)
        yield StatusBar(id="unsaved")
        yield Foot(self._services)

    def on_mount(self) -> None:
        """Reads the file and shows its first group."""
        self.query_one("#unsaved").tooltip = "What is not saved yet, and where the settings are kept."
        self._own = register_own_themes(self.app, self._services)
        self._groups = groups(self._own.names)
        self._look()
        self._show_state()
        self._looking = self.set_interval(LOOK_INTERVAL_S, self._look)
        self.query_one(GroupList).highlighted = 0

    def on_screen_resume(self) -> None:
        """Looks for changes while it can be seen."""
        if self._looking is not None:
            self._looking.resume()
            self._look()

    def on_screen_suspend(self) -> None:
        """Does nothing while it cannot."""
        if self._looking is not None:
            self._looking.pause()

    # ── the groups ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Shows the group."""
        event.stop()
        if isinstance(event.option_list, GroupList) and event.option_id is not None:
            await self._show_group(event.option_id)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Goes to the first field of the group."""
        event.stop()
        page = self._page
        if page is not None:
            self._focus_first(page)

    def action_groups(self) -> None:
        """Goes back to the list."""
        self.query_one(GroupList).focus()

    async def action_show_group(self, key: str) -> None:
        """Goes to the first field of a group."""
        self.query_one(GroupList).highlighted = self.query_one(GroupList).get_option_index(key)
        await self._show_group(key)
        page = self._page
        if page is not None:
            self._focus_first(page)

    @property
    def _page(self) -> SettingPage | None:
        return next((page for page in self.query(SettingPage) if page.display), None)

    def _focus_first(self, page: SettingPage) -> None:
        for field in page.query(SettingField):
            field.editor.focus()
            return
        for entries in page.lists:
            entries.focus()

    async def _show_group(self, key: str) -> None:
        """Puts the page of a group in front; it is made when it is first wanted, and keeps what stands in it."""
        group = next(group for group in self._groups if group.key == key)
        pages = {page.group.key: page for page in self.query(SettingPage)}
        for page in pages.values():
            page.display = page.group.key == key
        if key not in pages:
            page = SettingPage(
                group,
                self._draft,
                lambda: self._note(key),
                blink=self._services.settings.look.motion,
            )
            await self.query_one("#page").mount(page)

    def _note(self, key: str) -> str:
        """What a group has to say besides its fields."""
        if key == NODES_GROUP:
            nodes = self._draft.saved.nodes
            names = "\n".join(f"{place}  {one_line(node.name, 40)}" for place, node in enumerate(nodes, 1))
            where = "The Nodes tab adds, tests, removes and reorders them."
            return f"In this order:\n{names}\n{where}" if nodes else f"No node is in the file yet. {where}"
        if key == LOOK_GROUP:
            return "\n".join(f"✖ {sentence}" for sentence in self._own.sentences(self._draft.file))
        return ""

    # ── changes ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def on_setting_field_changed(self, event: SettingField.Changed) -> None:
        """Takes what stands in the field, and shows at once what can be shown."""
        event.stop()
        self._draft.write(event.field.field, event.text)
        self._changed(event.field)

    def on_setting_field_reset_wanted(self, event: SettingField.ResetWanted) -> None:
        """Back to the default."""
        event.stop()
        self._draft.reset(event.field.field)
        event.field.show(self._draft.text(event.field.field))
        self._changed(event.field)

    def _changed(self, field: SettingField) -> None:
        for page in self.query(SettingPage):
            if page.group.key in (group.key for group in self._groups if field.field in group.fields):
                page.mark(field)
        self._preview()
        self._show_state()

    def on_setting_field_leave_wanted(self, event: SettingField.LeaveWanted) -> None:
        """Goes to the next field; above the first is the list of groups."""
        event.stop()
        fields = [field for field in self.query(SettingField) if field.display and field.parent is event.field.parent]
        place = fields.index(event.field) + event.step
        if place < 0:
            self.action_groups()
        elif place < len(fields):
            fields[place].editor.focus()
            fields[place].scroll_visible()

    def on_key_list_keys_wanted(self, event: KeyList.KeysWanted) -> None:
        """Takes an action's keys away, or gives it its first ones."""
        event.stop()
        self._bind(event.action_id, event.keys)

    def on_key_list_press_wanted(self, event: KeyList.PressWanted) -> None:
        """Waits for the key."""
        event.stop()
        action = keymap.find(event.action_id)
        if action is None:  # a name of the file that no action has: it can only be taken out
            return
        has = keymap.keys_of(action, self._draft.keys)

        def pressed(key: str | None) -> None:
            if key is not None:
                self._bind(event.action_id, (*has, key) if event.add else (key,))

        standing = keymap.keymap(self._services.settings.keys)
        self.app.push_screen(KeyScreen(action.label, add=event.add, standing=standing), pressed)

    def _bind(self, action_id: str, keys: tuple[str, ...] | None) -> None:
        self._draft.bind(action_id, keys)
        for shown in self.query(KeyList):
            shown.show(self._draft)
        self._show_state()

    def on_prompt_list_wanted(self, event: PromptList.Wanted) -> None:
        """Does what is wished for a prompt of the library."""
        event.stop()
        self.run_worker(self._prompts.do(event), group="prompts")

    def _prompt_changed(self, name: str) -> None:
        for page in self.query(SettingPage):
            if page.group.key == PROMPTS_GROUP:
                page.show()
        for shown in self.query(PromptList):
            shown.light(name)
        self._show_state()

    def _preview(self) -> None:
        """The colours and the room that are filled in hold at once, saved or not."""
        look = self._services.settings.look
        for group in self._groups:
            for field in group.fields:
                if field.key == "look.theme" and self._draft.is_changed(field.key):
                    look = dataclasses.replace(look, theme=str(self._draft.value(field)))
                if field.key == "look.density" and self._draft.is_changed(field.key):
                    look = dataclasses.replace(look, density=str(self._draft.value(field)))
        preview(self.app, look)

    # ── the file ────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_save(self) -> None:
        """Saves all changes, if all of them are right."""
        draft = self._draft
        if draft.file is None:
            self.notify(words.NOWHERE, severity="warning", markup=False)
        elif wrong := draft.wrong:
            self.notify(
                f"Nothing was saved: {len(wrong)} of the settings cannot be so ({one_line(', '.join(wrong), 120)}).",
                severity="error",
                markup=False,
            )
        elif not draft.is_read:
            self._look()
        elif not draft.changed:
            self.notify("Nothing was changed.", markup=False)
        else:
            self._write(draft.save, "Saved")

    def action_undo(self) -> None:
        """Takes the last save back, or has again what was thrown away after it."""
        if self._draft.bring_back():
            self._show_all()
            self._preview()
        elif self._draft.can_undo:
            self._write(self._draft.undo, "The last save was taken back")
        else:
            self.notify("There is no save to take back.", markup=False)

    def action_discard(self) -> None:
        """Shows what the file holds."""
        if not self._draft.changed:
            self.notify("There is nothing that is not saved.", markup=False)
            return
        self._draft.discard()
        self._show_all()
        self._preview()
        again = keymap.first_key("settings.undo", self._services.settings.keys)
        self.notify(f"What was not saved is thrown away; {again} brings it back.", markup=False)

    def _write(self, write: Callable[[], Settings], done: str) -> None:
        """Changes the file and then the program; a failure is told and loses nothing."""
        before = self._draft.saved
        try:
            after = write()
        except FileChangedError:
            self._look()
            return
        except ConfigError as error:
            self._tell_trouble(str(error))
            return
        except OSError as error:
            assert self._draft.file is not None
            self._tell_trouble(words.cannot_be_written(self._draft.file, error))
            return
        self._tell_trouble("")
        apply(self.app, self._services, before, after)
        self.query_one(Foot).draw()
        later = any(getattr(before, table) != getattr(after, table) for table in _AT_NEXT_START)
        self.notify(f"{done}{'; some of it holds from the next start on' if later else ''}.", markup=False)
        self._show_all()

    def _look(self) -> None:
        """Takes up what another program has written into the file or the themes."""
        if self._services.config_file is None or self._is_leaving:
            return
        own = register_own_themes(self.app, self._services)
        if own != self._own:
            self._own = own
            self._groups = groups(own.names)
            self._offer_themes()
        before, unsaved = self._draft.saved, self._draft.changed_keys
        try:
            news = self._draft.look()
        except ConfigError as error:
            self._tell_trouble(f"The file cannot be used as it is, and nothing can be saved. {error}")
            return
        if news:
            self._tell_trouble("")
            self._show_all()
            if self._is_known:
                apply(self.app, self._services, before, self._draft.saved)
                self._preview()
                # Only the nodes differ where it was the Nodes tab that wrote.
                if dataclasses.replace(before, nodes=self._draft.saved.nodes) != self._draft.saved:
                    self.notify(words.news(before, self._draft.saved, unsaved), markup=False)
            self._is_known = True

    def _offer_themes(self) -> None:
        for group in self._groups:
            for page in self.query(SettingPage):
                if page.group.key == group.key:
                    page.become(group)

    @property
    def _is_leaving(self) -> bool:
        """Whether the widgets are being taken down."""
        return not self.query(GroupList)

    # ── drawing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _show_all(self) -> None:
        for page in self.query(SettingPage):
            page.show()
        self._show_state()

    def _show_state(self) -> None:
        """Marks the groups, and says in one line what is not saved."""
        self.query_one(GroupList).show(self._groups, self._draft)
        self.query_one("#unsaved", StatusBar).show(words.facts(self._draft, self._services.settings.keys))

    def _tell_trouble(self, text: str) -> None:
        line = self.query_one("#trouble", Static)
        file = self._draft.file
        shown = one_line(text if file is None else text.replace(str(file), words.short(file)), _MAX_TROUBLE)
        if shown != self._trouble:
            self._trouble = shown
            line.update(Content(shown))
            line.display = bool(shown)
