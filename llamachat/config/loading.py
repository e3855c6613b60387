"""Settings from a file: read, checked whole, and every problem reported with its line."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from llamachat.base.hints import did_you_mean
from llamachat.base.problems import ConfigError, Problem, shown
from llamachat.base.toml_documents import TomlDocument, dotted, parse_document, read_text
from llamachat.base.toml_lines import KeyPath
from llamachat.config.places import themes_beside
from llamachat.config.rules import ThemeName, name_of
from llamachat.config.schema import Entries, NodeSettings, Section, Setting, Settings, members, settings_under
from llamachat.config.themes import is_there

_TOKEN_KEYS: Final = ("token", "token_file", "token_command")


def load(path: Path | None, overrides: Mapping[str, object] | None = None, *, themes: Path | None = None) -> Settings:
    """The settings of the file at `path` (None: the defaults), with `overrides` by dotted key on top.

    The person's own themes are looked for in `themes`, which is beside `path` when it is not given.

    Raises:
        ConfigError: with every problem of the file and the overrides; an unreadable file is one too.
    """
    return parse("" if path is None else read_text(path, required=True), path, overrides, themes=themes)


def parse(
    text: str,
    path: Path | None = None,
    overrides: Mapping[str, object] | None = None,
    *,
    themes: Path | None = None,
) -> Settings:
    """The settings that the TOML `text` holds; `path` names it in problems; the rest as for `load`.

    Raises:
        ConfigError: with every problem.
    """
    document = parse_document(text, path)
    themes = themes_beside(path) if themes is None and path is not None else themes
    reader = _Reader(path, document, themes)
    settings: Settings = reader.table((), Settings, document.values)
    if overrides:
        overrider = _Reader(None, TomlDocument(), themes)
        settings = overrider.override(settings, overrides)
        reader.problems += overrider.problems
    if reader.problems:
        raise ConfigError(sorted(reader.problems, key=lambda problem: problem.line or 0))
    return settings


class _Reader:
    """Reads tables by the schema and collects what is wrong with them."""

    def __init__(self, file: Path | None, document: TomlDocument, themes: Path | None) -> None:
        self._file = file
        self._themes = themes
        self._document = document
        self.problems: list[Problem] = []

    def _wrong(self, path: KeyPath, found: str, allowed: str) -> None:
        self.problems.append(Problem(self._file, self._document.line(path), dotted(path), found, allowed))

    def table(self, path: KeyPath, kind: type[Any], value: object) -> Any:
        """An instance of the settings class `kind`; what was wrong keeps its default."""
        if not isinstance(value, dict):
            self._wrong(path, shown(value), f"a table [{dotted(path)}]")
            return kind()
        known = {name: member for name, _default, member in members(kind)}
        read: dict[str, Any] = {}
        for name, entry in value.items():
            member = known.get(name)
            if member is None:
                self._wrong((*path, name), "an unknown key", _nearest(name, path, tuple(known)))
            elif isinstance(member, Section):
                read[name] = self._section((*path, name), member, entry)
            elif isinstance(member, Entries):
                read[name] = self._entries((*path, name), member, entry)
            else:
                self._single((*path, name), member, entry, into=read)
        return kind(**read)

    def _single(self, path: KeyPath, setting: Setting, value: object, *, into: dict[str, Any]) -> None:
        try:
            read = setting.rule.read(value)
            if isinstance(setting.rule, ThemeName) and not is_there(read, setting.rule.built_in, self._themes):
                raise ValueError
        except ValueError:
            self._wrong(path, "a value that is not shown" if setting.secret else shown(value), str(setting.rule))
            return
        if isinstance(read, Path) and self._file is not None:
            read = self._file.parent / read
        into[str(path[-1])] = read

    def _section(self, path: KeyPath, section: Section, value: object) -> Any:
        if not section.many:
            return self.table(path, section.type, value)
        if not isinstance(value, list):
            self._wrong(path, shown(value), f"tables [[{dotted(path)}]]")
            return ()
        entries = [((*path, index), entry) for index, entry in enumerate(value)]
        return self._nodes(entries)

    def _entries(self, path: KeyPath, entries: Entries, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            self._wrong(path, shown(value), f"a table [{dotted(path)}]")
            return {}
        read: dict[str, Any] = {}
        for where, entry in _leaves(path, value):
            name = ".".join(str(part) for part in where[len(path) :])
            if name in read:
                self._wrong(where, "this name for the second time", "each name once")
                continue
            if entries.name_rule is not None:
                try:
                    entries.name_rule.read(name)
                except ValueError:
                    self._wrong(where, f"the name {shown(name)}", str(entries.name_rule))
                    continue
            try:
                read[name] = entries.rule.read(entry)
            except ValueError:
                self._wrong(where, shown(entry), str(entries.rule))
        return read

    def _nodes(self, entries: list[tuple[KeyPath, object]]) -> tuple[NodeSettings, ...]:
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
                self._wrong(where, shown(node.name), f"a name of its own; {names[node.name]} has this one")
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


def _leaves(path: KeyPath, table: Mapping[str, object]) -> Iterator[tuple[KeyPath, object]]:
    """What stands in a table and in those inside it: `a.b = 1`, `[a]` with `b = 1`, and `"a.b" = 1` are all alike."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _leaves((*path, name), value)
        else:
            yield (*path, name), value


def replace_at(settings: Any, path: tuple[str, ...], value: Any) -> Any:
    """`settings` with the value at `path` replaced."""
    head, *rest = path
    return dataclasses.replace(
        settings, **{head: replace_at(getattr(settings, head), tuple(rest), value) if rest else value}
    )


def _nearest(name: str, path: KeyPath, known: tuple[str, ...]) -> str:
    """What to write instead of the unknown key `name`."""
    if hint := did_you_mean(name, known):
        return hint
    elsewhere = [
        ".".join(full)
        for full, _setting in settings_under()
        if full[-1] == name and tuple(part for part in path if isinstance(part, str)) != full[:-1]
    ]
    if elsewhere:
        return f'"{name}" stands in [{elsewhere[0].rpartition(".")[0]}]'
    return ", ".join(known)
