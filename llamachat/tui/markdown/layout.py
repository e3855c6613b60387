"""Lays one block out as lines of a given width, measured in terminal cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markdown_it.token import Token
from textual.content import Content
from textual.highlight import highlight

from llamachat.base.text import printable
from llamachat.tui.markdown.blocks import Block
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
        language = (block.tokens[0].info or "").split(" ")[0]
        return code_lines(block.code, language, width, code_number)
    lines: list[Content] = []
    for node in _tree(block.tokens):
        lines.extend(_layout(node, width))
    return lines


def code_lines(code: str, language: str, width: int, number: int | None) -> list[Content]:
    """Highlighted code in a frame that names its language and the number to copy it by."""
    inner = max(1, width - 4)
    name = f" {printable(language)} " if language else "─"
    mark = f" {number} copy " if number is not None else "─"
    rule = "─" * max(0, width - len(name) - len(mark) - 2)
    top = Content.assemble(
        ("┌", "$text-muted"), (name, "bold"), (rule, "$text-muted"), (mark, "$text-muted"), ("┐", "$text-muted")
    )
    side = Content.styled("│", "$text-muted")
    source = highlight(printable(code).rstrip("\n").expandtabs(4), language=language or "text")
    lines = [top.truncate(width)]
    for line in source.split("\n", allow_blank=True):
        for piece in line.fold(inner) or [Content("")]:
            padding = " " * max(0, inner - piece.cell_length)
            lines.append(Content.assemble(side, " ", piece, padding, " ", side).truncate(width))
    lines.append(Content.styled(("└" + "─" * max(0, width - 2) + "┘")[:width], "$text-muted"))
    return lines


def _tree(tokens: Sequence[Token]) -> list[_Node]:
    stack: list[tuple[Token, list[_Node]]] = []
    roots: list[_Node] = []
    for token in tokens:
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
            return code_lines(token.content, (token.info or "").split(" ")[0], width, None)
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
    ordered = node.token.type == "ordered_list_open"
    number = int(node.token.attrGet("start") or 1) if ordered else 0
    last = number + len(node.children) - 1
    lines: list[Content] = []
    loose = any(not child.token.hidden for item in node.children for child in item.children[:1])
    for item in node.children:
        marker = f"{number}.".rjust(len(str(last)) + 1) + " " if ordered else "• "
        if loose and lines:
            lines.append(Content(""))
        lines.extend(_indented(item.children, width, Content.styled(marker, "bold"), Content(" " * len(marker))))
        number += 1
    return lines


def _indented(children: Sequence[_Node], width: int, first: Content, rest: Content) -> list[Content]:
    inner = width - first.cell_length
    if inner < _MIN_WIDTH:
        inner, first, rest = width, Content(""), Content("")
    lines: list[Content] = []
    for child in children:
        if lines and _is_apart(child):
            lines.append(Content(""))
        lines.extend(_layout(child, inner))
    if not lines:
        lines = [Content("")]
    return [Content.assemble(rest if index else first, line) for index, line in enumerate(lines)]


def _is_apart(child: _Node) -> bool:
    """Whether a blank line stands before it: not in a tight list, and not before a list inside an item."""
    return not child.token.hidden and not child.token.type.endswith("list_open")


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
