"""Wrong settings, collected so that all are reported at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from llamachat.base.text import one_line

SHOWN_CHARACTERS: Final = 80
"""How much of a wrong value is quoted."""

# Where URLs carry passwords and tokens. Values that are no URLs lose more than they must: they are wrong anyway.
_USER_INFO: Final = re.compile(r"^([a-z]+://)?.*@", re.DOTALL | re.IGNORECASE)
_QUERY: Final = re.compile(r"\?.+", re.DOTALL)
_MANY_BITS: Final = 256


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong setting: where it stands, what was found there, what is allowed."""

    file: Path | None
    line: int | None
    key: str
    found: str
    allowed: str

    def __str__(self) -> str:
        place = "" if self.file is None else f"{self.file}:{self.line}: " if self.line else f"{self.file}: "
        return f"{place}{self.key}: found {self.found}; allowed: {self.allowed}"


class ConfigError(Exception):
    """Settings that cannot be used; `problems` holds every one of them, and the text lists them a line each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def shown(value: Any) -> str:
    """A wrong value as a problem quotes it: as in TOML, short, on one line, without what may be a secret in a URL.

    What is in a table is not shown, its keys may name secrets.
    """
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return one_line(f"[{', '.join(map(shown, value))}]", SHOWN_CHARACTERS)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > _MANY_BITS:
        return "a number with many digits"  # Python refuses to write those of more than some thousand
    if not isinstance(value, str):
        return one_line(str(value), SHOWN_CHARACTERS)
    public = _QUERY.sub("?…", _USER_INFO.sub(r"\1…@", value))
    return f'"{one_line(public, SHOWN_CHARACTERS - 2)}"'
