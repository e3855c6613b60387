"""Markdown as lines: text that grows ends as if it had come at once, and nothing is wider than its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from llamachat.tui.markdown import BlockSplitter, layout_block
from llamachat.tui.markdown.tables import column_widths

SAMPLE = """# A title

A paragraph with **bold**, *italic*, ~~gone~~, `code` and a [link](https://example.org/x).
It goes on.

- one
- two
  - inner
    more
3. three
4. four

> quoted
> text

| key | what it does |
|:---:|-------------:|
| F1  | shows all the keys of where you are, with a sentence for each |

```python
def superpose(q):
\treturn q  # 重ね合わせ
```

***

last
"""
# Pieces that Markdown gives a meaning, so that random texts are full of structure.
PIECES = [
    "#",
    " ",
    "\n",
    "\n\n",
    "- ",
    "1. ",
    "> ",
    "```",
    "~~~",
    "`",
    "**",
    "*",
    "|",
    "|-|-|",
    "---",
    "word",
    "[a](b)",
    "é",
    "語",
    "\t",
]


def laid_out(splitter: BlockSplitter, width: int) -> list[Content]:
    number, lines = 0, []
    for block in splitter.blocks:
        number += block.code is not None
        lines += layout_block(block, width, number if block.code is not None else None)
    return lines


def grown(pieces: list[str]) -> BlockSplitter:
    splitter = BlockSplitter()
    for piece in pieces:
        splitter.append(piece)
    return splitter


def plain(text: str, width: int = 40) -> list[str]:
    splitter = grown([text])
    splitter.finish()
    return [line.plain for line in laid_out(splitter, width)]


@given(st.lists(st.sampled_from(PIECES), max_size=40), st.integers(1, 60))
def test_text_that_grows_ends_as_if_it_had_come_at_once(pieces: list[str], width: int):
    piecewise, whole = grown(pieces), grown(["".join(pieces)])
    piecewise.finish()
    whole.finish()
    assert piecewise.text == "".join(pieces)
    assert laid_out(piecewise, width) == laid_out(whole, width)


def test_the_sample_streams_to_the_same_lines_without_the_final_parse():
    piecewise, whole = grown(list(SAMPLE)), grown([SAMPLE])
    assert laid_out(piecewise, 50) == laid_out(whole, 50)


@given(st.lists(st.sampled_from(PIECES), max_size=40), st.integers(4, 60))
def test_no_line_is_wider_than_the_view(pieces: list[str], width: int):
    splitter = grown(["".join(pieces)])
    splitter.finish()
    assert all(line.cell_length <= width for line in laid_out(splitter, width))


def test_appending_touches_only_the_end():
    splitter = grown(["# Title\n\nfirst paragraph\n\nsecond"])
    kept = splitter.blocks[:2]
    assert splitter.append(" grows") == 2
    assert splitter.blocks[:2] == kept


def test_a_code_block_shows_its_language_its_number_and_a_frame():
    assert plain("```python\nx = 1\n```", 30) == [
        "┌ python ──────────── 1 copy ┐",
        "│ x = 1                      │",
        "└────────────────────────────┘",
    ]


def test_the_source_of_code_blocks_is_kept_for_copying():
    splitter = grown([SAMPLE])
    assert [block.code for block in splitter.blocks if block.code] == ["def superpose(q):\n\treturn q  # 重ね合わせ\n"]


def test_lists_are_numbered_and_indented():
    assert plain("- one\n- two\n  1. inner\n  2. inner too") == ["• one", "• two", "  1. inner", "  2. inner too"]


def test_html_is_text():
    assert plain("<b>bold?</b> <script>x</script>") == ["<b>bold?</b> <script>x</script>"]


def test_a_links_address_is_readable():
    assert plain("see [the docs](https://a.b)") == ["see the docs (https://a.b)"]


def test_escape_sequences_of_a_model_are_shown_not_obeyed():
    lines = plain("before \x1b[31mred\x1b[0m after\n\n```\n\x1b]52;c;AAAA\x07\n```\n\n`\x9b31m`")
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for line in lines for char in line)


def test_markup_of_the_toolkit_has_no_meaning():
    assert plain("[bold]x[/bold] [@click=quit]y[/]") == ["[bold]x[/bold] [@click=quit]y[/]"]


@pytest.mark.parametrize("width", [1, 2, 3, 5, 8])
def test_narrow_views_lose_no_letters(width: int):
    text = "".join("".join(plain("> - abcdefghij\n\n| abc | def |\n|-|-|\n| ghi | jkl |", width)).split())
    assert all(letter in text for letter in "abcdefghijkl")


@given(st.lists(st.integers(0, 200), min_size=1, max_size=12), st.integers(12, 200))
def test_columns_share_the_width(natural: list[int], available: int):
    widths = column_widths(natural, available)
    assert sum(widths) <= max(available, sum(max(1, size) for size in natural))
    assert sum(widths) <= available or all(width == 1 for width in widths)
    assert all(1 <= width <= max(1, size) for width, size in zip(widths, natural, strict=True))
    if sum(max(1, size) for size in natural) <= available:
        assert widths == [max(1, size) for size in natural]
