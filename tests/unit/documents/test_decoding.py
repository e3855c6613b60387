from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.documents.decoding import Decoded, NotText, decode, guess

GERMAN = "Grüße aus München: schöne Straßen, viel Käse und noch mehr Öl. Über allem steht der Ärger über Umlaute."
RUSSIAN = "Привет, как дела? Это обычный текст на русском языке, и его должно хватить, чтобы узнать кодировку."

JAPANESE = "こんにちは。これは普通の日本語の文章です。文字コードを判定します。"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (GERMAN.encode(), "utf-8"),
        (GERMAN.encode("utf-8-sig"), "utf-8-sig"),
        (GERMAN.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + GERMAN.encode("utf-16-be"), "utf-16"),
        (GERMAN.encode("utf-32"), "utf-32"),
        (GERMAN.encode("utf-16-le"), "utf-16-le"),
        (GERMAN.encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_an_encoding_that_shows_itself_needs_no_guess(data: bytes, encoding: str) -> None:
    assert decode(data) == Decoded(GERMAN, encoding)


@pytest.mark.parametrize(
    ("text", "encoding"), [(GERMAN, "latin-1"), (GERMAN, "cp1252"), (RUSSIAN, "cp1251"), (JAPANESE, "cp932")]
)
def test_an_old_encoding_is_guessed_and_said_to_be_a_guess(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    assert decode(data) is None
    found = guess(data)
    assert (found.text, found.guessed) == (text, True)


def test_too_little_to_tell_is_read_as_western_european() -> None:
    assert guess("café".encode("latin-1")) == Decoded("café", "cp1252", guessed=True)
    assert guess(b"caf\xe9 \x81").encoding == "latin-1"


@pytest.mark.parametrize(
    "data", [b"a\x00b", b"\x7fELF\x02\x01\x01\x00\x00", b"\xff\xfe\x00\xd8", b"text\x01", b"\xef\xbb\xbf\xff"]
)
def test_binary_data_is_no_text_whatever_it_is_called(data: bytes) -> None:
    with pytest.raises(NotText):
        decode(data)


def test_a_log_with_colours_is_text() -> None:
    assert decode(b"\x1b[31mred\x1b[0m\r\nnext\rlast") == Decoded("\x1b[31mred\x1b[0m\nnext\nlast", "utf-8")


@given(st.binary(max_size=600))
def test_any_bytes_are_text_without_binary_in_it_or_none(data: bytes) -> None:
    try:
        found = decode(data) or guess(data)
    except NotText:
        return
    assert "\0" not in found.text
    assert "\r" not in found.text
    found.text.encode()  # no lone surrogates, which neither the wire nor the store can hold
