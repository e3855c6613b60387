"""Changed settings written into the person's own file: comments, order and everything else in it stay."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import tomlkit
from tomlkit.items import AoT, Table

from llamachat.base.files import write_atomically
from llamachat.base.toml_documents import read_text
from llamachat.config import loading
from llamachat.config.node_changes import place_of, with_node_changes
from llamachat.config.node_order import with_node_order, without_node
from llamachat.config.schema import NodeSettings, Settings, entries, members
from llamachat.config.toml_text import text_item

Changes = Mapping[str, object]
"""New values by dotted key, like `look.theme`; None takes a key out, so that its default holds again. What follows
`keys.` or `prompts.` is a name as a whole. A prompt that is taken out and comes in under another name is renamed."""

_ANY_WRITER: Final = 0o222


@dataclass(frozen=True, slots=True)
class Saved:
    """One save: the text of the file before (None: there was none) and after it, and the settings that hold now."""

    before: str | None
    after: str
    settings: Settings


class FileChangedError(Exception):
    """Another program has changed the settings file since it was looked at; nothing was written."""


def with_changes(text: str, changes: Changes) -> str:
    """The TOML `text` with single values changed; keys that were missing are added to their tables.

    Raises:
        tomlkit.exceptions.TOMLKitError: `text` is not TOML.
    """
    document = tomlkit.parse(text)
    for key, value in _without_renamed(document, changes).items():
        *tables, last = _parts(key, document)
        table: Any = document
        for name in tables:
            if name not in table:
                if value is None:
                    break
                table[name] = tomlkit.table()
            table = table[name]
        else:
            if value is not None:
                table[last] = _item(value)
            elif last in table:
                del table[last]
    return tomlkit.dumps(document)


def _item(value: object) -> object:
    """A value as it is written: text of several lines on several."""
    if isinstance(value, str):
        return text_item(value)
    return list(value) if isinstance(value, tuple) else value


def _without_renamed(document: Mapping[str, Any], changes: Changes) -> dict[str, object]:
    """What is still to be changed after each entry whose value comes in under another name has got that name, where it
    stands and with the comments around it."""
    left = dict(changes)
    for table in (name for name, member in entries().items() if member.name_rule is not None):
        held = document.get(table)
        if not isinstance(held, Table):
            continue
        ours = {key.removeprefix(f"{table}."): value for key, value in changes.items() if key.startswith(f"{table}.")}
        for old in [name for name, value in ours.items() if value is None and isinstance(held.get(name), str)]:
            new = next((name for name, value in ours.items() if value == held[old] and name not in held), None)
            if new is not None:
                held.value._replace(old, new, held[old])
                del left[f"{table}.{old}"], left[f"{table}.{new}"]
    return left


def _parts(key: str, document: Mapping[str, Any]) -> list[str]:
    """The keys on the way to a value. Names that are chosen freely have dots in them: a file may hold
    `"chat.stop" = …`, which is how they are written here, or `chat.stop = …`, which are tables inside each other."""
    first, _, action = key.partition(".")
    if first not in entries():
        return key.split(".")
    nested: Any = document.get(first, {})
    if action not in nested:
        parts = action.split(".")
        for part in parts:
            nested = nested.get(part) if isinstance(nested, Mapping) else None
        if nested is not None:
            return [first, *parts]
    return [first, action]


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


def save_seen(path: Path, changes: Changes, seen: str | None) -> Saved:
    """Saves as `save` does, but only over the text that was `seen` in the file (None: there was none).

    Raises:
        FileChangedError: the file holds something else by now.
        ConfigError: with every problem; nothing was written.
        OSError: the file cannot be written.
    """
    _refuse_other_text(path, seen)
    settings = save(path, changes)
    return Saved(seen, text_of(path) or "", settings)


def undo(path: Path, saved: Saved) -> Settings:
    """Brings back what the file held before a save; returns the settings as they are now.

    Raises:
        FileChangedError: the file holds something else by now.
        ConfigError: what it held before is wrong.
        OSError: the file cannot be written.
    """
    _refuse_other_text(path, saved.after)
    settings = loading.parse(saved.before or "", path)
    _refuse_protected(path)
    if saved.before is None:
        path.unlink()
    else:
        write_atomically(path, saved.before)
    return settings


def add_node(path: Path, node: NodeSettings) -> Settings:
    """Adds a node to the file at `path`, made when it is missing; returns the settings as they are now.

    Raises:
        ConfigError: with every problem, those that the file had before included; nothing was written.
        OSError: the file cannot be written.
    """
    return _write(path, lambda text: with_node(text, node))


def change_node(path: Path, name: str, changes: Changes) -> NodeSettings:
    """Changes settings of the node of this name in the file at `path`, by their own names; returns the node as it is
    now.

    Raises:
        ConfigError: with every problem of the file or the change; nothing was written.
        LookupError: the file has no such node any more.
        OSError: the file cannot be written.
    """
    place = place_of(read_text(path, required=False), name)
    if place is None:
        raise LookupError(name)
    return _write(path, lambda text: with_node_changes(text, place, changes)).nodes[place]


def reorder_nodes(path: Path, names: Sequence[str]) -> Saved:
    """Puts the nodes of the file at `path` into the order of `names`; those not named keep theirs, at the end.

    Raises:
        ConfigError: with every problem of the file; nothing was written.
        OSError: the file cannot be written.
    """
    before = text_of(path)
    settings = _write(path, lambda text: with_node_order(text, names))
    return Saved(before, text_of(path) or "", settings)


def remove_node(path: Path, name: str) -> Saved:
    """Takes the node of this name out of the file at `path`.

    Raises:
        ConfigError: with every problem of the file; nothing was written.
        OSError: the file cannot be written.
    """
    before = text_of(path)
    settings = _write(path, lambda text: without_node(text, name))
    return Saved(before, text_of(path) or "", settings)


def _write(path: Path, edit: Callable[[str], str]) -> Settings:
    text = read_text(path, required=False)
    loading.parse(text, path)  # a file that is wrong already is the person's to mend, and its problems have their lines
    changed = edit(text)
    settings = loading.parse(changed, path)
    _refuse_protected(path)
    write_atomically(path, changed)
    return settings


def _refuse_protected(path: Path) -> None:
    """A file is replaced, which its own write protection does not prevent; whoever set that meant it.

    Raises:
        PermissionError: nobody may write to it.
    """
    if path.exists() and not path.stat().st_mode & _ANY_WRITER:
        raise PermissionError(errno.EACCES, "it is write-protected", str(path))


def _refuse_other_text(path: Path, expected: str | None) -> None:
    if text_of(path) != expected:
        raise FileChangedError(f"{path} was changed by another program.")


def text_of(path: Path) -> str | None:
    """What the settings file holds; None when there is none.

    Raises:
        ConfigError: it cannot be read.
    """
    return read_text(path, required=True) if path.exists() else None
