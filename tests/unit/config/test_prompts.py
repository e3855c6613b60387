from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.base.problems import ConfigError
from llamachat.config.describing import effective, template
from llamachat.config.loading import parse
from llamachat.config.saving import save, with_changes
from llamachat.config.toml_text import text_item

FILE = """[prompts]  # my library
# for work
"Code review" = "Name every defect."  # short
Translator = '''
Into English.
No comments.'''

[look]
motion = false
"""


def test_prompts_are_read_in_their_order_by_the_names_that_the_person_gave() -> None:
    assert list(parse(FILE).prompts.items()) == [
        ("Code review", "Name every defect."),
        ("Translator", "Into English.\nNo comments."),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[prompts]\nnone = 'a'", 'the name "none"'),
        ("[prompts]\nDEFAULT = 'a'", 'the name "DEFAULT"'),
        ("[prompts]\n'' = 'a'", 'the name ""'),
        ("[prompts]\n' a' = 'a'", 'the name "a"'),
        ('[prompts]\n"a\\nb" = "a"', "the name"),
        (f"[prompts]\n{'n' * 65} = 'a'", "the name"),
        ("[prompts]\na = ' '", '""'),
        ("[prompts]\na = 3", "3"),
        ("prompts = 3", "3"),
        ("[prompts]\na.b = 'x'\n'a.b' = 'y'", "this name for the second time"),
    ],
)
def test_what_cannot_be_a_prompt_or_its_name_is_told_with_its_line(text: str, found: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    (problem,) = caught.value.problems
    assert found in problem.found
    assert problem.line in (1, 2, 3)
    assert problem.key.startswith("prompts")


@given(st.text(max_size=60))
def test_any_text_is_written_so_that_it_is_read_back(text: str) -> None:
    written = f"a = {text_item(text).as_string()}\nb = 1"
    assert tomllib.loads(written) == {"a": text, "b": 1}


@given(
    st.dictionaries(st.text("ab.é '\"#=", min_size=1, max_size=5).filter(lambda name: name == name.strip()), st.text())
)
def test_prompts_of_any_name_are_added_changed_and_taken_out_again(prompts: dict[str, str]) -> None:
    wanted = {name: text for name, text in prompts.items() if text.strip()}
    text = with_changes(FILE, {f"prompts.{name}": value for name, value in wanted.items()})
    assert parse(text).prompts == {**parse(FILE).prompts, **wanted}
    text = with_changes(text, {f"prompts.{name}": None for name in wanted})
    assert parse(text) == parse(FILE)


def test_a_text_of_several_lines_is_written_on_several() -> None:
    text = with_changes(FILE, {"prompts.Poet": "Write verse.\nNo prose."})
    assert '\nPoet = """\nWrite verse.\nNo prose."""\n' in text


def test_a_prompt_is_renamed_where_it_stands_and_every_comment_stays() -> None:
    changed = with_changes(FILE, {"prompts.Code review": None, "prompts.Review": "Name every defect."})
    assert changed == FILE.replace('"Code review"', "Review")


def test_renaming_and_rewriting_at_once_leaves_the_rest_as_it_was() -> None:
    changed = with_changes(FILE, {"prompts.Code review": None, "prompts.Review": "Other words."})
    assert dict(parse(changed).prompts) == {"Translator": "Into English.\nNo comments.", "Review": "Other words."}
    assert changed.endswith("[look]\nmotion = false\n")


def test_the_last_prompt_can_go_and_the_first_can_come(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    assert save(file, {"prompts.A b": "Be\nbrief."}).prompts == {"A b": "Be\nbrief."}
    assert save(file, {"prompts.A b": None}).prompts == {}


def test_the_template_shows_an_example_and_what_holds_shows_the_library() -> None:
    assert '\n#"Code review" = "You review code.' in template()
    assert parse(effective(parse(FILE))) == parse(FILE)
