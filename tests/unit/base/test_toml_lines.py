"""Lines of keys, for every way that TOML has to write one."""

from __future__ import annotations

import tomllib
from typing import Any

import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from llamachat.base.toml_lines import KeyPath, key_lines

DOCUMENT = '''# a comment with = and [brackets]
top = """
two lines # not a comment
[not.a.header]
"""
literal = \'\'\'
y = "2"
\'\'\'
"quoted # key" . 'and ] more' = 2026-01-01T00:00:00Z
"\\u00e9\\n" = true
list = [
  1,  # one
  [2, 3],
  { in = "side", deep = { er = "}" } },
]
[a."b.c"]
inline = {x=1,y=2}
[a]  # after the table inside it
own = 1

[[nodes]]
url = 'a'
[[ nodes ]]
dotted.key = 1
[nodes.sub]
deep = 1
[[nodes.inner]]
[[nodes.inner]]
last = 1'''
LINES: dict[KeyPath, int] = {
    ("top",): 2,
    ("literal",): 6,
    ("quoted # key",): 9,
    ("quoted # key", "and ] more"): 9,
    ("é\n",): 10,
    ("list",): 11,
    ("list", 0): 12,
    ("list", 1): 13,
    ("list", 1, 0): 13,
    ("list", 1, 1): 13,
    ("list", 2): 14,
    ("list", 2, "in"): 14,
    ("list", 2, "deep"): 14,
    ("list", 2, "deep", "er"): 14,
    ("a",): 18,
    ("a", "b.c"): 16,
    ("a", "b.c", "inline"): 17,
    ("a", "b.c", "inline", "x"): 17,
    ("a", "b.c", "inline", "y"): 17,
    ("a", "own"): 19,
    ("nodes",): 21,
    ("nodes", 0): 21,
    ("nodes", 0, "url"): 22,
    ("nodes", 1): 23,
    ("nodes", 1, "dotted"): 24,
    ("nodes", 1, "dotted", "key"): 24,
    ("nodes", 1, "sub"): 25,
    ("nodes", 1, "sub", "deep"): 26,
    ("nodes", 1, "inner"): 27,
    ("nodes", 1, "inner", 0): 27,
    ("nodes", 1, "inner", 1): 28,
    ("nodes", 1, "inner", 1, "last"): 29,
}


def test_every_kind_of_key_has_its_line() -> None:
    assert key_lines(DOCUMENT) == LINES


def test_lines_that_end_in_carriage_return_and_newline_count_once() -> None:
    assert key_lines(DOCUMENT.replace("\n", "\r\n")) == LINES


_KEYS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=6)
_MARKED = st.text("ab_-.\u00e4 #[]{}=\"'\\\n,", max_size=12)
_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
_LEAVES = st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | _TEXTS | _MARKED
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | _MARKED, inner, max_size=3),
    max_leaves=12,
)


def _paths(value: Any, path: KeyPath = ()) -> set[KeyPath]:
    found = {path} if path else set()
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        found |= _paths(entry, (*path, key))
    return found


@given(st.dictionaries(_KEYS | _MARKED, _VALUES, max_size=4))
def test_every_key_of_a_document_has_a_line_in_it_and_no_other_key_has(document: dict[str, Any]) -> None:
    text = tomlkit.dumps(document)
    lines = key_lines(text)
    assert lines.keys() == _paths(tomllib.loads(text))
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


@given(st.text(alphabet="ab=[]{}\"'#.,\n\\ ", max_size=60))
def test_text_that_is_not_toml_ends_too(text: str) -> None:
    assert all(line >= 1 for line in key_lines(text).values())
