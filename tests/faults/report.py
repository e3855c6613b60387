"""Outcomes as a table and as sentences. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from tests.faults.plan import KINDS
from tests.faults.scenario import Outcome

_HEADINGS = ("fault", "scenarios", "struck", "failed", "failovers", "attaches", "median pause", "longest pause")


def table(outcomes: Sequence[Outcome]) -> str:
    """A Markdown table, a row for each kind of fault that was played, and one for all."""
    rows = [_row(kind, [outcome for outcome in outcomes if outcome.plan.kind == kind]) for kind in KINDS]
    lines = [list(_HEADINGS), *filter(None, rows)]
    if total := _row("all", outcomes):
        lines.append(total)
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    lines.insert(1, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    return "\n".join(_aligned(line, widths) for line in lines)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    cells = [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]
    return f"| {' | '.join(cells)} |"


def _row(name: str, outcomes: Sequence[Outcome]) -> list[str] | None:
    if not outcomes:
        return None
    pauses = [outcome.pause_s for outcome in outcomes if outcome.pause_s is not None]
    return [
        name,
        str(len(outcomes)),
        str(sum(bool(outcome.struck) for outcome in outcomes)),
        str(sum(bool(outcome.wrong) for outcome in outcomes)),
        str(sum(outcome.failovers for outcome in outcomes)),
        str(sum(outcome.attaches for outcome in outcomes)),
        f"{median(pauses):.2f} s" if pauses else "–",
        f"{max(pauses):.2f} s" if pauses else "–",
    ]


def failure(outcome: Outcome) -> str:
    """What went wrong, and how to see it again."""
    return "\n".join(
        [
            f"FAILED with --seed {outcome.plan.seed} --scenarios 1",
            f"  plan: {outcome.plan}",
            *(f"  {sentence}" for sentence in outcome.wrong),
            *(f"  log of {log}" for log in outcome.logs),
        ]
    )
