from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from llamachat.cli.question import QuestionError, compose, is_piped, read_pipe


def test_a_question_is_the_prompt_then_the_pipe() -> None:
    assert compose("Explain.\n", "piped\ntext\n") == "Explain.\n\npiped\ntext"


def test_parts_that_are_missing_leave_no_gap() -> None:
    assert compose("", "text\n") == "text"
    assert compose("Hi", "") == "Hi"
    assert compose(" ", "\n") == ""


def test_piped_text_is_read_without_mark_and_carriage_returns() -> None:
    assert read_pipe(io.BytesIO("\ufeffé\r\nb".encode()), 100) == "é\nb"
    assert read_pipe(io.BytesIO("Grüße".encode("utf-16")), 100) == "Grüße"
    assert read_pipe(io.BytesIO(b""), 100) == ""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7 ...", "is a PDF. Write it to a file"),
        (b"PK\x03\x04", "is an archive"),
        (b"\x89PNG\r\n\x1a\n", "is a picture"),
        (b"a\x00b", "binary"),
        (b"caf\xe9", "not text in UTF-8"),
        (b"x" * 101, "more than 100 B.*max_text_bytes"),
    ],
)
def test_what_is_no_text_or_too_much_is_refused_in_words(content: bytes, reason: str) -> None:
    with pytest.raises(QuestionError, match=f"Standard input.*{reason}"):
        read_pipe(io.BytesIO(content), 100)


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
