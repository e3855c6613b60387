from __future__ import annotations

import tomllib
from typing import Any

import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from llamachat.config.lines import key_lines

_KEYS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=6)
_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
_SCALARS = st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | _TEXTS
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=12,
)


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    found = {path} if path else set()
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        found |= _paths(entry, (*path, key))
    return found


@given(st.dictionaries(_KEYS, _VALUES, max_size=4))
def test_every_key_of_a_document_has_a_line_and_no_other_key_has(document: dict[str, Any]) -> None:
    text = tomlkit.dumps(document)
    assert key_lines(text).keys() == _paths(tomllib.loads(text))


def test_lines_are_counted_through_comments_strings_lists_and_tables() -> None:
    text = '''# a comment with = and [brackets]
top = """
two lines # not a comment
"""
list = [
  1,  # one
  [2, 3],
]
[a."b.c"]
inline = { x = 1, y = { z = "}" } }

[[nodes]]
url = 'a'
[[nodes]]
dotted.key = 1
[nodes.sub]
deep = 1
'''
    assert key_lines(text) == {
        ("top",): 2,
        ("list",): 5,
        ("list", 0): 6,
        ("list", 1): 7,
        ("list", 1, 0): 7,
        ("list", 1, 1): 7,
        ("a",): 9,
        ("a", "b.c"): 9,
        ("a", "b.c", "inline"): 10,
        ("a", "b.c", "inline", "x"): 10,
        ("a", "b.c", "inline", "y"): 10,
        ("a", "b.c", "inline", "y", "z"): 10,
        ("nodes",): 12,
        ("nodes", 0): 12,
        ("nodes", 0, "url"): 13,
        ("nodes", 1): 14,
        ("nodes", 1, "dotted"): 15,
        ("nodes", 1, "dotted", "key"): 15,
        ("nodes", 1, "sub"): 16,
        ("nodes", 1, "sub", "deep"): 17,
    }
