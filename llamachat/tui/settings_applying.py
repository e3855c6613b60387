"""What holds on the screen: themes, room, motion and keys, at the start and whenever other settings are saved."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from textual import constants
from textual.app import App
from textual.color import Color
from textual.filter import Monochrome, NoColor

from llamachat.base.problems import Problem
from llamachat.base.text import printable
from llamachat.config.loading import replace_at
from llamachat.config.places import themes_beside
from llamachat.config.schema import LookSettings, Settings, settings_under
from llamachat.config.themes import read_themes
from llamachat.tui import keymap
from llamachat.tui.no_colors import OwnTwoColors
from llamachat.tui.services import Services
from llamachat.tui.settings_fields import value_of
from llamachat.tui.theme import COMPACT, DEFAULT_THEME, THEMES, theme_from


@dataclass(frozen=True, slots=True)
class OwnThemes:
    """The person's own themes: their names, and what is wrong with the files of others."""

    names: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    def sentences(self, config_file: Path | None) -> list[str]:
        """What is wrong, with the files as they are called from the directory of the settings file on."""
        above = "" if config_file is None else f"{config_file.parent}/"
        return [f"{printable(str(problem)).removeprefix(above)}." for problem in self.problems]


class HasSettings(Protocol):
    """What has settings, and knows the file that they come from."""

    @property
    def settings(self) -> Settings:
        """Those that hold."""
        ...

    @property
    def config_file(self) -> Path | None:
        """None for no file."""
        ...


def begin(app: App[Any], services: HasSettings) -> tuple[str, ...]:
    """Makes the settings hold in an app that is about to run; returns a sentence about each that cannot."""
    for theme in THEMES:
        app.register_theme(theme)
    own = register_own_themes(app, services)
    show(app, services.settings)
    return (
        *own.sentences(services.config_file),
        *(f"keys.{name}: found {problem}." for name, problem in keymap.problems(services.settings.keys).items()),
    )


def register_own_themes(app: App[Any], services: HasSettings) -> OwnThemes:
    """Reads the person's theme files anew."""
    if services.config_file is None:
        return OwnThemes()
    own, problems = read_themes(themes_beside(services.config_file))
    for theme in map(theme_from, own):
        if app.available_themes.get(theme.name) == theme:
            continue
        app.register_theme(theme)
        if app.theme == theme.name:  # its colours are taken up only when it comes anew
            app.theme = DEFAULT_THEME
            app.theme = theme.name
    return OwnThemes(tuple(theme.name for theme in own), problems)


def apply(app: App[Any], services: Services, before: Settings, after: Settings) -> None:
    """Makes hold what differs between two states of the settings file. What the command line said instead of the file
    stays, unless it is this that was changed; the nodes are the business of the Nodes tab."""
    settings = dataclasses.replace(services.settings, keys=after.keys, prompts=after.prompts)
    for path, _setting in settings_under():
        key = ".".join(path)
        if path[0] != "nodes" and value_of(before, key) != value_of(after, key):
            settings = replace_at(settings, path, value_of(after, key))
    if settings.chat.policy != services.settings.chat.policy:
        services.fleet.policy = settings.chat.policy
    services.settings = settings
    show(app, settings)


def show(app: App[Any], settings: Settings) -> None:
    """Gives the app the look and the keys of these settings."""
    preview(app, settings.look)
    app.animation_level = constants.TEXTUAL_ANIMATIONS if settings.look.motion else "none"
    app.set_keymap(keymap.keymap(settings.keys))


def preview(app: App[Any], look: LookSettings) -> None:
    """Shows colours and room that may not be saved yet."""
    theme = look.theme if look.theme in app.available_themes else DEFAULT_THEME
    if app.theme != theme:
        app.theme = theme
    app.set_class(look.density == "compact", COMPACT)
    if app.no_color:
        _leave_colors_out(app)


def _leave_colors_out(app: App[Any]) -> None:
    """With NO_COLOR, Textual shows themes in shades of grey. Sixteen colours have too few of them to read by, and a
    white terminal would be black."""
    others = [kept for kept in app._filters if not isinstance(kept, Monochrome | NoColor)]
    app._filters = [*others, OwnTwoColors(Color.parse(app.get_css_variables()["background"]))]
