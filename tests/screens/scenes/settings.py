"""The settings tab: every group, and what is said of values that are wrong."""

from __future__ import annotations

from typing import Any, Final

from textual.pilot import Pilot
from textual.widgets import OptionList

from llamachat.tui.screens.chat_settings import ChatSettingsScreen
from llamachat.tui.screens.choosing import ChoiceScreen
from llamachat.tui.screens.settings import SettingsScreen
from llamachat.tui.screens.settings_key import KeyScreen
from llamachat.tui.settings_fields import groups
from llamachat.tui.widgets.setting_field import SettingField
from llamachat.tui.widgets.setting_keys import KeyList
from tests.screens.samples import SETTINGS, SEVERAL_MODELS
from tests.screens.scenes.scene import Scene, Steps, pressing
from tests.screens.scripted import ScriptedApp, opened, shows, until


async def to_group(pilot: Pilot[Any], group: str) -> None:
    """Opens the tab where it is not, and goes to the first field of a group."""
    if not isinstance(pilot.app.screen, SettingsScreen):
        await pilot.press("f4")
    await until(pilot, lambda: isinstance(pilot.app.screen, SettingsScreen) and pilot.app.focused is not None)
    listed = pilot.app.screen.query_one("#groups", OptionList)
    await pilot.press(*["escape"] * (not listed.has_focus), "home", *["down"] * listed.get_option_index(group))
    page = f"#page-{group.replace('.', '-')}"
    await until(pilot, lambda: bool(pilot.app.screen.query(page)) and pilot.app.screen.query_one(page).display)
    await pilot.press("enter")
    await until(pilot, lambda: not listed.has_focus)


async def give(pilot: Pilot[Any], action_id: str, how: str, key: str) -> None:
    """Presses the key that an action is to have."""
    keys = pilot.app.screen.query_one(KeyList)
    keys.highlighted = keys.get_option_index(action_id)
    await pilot.press(how)
    await opened(pilot, KeyScreen)
    await pilot.press(key)
    await opened(pilot, SettingsScreen)


def at(group: str) -> Steps:
    """A group of settings."""

    async def steps(pilot: Pilot[Any]) -> None:
        await to_group(pilot, group)

    return steps


async def wrong(pilot: Pilot[Any]) -> None:
    """A value that is not allowed."""
    await to_group(pilot, "chat.sampling")
    await pilot.press("end", "x")
    await shows(pilot, "✖ 1 wrong")


async def conflict(pilot: Pilot[Any]) -> None:
    """A key that another action has."""
    await to_group(pilot, "keys")
    await give(pilot, "chat.new", "enter", "f5")
    await shows(pilot, "✖ 1 wrong")


async def naming(pilot: Pilot[Any]) -> None:
    """A key is asked for."""
    await to_group(pilot, "keys")
    await pilot.press("enter")
    await shows(pilot, "Press the key")


async def broken(pilot: Pilot[Any]) -> None:
    """Another program has broken the file."""
    await to_group(pilot, "chat")
    assert isinstance(pilot.app, ScriptedApp)
    pilot.app.config_file.write_text("[chat\n")
    await pilot.press("end", "x", "ctrl+s")
    await shows(pilot, "nothing can be saved")


async def own(pilot: Pilot[Any]) -> None:
    """The settings of one conversation."""
    await pressing("ctrl+s", screen=ChatSettingsScreen)(pilot)
    await until(pilot, lambda: pilot.app.focused is not None)


async def own_wrong(pilot: Pilot[Any]) -> None:
    """The same, with a value that is not allowed."""
    await own(pilot)
    editor = next(shown.editor for shown in pilot.app.screen.query(SettingField) if "temp" in shown.field.key)
    editor.focus()
    await until(pilot, lambda: editor.has_focus)
    await pressing("end", "ctrl+u", " 9", "ctrl+s", until_shown="✖")(pilot)


async def prompts(pilot: Pilot[Any]) -> None:
    """The system prompt of the conversation is chosen out of the library."""
    await own(pilot)
    await pressing("ctrl+l", screen=ChoiceScreen)(pilot)


LIBRARY: Final = SETTINGS.replace(
    "[look]", '[prompts]\n"Code review" = "Name every defect."\nPoet = "Write verse, and no prose."\n\n[look]'
)
SCREENS: Final = {
    **{f"settings-{group.key}": Scene(settings=LIBRARY, steps=at(group.key)) for group in groups()},
    "settings-naming-a-key": Scene(settings=SETTINGS, steps=naming),
    "chat-settings": Scene(settings=LIBRARY, nodes=SEVERAL_MODELS, steps=own),
    "chat-prompts": Scene(settings=LIBRARY, steps=prompts),
}
STATES: Final = {
    "settings-wrong": Scene(settings=SETTINGS, steps=wrong),
    "settings-conflict": Scene(settings=SETTINGS, steps=conflict),
    "chat-settings-wrong": Scene(settings=LIBRARY, steps=own_wrong),
    "settings-broken-file": Scene(settings=SETTINGS, steps=broken),
}
