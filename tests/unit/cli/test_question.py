from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.cli.question import QuestionError, TextFile, compose, is_piped, read_file, read_pipe


def test_a_question_is_the_prompt_then_the_pipe_then_the_files() -> None:
    question = compose("Explain.\n", "piped\ntext\n", [TextFile("a.py", "x = 1\n"), TextFile("b", "y")])
    assert question == "Explain.\n\npiped\ntext\n\nFile: a.py\n```\nx = 1\n```\n\nFile: b\n```\ny\n```"


def test_parts_that_are_missing_leave_no_gap() -> None:
    assert compose("", "text\n", []) == "text"
    assert compose("Hi", "", []) == "Hi"
    assert compose(" ", "\n", []) == ""


@given(st.text(alphabet="`\n a", max_size=40))
def test_no_file_can_end_its_own_frame(text: str) -> None:
    lines = compose("", "", [TextFile("f", text)]).split("\n")
    fence = lines[1]
    assert set(fence) == {"`"}
    assert len(fence) >= 3
    assert lines[-1] == fence
    assert fence not in "\n".join(lines[2:-1])


def test_files_are_read_as_text_without_mark_and_carriage_returns(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes("\ufeffé\r\nb".encode())
    assert read_file(file, 100) == TextFile("a.txt", "é\nb")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7 ...", "is a document"),
        (b"PK\x03\x04", "is a document"),
        (b"a\x00b", "binary"),
        (b"\xff\xfea", "not text in UTF-8"),
        (b"x" * 101, "more than 100 bytes"),
    ],
)
def test_what_is_no_text_or_too_much_is_refused_in_words(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(QuestionError, match=reason):
        read_file(file, 100)
    with pytest.raises(QuestionError, match=f"Standard input.*{reason}"):
        read_pipe(io.BytesIO(content), 100)


def test_a_missing_file_and_a_directory_are_refused_in_words(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(QuestionError, match="cannot be read"):
            read_file(path, 100)


def test_pipes_and_files_count_as_input_and_the_null_device_does_not(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    null = os.open(os.devnull, os.O_RDONLY)
    file = os.open(tmp_path / "f", os.O_RDWR | os.O_CREAT)
    try:
        assert [is_piped(descriptor) for descriptor in (reader, null, file)] == [True, False, True]
    finally:
        for descriptor in (reader, writer, null, file):
            os.close(descriptor)
    assert not is_piped(file)
