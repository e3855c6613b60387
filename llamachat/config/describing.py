"""The settings as TOML with a sentence about each: a template to fill in, and what holds now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import tomlkit

from llamachat.config.schema import Entries, NodeSettings, Section, Setting, Settings, members
from llamachat.config.toml_text import text_item

_HIDDEN: Final = "…"
_EXAMPLE_NODE: Final = NodeSettings(name="llama-01", url="ws://10.0.0.5:13000/chat")
_NOT_SET: Final = "…"


def template() -> str:
    """A settings file in which every setting stands with its default, commented out: `# ` begins prose, `#` a line
    that holds once the mark is taken away."""
    parts = ["# Settings of llamachat. A line that begins with # is off: take the # away, and change what follows.", ""]
    for name, _default, member in members(Settings):
        if isinstance(member, Entries):
            parts += [*_entries(name, member, dict([member.example]), off="#"), ""]
            continue
        assert isinstance(member, Section)
        values = _EXAMPLE_NODE if member.many else getattr(Settings(), name)
        parts += [*_table((name,), member, values, off="#"), ""]
    return "\n".join(parts)


def effective(settings: Settings) -> str:
    """What holds now, as TOML; tokens are not shown."""
    parts: list[str] = []
    for name, _default, member in members(Settings):
        value = getattr(settings, name)
        if isinstance(member, Entries):
            parts += [*_entries(name, member, value, off=""), ""]
            continue
        assert isinstance(member, Section)
        for values in value if member.many else [value]:
            parts += [*_table((name,), member, values, off=""), ""]
    return "\n".join(parts)


def _table(path: tuple[str, ...], section: Section, values: Any, *, off: str) -> Iterator[str]:
    yield f"# {section.help}"
    header = ".".join(path)
    yield f"{off}[[{header}]]" if section.many else f"[{header}]"
    nested = []
    for name, _default, member in members(section.type):
        value = getattr(values, name)
        if isinstance(member, Section):
            nested.append((name, member, value))
            continue
        assert isinstance(member, Setting)
        yield f"# {member.help} Allowed: {member.rule}."
        yield f"#{name} = {_NOT_SET}" if value is None else f"{off}{name} = {_toml(value, member)}"
    for name, member, value in nested:
        yield ""
        yield from _table((*path, name), member, value, off=off)


def _entries(name: str, entries: Entries, values: Mapping[str, Any], *, off: str) -> Iterator[str]:
    yield f"# {entries.help}"
    yield f"# Each key is {entries.names}. Allowed: {entries.rule}."
    if entries.name_rule is not None:
        yield f"# Allowed as a key: {entries.name_rule}."
    yield f"[{name}]"
    for key, value in values.items():
        text = ",".join(value) if isinstance(value, tuple) else value
        yield f"{off}{tomlkit.item(key).as_string()} = {text_item(text).as_string()}"


def _toml(value: Any, setting: Setting) -> str:
    if setting.secret:
        value = _HIDDEN
    if isinstance(value, Path):
        value = str(value)
    if isinstance(value, str):
        return text_item(value).as_string()
    text: str = tomlkit.item(list(value) if isinstance(value, tuple) else value).as_string()
    return text
