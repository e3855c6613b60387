"""Settings taken key by key from a TOML document, with options of the command line over them and every problem kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from llamachat.base.hints import did_you_mean
from llamachat.base.problems import ConfigError, Problem, shown
from llamachat.base.toml_documents import TomlDocument, dotted, parse_document, read_text
from llamachat.base.toml_lines import KeyPath
from llamachat_daemon.checks import Check, Wrong

_T = TypeVar("_T")


class Source:
    """A settings file, the options over it (dotted key to value), and what was found wrong in either."""

    def __init__(self, file: Path, options: Mapping[str, Any], option_names: Mapping[str, str]) -> None:
        self.file = file
        self.options = options
        self.problems: list[Problem] = []
        self._option_names = option_names
        self._document = TomlDocument()

    def read(self, *, required: bool) -> Table:
        """The document's top table; empty where it cannot be read, or is missing and not `required`."""
        try:
            self._document = parse_document(read_text(self.file, required=required), self.file)
        except ConfigError as error:
            self.problems += error.problems
        return Table(self, self._document.values, ())

    def wrong(self, path: KeyPath, found: str, allowed: str) -> None:
        """Notes a wrong setting of the file."""
        self.problems.append(Problem(self.file, self._document.line(path), dotted(path), found, allowed))

    def wrong_option(self, key: str, found: str, allowed: str) -> None:
        """Notes a wrong option of the command line, known by the dotted key that it overrides."""
        name = self._option_names.get(key, key.replace("_", "-"))
        self.problems.append(Problem(None, None, f"--{name}", found, allowed))

    def path(self, named: str) -> Path:
        """A path that the file names; a relative one starts at the file's directory."""
        return self.file.parent / Path(named).expanduser()


class Table:
    """One table of the document. What is taken is known; `close` reports the rest."""

    def __init__(self, source: Source, values: Mapping[str, Any], path: KeyPath) -> None:
        self.source = source
        self._values = values
        self._path = path
        self._known: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def take(self, key: str, default: _T, check: Check[_T], *, missing_feature: str = "") -> _T:
        """The value of `key`: the option's, else the file's, else `default`.

        With `missing_feature`, the name of what is not in this version, nothing but the default may be asked for.
        """
        self._known.append(key)
        option = dotted((*self._path, key))
        from_option = option in self.source.options
        if not from_option and key not in self._values:
            return default
        value = self.source.options[option] if from_option else self._values[key]
        try:
            checked = check(value)
            if missing_feature and checked != default:
                raise Wrong(f"only {shown(default)}, because {missing_feature} is not available in this version")
        except Wrong as wrong:
            if from_option:
                self.source.wrong_option(option, shown(value), str(wrong))
            else:
                self.source.wrong((*self._path, key), shown(value), str(wrong))
            return default
        return checked

    def table(self, key: str) -> Table:
        """The table at `key`, empty when absent."""
        self._known.append(key)
        value = self._values.get(key, {})
        if not isinstance(value, dict):
            self.wrong(key, shown(value), f"a table, [{key}]")
            value = {}
        return Table(self.source, value, (*self._path, key))

    def tables(self, key: str) -> list[Table]:
        """The tables of the list at `key`."""
        self._known.append(key)
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.wrong(key, shown(value), "a list of tables, [{…}, …]")
            return []
        return [Table(self.source, item, (*self._path, key, index)) for index, item in enumerate(value)]

    def wrong(self, key: str, found: str, allowed: str) -> None:
        """Notes that the setting at `key` cannot be used."""
        self.source.wrong((*self._path, key), found, allowed)

    def close(self) -> None:
        """Reports every key that nothing has taken; what stands there is not shown, it may be a secret."""
        for key in self._values:
            if key not in self._known:
                hint = did_you_mean(key, self._known) or f"one of {', '.join(self._known)}"
                self.wrong(key, "an unknown key", hint)
