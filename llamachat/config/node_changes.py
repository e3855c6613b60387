"""Single settings of one node changed in the text of a settings file; comments and everything else stay. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tomlkit

from llamachat.config import loading
from llamachat.config.node_order import lines_of, node_blocks


def place_of(text: str, name: str) -> int | None:
    """Which of the nodes in the TOML `text` has this name, counted from 0; None when none has.

    Raises:
        ConfigError: `text` holds no settings that can be read.
    """
    names = [node.name for node in loading.parse(text).nodes]
    return names.index(name) if name in names else None


def with_node_changes(text: str, place: int, changes: Mapping[str, object]) -> str:
    """The TOML `text` with these settings of the node at that place; None takes a setting out.

    Raises:
        tomlkit.exceptions.TOMLKitError: `text` is not TOML.
    """
    lines = lines_of(text)
    blocks = node_blocks(text, lines)
    if blocks is None:  # one list
        return _changed(text, place, changes)
    # Alone, so that what is added stands at the end of the node and not after what follows it.
    block = blocks[place]
    own = "".join(lines[block.begin : block.end])
    changed = _changed(own if own.endswith("\n") else f"{own}\n", 0, changes)
    return "".join([*lines[: block.begin], changed, *lines[block.end :]])


def _changed(text: str, place: int, changes: Mapping[str, object]) -> str:
    document = tomlkit.parse(text)
    nodes: Any = document["nodes"]
    table = nodes[place]
    for key, value in changes.items():
        if value is not None:
            table[key] = value
        elif key in table:
            del table[key]
    return tomlkit.dumps(document)
