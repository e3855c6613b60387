import json
from pathlib import Path

import pytest

from train.corpus import Message, Question
from train.scoring import confusions, contains_all, figures, judge, nearest_known, read_blind


def refusal(text: str) -> bool:
    return text.startswith("I do not know")


def question(*expect: str, refuse: bool = False, exact: str | None = None) -> Question:
    return Question((Message("user", "how?"),), kind="fact", expect=expect, refuse=refuse, exact=exact)


@pytest.mark.parametrize(
    ("expect", "right"),
    [
        (("ctrl+k",), True),
        (("Ctrl+K", "search"), True),
        (("Ctrl+K", "export"), False),
        (("Ctrl+J|Ctrl+K",), True),
        (("Ctrl+J | F2",), False),
        (("the search of",), True),
    ],
)
def test_an_answer_is_right_when_every_item_or_an_alternative_of_it_occurs(
    expect: tuple[str, ...], right: bool
) -> None:
    assert contains_all("Press **Ctrl+K** for the\nsearch of all chats.", expect) is right


def test_a_refusal_is_wrong_where_there_is_an_answer_even_with_the_words_in_it() -> None:
    result = judge(question("nodes"), "I do not know nodes", True, refusal)
    assert (result.right, result.refused) == (False, True)


def test_only_a_refusal_is_right_where_there_is_no_answer() -> None:
    assert judge(question(refuse=True), "I do not know", True, refusal).right
    assert not judge(question(refuse=True), "Paris", True, refusal).right


def test_where_nothing_is_expected_an_answer_is_right_when_it_ends_by_itself() -> None:
    assert judge(question(), "anything", True, refusal).right
    assert judge(question(), "I do not know", True, refusal).right
    assert not judge(question(), "anything", False, refusal).right


def test_an_exact_answer_must_match_byte_for_byte() -> None:
    assert judge(question(exact="# Tour\n"), "# Tour\n", True, refusal).right
    assert not judge(question("tour", exact="# Tour\n"), "# Tour", True, refusal).right


def test_figures_count_right_ended_and_wrong_refusals() -> None:
    results = [
        judge(question("a"), "a", True, refusal),
        judge(question("a"), "I do not know", True, refusal),
        judge(question("a"), "b", False, refusal),
        judge(question(refuse=True), "I do not know", True, refusal),
    ]
    entry = figures("held-out", results)
    assert (entry.questions, entry.right, entry.ended, entry.refused) == (4, 2, 3, 1)
    assert entry.right_share == 0.5


def test_confusions_name_the_facts_asked_for_and_what_was_answered() -> None:
    nearest = nearest_known({"Press Ctrl+F to search": "search", "Press Ctrl+T for the theme": "theme"})
    results = [
        judge(question("add", "node"), "Press Ctrl+T for the theme", True, refusal),
        judge(question("add", "node"), "press Ctrl+T for themes", True, refusal),
        judge(question("F1"), "to search", True, refusal),
        judge(question("search"), "search", True, refusal),
    ]
    assert confusions(results, nearest) == [("add + node", "theme", 2), ("F1", "search", 1)]


def test_blind_questions_are_read_from_all_files(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(json.dumps([{"question": "Who?", "expect": [], "refuse": True}]))
    (tmp_path / "a.json").write_text(json.dumps([{"question": "How?", "expect": ["x", "y|z"]}]))
    (tmp_path / "notes.txt").write_text("not questions")
    first, second = read_blind(tmp_path)
    assert (first.messages[0].content, first.expect, first.refuse) == ("How?", ("x", "y|z"), False)
    assert (second.messages[0].content, second.refuse) == ("Who?", True)


@pytest.mark.parametrize(
    "content", ["[{]", '[{"expect": ["x"]}]', "[3]", "{}x", '[{"question": "How?", "expect": []}]', "3"]
)
def test_a_blind_file_that_is_not_of_the_form_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "bad.json").write_text(content)
    with pytest.raises(ValueError, match=r"bad\.json"):
        read_blind(tmp_path)


def test_no_blind_directory_means_no_blind_questions(tmp_path: Path) -> None:
    assert read_blind(tmp_path / "missing") == []
