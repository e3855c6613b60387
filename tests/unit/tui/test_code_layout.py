"""Code that grows is laid out as if it had come at once, and only its end is highlighted again."""

from __future__ import annotations

import pytest
import textual.highlight

from llamachat.tui.markdown import BlockSplitter, CodeLayout, layout_block
from llamachat.tui.markdown.code import PROOF_LINES

FUNCTIONS = "".join(f"def road_{n}(one, other):\n    return max(one, other) + {n}\n\n" for n in range(60))
LONG_STRING = 'x = 1\n"""\n' + "".join(f"if road {n}:\n" for n in range(150)) + '"""\n' + FUNCTIONS


def looks(lines: list) -> list:
    return [(line.plain, line.spans) for line in lines]


@pytest.mark.parametrize("code", [FUNCTIONS, LONG_STRING, "\n" * 200 + FUNCTIONS])
def test_code_that_grows_looks_as_if_it_had_come_at_once(code: str):
    growing = CodeLayout("python", 60, 1)
    for end in range(0, len(code), 97):
        growing.lines(code[:end])
    assert looks(growing.lines(code)) == looks(CodeLayout("python", 60, 1).lines(code))


def test_what_is_appended_to_long_code_is_highlighted_alone(monkeypatch: pytest.MonkeyPatch):
    growing = CodeLayout("python", 60, 1)
    for end in range(0, len(FUNCTIONS), 97):
        growing.lines(FUNCTIONS[:end])
    highlighted: list[str] = []
    highlight = textual.highlight.highlight

    def noted(code: str, **options: str):
        highlighted.append(code)
        return highlight(code, **options)

    monkeypatch.setattr(textual.highlight, "highlight", noted)
    growing.lines(FUNCTIONS + "y = 2\n")
    assert max(code.count("\n") for code in highlighted) <= 3 * PROOF_LINES


def test_of_a_long_list_only_the_last_items_are_parsed_again():
    splitter = BlockSplitter()
    splitter.append("".join(f"{n}. item\n" for n in range(1, 51)))
    before = list(splitter.blocks)
    changed = splitter.append("51. it")
    assert changed >= len(before) - 2
    assert all(new is old for new, old in zip(splitter.blocks[:changed], before, strict=False))


@pytest.mark.parametrize(
    "pieces",
    [
        ["- a\n- b\n", "\n- c"],  # becomes loose
        ["- a\n\n", "-", "-"],  # was loose for a moment
        ["8. a\n9. b\n", "10. c"],  # the numbers become wider
        ["0. a\n", "1. b\n", "2. c"],
        ["- a\n- b\n", "1", ". c"],  # another list
        ["- a\n- b\n\n", "  more\n", "- c"],
    ],
)
def test_a_list_that_grows_looks_as_if_it_had_come_at_once(pieces: list[str]):
    growing, whole = BlockSplitter(), BlockSplitter("".join(pieces))
    for piece in pieces:
        growing.append(piece)
    assert [looks(layout_block(block, 40)) for block in growing.blocks] == [
        looks(layout_block(block, 40)) for block in whole.blocks
    ]
    assert [block.is_apart for block in growing.blocks] == [block.is_apart for block in whole.blocks]
