from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.store import derive_title, given_name
from llamachat.store.titles import MAX_GIVEN_CHARACTERS, MAX_TITLE_CHARACTERS


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("How do I add a node?", "How do I add a node?"),
        ("Fix this. It crashes every time I start it.", "Fix this"),
        ("\n\n  # Plan for **Lisbon**\nthree days", "Plan for Lisbon"),
        ("```python\nprint('x')\n```", "print('x')"),
        ("> quoted: `code` here", "quoted: code here"),
        ("1. first\n2. second", "first"),
        ("use snake_case_names please", "use snake_case_names please"),
        ("version 3.11 or later", "version 3.11 or later"),
        ("量子计算是什么？请解释。", "量子计算是什么？"),
        ("tabs\tand   spaces", "tabs and spaces"),
        ("\x1b[31mred\x1b[0m", "\ufffd[31mred\ufffd[0m"),
        ("---\n***\n???", ""),
        ("", ""),
    ],
)
def test_a_title_is_the_first_sentence_in_plain_words(text: str, title: str) -> None:
    assert derive_title(text) == title


def test_a_long_question_is_cut_after_a_word() -> None:
    title = derive_title(
        "Explain in detail how the scheduler of an inference server decides what to decode next and why"
    )
    assert title == "Explain in detail how the scheduler of an inference server…"


@given(st.text(max_size=300))
def test_any_text_gives_one_short_line(text: str) -> None:
    title = derive_title(text)
    assert len(title) <= MAX_TITLE_CHARACTERS
    assert title == " ".join(title.split())


def test_a_name_that_a_person_gives_is_kept_on_one_line_of_bounded_length() -> None:
    assert given_name("  My\ntrip \x1b to Rome ") == "My trip \ufffd to Rome"
    assert given_name(" \n ") == ""
    assert len(given_name("x" * 1000)) == MAX_GIVEN_CHARACTERS
