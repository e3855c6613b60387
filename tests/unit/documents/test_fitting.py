from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llamachat.documents.document import Document
from llamachat.documents.estimating import RULE_OF_THUMB, TokenRatio, measured
from llamachat.documents.fitting import Room, framed_bytes, problem, room, trimmed_to_fit
from llamachat.documents.limits import DocumentLimits

LIMITS = DocumentLimits()


def document(name: str, text: str, *, whole: bool = True) -> Document:
    notes = () if whole else (f"{name} is longer than what is read.",)
    return Document(name, "text", text.encode(), text, is_whole=whole, notes=notes)


LONG = document("long.txt", "one line of it\n" * 4000)
SHORT = document("short.txt", "little\n")


def test_files_that_fit_are_no_problem() -> None:
    assert problem([SHORT], room("m", 2048, RULE_OF_THUMB, LIMITS)) is None
    assert problem([], room("m", 2048, RULE_OF_THUMB, LIMITS)) is None


def test_too_much_says_how_much_it_is_how_that_was_counted_and_what_would_fit() -> None:
    sentence = problem([SHORT, LONG], room("m\x1b", 2048, RULE_OF_THUMB, LIMITS))
    assert sentence is not None
    assert sentence.startswith(
        "The 2 files would take about 15 013 tokens (60 kB, counting 4 bytes a token, a rule of thumb), and about "
        "1 536 fit: m\ufffd has a context of 2 048 tokens, and files may fill 75 % of it. This would fit: short.txt; "
        "long.txt (lines 1–"
    )


def test_without_a_known_context_the_limit_of_a_question_holds() -> None:
    limits = DocumentLimits(question_text_bytes=1000)
    assert problem([document("a", "x" * 900)], room("", None, RULE_OF_THUMB, limits)) is None
    sentence = problem([document("a", "x" * 1000)], room("", None, RULE_OF_THUMB, limits)) or ""
    assert "that is the most text that one question carries" in sentence
    assert room("m", 10**9, RULE_OF_THUMB, limits).text_bytes == 1000


def test_a_file_that_was_not_read_to_its_end_is_a_problem_even_when_it_fits() -> None:
    cut = document("a.txt", "words " * 100, whole=False)
    plenty = room("m", 100_000, RULE_OF_THUMB, LIMITS)
    sentence = problem([cut], plenty) or ""
    assert sentence.startswith("a.txt is longer than what is read. This would fit: a.txt (the first 600 B).")
    (trimmed,) = trimmed_to_fit([cut], plenty) or ()
    assert trimmed.is_whole


def test_no_useful_part_is_said_so() -> None:
    sentence = problem([LONG, LONG, LONG], room("m", 300, RULE_OF_THUMB, LIMITS)) or ""
    assert "Not even a useful part would fit" in sentence


@given(
    st.lists(st.text(alphabet="a ä漢\n`", min_size=1, max_size=3000).filter(str.strip), min_size=1, max_size=4),
    st.integers(500, 8000),
)
def test_what_is_said_to_fit_fits(texts: list[str], most: int) -> None:
    place = Room(most, "because", RULE_OF_THUMB)
    documents = [document(f"{number}.txt", text) for number, text in enumerate(texts)]
    trimmed = trimmed_to_fit(documents, place)
    if trimmed is not None:
        assert framed_bytes(trimmed) <= most
        assert problem(trimmed, place) is None


def test_tokens_are_counted_in_bytes_so_that_chinese_is_not_taken_for_short() -> None:
    assert RULE_OF_THUMB.tokens("word" * 10) == 10
    assert RULE_OF_THUMB.tokens("漢" * 8) == 6
    assert RULE_OF_THUMB.text_bytes(10) == 40


def test_a_ratio_is_measured_only_from_prompts_long_enough() -> None:
    assert measured(900, 300) == TokenRatio(3.0, "counting 3.0 bytes a token, as measured in this chat")
    assert measured(900, 30) is None
    assert measured(0, 300) is None
