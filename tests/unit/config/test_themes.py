from __future__ import annotations

from pathlib import Path

import pytest

from llamachat.base.problems import ConfigError
from llamachat.config.loading import load, parse
from llamachat.config.themes import MAX_THEMES, OwnTheme, read_theme, read_themes

FOREST = """# trees
based_on = "llamachat-light"
dark = true
primary = "#2f855a"
text-muted = "#abc"
"""


def test_a_theme_file_says_what_differs_from_the_theme_it_is_based_on(tmp_path: Path) -> None:
    file = tmp_path / "forest.toml"
    file.write_text(FOREST)
    colors = {"primary": "#2f855a", "text-muted": "#abc"}
    assert read_theme(file) == OwnTheme("forest", "llamachat-light", True, colors)
    file.write_text("")
    assert read_theme(file) == OwnTheme("forest")


@pytest.mark.parametrize(
    ("text", "line", "key", "found"),
    [
        ("\nprimary = 'green'", 2, "primary", '"green"'),
        ("primary = '#12345'", 1, "primary", '"#12345"'),
        ("dark = 1", 1, "dark", "1"),
        ("based_on = 'ansi'", 1, "based_on", '"ansi"'),
        ("primry = '#123'", 1, "primry", "an unknown key"),
        ("primary = ", 1, "the file", None),
    ],
)
def test_a_wrong_theme_file_is_reported_with_file_line_and_key(
    tmp_path: Path, text: str, line: int, key: str, found: str | None
) -> None:
    file = tmp_path / "forest.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_theme(file)
    [problem] = caught.value.problems
    assert (problem.file, problem.line, problem.key) == (file, line, key)
    assert found is None or problem.found == found


@pytest.mark.parametrize("name", ["My Theme", "ansi", "-x", "a" * 41])
def test_a_theme_needs_a_name_of_its_own_that_can_be_typed(tmp_path: Path, name: str) -> None:
    file = tmp_path / f"{name}.toml"
    file.write_text("")
    with pytest.raises(ConfigError):
        read_theme(file)


def test_one_wrong_file_does_not_keep_the_others_from_being_used(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("primary = 1")
    (tmp_path / "b.toml").write_text("")
    (tmp_path / "notes.txt").write_text("not a theme")
    themes, problems = read_themes(tmp_path)
    assert [theme.name for theme in themes] == ["b"]
    assert [problem.file for problem in problems] == [tmp_path / "a.toml"]
    assert read_themes(tmp_path / "none") == ((), ())


def test_only_so_many_theme_files_are_looked_at(tmp_path: Path) -> None:
    for number in range(MAX_THEMES + 1):
        (tmp_path / f"t{number:03}.toml").write_text("")
    assert len(read_themes(tmp_path)[0]) == MAX_THEMES


def test_the_settings_take_a_theme_that_has_a_file_beside_them_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "forest.toml").write_text(FOREST)
    assert parse("[look]\ntheme = 'forest'", file).look.theme == "forest"
    assert load(None, {"look.theme": "forest"}, themes=tmp_path / "themes").look.theme == "forest"
    for text, overrides in (("[look]\ntheme = 'wood'", {}), ("", {"look.theme": "wood"}), ("", {"look.theme": "../x"})):
        with pytest.raises(ConfigError, match=r"themes/NAME\.toml"):
            parse(text, file, overrides)
