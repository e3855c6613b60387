from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llamachat.documents.prompting import FileText, framed, question_text


def test_a_question_is_what_was_written_then_each_file_in_a_frame() -> None:
    text = question_text("Explain.", [FileText("a.py", "x = 1\n"), FileText("b", "y")])
    assert text == "Explain.\n\nFile: a.py\n```\nx = 1\n```\n\nFile: b\n```\ny\n```"


def test_files_alone_and_words_alone_leave_no_gap() -> None:
    assert question_text("", [FileText("b", "y")]) == "File: b\n```\ny\n```"
    assert question_text("Hi", []) == "Hi"
    assert question_text("", []) == ""


def test_a_file_that_is_not_here_is_said_so_to_the_model() -> None:
    assert framed(FileText("b.pdf", None)) == "File: b.pdf\n(Its text is not on this computer.)"


@given(st.text(alphabet="`\n a", max_size=40))
def test_no_file_can_end_its_own_frame(text: str) -> None:
    lines = framed(FileText("f", text)).split("\n")
    fence = lines[1]
    assert set(fence) == {"`"}
    assert len(fence) >= 3
    assert lines[-1] == fence
    assert fence not in "\n".join(lines[2:-1])


@given(st.text(max_size=60))
def test_no_name_can_begin_a_line(name: str) -> None:
    assert framed(FileText(name, "x")).count("\n") == 3
