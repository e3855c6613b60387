"""Splits Markdown into top-level blocks, again and again as it grows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

# HTML is off: a model's <details> is text to show, not structure, and a streamed tree stays equal to a full parse.
_OPTIONS: Final = {"html": False}
_EXTENSIONS: Final = ("table", "strikethrough")
_BLOCKS: Final = MarkdownIt("commonmark", _OPTIONS).enable([*_EXTENSIONS])
_BLOCKS.core.ruler.enableOnly(["normalize", "block"])  # what stands inside a line is parsed once it is laid out
_INLINE: Final = MarkdownIt("commonmark", _OPTIONS).enable([*_EXTENSIONS])
_LISTS: Final = ("bullet_list_open", "ordered_list_open")


@dataclass(frozen=True, slots=True)
class Item:
    """What an item of a top-level list has from its list: its number (None for a bullet), the digits of the last
    number, whether the items are apart, and whether it is the first. `loose_before` says whether those before it would
    be apart without it and what follows; None while nobody had to know."""

    marker: str
    number: int | None
    digits: int
    is_loose: bool
    is_first: bool
    loose_before: bool | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Block:
    """One top-level block, or one item of a top-level list: its tokens, and the first of its lines in the whole text.

    `code` is a fence's source. `references` are the link references of the text that it was parsed with.
    """

    start: int
    tokens: tuple[Token, ...]
    code: str | None = None
    item: Item | None = None
    references: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_apart(self) -> bool:
        """Whether a blank line stands before it."""
        return self.item is None or self.item.is_first or self.item.is_loose


def first_number(opening: Token) -> int | None:
    """The number of a list's first item; None for bullets."""
    return int(opening.attrs.get("start", 1)) if opening.type == "ordered_list_open" else None


def inline_tokens(text: str, references: Mapping[str, Any]) -> list[Token]:
    """What stands inside a paragraph, a heading or a cell."""
    return _INLINE.parseInline(text, {"references": references})[0].children or []


class BlockSplitter:
    """Keeps a growing text as blocks and parses only from its last block on, or from the last but one item of a list.

    The blocks before cannot be changed by what follows, save by link references, which `finish` resolves.

    Args:
        text: what is there already, and complete.
    """

    def __init__(self, text: str = "") -> None:
        self._lines: list[str] = text.split("\n")
        self._blocks: list[Block] = _parse(self._lines, 0) if text else []

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
        if not self._blocks:
            self._blocks = _parse(self._lines, 0)
            return 0
        kept, resumed = self._blocks[:-1], self._blocks[-1]
        # What follows an item may turn out to go on with it, as "1" does before it becomes "1.": parse one more back.
        if kept and kept[-1].item is not None:
            resumed = kept.pop()
        fresh = _parse(self._lines[resumed.start :], resumed.start)
        if resumed.item is None or resumed.item.is_first:
            self._blocks = kept + fresh
            return len(kept)
        return self._go_on(kept, resumed, resumed.item, fresh)

    def finish(self) -> int:
        """Parses everything once more as a whole; returns the index of the first block that changed."""
        blocks = _parse(self._lines, 0)
        same = 0
        for old, new in zip(self._blocks, blocks, strict=False):
            if not _looks_same(old, new):
                break
            same += 1
        self._blocks = self._blocks[:same] + blocks[same:]
        return same

    def _go_on(self, kept: list[Block], resumed: Block, old: Item, fresh: list[Block]) -> int:
        """Puts items that were parsed as a list of their own behind those of the list that they belong to."""
        count = _items_at_start(fresh)
        first = next(index for index in range(len(kept) - 1, -1, -1) if (it := kept[index].item) and it.is_first)
        head = kept[first].item
        assert head is not None
        before = old.loose_before
        if before is None:
            before = _is_loose(self._lines[kept[first].start : resumed.start])
        is_apart = not self._lines[resumed.start - 1].strip()
        is_loose = before or is_apart or any(block.item is not None and block.item.is_loose for block in fresh[:count])
        last = None if old.number is None else old.number + count - 1
        digits = len(str(last)) if last is not None else 0
        items: list[Block] = []
        for place, block in enumerate(fresh[:count]):
            if place and is_loose and not before:
                before = is_apart or _is_loose(self._lines[items[-1].start : block.start])
                is_apart = not self._lines[block.start - 1].strip()
            number = None if old.number is None else old.number + place
            items.append(replace(block, item=Item(head.marker, number, digits, is_loose, False, before)))
        changed = len(kept)
        if (head.is_loose, head.digits) != (is_loose, digits):
            changed = first
            for index in range(first, len(kept)):
                it = kept[index].item
                assert it is not None
                kept[index] = replace(kept[index], item=replace(it, is_loose=is_loose, digits=digits))
        self._blocks = kept + items + fresh[count:]
        return changed


def _looks_same(old: Block, new: Block) -> bool:
    def shown(block: Block) -> list[tuple[str, str, bool]]:
        # Whether a paragraph of an item is hidden follows from the item, which knows the whole list.
        return [(t.type, t.content, t.hidden and block.item is None) for t in block.tokens]

    same_place = (old.start, old.item, old.references) == (new.start, new.item, new.references)
    return same_place and shown(old) == shown(new)


def _items_at_start(blocks: list[Block]) -> int:
    """How many of the first blocks are items of one list."""
    count = 0
    for block in blocks:
        if block.item is None or (count and block.item.is_first):
            break
        count += 1
    return count


def _is_loose(lines: list[str]) -> bool:
    """Whether a list that is all of these lines has its items apart."""
    return any(block.item is not None and block.item.is_loose for block in _parse(lines, 0)[:1])


def _parse(lines: list[str], offset: int) -> list[Block]:
    environment: dict[str, Any] = {}
    tokens = _BLOCKS.parse("\n".join(lines), environment)
    references = environment.get("references", {})
    blocks: list[Block] = []
    first = 0
    for index, token in enumerate(tokens):
        if token.level == 0 and token.nesting <= 0:
            part = tokens[first : index + 1]
            if part[0].type in _LISTS:
                blocks += _items(part, offset, references)
            else:
                code = part[0].content if part[0].type in ("fence", "code_block") else None
                blocks.append(Block(offset + _line(part[0]), tuple(part), code, references=references))
            first = index + 1
    return blocks


def _items(tokens: list[Token], offset: int, references: Mapping[str, Any]) -> list[Block]:
    """The items of one list, which is all of `tokens`."""
    opening = tokens[0]
    starts = [index for index, token in enumerate(tokens) if token.type == "list_item_open" and token.level == 1]
    ends = [*starts[1:], len(tokens) - 1]
    number = first_number(opening)
    digits = len(str(number + len(starts) - 1)) if number is not None else 0
    is_loose = any(token.type == "paragraph_open" and token.level == 2 and not token.hidden for token in tokens)
    return [
        Block(
            offset + _line(tokens[start]),
            tuple(tokens[start:end]),
            item=Item(opening.markup, None if number is None else number + place, digits, is_loose, place == 0),
            references=references,
        )
        for place, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


def _line(token: Token) -> int:
    return token.map[0] if token.map else 0
