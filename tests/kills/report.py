"""Outcomes as a table and as sentences. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tests.kills.plan import KINDS
from tests.kills.scenario import Outcome

_HEADINGS: Final = ("killed while", "kills", "in the middle of something", "acknowledged deeds", "broken promises")
_DOING: Final = {
    "write": "writing",
    "search": "searching",
    "sync": "syncing",
    "migrate": "upgrading",
    "archive": "archiving",
}


def table(outcomes: Sequence[Outcome]) -> str:
    """A Markdown table, a row for each kind of work, and one for all."""
    rows = [_row(_DOING[kind], [one for one in outcomes if one.plan.kind == kind]) for kind in KINDS]
    lines = [_HEADINGS, *rows, _row("all", outcomes)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    lines.insert(1, ("-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])))
    return "\n".join(
        f"| {' | '.join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])} |" for line in lines
    )


def _row(name: str, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    return (
        name,
        str(sum(one.kills for one in outcomes)),
        str(sum(one.halfway for one in outcomes)),
        str(sum(one.acknowledged for one in outcomes)),
        str(sum(len(one.wrong) for one in outcomes)),
    )


def failure(outcome: Outcome) -> str:
    """What went wrong, and how to see it again."""
    return "\n".join([f"FAILED with --seed {outcome.plan.seed}: {outcome.plan}", *outcome.wrong])
