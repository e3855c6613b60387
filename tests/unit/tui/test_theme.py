from __future__ import annotations

import pytest

from llamachat.config.themes import BASES, COLORS, OwnTheme
from llamachat.tui.theme import THEMES, theme_from


@pytest.mark.parametrize("base", BASES)
def test_a_theme_of_ones_own_changes_what_its_file_names_and_nothing_else(base: str) -> None:
    built_in = next(theme for theme in THEMES if theme.name == base)
    same = theme_from(OwnTheme("mine", base))
    assert same.to_color_system().generate() == built_in.to_color_system().generate()
    for key in COLORS:
        before = same.to_color_system().generate()
        after = theme_from(OwnTheme("mine", base, None, {key: "#123456"})).to_color_system().generate()
        assert before[key] != after[key], key


def test_a_theme_of_ones_own_may_be_light_or_dark() -> None:
    assert not theme_from(OwnTheme("mine", "llamachat", False)).dark
    assert theme_from(OwnTheme("mine", "llamachat-light", True)).dark
