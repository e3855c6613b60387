from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from llamachat.documents.document import Document
from llamachat.documents.kinds import Kind
from llamachat.documents.trimming import MIN_KEPT_BYTES, shares, trim


def document(text: str, kind: Kind = "text", *, pages: list[str] | None = None, whole: bool = True) -> Document:
    """A document read from a file."""
    starts: list[int] = []
    if pages is not None:
        text = ""
        for page in pages:
            starts.append(len(text))
            text += page
        kind = "pdf"
    total = None if pages is None else len(pages)
    return Document("a.txt", kind, text.encode(), text, tuple(starts), total, is_whole=whole)


def trimmed(source: Document, most: int) -> Document:
    found = trim(source, most)
    assert found is not None
    return found


def test_what_fits_stays_as_it_is() -> None:
    source = document("words\n" * 100)
    assert trim(source, 600) is source


def test_a_pdf_is_cut_between_pages_and_says_which_are_missing() -> None:
    source = document("", pages=[f"[page {n} of 9]\n{'x' * 200}\n\n" for n in range(1, 10)])
    part = trimmed(source, 1000)
    assert part.name == "a.txt (pages 1–4 of 9)"
    assert part.text.endswith("x\n[left out here: pages 5–9 of 9]\n")
    assert "[page 4 of 9]" in part.text
    assert "[page 5 of 9]" not in part.text
    assert part.notes == ("a.txt: pages 5–9 of 9 left out.",)
    assert len(part.page_starts) == 4


def test_a_page_that_does_not_fit_is_cut_where_a_reader_would() -> None:
    source = document("", pages=["First sentence. " * 60 + "\n\n", "more"])
    part = trimmed(source, 500)
    assert part.name == "a.txt (a part of page 1 of 2)"
    assert "First sentence.\n[left out here: the rest of page 1 and page 2]" in part.text.replace(" \n", "\n")


def test_markdown_is_cut_before_a_heading_and_source_before_a_definition() -> None:
    markdown = document("# One\n" + "text\n" * 60 + "\n## Two\n" + "text\n" * 20, "markdown")
    assert "## Two" not in trimmed(markdown, 410).text
    assert trimmed(markdown, 410).name == "a.txt (lines 1–62 of 83)"
    source = document("def one():\n" + "    pass\n" * 40 + "\n\ndef two():\n" + "    pass\n" * 30, "source")
    part = trimmed(source, 600)
    assert "def two" not in part.text
    assert "[left out here: lines 44–74 of 74]" in part.text


def test_text_without_any_border_is_cut_at_a_whole_character() -> None:
    part = trimmed(document("ä" * 1000), 700)
    assert part.name == "a.txt (the first 600 B)"
    assert part.text.startswith("ä" * 300 + "\n[left out here: all after the first 600 B]")


def test_what_the_reading_had_to_cut_is_named_even_when_it_fits() -> None:
    part = trimmed(document("word " * 100, whole=False), 10_000)
    assert part.is_whole
    assert "[left out here: all after the first" in part.text
    half = document("", pages=["[page 1 of 3]\n" + "x" * 300 + "\n\n", "[page 2 of 3]\nyy", ""], whole=False)
    assert "the rest of page 2" in trimmed(half, 10_000).text or "page 3 of 3" in trimmed(half, 10_000).text


def test_a_part_that_is_still_too_long_is_cut_from_the_whole_again() -> None:
    source = document("words\n" * 400)
    first = trimmed(source, 1200)
    again = trimmed(first, 700)
    assert again == trimmed(source, 700)
    assert again.name == "a.txt (lines 1–100 of 400)"
    assert trim(first, 1200) is first


def test_a_part_too_small_to_be_of_use_is_none() -> None:
    assert trim(document("words\n" * 100), 250) is None


texts = st.lists(
    st.sampled_from(["word ", "ä", "漢字。", "\n", "\n\n", "# H\n", "def f():\n", "```", "x" * 50]), max_size=120
)


@given(texts.map("".join), st.sampled_from(["text", "markdown", "source", "pdf"]), st.integers(0, 2000), st.booleans())
def test_a_part_is_a_beginning_that_fits_and_is_kept_as_it_is_sent(
    text: str, kind: Kind, most: int, whole: bool
) -> None:
    assume(text.strip())
    source = document(text, kind, pages=[text[:50], text[50:90], text[90:]] if kind == "pdf" else None, whole=whole)
    part = trim(source, most)
    if part is None:
        assert most - 100 < MIN_KEPT_BYTES
        return
    size = len(part.text.encode())
    assert size <= most
    if part is source:
        assert whole
        return
    kept, mark, rest = part.text.rpartition("\n[left out here: ")
    assert mark
    assert rest.endswith("]\n")
    assert text.startswith(kept)
    assert part.content == part.text.encode()
    assert part.attachment.sha256 != source.attachment.sha256


@given(st.lists(st.integers(0, 1000), max_size=8), st.integers(0, 3000))
def test_room_is_shared_so_that_small_ones_stay_whole(sizes: list[int], most: int) -> None:
    given_ = shares(sizes, most)
    assert all(0 <= got <= size for got, size in zip(given_, sizes, strict=True))
    assert sum(given_) <= most
    if sum(sizes) <= most:
        assert given_ == sizes
    cut = [got for got, size in zip(given_, sizes, strict=True) if got < size]
    if cut:
        assert max(cut) - min(cut) <= 1  # what cannot be divided
        assert all(size <= max(cut) + 1 for got, size in zip(given_, sizes, strict=True) if got == size)


@pytest.mark.parametrize(("lines", "total"), [("a\n" * 300, 300), ("a\n" * 299 + "a", 300)])
def test_lines_are_counted_with_and_without_a_last_line_end(lines: str, total: int) -> None:
    assert trimmed(document(lines), 400).name.endswith(f" of {total})")
