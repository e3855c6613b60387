from __future__ import annotations

from pathlib import Path

import pytest

from llamachat.base.problems import ConfigError
from llamachat.config import Settings
from llamachat.config.saving import FileChangedError
from llamachat.tui.settings_draft import Draft
from llamachat.tui.settings_fields import groups

FIELDS = {field.key: field for group in groups() for field in group.fields}
TEMPERATURE = FIELDS["chat.sampling.temperature"]
MODEL = FIELDS["chat.model"]
TEXT = """# mine
[chat]
model = "llama3"  # the big one
[keys]
"chat.stop" = "f20"
"""


def draft(path: Path, text: str | None = TEXT) -> Draft:
    file = path / "config.toml"
    if text is not None:
        file.write_text(text)
    made = Draft(file, Settings())
    made.look()
    return made


def test_a_change_is_kept_until_it_is_saved_and_comments_stay(tmp_path: Path) -> None:
    made = draft(tmp_path)
    made.write(TEMPERATURE, "0.2")
    assert (made.changed, made.text(TEMPERATURE), made.saved.chat.sampling.temperature) == (1, "0.2", 0.7)
    assert made.file is not None
    assert made.file.read_text() == TEXT
    assert made.save().chat.sampling.temperature == 0.2
    assert made.changed == 0
    assert {"# mine", 'model = "llama3"  # the big one'} <= set(made.file.read_text().splitlines())


@pytest.mark.parametrize("text", ["0.7", "0.70", "7e-1"])
def test_what_the_file_holds_already_is_no_change(tmp_path: Path, text: str) -> None:
    made = draft(tmp_path)
    made.write(TEMPERATURE, "0.2")
    made.write(TEMPERATURE, text)
    assert made.changed == 0


def test_a_wrong_value_keeps_everything_from_being_saved_and_stays_in_its_field(tmp_path: Path) -> None:
    made = draft(tmp_path)
    made.write(MODEL, "other")
    made.write(TEMPERATURE, "warm")
    assert made.wrong == ("chat.sampling.temperature",)
    assert (made.text(TEMPERATURE), made.reason(TEMPERATURE)) == ("warm", "Allowed: a number, 0 to 5.")
    with pytest.raises(AssertionError):
        made.save()
    assert (tmp_path / "config.toml").read_text() == TEXT


def test_the_default_is_had_by_leaving_the_setting_out_of_the_file(tmp_path: Path) -> None:
    made = draft(tmp_path)
    made.reset(MODEL)
    assert made.text(MODEL) == "auto"
    made.save()
    assert "model" not in (tmp_path / "config.toml").read_text()
    made.reset(MODEL)
    assert made.changed == 0


def test_the_last_save_is_taken_back_and_what_was_changed_since_stays(tmp_path: Path) -> None:
    made = draft(tmp_path)
    made.write(TEMPERATURE, "0.2")
    made.save()
    made.write(MODEL, "later")
    assert made.undo().chat.sampling.temperature == 0.7
    assert ((tmp_path / "config.toml").read_text(), made.can_undo) == (TEXT, False)
    assert (made.changed, made.text(MODEL)) == (1, "later")


def test_the_first_save_makes_the_file_and_taking_it_back_removes_it(tmp_path: Path) -> None:
    made = draft(tmp_path, None)
    made.write(TEMPERATURE, "0.2")
    made.save()
    assert (tmp_path / "config.toml").exists()
    made.undo()
    assert not (tmp_path / "config.toml").exists()


def test_what_another_program_writes_is_taken_up_and_the_changes_stay(tmp_path: Path) -> None:
    made = draft(tmp_path)
    made.write(TEMPERATURE, "0.2")
    (tmp_path / "config.toml").write_text('[chat]\nmodel = "elsewhere"\n')
    with pytest.raises(FileChangedError):
        made.save()
    assert made.look()
    assert (made.text(MODEL), made.text(TEMPERATURE), made.changed) == ("elsewhere", "0.2", 1)
    assert not made.look()
    made.save()
    assert made.saved.chat.model == "elsewhere"


def test_a_change_that_another_program_made_too_is_none_any_more(tmp_path: Path) -> None:
    made = draft(tmp_path)
    made.write(MODEL, "same")
    made.bind("chat.new", ("f21",))
    (tmp_path / "config.toml").write_text('[chat]\nmodel = "same"\n[keys]\n"chat.new" = "f21"\n')
    made.look()
    assert made.changed == 0


def test_a_file_that_became_wrong_is_told_of_until_it_is_right_again(tmp_path: Path) -> None:
    made = draft(tmp_path)
    file = tmp_path / "config.toml"
    file.write_text("[chat\n")
    for _ in range(2):
        with pytest.raises(ConfigError):
            made.look()
        assert not made.is_read
    file.write_text(TEXT)
    assert made.look()
    assert made.is_read


def test_keys_are_given_taken_and_given_back(tmp_path: Path) -> None:
    made = draft(tmp_path)
    assert made.keys == {"chat.stop": ("f20",)}
    made.bind("chat.new", ("f21",))
    made.bind("chat.stop", None)
    assert (made.keys, made.changed) == ({"chat.new": ("f21",)}, 2)
    made.save()
    assert made.saved.keys == {"chat.new": ("f21",)}
    made.bind("chat.new", ("f21",))
    assert made.changed == 0


def test_keys_in_conflict_keep_everything_from_being_saved(tmp_path: Path) -> None:
    made = draft(tmp_path)
    made.bind("chat.new", ("f5",))
    assert made.wrong == ("keys.chat.new",)
    made.bind("chat.history", ("f21",))
    assert made.wrong == ()
    made.save()


def test_what_was_thrown_away_is_had_again_until_something_else_is_changed(tmp_path: Path) -> None:
    made = draft(tmp_path)
    made.write(TEMPERATURE, "warm")
    made.write(MODEL, "other")
    made.bind("chat.new", ("f21",))
    made.discard()
    assert made.changed == 0
    assert made.bring_back()
    assert (made.text(TEMPERATURE), made.text(MODEL)) == ("warm", "other")
    assert (made.changed, made.keys["chat.new"]) == (3, ("f21",))
    made.discard()
    made.write(MODEL, "new")
    assert not made.bring_back()
    made.save()
    assert not made.bring_back()


def test_a_run_without_a_file_has_only_changes(tmp_path: Path) -> None:
    made = Draft(None, Settings())
    assert not made.look()
    made.write(TEMPERATURE, "0.2")
    assert made.changed == 1
