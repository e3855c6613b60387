"""What `llamachat doctor` finds, and how it is written down. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from llamachat.base.text import one_line

Area = Literal["terminal", "files", "nodes"]
Level = Literal["ok", "note", "problem"]
"""`note`: it works, but something could be better or is worth knowing."""

_TITLES: Final[dict[Area, str]] = {"terminal": "Terminal", "files": "Settings and files", "nodes": "Nodes"}
_MOST_CHARACTERS: Final = 600


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `change` is what to do about it, as a line to run or to write somewhere; None when
    there is nothing to do."""

    area: Area
    name: str
    level: Level
    text: str
    change: str | None = None


def is_well(findings: Iterable[Finding]) -> bool:
    """Whether nothing among them keeps the program from working."""
    return all(finding.level != "problem" for finding in findings)


def as_text(findings: Sequence[Finding]) -> str:
    """For people: by area, each finding with the word for its level first, so that no colour is needed."""
    lines: list[str] = []
    for area, title in _TITLES.items():
        here = [finding for finding in findings if finding.area == area]
        if not here:
            continue
        lines += ["", title] if lines else [title]
        for finding in here:
            text = one_line(finding.text, _MOST_CHARACTERS)
            lines.append(f"  {finding.level:<7}  {one_line(finding.name, 64)}: {text}")
            if finding.change is not None:
                lines.append(f"           change: {one_line(finding.change, _MOST_CHARACTERS)}")
    problems = sum(finding.level == "problem" for finding in findings)
    notes = sum(finding.level == "note" for finding in findings)
    counted = f"{problems} problem{'' if problems == 1 else 's'}, {notes} note{'' if notes == 1 else 's'}."
    return "\n".join([*lines, "", "All is well." if not problems + notes else counted])


def as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """For programs."""
    return {"ok": is_well(findings), "findings": [dataclasses.asdict(finding) for finding in findings]}
