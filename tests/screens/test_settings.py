"""The Settings tab: what a person does there, key by key and with the mouse, and pictures of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import TextArea

from llamachat.config.loading import parse
from llamachat.tui.screens.settings import SettingsScreen
from llamachat.tui.theme import COMPACT
from llamachat.tui.widgets.composer import Composer
from llamachat.tui.widgets.setting_choice import Choice
from llamachat.tui.widgets.setting_field import SettingField
from llamachat.tui.widgets.setting_keys import KeyList
from llamachat.tui.widgets.transcript import Transcript
from tests.screens.covering import covers
from tests.screens.samples import SETTINGS
from tests.screens.scenes.settings import give, to_group
from tests.screens.scripted import TWO_NODES, ScriptedApp, ScriptedFleet, answer, ask, lines, shows, until


def make(path: Path, text: str = SETTINGS, **options: Any) -> ScriptedApp:
    """The app with this settings file."""
    file = path / "config.toml"
    file.write_text(text)
    return ScriptedApp(ScriptedFleet(TWO_NODES, answer("Hello.")), path, settings=parse(text, file), **options)


@asynccontextmanager
async def opened(
    path: Path, text: str = SETTINGS, *, size: tuple[int, int] = (80, 24), group: str = "nodes"
) -> AsyncGenerator[Pilot[Any], None]:
    """The app with the tab open at one group; the focus is on its first field."""
    async with make(path, text).run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        await to_group(pilot, group)
        yield pilot


def field(pilot: Pilot[Any], key: str) -> SettingField:
    """One field of the screen."""
    return next(found for found in pilot.app.screen.query(SettingField) if found.field.key == key)


async def fill(pilot: Pilot[Any], key: str, text: str) -> None:
    """Writes a text into a field, in place of what stood there."""
    editor = field(pilot, key).editor
    editor.focus()
    await until(pilot, lambda: editor.has_focus)
    if isinstance(editor, TextArea):
        await pilot.press("ctrl+home", "ctrl+shift+end", "backspace", *text)
    else:
        await pilot.press("end", "ctrl+u", *text)
    await until(pilot, lambda: field(pilot, key).text == text)
    await pilot.pause()


def saved(pilot: Pilot[Any]) -> str:
    """What the file holds."""
    assert isinstance(pilot.app, ScriptedApp)
    return pilot.app.config_file.read_text()


async def told(pilot: Pilot[Any], text: str) -> None:
    """Waits until a notice says so, however it is broken into lines."""
    await until(pilot, lambda: any(text in notice.message for notice in pilot.app._notifications))


def gone(pilot: Pilot[Any], text: str) -> Callable[[], bool]:
    return lambda: not any(text in line for line in lines(pilot.app))


# ── filling in and saving ───────────────────────────────────────────────────────────────────────────────────────────


@covers("settings.save")
async def test_a_changed_setting_is_saved_holds_at_once_and_comments_stay(tmp_path: Path):
    async with opened(tmp_path, group="chat.sampling") as pilot:
        await fill(pilot, "chat.sampling.temperature", "0.2")
        await shows(pilot, "● 1 not saved")
        assert saved(pilot) == SETTINGS
        await pilot.press("ctrl+s")
        await shows(pilot, "All is saved")
        assert parse(saved(pilot)).chat.sampling.temperature == 0.2
        assert set(SETTINGS.splitlines()) <= set(saved(pilot).splitlines())
        await pilot.press("f2")
        await until(pilot, lambda: bool(pilot.app.screen.query(Composer)))
        await ask(pilot, "Hi")
        await shows(pilot, "Hello.")
        assert pilot.app.fleet.turns[0].params.temperature == 0.2  # type: ignore[attr-defined]


async def test_a_wrong_value_is_marked_with_the_reason_and_nothing_is_saved_until_all_is_right(tmp_path: Path):
    async with opened(tmp_path, group="chat.sampling") as pilot:
        await fill(pilot, "chat.sampling.top_k", "7")
        await fill(pilot, "chat.sampling.temperature", "9")
        await shows(pilot, "✖ Allowed: a number, 0 to 5.")
        assert field(pilot, "chat.sampling.temperature").editor.styles.border_top[0] == "double"
        await pilot.press("ctrl+s")
        await told(pilot, "Nothing was saved")
        assert saved(pilot) == SETTINGS
        await fill(pilot, "chat.sampling.temperature", "1.5")
        await until(pilot, gone(pilot, "✖"))
        await pilot.press("ctrl+s")
        await shows(pilot, "All is saved")
        assert "temperature = 1.5\n" in saved(pilot)
        assert "top_k = 7\n" in saved(pilot)


async def test_text_typed_just_before_saving_is_saved_with_the_rest(tmp_path: Path):
    async with opened(tmp_path, group="chat") as pilot:
        await pilot.press("end", *"-70b", "ctrl+s")
        await shows(pilot, "All is saved")
        assert 'model = "llama3-70b"' in saved(pilot)


async def test_a_system_prompt_may_have_several_lines(tmp_path: Path):
    async with opened(tmp_path, group="chat") as pilot:
        field(pilot, "chat.system_prompt").editor.focus()
        await pilot.press(*"Be", "enter", *"brief", "ctrl+s")
        await shows(pilot, "All is saved")
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen.query_one("#groups").has_focus)
    assert parse((tmp_path / "config.toml").read_text()).chat.system_prompt == "Be\nbrief"


@covers("settings.undo")
async def test_the_last_save_is_taken_back(tmp_path: Path):
    async with opened(tmp_path, group="nodes") as pilot:
        await pilot.press("right", "ctrl+s")
        await shows(pilot, "All is saved")
        assert pilot.app.fleet.policy == "priority"  # type: ignore[attr-defined]
        await pilot.press("f8")
        await told(pilot, "The last save was taken back.")
        assert saved(pilot) == SETTINGS
        assert pilot.app.fleet.policy == "fastest"  # type: ignore[attr-defined]
        await pilot.press("f8")
        await told(pilot, "There is no save to take back")


async def test_saving_without_a_change_says_so(tmp_path: Path):
    async with opened(tmp_path) as pilot:
        await pilot.press("ctrl+s")
        await told(pilot, "Nothing was changed")


async def test_throwing_away_nothing_says_so(tmp_path: Path):
    async with opened(tmp_path) as pilot:
        await pilot.press("f9")
        await told(pilot, "There is nothing that is not saved")


@covers("settings.discard")
async def test_changes_can_be_thrown_away_and_had_again(tmp_path: Path):
    async with opened(tmp_path, group="look") as pilot:
        await pilot.press("right")
        await until(pilot, lambda: pilot.app.theme == "llamachat-light")
        await pilot.press("f9")
        await shows(pilot, "All is saved")
        assert pilot.app.theme == "llamachat"
        assert field(pilot, "look.theme").text == "llamachat"
        await told(pilot, "F8 brings it back")
        await pilot.press("f8")
        await shows(pilot, "● 1 not saved")
        assert pilot.app.theme == "llamachat-light"
        assert field(pilot, "look.theme").text == "llamachat-light"


@covers("setting.default")
async def test_a_default_is_had_again(tmp_path: Path):
    async with opened(tmp_path, group="chat") as pilot:
        await pilot.press("ctrl+r", "ctrl+s")
        await shows(pilot, "All is saved")
        assert field(pilot, "chat.model").text == "auto"
        assert "model" not in saved(pilot)


async def test_unsaved_changes_stay_while_another_tab_is_open(tmp_path: Path):
    async with opened(tmp_path, group="chat") as pilot:
        await fill(pilot, "chat.model", "half done")
        await pilot.press("f2")
        await until(pilot, lambda: not isinstance(pilot.app.screen, SettingsScreen))
        await pilot.press("f4")
        await shows(pilot, "● 1 not saved")
        assert field(pilot, "chat.model").text == "half done"
        assert saved(pilot) == SETTINGS


async def test_a_new_order_of_nodes_is_shown_without_a_word(tmp_path: Path):
    async with opened(tmp_path, group="nodes") as pilot:
        await pilot.press("f2")
        await until(pilot, lambda: not isinstance(pilot.app.screen, SettingsScreen))
        (tmp_path / "config.toml").write_text(SETTINGS.replace("llama-01", "llama-09"))
        await pilot.press("f4")
        await shows(pilot, "1  llama-09")
        assert not pilot.app._notifications


@covers("settings.groups", "setting.above", "setting.below")
async def test_the_arrows_enter_and_escape_lead_through_the_fields(tmp_path: Path):
    async with opened(tmp_path, group="chat.sampling") as pilot:
        first, second, *_more = [found.editor for found in pilot.app.screen.query(SettingField) if found.region]
        assert first.has_focus
        await pilot.press("down")
        await until(pilot, lambda: second.has_focus)
        await pilot.press("up")
        await until(pilot, lambda: first.has_focus)
        await pilot.press("enter")
        await until(pilot, lambda: second.has_focus)
        await pilot.press("up", "up")
        await until(pilot, lambda: pilot.app.screen.query_one("#groups").has_focus)
        await pilot.press("enter", "escape")
        await until(pilot, lambda: pilot.app.screen.query_one("#groups").has_focus)


@covers("setting.previous", "setting.next")
async def test_words_are_chosen_with_keys_and_with_the_mouse(tmp_path: Path):
    async with opened(tmp_path, group="nodes") as pilot:
        choice = pilot.app.screen.query_one(Choice)
        for key, word in (("right", "priority"), ("space", "sticky"), ("enter", "fastest"), ("left", "sticky")):
            await pilot.press(key)
            await until(pilot, lambda word=word: choice.taken == word)
        await pilot.click(choice, offset=(4, 1))
        await until(pilot, lambda: choice.taken == "fastest")


# ── the file ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_another_program_writes_is_shown_and_holds_and_unsaved_changes_are_kept(tmp_path: Path):
    async with opened(tmp_path, group="chat") as pilot:
        await fill(pilot, "chat.model", "mine")
        (tmp_path / "config.toml").write_text('[chat]\nmodel = "theirs"\npolicy = "sticky"\n[look]\nmotion = false\n')
        await pilot.press("ctrl+s")
        await told(pilot, "was changed meanwhile")
        await told(pilot, "Saving replaces what was written there: chat.model.")
        assert pilot.app.fleet.policy == "sticky"  # type: ignore[attr-defined]
        assert field(pilot, "chat.model").text == "mine"
        assert 'model = "theirs"' in saved(pilot)
        await pilot.press("ctrl+s")
        await shows(pilot, "All is saved")
        assert parse(saved(pilot)).chat.model == "mine"
        assert parse(saved(pilot)).chat.policy == "sticky"


async def test_what_another_program_writes_is_seen_when_the_tab_is_opened_again(tmp_path: Path):
    async with opened(tmp_path, group="chat") as pilot:
        await pilot.press("f2")
        await until(pilot, lambda: not isinstance(pilot.app.screen, SettingsScreen))
        (tmp_path / "config.toml").write_text(SETTINGS.replace("llama3", "llama4"))
        await pilot.press("f4")
        await shows(pilot, "llama4")


async def test_a_file_that_was_broken_meanwhile_is_told_of_and_left_alone(tmp_path: Path):
    async with opened(tmp_path, group="chat") as pilot:
        await fill(pilot, "chat.model", "mine")
        (tmp_path / "config.toml").write_text("[chat\n")
        await pilot.press("ctrl+s")
        await shows(pilot, "nothing can be saved")
        await shows(pilot, "found Expected ']'")
        assert saved(pilot) == "[chat\n"
        (tmp_path / "config.toml").write_text(SETTINGS)
        await pilot.press("ctrl+s")
        await until(pilot, gone(pilot, "nothing can be saved"))
        await pilot.press("ctrl+s")
        await shows(pilot, "All is saved")
        assert 'model = "mine"' in saved(pilot)


async def test_a_write_protected_file_is_told_of_and_nothing_is_lost(tmp_path: Path):
    async with opened(tmp_path, group="chat", size=(120, 40)) as pilot:
        await fill(pilot, "chat.model", "mine")
        (tmp_path / "config.toml").chmod(0o444)
        await pilot.press("ctrl+s")
        await shows(pilot, "write-protected. Nothing is lost")
        assert field(pilot, "chat.model").text == "mine"
        assert saved(pilot) == SETTINGS
        (tmp_path / "config.toml").chmod(0o600)
        await pilot.press("ctrl+s")
        await shows(pilot, "All is saved")
        await until(pilot, gone(pilot, "write-protected"))


async def test_a_full_disk_is_told_of_and_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(path: Path, data: bytes | str) -> None:
        with Path("/dev/full").open("w") as device:  # the real error of a real full device
            device.write(str(data))

    async with opened(tmp_path, group="chat", size=(120, 40)) as pilot:
        await fill(pilot, "chat.model", "mine")
        monkeypatch.setattr("llamachat.config.saving.write_atomically", full)
        await pilot.press("ctrl+s")
        await shows(pilot, "Free some space, and save again")
        assert saved(pilot) == SETTINGS
        await shows(pilot, "● 1 not saved")


async def test_the_line_below_says_where_the_settings_are(tmp_path: Path):
    async with opened(tmp_path, size=(160, 40)) as pilot:
        await shows(pilot, str(tmp_path / "config.toml"))


async def test_text_of_the_file_is_never_markup_nor_an_escape_sequence(tmp_path: Path):
    text = '[chat]\nmodel = "[red]x[/red]"\nsystem_prompt = "a\\u001b[2Jb [blink]c"\n[look]\nmotion = false\n'
    async with opened(tmp_path, text, group="chat") as pilot:
        await shows(pilot, "[red]x[/red]")
        await shows(pilot, "[blink]c")
        assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for line in lines(pilot.app) for char in line)
        await shows(pilot, "All is saved")


# ── look ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_themes_and_room_are_shown_while_they_are_chosen_and_saved_with_the_rest(tmp_path: Path):
    async with opened(tmp_path, group="look") as pilot:
        for theme in ("llamachat-light", "high-contrast", "ansi"):
            await pilot.press("right")
            await until(pilot, lambda theme=theme: pilot.app.theme == theme)
        await pilot.press("down", "right")
        await until(pilot, lambda: pilot.app.has_class(COMPACT))
        assert saved(pilot) == SETTINGS
        await pilot.press("ctrl+s")
        await shows(pilot, "All is saved")
        assert parse(saved(pilot)).look.theme == "ansi"
        assert parse(saved(pilot)).look.density == "compact"


async def test_the_command_for_themes_leads_to_them(tmp_path: Path):
    async with make(tmp_path).run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.pause()
        for _ in range(2):  # with the tab opened for the first time, and again
            await pilot.press("ctrl+p")
            await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
            await pilot.press(*"theme")
            await shows(pilot, "Try other colours")
            await pilot.press("enter", "enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, SettingsScreen))
            await until(pilot, lambda: field(pilot, "look.theme").editor.has_focus)
            await pilot.press("f2")
            await until(pilot, lambda: not isinstance(pilot.app.screen, SettingsScreen))


async def test_compact_leaves_less_room_around_messages(tmp_path: Path):
    async with make(tmp_path).run_test(size=(80, 24), notifications=True) as pilot:
        await ask(pilot, "Hi")
        await shows(pilot, "Hello.")
        transcript = pilot.app.screen.query_one(Transcript)

        def room() -> int:
            return transcript.messages[1].region.bottom - transcript.messages[0].region.y

        before = room()
        await to_group(pilot, "look")
        await pilot.press("down", "right", "ctrl+s")
        await shows(pilot, "All is saved")
        await pilot.press("f2")
        await until(pilot, lambda: bool(pilot.app.screen.query(Transcript)))
        await until(pilot, lambda: room() < before)
        await shows(pilot, "Hello.")


async def test_motion_holds_at_once(tmp_path: Path):
    async with opened(tmp_path, group="look") as pilot:
        assert pilot.app.animation_level == "none"
        field(pilot, "look.motion").editor.focus()
        await pilot.press("right", "ctrl+s")
        await shows(pilot, "All is saved")
        assert pilot.app.animation_level == "full"
        await pilot.press("f2")
        await until(pilot, lambda: bool(pilot.app.screen.query(Composer)))
        await until(pilot, lambda: pilot.app.screen.query_one(Composer).cursor_blink)


async def test_themes_of_ones_own_are_offered_and_seen_to_change(tmp_path: Path):
    (tmp_path / "themes").mkdir()
    theme = tmp_path / "themes" / "forest.toml"
    theme.write_text('background = "#001100"\n')
    async with opened(tmp_path, group="look") as pilot:
        await pilot.press("left")
        await until(pilot, lambda: pilot.app.theme == "forest")
        assert pilot.app.theme_variables["background"] == "#001100"
        theme.write_text('background = "#002200"\n')
        await pilot.press("f2")
        await pilot.press("f4")
        await until(pilot, lambda: pilot.app.theme_variables["background"] == "#002200")
        await pilot.press("ctrl+s")
        await shows(pilot, "All is saved")
    assert make(tmp_path, (tmp_path / "config.toml").read_text()).theme == "forest"


async def test_a_wrong_theme_file_is_reported_with_file_line_and_key(tmp_path: Path):
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "forest.toml").write_text('\nprimary = "green"\n')
    async with make(tmp_path).run_test(size=(140, 40), notifications=True) as pilot:
        await told(pilot, 'themes/forest.toml:2: primary: found "green"')
        await to_group(pilot, "look")
        await shows(pilot, '✖ themes/forest.toml:2: primary: found "green"')


async def test_a_chosen_theme_whose_file_is_wrong_leaves_the_first_one(tmp_path: Path):
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "forest.toml").write_text("primary = 1\n")
    assert make(tmp_path, '[look]\ntheme = "forest"\nmotion = false\n').theme == "llamachat"


# ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def light(pilot: Pilot[Any], action_id: str) -> None:
    """Goes to an action in the list of keys."""
    keys = pilot.app.screen.query_one(KeyList)
    keys.highlighted = keys.get_option_index(action_id)


@covers("key.give", "key.add")
async def test_a_key_is_given_holds_at_once_and_at_the_next_start(tmp_path: Path):
    async with opened(tmp_path, group="keys") as pilot:
        await give(pilot, "tab.chat", "enter", "f21")
        await give(pilot, "composer.send", "plus", "ctrl+b")
        await shows(pilot, "● 2 not saved")
        await pilot.press("ctrl+s")
        await shows(pilot, "All is saved")
        assert parse(saved(pilot)).keys == {
            "tab.chat": ("f21",),
            "composer.send": ("enter", "ctrl+enter", "ctrl+b"),
        }
        await pilot.press("f2")
        await pilot.pause()
        assert isinstance(pilot.app.screen, SettingsScreen)
        await pilot.press("f21")
        await until(pilot, lambda: bool(pilot.app.screen.query(Composer)))
    async with make(tmp_path, (tmp_path / "config.toml").read_text()).run_test(notifications=True) as pilot:
        await pilot.press("f4", "f21")
        await until(pilot, lambda: bool(pilot.app.screen.query(Composer)))
        await pilot.press("h", "i", "ctrl+b")
        await shows(pilot, "Hello.")


@pytest.mark.parametrize("key", ["ctrl+q", "f1", "tab", "ctrl+c", "enter"])
async def test_every_key_can_be_named_and_starts_nothing_while_it_is_asked_for(tmp_path: Path, key: str):
    async with opened(tmp_path, group="keys") as pilot:
        await give(pilot, "settings.undo", "enter", key)
        assert pilot.app.screen.query_one(KeyList).has_focus
        await shows(pilot, "● 1 not saved" if key in ("tab", "ctrl+c") else "✖ 1 wrong")
        await pilot.press("f1")
        await shows(pilot, "Esc closes")


async def test_escape_leaves_the_keys_as_they_are(tmp_path: Path):
    async with opened(tmp_path, group="keys") as pilot:
        await give(pilot, "chat.stop", "enter", "escape")
        await shows(pilot, "All is saved")


async def test_a_conflict_is_shown_with_its_reason_and_keeps_everything_from_being_saved(tmp_path: Path):
    async with opened(tmp_path, group="keys", size=(120, 40)) as pilot:
        await give(pilot, "chat.new", "enter", "f5")
        await shows(pilot, 'Found "f5", which History (chat.history) has too')
        await pilot.press("ctrl+s")
        await told(pilot, "keys.chat.new")
        assert saved(pilot) == SETTINGS
        await give(pilot, "chat.history", "enter", "f21")
        await until(pilot, gone(pilot, "has too"))
        await pilot.press("ctrl+s")
        await shows(pilot, "All is saved")


@covers("key.take", "key.default")
async def test_keys_are_taken_away_and_the_first_ones_given_again(tmp_path: Path):
    async with opened(tmp_path, group="keys") as pilot:
        light(pilot, "composer.editor")
        await pilot.press("delete")
        await shows(pilot, "no key")
        await pilot.press("ctrl+s")
        await shows(pilot, "All is saved")
        assert parse(saved(pilot)).keys == {"composer.editor": ()}
        await pilot.press("ctrl+r", "ctrl+s")
        await until(pilot, lambda: "composer.editor" not in saved(pilot))


async def test_a_name_in_the_file_that_no_action_has_is_shown_and_can_be_taken_out(tmp_path: Path):
    text = SETTINGS + '\n[keys]\n"chat.stpo" = "f9"\n'
    async with make(tmp_path, text).run_test(size=(120, 40), notifications=True) as pilot:
        await told(pilot, 'did you mean "chat.stop"?')
        await to_group(pilot, "keys")
        light(pilot, "chat.stpo")
        await pilot.press("ctrl+r", "ctrl+s")
        await until(pilot, lambda: "stpo" not in saved(pilot))


async def test_a_key_that_the_composer_gave_up_does_what_it_does_in_any_text_area(tmp_path: Path):
    text = SETTINGS + '\n[keys]\n"composer.recall" = "f21"\n"composer.send" = "ctrl+b"\n'
    async with make(tmp_path, text).run_test(notifications=True) as pilot:
        composer = pilot.app.screen.query_one(Composer)
        await until(pilot, lambda: composer.has_focus)
        await pilot.press("a", "enter", "b", "up", "c")
        await until(pilot, lambda: composer.text == "ac\nb")
