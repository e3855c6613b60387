from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.config.loading import parse
from llamachat.config.saving import with_changes
from llamachat.config.schema import Settings, settings_under
from llamachat.tui.settings_fields import Field, as_text, as_value, groups, value_of

FIELDS = {field.key: field for group in groups() for field in group.fields}


def test_every_setting_of_the_schema_is_a_field_in_one_group() -> None:
    keys = [field.key for group in groups() for field in group.fields]
    assert sorted(keys) == sorted(".".join(path) for path, _setting in settings_under() if path[0] != "nodes")
    assert {"nodes", "keys"} <= {group.key for group in groups()}


@pytest.mark.parametrize("field", FIELDS.values(), ids=lambda field: field.key)
def test_a_field_shows_its_default_and_reads_it_back(field: Field) -> None:
    text = as_text(field, field.default)
    changes = {field.key: as_value(field, text)}
    assert value_of(parse(with_changes("", changes), Path("/x/config.toml")), field.key) == field.default
    assert value_of(Settings(), field.key) == field.default
    assert field.help.endswith(".")


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("chat.sampling.temperature", " 0.25 ", 0.25),
        ("chat.sampling.temperature", "1", 1),
        ("chat.sampling.top_k", "12", 12),
        ("chat.sampling.seed", " ", None),
        ("chat.model", " llama3 ", "llama3"),
        ("chat.sampling.stop", "END\n\n\\n\\n\n a\\tb\\\\n", ["END", "\n\n", " a\tb\\n"]),
        ("look.motion", "off", False),
        ("attachments.max_file_bytes", "2MB", "2MB"),
    ],
)
def test_what_is_typed_becomes_a_value_of_the_file(key: str, text: str, value: object) -> None:
    assert as_value(FIELDS[key], text) == value


@pytest.mark.parametrize(
    ("key", "text", "allowed"),
    [
        ("chat.sampling.temperature", "9", "a number, 0 to 5"),
        ("chat.sampling.temperature", "", "a number, 0 to 5"),
        ("chat.sampling.temperature", "nan", "a number, 0 to 5"),
        ("chat.sampling.top_k", "1.5", "a whole number, 0 to 1000000"),
        ("chat.model", "  ", "one line of text, 1 to 256 characters"),
        ("attachments.max_file_bytes", "big", 'text like "1MB"'),
        ("chat.sampling.stop", "\n".join("abcdefghijklmnopqrstuvwxyz"), "a list of at most"),
    ],
)
def test_what_cannot_be_is_refused_with_what_is_allowed(key: str, text: str, allowed: str) -> None:
    with pytest.raises(ValueError, match="Allowed: ") as caught:
        as_value(FIELDS[key], text)
    assert allowed in str(caught.value)


@given(st.lists(st.text(min_size=1, max_size=8).filter(lambda text: "\r" not in text), max_size=4))
def test_texts_to_stop_at_survive_being_shown_and_read_back(texts: list[str]) -> None:
    field = FIELDS["chat.sampling.stop"]
    assert as_value(field, as_text(field, tuple(texts))) == texts


@pytest.mark.parametrize("key", FIELDS)
@given(text=st.text(max_size=20))
def test_whatever_is_typed_is_refused_or_can_be_saved(key: str, text: str) -> None:
    field = FIELDS[key]
    try:
        value = as_value(field, text)
    except ValueError:
        return
    if field.kind != "choice":
        parse(with_changes("", {key: value}))


def test_the_persons_own_themes_can_be_chosen() -> None:
    [theme] = [field for group in groups(("forest",)) for field in group.fields if field.key == "look.theme"]
    assert theme.options[-1] == "forest"
