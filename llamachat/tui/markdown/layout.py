"""Lays one block out as lines of a given width, measured in terminal cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markdown_it.token import Token
from textual.content import Content

from llamachat.tui.markdown.blocks import Block, first_number, inline_tokens
from llamachat.tui.markdown.code import CodeLayout, language_of
from llamachat.tui.markdown.inline import inline_text
from llamachat.tui.markdown.tables import layout_table

_MIN_WIDTH: Final = 8
"""Below this many cells, nested blocks are no longer indented: a letter per line helps nobody."""


@dataclass(frozen=True, slots=True)
class _Node:
    """A token with what stands inside it."""

    token: Token
    children: tuple[_Node, ...]


def layout_block(block: Block, width: int, code_number: int | None = None) -> list[Content]:
    """The block's lines, none wider than `width` cells. `code_number` is shown on a code block, to copy it by."""
    if block.code is not None:
        return CodeLayout(language_of(block.tokens[0].info), width, code_number).lines(block.code)
    nodes = _tree(block.tokens, block.references)
    if block.item is not None:
        item = block.item
        return _item(nodes[0], width, item.number, item.digits, is_loose=item.is_loose)
    return [line for node in nodes for line in _layout(node, width)]


def _tree(tokens: Sequence[Token], references: Mapping[str, Any]) -> list[_Node]:
    stack: list[tuple[Token, list[_Node]]] = []
    roots: list[_Node] = []
    for token in tokens:
        if token.type == "inline" and token.content and not token.children:
            token.children = inline_tokens(token.content, references)
        if token.nesting == 1:
            stack.append((token, []))
            continue
        if token.nesting == -1:
            opening, children = stack.pop()
            node = _Node(opening, tuple(children))
        else:
            node = _Node(token, ())
        (stack[-1][1] if stack else roots).append(node)
    return roots


def _layout(node: _Node, width: int) -> list[Content]:
    token = node.token
    match token.type:
        case "inline":
            return _wrap(inline_text(token.children or ()), width)
        case "heading_open":
            return _heading(node, width)
        case "bullet_list_open" | "ordered_list_open":
            return _list(node, width)
        case "blockquote_open":
            return _indented(
                node.children, width, Content.styled("▌ ", "$text-muted"), Content.styled("▌ ", "$text-muted")
            )
        case "fence" | "code_block":
            return CodeLayout(language_of(token.info), width, None).lines(token.content)
        case "hr":
            return [Content.styled("─" * width, "$text-muted")]
        case "table_open":
            return _table(node, width)
        case _:
            return [line for child in node.children for line in _layout(child, width)]


def _wrap(text: Content, width: int) -> list[Content]:
    return [
        line.rstrip() if line.plain.endswith(" ") else line
        for paragraph in text.split("\n", allow_blank=True)
        for line in paragraph.wrap(width)
    ]


def _heading(node: _Node, width: int) -> list[Content]:
    level = int(node.token.tag[1])
    lines = [line.stylize("bold $text-primary") for child in node.children for line in _layout(child, width)]
    if level == 1 and lines:
        lines.append(Content.styled("━" * max(line.cell_length for line in lines), "$text-primary"))
    return lines


def _list(node: _Node, width: int) -> list[Content]:
    first = first_number(node.token)
    digits = len(str(first + len(node.children) - 1)) if first is not None else 0
    is_loose = any(
        child.token.type == "paragraph_open" and not child.token.hidden
        for item in node.children
        for child in item.children
    )
    lines: list[Content] = []
    for place, item in enumerate(node.children):
        if is_loose and lines:
            lines.append(Content(""))
        number = None if first is None else first + place
        lines.extend(_item(item, width, number, digits, is_loose=is_loose))
    return lines


def _item(item: _Node, width: int, number: int | None, digits: int, *, is_loose: bool) -> list[Content]:
    """One item behind its bullet or its number, which is as wide as one of so many digits."""
    marker = "• " if number is None else f"{number}.".rjust(digits + 1) + " "
    first, rest = Content.styled(marker, "bold"), Content(" " * len(marker))
    return _indented(item.children, width, first, rest, is_loose=is_loose)


def _indented(
    children: Sequence[_Node], width: int, first: Content, rest: Content, *, is_loose: bool = True
) -> list[Content]:
    inner = width - first.cell_length
    if inner < _MIN_WIDTH:
        inner, first, rest = width, Content(""), Content("")
    lines: list[Content] = []
    for child in children:
        if lines and _is_apart(child, is_loose=is_loose):
            lines.append(Content(""))
        lines.extend(_layout(child, inner))
    if not lines:
        lines = [Content("")]
    return [Content.assemble(rest if index else first, line) for index, line in enumerate(lines)]


def _is_apart(child: _Node, *, is_loose: bool) -> bool:
    """Whether a blank line stands before it: not a paragraph in a tight list, and not before a list inside an item."""
    return (is_loose or child.token.type != "paragraph_open") and not child.token.type.endswith("list_open")


def _table(node: _Node, width: int) -> list[Content]:
    rows: list[list[Content]] = []
    aligns: list[str] = []
    for section in node.children:
        for row in section.children:
            rows.append([])
            for cell in row.children:
                text = inline_text(cell.children[0].token.children or ()) if cell.children else Content("")
                rows[-1].append(text)
                if len(rows) == 1:
                    style = str(cell.token.attrGet("style") or "")
                    aligns.append(style.removeprefix("text-align:") or "left")
    return layout_table(rows, aligns, width)
