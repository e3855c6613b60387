"""Wrong settings, collected so that all are reported at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


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
