"""Settings from a file: read, checked whole, and every problem reported with its line."""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from llamachat.base.problems import ConfigError, Problem
from llamachat.base.text import one_line
from llamachat.config import lines
from llamachat.config.rules import name_of
from llamachat.config.schema import NodeSettings, Section, Setting, Settings, members, settings_under

_SYNTAX_PLACE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_USER_INFO: Final = re.compile(r"//[^/@]*@")
_TOKEN_KEYS: Final = ("token", "token_file", "token_command")


def load(path: Path | None, overrides: Mapping[str, object] | None = None) -> Settings:
    """The settings of the file at `path` (None: the defaults), with `overrides` by dotted key on top.

    Raises:
        ConfigError: with every problem of the file and the overrides; an unreadable file is one too.
    """
    text = ""
    if path is not None:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise ConfigError([Problem(path, None, "the file", "bytes that are not UTF-8", "UTF-8 text")]) from None
        except OSError as error:
            allowed = "a file that you may read"
            raise ConfigError([Problem(path, None, "the file", error.strerror or str(error), allowed)]) from error
    return parse(text, path, overrides)


def parse(text: str, path: Path | None = None, overrides: Mapping[str, object] | None = None) -> Settings:
    """The settings that the TOML `text` holds; `path` names it in problems.

    Raises:
        ConfigError: with every problem.
    """
    try:
        document = tomllib.loads(text)
        places = lines.key_lines(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax_problem(path, str(error), text)]) from None
    except RecursionError:
        raise ConfigError([Problem(path, None, "the file", "tables too deep inside each other", "TOML")]) from None
    reader = _Reader(path, places)
    settings: Settings = reader.table((), Settings, document)
    if overrides:
        overrider = _Reader(None, {})
        settings = overrider.override(settings, overrides)
        reader.problems += overrider.problems
    if reader.problems:
        raise ConfigError(sorted(reader.problems, key=lambda problem: problem.line or 0))
    return settings


def _syntax_problem(path: Path | None, message: str, text: str) -> Problem:
    place = _SYNTAX_PLACE.search(message)
    line = None
    if place is not None:
        line = int(place[1]) if place[1] else text.count("\n") + 1
        message = message[: place.start()]
    return Problem(path, line, "the file", one_line(message), "TOML")


def dotted(path: lines.Path) -> str:
    """A path as it is written in messages: `nodes[0].url`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


class _Reader:
    """Reads tables by the schema and collects what is wrong with them."""

    def __init__(self, file: Path | None, places: Mapping[lines.Path, int]) -> None:
        self._file = file
        self._places = places
        self.problems: list[Problem] = []

    def _wrong(self, path: lines.Path, found: str, allowed: str) -> None:
        self.problems.append(Problem(self._file, self._line(path), dotted(path), found, allowed))

    def _line(self, path: lines.Path) -> int | None:
        while path:
            if path in self._places:
                return self._places[path]
            path = path[:-1]
        return None

    def table(self, path: lines.Path, kind: type[Any], value: object) -> Any:
        """An instance of the settings class `kind`; what was wrong keeps its default."""
        if not isinstance(value, dict):
            self._wrong(path, _shown(value), f"a table [{dotted(path)}]")
            return kind()
        known = {name: member for name, _default, member in members(kind)}
        read: dict[str, Any] = {}
        for name, entry in value.items():
            member = known.get(name)
            if member is None:
                self._wrong((*path, name), "an unknown key", _nearest(name, path, tuple(known)))
            elif isinstance(member, Section):
                read[name] = self._section((*path, name), member, entry)
            else:
                self._single((*path, name), member, entry, into=read)
        return kind(**read)

    def _single(self, path: lines.Path, setting: Setting, value: object, *, into: dict[str, Any]) -> None:
        try:
            read = setting.rule.read(value)
        except ValueError:
            self._wrong(path, "a value that is not shown" if setting.secret else _shown(value), str(setting.rule))
            return
        if isinstance(read, Path) and self._file is not None:
            read = self._file.parent / read
        into[str(path[-1])] = read

    def _section(self, path: lines.Path, section: Section, value: object) -> Any:
        if not section.many:
            return self.table(path, section.type, value)
        if not isinstance(value, list):
            self._wrong(path, _shown(value), f"tables [[{dotted(path)}]]")
            return ()
        entries = [((*path, index), entry) for index, entry in enumerate(value)]
        return self._nodes(entries)

    def _nodes(self, entries: list[tuple[lines.Path, object]]) -> tuple[NodeSettings, ...]:
        nodes = []
        names: dict[str, str] = {}
        for path, entry in entries:
            node: NodeSettings = self.table(path, NodeSettings, entry)
            if not isinstance(entry, dict):
                continue
            if "url" not in entry:
                self._wrong((*path, "url"), "nothing", "the URL of the daemon, like ws://10.0.0.5:13000/chat")
            given = [key for key in _TOKEN_KEYS if key in entry]
            if len(given) > 1:
                self._wrong((*path, given[1]), f"{' and '.join(given)}", f"one of {', '.join(_TOKEN_KEYS)}")
            if not node.name and node.url:
                node = dataclasses.replace(node, name=name_of(node.url))
            if node.name and node.name in names:
                where = (*path, "name" if "name" in entry else "url")
                self._wrong(where, _shown(node.name), f"a name of its own; {names[node.name]} has this one")
            names.setdefault(node.name, dotted(path))
            nodes.append(node)
        return tuple(nodes)

    def override(self, settings: Settings, overrides: Mapping[str, object]) -> Settings:
        """`settings` with single values replaced by their dotted keys."""
        known = {".".join(path): setting for path, setting in settings_under()}
        for key, value in overrides.items():
            read: dict[str, Any] = {}
            path = tuple(key.split("."))
            self._single(path, known[key], value, into=read)
            if read:
                settings = replace_at(settings, path, read[path[-1]])
        return settings


def replace_at(settings: Any, path: tuple[str, ...], value: Any) -> Any:
    """`settings` with the value at `path` replaced."""
    head, *rest = path
    return dataclasses.replace(
        settings, **{head: replace_at(getattr(settings, head), tuple(rest), value) if rest else value}
    )


def _shown(value: object) -> str:
    """A value as it is quoted in a problem: short, one line, no credentials that stood in a URL."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, bool):
        return str(value).lower()
    text = one_line(_USER_INFO.sub("//…@", str(value)), 60)
    return f'"{text}"' if isinstance(value, str) else text


def _nearest(name: str, path: lines.Path, known: tuple[str, ...]) -> str:
    """What to write instead of the unknown key `name`."""
    if close := difflib.get_close_matches(name, known, n=1):
        return f'did you mean "{close[0]}"?'
    elsewhere = [
        ".".join(full)
        for full, _setting in settings_under()
        if full[-1] == name and tuple(part for part in path if isinstance(part, str)) != full[:-1]
    ]
    if elsewhere:
        return f'"{name}" stands in [{elsewhere[0].rpartition(".")[0]}]'
    return ", ".join(known)
