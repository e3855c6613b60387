"""The settings as fields to fill in: groups and fields from the schema, values to text and back. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from llamachat.base.text import printable
from llamachat.config.rules import Flag, Number, OneOf, Rule, Size, Text, Texts, ThemeName
from llamachat.config.schema import Entries, Section, Setting, Settings, members

Kind = Literal["choice", "line", "lines"]
"""How a value is filled in: picked from a few, written on one line, or on several."""

FLAG_WORDS: Final = {True: "on", False: "off"}
KEYS_GROUP: Final = "keys"
PROMPTS_GROUP: Final = "prompts"
NODES_GROUP: Final = "nodes"
LOOK_GROUP: Final = "look"

_SHOWN_IN: Final = {"chat.policy": NODES_GROUP}
"""Settings that people look for in another group than their table."""

_LETTERS: Final = ("url", "ca")
"""Words that are said letter by letter."""

_UNITS: Final = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))
_ESCAPES: Final = {"\\": "\\\\", "\n": "\\n", "\t": "\\t"}
_UNESCAPED: Final = {"\\": "\\", "n": "\n", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Field:
    """One setting on the screen. `key` is its place in the file, `default` what holds when it is left out; with
    `optional` it may be left empty; a `secret` one is never shown."""

    key: str
    title: str
    help: str
    rule: Rule
    default: Any
    kind: Kind
    options: tuple[str, ...] = ()
    optional: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """What stands in a field that cannot be kept, and why."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Group:
    """A table of the settings file as one page of fields; the nodes, the prompts and the keys have none, but a
    page of their own."""

    key: str
    title: str
    help: str
    fields: tuple[Field, ...]


def groups(themes: Sequence[str] = ()) -> tuple[Group, ...]:
    """All groups, in the order of the schema. `themes` are the names of the person's own."""
    found = list(_groups((), Settings, themes))
    moved = {field.key: field for group in found for field in group.fields if field.key in _SHOWN_IN}
    return tuple(
        dataclasses.replace(
            group,
            fields=(
                *(field for field in group.fields if field.key not in moved),
                *(field for key, field in moved.items() if _SHOWN_IN[key] == group.key),
            ),
        )
        for group in found
    )


def _groups(path: tuple[str, ...], table: type[Any], themes: Sequence[str]) -> Iterator[Group]:
    for name, _default, member in members(table):
        key = ".".join((*path, name))
        if isinstance(member, Entries) or (isinstance(member, Section) and member.many):
            yield Group(key, _title(name), member.help, ())
        elif isinstance(member, Section):
            fields = [
                _field(f"{key}.{inner}", setting, default, themes)
                for inner, default, setting in members(member.type)
                if isinstance(setting, Setting)
            ]
            yield Group(key, _title(name), member.help, tuple(fields))
            yield from _groups((*path, name), member.type, themes)


def _field(key: str, setting: Setting, default: Any, themes: Sequence[str]) -> Field:
    rule = setting.rule
    kind: Kind = "line"
    options: tuple[str, ...] = ()
    match rule:
        case Flag():
            kind, options = "choice", tuple(FLAG_WORDS.values())
        case OneOf():
            kind, options = "choice", rule.options
        case ThemeName():
            kind, options = "choice", (*rule.built_in, *themes)
        case Texts():
            kind = "lines"
        case Text(one_line=False):
            kind = "lines"
    title = _title(key.rpartition(".")[2])
    return Field(key, title, setting.help, rule, default, kind, options, default is None, setting.secret)


def _title(name: str) -> str:
    words = name.replace("_", " ").capitalize().split()
    return " ".join(word.upper() if word.lower() in _LETTERS else word for word in words)


def fields_of(table: type[Any]) -> tuple[Field, ...]:
    """The single settings of a settings class as fields, by their own names."""
    return tuple(
        _field(name, setting, default, ()) for name, default, setting in members(table) if isinstance(setting, Setting)
    )


def value_of(settings: Settings, key: str) -> Any:
    """The value at a dotted key."""
    value: Any = settings
    for part in key.split("."):
        value = getattr(value, part)
    return value


def as_text(field: Field, value: Any) -> str:
    """A value as the field shows it."""
    match field.rule:
        case _ if value is None:
            return ""
        case Flag():
            return FLAG_WORDS[value]
        case Number():
            return f"{value:.15g}" if isinstance(value, float) else str(value)
        case Size():
            return _size(value)
        case Texts():
            return "\n".join("".join(_ESCAPES.get(character, character) for character in text) for text in value)
        case _:
            return printable(str(value))


def as_value(field: Field, text: str) -> object:
    """What the settings file is to hold for what stands in the field; None where the key is to be left out.

    Raises:
        ValueError: it is not allowed; the message says what is.
    """
    if field.optional and not text.strip():
        return None
    value: object = text
    match field.rule:
        case Flag():
            value = text == FLAG_WORDS[True]
        case Number():
            value = _number(text.strip(), whole=field.rule.whole)
        case Texts():
            value = [_unescaped(line) for line in text.split("\n") if line]
        case Text(one_line=True) | Size():
            value = text.strip()
    try:
        field.rule.read(value)
    except ValueError:
        raise ValueError(f"Allowed: {field.rule}.") from None
    return value


def _number(text: str, *, whole: bool) -> object:
    """The number that `text` is, and else the text, which no rule for numbers allows."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return text if whole else float(text)
    except ValueError:
        return text


def _size(count: int) -> str:
    for unit, name in _UNITS:
        if count >= unit and count % (unit // 1000) == 0:
            return f"{count / unit:.15g}{name}"
    return str(count)


def _unescaped(line: str) -> str:
    """A text that was written on one line: `\\n` is a line end, `\\t` a tab, `\\\\` a backslash."""
    parts: list[str] = []
    characters = iter(line)
    for character in characters:
        if character != "\\":
            parts.append(character)
            continue
        follower = next(characters, "\\")
        parts.append(_UNESCAPED.get(follower, "\\" + follower))
    return "".join(parts)
