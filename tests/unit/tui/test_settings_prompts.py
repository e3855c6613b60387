from __future__ import annotations

from pathlib import Path

from llamachat.config.loading import parse
from llamachat.config.schema import Settings
from llamachat.tui import settings_words
from llamachat.tui.settings_draft import Draft

FILE = "[prompts]\n# first\nA = 'one'\nB = 'two'\n"


def draft(path: Path) -> Draft:
    file = path / "config.toml"
    file.write_text(FILE)
    made = Draft(file, Settings())
    made.look()
    return made


def test_changed_prompts_are_counted_and_saved_with_the_rest(tmp_path: Path) -> None:
    made = draft(tmp_path)
    made.put_prompt("A", "other")
    made.put_prompt("B", None)
    made.put_prompt("C", "new\nlines")
    made.put_prompt("D", None)
    assert (made.changed, made.changed_keys) == (3, ("prompts.A", "prompts.B", "prompts.C"))
    assert made.prompts == {"A": "other", "C": "new\nlines"}
    assert made.save().prompts == {"A": "other", "C": "new\nlines"}
    assert made.changed == 0
    assert made.undo().prompts == {"A": "one", "B": "two"}


def test_what_another_program_wrote_too_is_no_change_any_more(tmp_path: Path) -> None:
    made = draft(tmp_path)
    made.put_prompt("C", "three")
    made.put_prompt("A", "mine")
    assert made.file is not None
    made.file.write_text(FILE + "C = 'three'\n")
    assert made.look()
    assert made.changed_keys == ("prompts.A",)
    news = settings_words.news(parse(FILE), made.saved, made.changed_keys)
    assert "kept (1)" in news


def test_prompts_that_were_thrown_away_come_back(tmp_path: Path) -> None:
    made = draft(tmp_path)
    made.put_prompt("A", None)
    made.discard()
    assert made.prompts == {"A": "one", "B": "two"}
    assert made.bring_back()
    assert made.prompts == {"B": "two"}
