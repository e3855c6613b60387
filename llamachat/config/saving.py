"""Changed settings written into the person's own file: comments, order and everything else in it stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import AoT

from llamachat.base.files import write_atomically
from llamachat.base.toml_documents import read_text
from llamachat.config import loading
from llamachat.config.schema import NodeSettings, Settings, members

Changes = Mapping[str, object]
"""New values by dotted key, like `look.theme`; None takes a key out, so that its default holds again."""


def with_changes(text: str, changes: Changes) -> str:
    """The TOML `text` with single values changed; keys that were missing are added to their tables.

    Raises:
        tomlkit.exceptions.TOMLKitError: `text` is not TOML.
    """
    document = tomlkit.parse(text)
    for key, value in changes.items():
        *tables, last = key.split(".")
        table: Any = document
        for name in tables:
            if name not in table:
                if value is None:
                    break
                table[name] = tomlkit.table()
            table = table[name]
        else:
            if value is not None:
                table[last] = list(value) if isinstance(value, tuple) else value
            elif last in table:
                del table[last]
    return tomlkit.dumps(document)


def with_node(text: str, node: NodeSettings) -> str:
    """The TOML `text` with one more node at the end of the list.

    Raises:
        tomlkit.exceptions.TOMLKitError: `text` is not TOML.
    """
    document = tomlkit.parse(text)
    table = tomlkit.table()
    for name, default, _setting in members(NodeSettings):
        value = getattr(node, name)
        if value != default:
            table[name] = str(value) if isinstance(value, Path) else value
    nodes = document.get("nodes")
    if isinstance(nodes, AoT):
        nodes.append(table)
    elif nodes:
        inline = tomlkit.inline_table()
        inline.update(table)
        nodes.append(inline)
    else:
        if nodes is not None:
            del document["nodes"]
        document["nodes"] = tomlkit.aot()
        document["nodes"].append(table)
    return tomlkit.dumps(document)


def save(path: Path, changes: Changes) -> Settings:
    """Changes single values in the file at `path`, made when it is missing; returns the settings as they are now.

    Raises:
        ConfigError: with every problem, those that the file had before included; nothing was written.
        OSError: the file cannot be written.
    """
    return _write(path, lambda text: with_changes(text, changes))


def add_node(path: Path, node: NodeSettings) -> Settings:
    """Adds a node to the file at `path`, made when it is missing; returns the settings as they are now.

    Raises:
        ConfigError: with every problem, those that the file had before included; nothing was written.
        OSError: the file cannot be written.
    """
    return _write(path, lambda text: with_node(text, node))


def _write(path: Path, edit: Callable[[str], str]) -> Settings:
    text = read_text(path, required=False)
    loading.parse(text, path)  # a file that is wrong already is the person's to mend, and its problems have their lines
    changed = edit(text)
    settings = loading.parse(changed, path)
    write_atomically(path, changed)
    return settings
