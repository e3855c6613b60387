"""Which part of a conversation is shown, and where words stand in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.tui.finding import find_status, spans
from llamachat.tui.window import WINDOW, around, at_end

KEYS = ("n", "N")
IDS = tuple(f"m{number}" for number in range(200))


def test_the_end_is_shown_first_and_more_is_added_above_until_the_beginning():
    window = at_end(IDS)
    assert window.shown == IDS[-WINDOW:]
    assert not window.has_newer
    while window.has_older:
        bigger, added = window.older()
        assert (*added, *window.shown) == bigger.shown
        window = bigger
    assert window.shown == IDS


@given(st.integers(0, 199))
def test_a_message_is_shown_with_what_stands_around_it_and_everything_can_be_reached(at: int):
    window = around(IDS, f"m{at}")
    assert f"m{at}" in window.shown
    assert len(window.shown) <= WINDOW
    while window.has_newer:
        bigger, added = window.newer()
        assert (*window.shown, *added) == bigger.shown
        window = bigger
    assert window.shown[-1] == "m199"


def test_an_unknown_message_leads_to_the_end():
    assert around(IDS, "gone") == at_end(IDS)
    assert at_end(()).shown == ()


def test_what_is_asked_and_answered_is_shown_at_the_end():
    window = at_end(IDS).grown("new")
    assert window.shown[-1] == "new"
    assert not window.has_newer


@pytest.mark.parametrize(
    ("line", "needle", "expected"),
    [
        ("Größe, GROSSE, größe", "größe", [(0, 5), (15, 20)]),
        ("aaaa", "aa", [(0, 2), (2, 4)]),
        ("abc", "", []),
        ("abc", "x", []),
        ("Café", "cafe", [(0, 4)]),
    ],
)
def test_words_are_found_without_regard_to_case_and_diacritics(line: str, needle: str, expected: list[tuple[int, int]]):
    assert spans(line, needle) == expected


def test_the_find_bar_says_how_many_and_which():
    assert find_status("", [], None, KEYS) == ""
    assert find_status("x", [], None, KEYS) == "not in this conversation"
    assert find_status("x", ["a"], None, KEYS) == "1 message, Enter goes there"
    assert find_status("x", ["a", "b"], 1, KEYS) == "2 of 2, n next, N before"
