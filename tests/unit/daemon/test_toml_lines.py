"""Lines of keys, for every way that TOML has to write one."""

from __future__ import annotations

import tomllib
from typing import Any

import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from llamachat_daemon.toml_lines import KeyLines, KeyPath

DOCUMENT = '''# a comment with [brackets] and = signs
top = 1
"quoted key" = "text with # and ] in it"
a.b.c = true
multi = """
[not.a.header]
x = 1
"""
literal = \'\'\'
y = "2"
\'\'\'
list = [
  1, # one
  [2, 3],
  {in = "side", deep = {er = 4}},
]
[table] # header
key = 2026-01-01T00:00:00Z
[[array]]
name = "first"
[array.sub]
value = 1
[[array]]
name = "second"
[array.sub]
value = 2
'''
LINES: dict[KeyPath, int] = {
    ("top",): 2,
    ("quoted key",): 3,
    ("a", "b", "c"): 4,
    ("multi",): 5,
    ("literal",): 9,
    ("list",): 12,
    ("list", 0): 13,
    ("list", 1, 1): 14,
    ("list", 2, "in"): 15,
    ("list", 2, "deep", "er"): 15,
    ("table",): 17,
    ("table", "key"): 18,
    ("array",): 19,
    ("array", 0, "name"): 20,
    ("array", 0, "sub", "value"): 22,
    ("array", 1): 23,
    ("array", 1, "name"): 24,
    ("array", 1, "sub", "value"): 26,
}


def test_every_kind_of_key_has_its_line():
    tomllib.loads(DOCUMENT)
    lines = KeyLines(DOCUMENT)
    assert {path: lines.line(path) for path in LINES} == LINES


def test_an_absent_key_has_the_line_of_what_is_around_it():
    lines = KeyLines(DOCUMENT)
    assert lines.line(("table", "absent", "deeper")) == 17
    assert lines.line(("array", 1, "absent")) == 23
    assert lines.line(("absent",)) is None


def paths_of(value: Any, path: KeyPath = ()) -> list[KeyPath]:
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in [(*path, key), *paths_of(item, (*path, key))]]
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in paths_of(item, (*path, index))]
    return []


KEYS = st.text(alphabet="ab_-.\u00e4 #[]=", min_size=1, max_size=6)
LEAVES = st.one_of(st.integers(-9, 9), st.booleans(), st.text(alphabet="ab\"'\\\n#[]{}=,", max_size=12))
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=10
)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_every_key_of_any_document_is_found(values: dict[str, Any]):
    text = tomlkit.dumps(values)
    lines = KeyLines(text)
    last = text.count("\n") + 1
    for path in paths_of(tomllib.loads(text)):
        line = lines.line(path)
        assert line is not None
        assert 1 <= line <= last


@given(st.text(alphabet="ab=[]{}\"'#.,\n\\ ", max_size=60))
def test_text_that_is_not_toml_ends_too(text: str):
    KeyLines(text)
