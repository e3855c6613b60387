from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from llamachat.cli import main
from llamachat.cli.doctor_files import check_settings
from llamachat.config.loading import load
from llamachat.config.places import find


def validate(directory: Path, text: str, **themes: str) -> Result:
    """What `config validate` says about this settings file with these themes beside it."""
    file = directory / "config.toml"
    file.write_text(text)
    (directory / "themes").mkdir()
    for name, theme in themes.items():
        (directory / "themes" / f"{name}.toml").write_text(theme)
    return CliRunner().invoke(main, ["config", "validate", "--config", str(file)], prog_name="llamachat")


def test_right_keys_and_themes_are_all_right(tmp_path: Path) -> None:
    result = validate(tmp_path, '[look]\ntheme = "forest"\n[keys]\nchat.stop = "f21"\n', forest='primary = "#123"')
    assert (result.exit_code, result.stderr) == (0, "")
    assert "is all right" in result.stdout


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('[keys]\n\n"chat.stpo" = "f21"', "config.toml:3: keys.chat.stpo", 'did you mean "chat.stop"?'),
        ('[keys]\nchat.stop = "f5"', "config.toml:2: keys.chat.stop", "History (chat.history) has too"),
        ('[keys.chat]\n\nstop = "esc"', "config.toml:3: keys.chat.stop", 'did you mean "escape"?'),
    ],
)
def test_wrong_keys_are_reported_with_their_lines(tmp_path: Path, text: str, place: str, words: str) -> None:
    result = validate(tmp_path, text)
    assert result.exit_code == 2
    [line] = [line for line in result.stderr.splitlines() if place in line]
    assert words in line


def test_every_wrong_theme_file_is_reported_whether_it_is_used_or_not(tmp_path: Path) -> None:
    result = validate(tmp_path, "", forest="\nprimary = 1", wood="primry = '#123'")
    assert result.exit_code == 2
    assert "themes/forest.toml:2: primary: found 1" in result.stderr
    assert 'themes/wood.toml:1: primry: found an unknown key; allowed: did you mean "primary"?' in result.stderr


def test_a_theme_that_does_not_exist_is_reported(tmp_path: Path) -> None:
    result = validate(tmp_path, '[look]\ntheme = "wood"')
    assert result.exit_code == 2
    assert 'config.toml:2: look.theme: found "wood"' in result.stderr


def test_the_doctor_finds_wrong_keys_and_themes_too(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[keys]\n"chat.stpo" = "f21"\n')
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "forest.toml").write_text("primary = 1\n")
    found = check_settings(find({}, tmp_path / "config.toml", tmp_path), load(tmp_path / "config.toml"))
    assert [finding.level for finding in found] == ["problem", "problem"]
    assert "keys.chat.stpo" in found[0].text
    assert found[1].change == str(tmp_path / "themes" / "forest.toml:1")


def test_a_node_that_says_nothing_is_given_up_after_the_time_in_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}/chat"
        file.write_text(f'[[nodes]]\nurl = "{url}"\n[fleet]\nopen_timeout = 0.5\n')
        arguments = ["nodes", "--config", str(file), "--data-dir", str(tmp_path / "data")]
        result = CliRunner().invoke(main, arguments, prog_name="llamachat")
    assert "within 0.5 s" in " ".join(result.stdout.split())
