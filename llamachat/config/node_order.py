"""The nodes of a settings file in another order, or without one of them. Pure.

A node is moved as the lines that it is written in, so that the comments beside and above it go with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tomlkit

from llamachat.base.toml_lines import key_lines
from llamachat.config import loading


def with_node_order(text: str, names: Sequence[str]) -> str:
    """The TOML `text` with its nodes in the order of `names`; those not named keep theirs, after the named ones.

    Raises:
        ConfigError: `text` holds no settings that can be read.
    """
    places = {node.name: index for index, node in enumerate(loading.parse(text).nodes)}
    order = [places[name] for name in dict.fromkeys(names) if name in places]
    order += [index for index in places.values() if index not in order]
    return _arranged(text, order)


def without_node(text: str, name: str) -> str:
    """The TOML `text` without the node of this name; unchanged when there is none.

    Raises:
        ConfigError: `text` holds no settings that can be read.
    """
    return _arranged(text, [index for index, node in enumerate(loading.parse(text).nodes) if node.name != name])


@dataclass(frozen=True, slots=True)
class NodeBlock:
    """The lines of one node, counted from 0, comments right above it included; `end` is the first line after it, blank
    lines not counted."""

    begin: int
    end: int


def _arranged(text: str, order: Sequence[int]) -> str:
    """The nodes at these places, in this order. Nodes that are left out leave no gap."""
    lines = lines_of(text)
    blocks = node_blocks(text, lines)
    if blocks is None:
        return _rearranged_list(text, order)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    parts: list[str] = []
    at = 0
    for place, block in enumerate(blocks):
        parts += lines[at : block.begin]
        at = block.end
        if place < len(order):
            moved = blocks[order[place]]
            parts += lines[moved.begin : moved.end]
        else:  # fewer than there were: the blank lines after the last one go too
            while at < len(lines) and not lines[at].strip():
                at += 1
    return "".join(parts + lines[at:])


def lines_of(text: str) -> list[str]:
    """The lines of a TOML text with their ends; TOML knows no other line ends."""
    return [line for line in re.split(r"(?<=\n)", text) if line]


def node_blocks(text: str, lines: Sequence[str]) -> list[NodeBlock] | None:
    """Where each `[[nodes]]` stands; None when the nodes are written as one list."""
    where = key_lines(text)
    starts = [line - 1 for path, line in where.items() if path[0] == "nodes" and len(path) == 2]
    if not all(lines[start].lstrip().startswith("[[") for start in starts):
        return None
    blocks = []
    for index, start in enumerate(starts):
        later = [line - 1 for path, line in where.items() if path[:2] != ("nodes", index) and line - 1 > start]
        end = _above(lines, min(later)) if later else len(lines)
        while end > start and not lines[end - 1].strip():
            end -= 1
        begin = _above(lines, start)  # what stands at the top of the file is about the file
        blocks.append(NodeBlock(begin if begin > 0 else start, end))
    return blocks


def _above(lines: Sequence[str], header: int) -> int:
    """The first of the comment lines right above a header, or the header itself."""
    begin = header
    while begin > 0 and lines[begin - 1].lstrip().startswith("#"):
        begin -= 1
    return begin


def _rearranged_list(text: str, order: Sequence[int]) -> str:
    document = tomlkit.parse(text)
    nodes: Any = document.get("nodes")
    if nodes:
        kept = [nodes[index] for index in order]
        nodes.clear()
        nodes.extend(kept)
    return tomlkit.dumps(document)
