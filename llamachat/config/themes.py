"""The person's own colours: TOML files in `themes/` beside the settings file, named after their theme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from llamachat.base.hints import did_you_mean
from llamachat.base.problems import ConfigError, Problem, shown
from llamachat.base.toml_documents import parse_document, read_text
from llamachat.config.rules import Color, Flag, OneOf, Rule, ThemeName
from llamachat.config.schema import THEMES

MAX_THEMES: Final = 100
"""Theme files that are looked at, by name."""

COLORS: Final = (
    "primary",
    "secondary",
    "accent",
    "foreground",
    "background",
    "surface",
    "panel",
    "success",
    "warning",
    "error",
    "text-muted",
    "text-disabled",
)
"""The colours that a theme may set."""

BASES: Final = tuple(name for name in THEMES if name != "ansi")
"""The themes that another can be based on: those that have colours of their own."""

_RULES: Final[dict[str, Rule]] = {"based_on": OneOf(BASES), "dark": Flag(), **dict.fromkeys(COLORS, Color())}


@dataclass(frozen=True, slots=True)
class OwnTheme:
    """What a theme file says. What it leaves open is as in the theme `based_on`."""

    name: str
    based_on: str = "llamachat"
    dark: bool | None = None
    colors: dict[str, str] = field(default_factory=dict)


def is_there(name: str, built_in: Sequence[str], directory: Path | None) -> bool:
    """Whether there is a theme of this name, built in or as a file in `directory`."""
    return name in built_in or (directory is not None and (directory / f"{name}.toml").is_file())


def read_themes(directory: Path) -> tuple[tuple[OwnTheme, ...], tuple[Problem, ...]]:
    """The themes in a directory, which need not exist, and what is wrong with the others."""
    themes: list[OwnTheme] = []
    problems: list[Problem] = []
    try:
        files = sorted(directory.glob("*.toml"))[:MAX_THEMES]
    except OSError as error:
        reason = error.strerror or str(error)
        return (), (Problem(directory, None, "the directory", reason, "a directory that you may read"),)
    for file in files:
        try:
            themes.append(read_theme(file))
        except ConfigError as error:
            problems += error.problems
    return tuple(themes), tuple(problems)


def read_theme(file: Path) -> OwnTheme:
    """The theme in one file.

    Raises:
        ConfigError: with every problem.
    """
    name = _name(file)
    document = parse_document(read_text(file, required=True), file)
    problems: list[Problem] = []
    read: dict[str, Any] = {}
    for key, value in document.values.items():
        line = document.line((key,))
        rule = _RULES.get(key)
        if rule is None:
            allowed = did_you_mean(key, _RULES) or ", ".join(_RULES)
            problems.append(Problem(file, line, key, "an unknown key", allowed))
            continue
        try:
            read[key] = rule.read(value)
        except ValueError:
            problems.append(Problem(file, line, key, shown(value), str(rule)))
    if problems:
        raise ConfigError(problems)
    colors = {key: value for key, value in read.items() if key in COLORS}
    return OwnTheme(name, read.get("based_on", BASES[0]), read.get("dark"), colors)


def _name(file: Path) -> str:
    """The name of the theme in `file`.

    Raises:
        ConfigError: the file cannot be a theme under this name.
    """
    allowed = 'a file name of lower-case letters, digits, "-" and "_", at most 40, with .toml'
    try:
        name: str = ThemeName(THEMES).read(file.stem)
    except ValueError:
        raise ConfigError([Problem(file, None, "the file", shown(file.name), allowed)]) from None
    if name in THEMES:
        raise ConfigError([Problem(file, None, "the file", "the name of a built-in theme", "another name")])
    return name
