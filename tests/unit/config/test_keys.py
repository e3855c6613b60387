from __future__ import annotations

import pytest

from llamachat.base.problems import ConfigError
from llamachat.config.describing import effective, template
from llamachat.config.loading import parse
from llamachat.config.saving import with_changes


@pytest.mark.parametrize(
    "text",
    [
        '[keys]\n"chat.stop" = "f9, ctrl+s"',
        '[keys]\nchat.stop = ["f9", "ctrl+s"]',
        '[keys.chat]\nstop = "f9,ctrl+s,f9"',
    ],
)
def test_keys_are_given_as_text_or_as_a_list_under_the_name_of_the_action(text: str) -> None:
    assert parse(text).keys == {"chat.stop": ("f9", "ctrl+s")}


def test_an_action_may_be_left_without_a_key() -> None:
    assert parse('[keys]\n"chat.stop" = ""\n"chat.new" = []').keys == {"chat.stop": (), "chat.new": ()}


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("keys = 1", 1, "keys"),
        ('[keys]\n\n"chat.stop" = 1', 3, "keys.chat.stop"),
        ('[keys]\nchat.stop = ["a b"]', 2, "keys.chat.stop"),
        ('[keys]\nchat.stop = "\\u001b[2J"', 2, "keys.chat.stop"),
        ('[keys]\nchat.stop = "f9"\n"chat.stop" = "f8"', 3, "keys.chat.stop"),
    ],
)
def test_what_cannot_be_keys_is_reported_with_its_line(text: str, line: int, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    [problem] = caught.value.problems
    assert (problem.line, problem.key) == (line, key)


@pytest.mark.parametrize("before", ["", '[keys]\n"chat.stop" = "f1"  # mine\n', '[keys]\nchat.stop = "f1"  # mine\n'])
def test_keys_are_saved_in_the_form_in_which_they_stand_in_the_file(before: str) -> None:
    text = with_changes(before, {"keys.chat.stop": "f9", "keys.composer.send": ""})
    assert parse(text).keys == {"chat.stop": ("f9",), "composer.send": ()}
    assert text.count("stop") == 1
    assert ("# mine" in text) == ("# mine" in before)
    assert parse(with_changes(text, {"keys.chat.stop": None})).keys == {"composer.send": ()}


def test_what_is_shown_of_the_keys_reads_back_as_the_same() -> None:
    settings = parse('[keys]\nchat.stop = "f9"\nchat.new = ""')
    assert parse(effective(settings)).keys == settings.keys
    assert '\n#"chat.stop" = ' in template()
