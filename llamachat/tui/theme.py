"""The colours of the program as Textual themes."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from textual.theme import BUILTIN_THEMES, Theme

from llamachat.config.themes import OwnTheme

DEFAULT_THEME: Final = "llamachat"

COMPACT: Final = "-compact"
"""The class of the app while little room is to be left around things."""

LOOK_CSS: Final = """
.-compact MessageView { margin: 0; }
.-compact MessageView.user .question { border: none; border-right: thick $primary; }
.-compact Composer { border: none; border-left: blank; min-height: 1; }
.-compact Composer:focus { border: none; border-left: thick $primary; }
.-compact SettingField { margin: 0; }
Toast { padding: 0 1; }
/* What lies under a dialog would shine through it, too faint to be read. */
.-theme-high-contrast ModalScreen, .-theme-high-contrast CommandPalette { background: $background; }
.-theme-high-contrast CommandPalette > .command-palette--help-text { text-style: not dim not bold; }
/* An emoji, for which not every terminal has a glyph. */
CommandPalette SearchIcon { display: none; }
/* Headings among the options; they are there to be read. */
OptionList > .option-list--option-disabled { color: $text-muted; }
/* Textual's own is lost on this background in a terminal with 16 colours. */
Input > .input--placeholder, Input > .input--suggestion { color: $text-muted; }
/* Known from what is typed without colours as well. */
Input > .input--suggestion { text-style: italic; }
"""

CONTRAST_CSS: Final = """
.-theme-high-contrast ModalScreen { background: $background; }
.-theme-high-contrast JumpScreen { background: $background 0%; }
"""
"""What lies under a dialog is dimmed, which the theme for those who need contrast must not do."""

TITLES_CSS: Final = """
Widget { border-title-color: $text; border-subtitle-color: $text-muted; }
"""
"""What stands in a frame would otherwise have the colour of the frame, which need not be told as well as text."""

NO_COLOR_CSS: Final = """
Input:nocolor > .input--cursor, Input:nocolor > .input--selection { text-style: reverse; }
TextArea:nocolor .text-area--cursor, TextArea:nocolor .text-area--selection { text-style: reverse; }
Screen:nocolor .screen--selection { text-style: reverse; }
"""
"""What is too faint without colours to be seen to stand out."""

THEMES: Final = (
    Theme(
        name="llamachat",
        primary="#667eea",
        secondary="#764ba2",
        success="#48bb78",
        warning="#ed8936",
        error="#e53e3e",
        accent="#a3bffa",
        foreground="#e2e8f0",
        background="#14161f",
        surface="#1a1d29",
        panel="#232738",
        dark=True,
    ),
    Theme(
        name="llamachat-light",
        primary="#4c51bf",
        secondary="#6b46c1",
        success="#276749",
        warning="#9c4221",
        error="#c53030",
        accent="#3c366b",
        foreground="#1a202c",
        background="#ffffff",
        surface="#f7fafc",
        panel="#edf2f7",
        dark=False,
    ),
    Theme(
        name="high-contrast",
        primary="#ffffff",
        secondary="#ffffff",
        success="#ffffff",
        warning="#ffff00",
        error="#ffffff",
        accent="#ffffff",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#000000",
        dark=True,
        # Textual dims all of these by itself, which is what somebody who needs contrast cannot read.
        variables={
            "text": "auto 100%",
            "text-muted": "auto 100%",
            "text-disabled": "auto 100%",
            "foreground-muted": "#ffffff",
            "foreground-disabled": "#ffffff",
            "block-cursor-foreground": "#000000",
            "block-cursor-background": "#ffffff",
            "block-cursor-text-style": "bold",
            "input-selection-foreground": "#000000",
            "input-selection-background": "#ffffff",
            "screen-selection-foreground": "#000000",
            "screen-selection-background": "#ffffff",
        },
    ),
    # Textual has two themes of the terminal's own colours; ours is the one that assumes nothing bright.
    dataclasses.replace(BUILTIN_THEMES["ansi-dark"], name="ansi"),
)


def theme_from(own: OwnTheme) -> Theme:
    """The theme that a file of the person's describes."""
    base = next(theme for theme in THEMES if theme.name == own.based_on)
    colors: dict[str, Any] = {key: value for key, value in own.colors.items() if not key.startswith("text-")}
    variables = {key: value for key, value in own.colors.items() if key.startswith("text-")}
    dark = base.dark if own.dark is None else own.dark
    return dataclasses.replace(base, name=own.name, dark=dark, variables={**base.variables, **variables}, **colors)
