"""Splits Markdown into top-level blocks, again and again as it grows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

# HTML is off: a model's <details> is text to show, not structure, and a streamed tree stays equal to a full parse.
_PARSER: Final = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


@dataclass(frozen=True, slots=True)
class Block:
    """One top-level block: its tokens, and the first of its lines in the whole text. `code` is a fence's source."""

    start: int
    tokens: tuple[Token, ...]
    code: str | None = None


class BlockSplitter:
    """Keeps a growing text as blocks and parses only from its last block on.

    The blocks before the last cannot be changed by what follows, save by link references, which `finish` resolves.
    """

    def __init__(self) -> None:
        self._lines: list[str] = [""]
        self._blocks: list[Block] = []

    @property
    def blocks(self) -> list[Block]:
        """All blocks, in order."""
        return self._blocks

    @property
    def text(self) -> str:
        """Everything so far."""
        return "\n".join(self._lines)

    def append(self, text: str) -> int:
        """Adds text; returns the index of the first block that may have changed."""
        first, *rest = text.split("\n")
        self._lines[-1] += first
        self._lines.extend(rest)
        start = self._blocks[-1].start if self._blocks else 0
        kept = self._blocks[:-1]
        # Two lists with one marker, or a paragraph and its underline, join across a block's end: parse one more back.
        if kept and _may_join(kept[-1]):
            start = kept.pop().start
        self._blocks = kept + _parse(self._lines[start:], start)
        return len(kept)

    def finish(self) -> int:
        """Parses everything once more as a whole; returns the index of the first block that changed."""
        blocks = _parse(self._lines, 0)
        same = 0
        for old, new in zip(self._blocks, blocks, strict=False):
            if not _looks_same(old, new):
                break
            same += 1
        self._blocks = blocks
        return same


def _looks_same(old: Block, new: Block) -> bool:
    def shown(block: Block) -> list[tuple[str, str, bool, list[str]]]:
        return [(t.type, t.content, t.hidden, [c.type for c in t.children or ()]) for t in block.tokens]

    return old.start == new.start and shown(old) == shown(new)


def _may_join(block: Block) -> bool:
    return block.tokens[0].type in ("bullet_list_open", "ordered_list_open")


def _parse(lines: list[str], offset: int) -> list[Block]:
    tokens = _PARSER.parse("\n".join(lines))
    blocks: list[Block] = []
    first = 0
    for index, token in enumerate(tokens):
        if token.level == 0 and token.nesting <= 0:
            opening = tokens[first]
            line = opening.map[0] if opening.map else 0
            code = opening.content if opening.type in ("fence", "code_block") else None
            blocks.append(Block(offset + line, tuple(tokens[first : index + 1]), code))
            first = index + 1
    return blocks
