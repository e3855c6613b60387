from __future__ import annotations

import pytest

from llamachat.documents.kinds import is_pdf, kind_of, refusal, refusal_of_binary


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"\x89PNG\r\n\x1a\n", "is a picture"),
        (b"\xff\xd8\xff\xe0", "is a picture"),
        (b"RIFF\x00\x00\x00\x00WEBP", "is a picture"),
        (b"\x00\x00\x00\x18ftypheic", "is a picture"),
        (b"RIFF\x00\x00\x00\x00WAVE", "is a recording"),
        (b"\x00\x00\x00\x18ftypisom", "is a recording"),
        (b"PK\x03\x04", "is an archive"),
        (b"\x1f\x8b\x08", "is an archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is a document of an office program"),
        (b"{\\rtf1", "is a document of an office program"),
        (b"\x7fELF", "is a program"),
    ],
)
def test_what_has_no_text_for_a_model_is_known_by_its_first_bytes(head: bytes, words: str) -> None:
    assert (refusal("misnamed.txt", head) or "").startswith(words)


def test_a_zipped_office_document_is_told_from_an_archive_by_its_name() -> None:
    assert "office" in (refusal("letter.docx", b"PK\x03\x04") or "")


def test_text_is_text_whatever_it_is_called() -> None:
    assert refusal("picture.png", b"really a note") is None


def test_a_picture_in_an_unknown_format_is_named_by_its_ending() -> None:
    assert "picture" in refusal_of_binary("scan.BMP")
    assert "binary" in refusal_of_binary("data.bin")


def test_a_pdf_is_known_even_behind_a_line_of_something_else() -> None:
    assert is_pdf(b"%PDF-1.7")
    assert is_pdf(b"\r\njunk\n%PDF-1.4")
    assert not is_pdf(b" " * 2000 + b"%PDF-1.4")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.md", "markdown"), ("A.TXT", "text"), ("LICENSE", "text"), ("a.py", "source"), ("a.toml", "source")],
)
def test_the_name_says_what_kind_of_text_it_is(name: str, kind: str) -> None:
    assert kind_of(name) == kind
