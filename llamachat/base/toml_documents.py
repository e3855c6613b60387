"""TOML files as values that know their lines; whatever is wrong with a file becomes a problem to report."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from llamachat.base.problems import ConfigError, Problem
from llamachat.base.text import one_line
from llamachat.base.toml_lines import KeyPath, key_lines

_SYNTAX_PLACE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_KEY: Final = "the file"
"""What a problem names when it is not with a single setting."""


@dataclass(frozen=True, slots=True)
class TomlDocument:
    """The values of a document, and the line of each key."""

    values: dict[str, Any] = field(default_factory=dict)
    lines: Mapping[KeyPath, int] = field(default_factory=dict)

    def line(self, path: KeyPath) -> int | None:
        """The line of the key at `path`, else of the nearest one around it; None when there is none."""
        around = (path[:length] for length in range(len(path), 0, -1))
        return next((self.lines[part] for part in around if part in self.lines), None)


def read_text(file: Path, *, required: bool) -> str:
    """The text of a settings file; "" when it is missing and not `required`.

    Raises:
        ConfigError: it is missing and `required`, cannot be read, or is not UTF-8.
    """
    try:
        return file.read_bytes().decode()
    except FileNotFoundError:
        if not required:
            return ""
        problem = Problem(file, None, _KEY, "no such file", "a file that exists")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem = Problem(file, line, _KEY, "bytes that are not UTF-8", "UTF-8 text")
    except OSError as error:
        problem = Problem(file, None, _KEY, error.strerror or str(error), "a file that you may read")
    raise ConfigError([problem])


def parse_document(text: str, file: Path | None = None) -> TomlDocument:
    """The document that the TOML `text` holds; `file` names it in problems.

    Raises:
        ConfigError: it is not TOML, or none that this program can hold; with the line where that is known.
    """
    try:
        return TomlDocument(tomllib.loads(text), key_lines(text))
    except tomllib.TOMLDecodeError as error:
        problem = _syntax_problem(file, str(error), text)
    except RecursionError:
        problem = Problem(file, None, _KEY, "tables or lists too deep inside each other", "TOML")
    except ValueError:  # Python reads no integer of more than some thousand digits
        problem = Problem(file, None, _KEY, "a number with too many digits", "TOML")
    raise ConfigError([problem])


def _syntax_problem(file: Path | None, message: str, text: str) -> Problem:
    place = _SYNTAX_PLACE.search(message)
    if place is None:
        return Problem(file, None, _KEY, one_line(message), "TOML")
    line = int(place[1]) if place[1] else text.rstrip().count("\n") + 1
    return Problem(file, line, _KEY, one_line(message[: place.start()]), "TOML")


def dotted(path: KeyPath) -> str:
    """A path as it is written in messages: `nodes[0].url`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
