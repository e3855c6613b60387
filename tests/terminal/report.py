"""What was played as a table and as sentences. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from tests.terminal.playing import Played
from tests.terminal.steps import STEPS


def table(played: Sequence[Played]) -> str:
    """A Markdown table: a row for each step, a column for each terminal."""
    terminals = list(dict.fromkeys(one.terminal for one in played))
    of = {(one.terminal, one.step): one for one in played}
    lines = [("step", *map(str, terminals))]
    lines += [(step, *(_cell(of.get((terminal, step))) for terminal in terminals)) for step in STEPS]
    lines.append(("all", *(_sum([one for one in played if one.terminal == terminal]) for terminal in terminals)))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    lines.insert(1, ("-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])))
    return "\n".join(
        f"| {' | '.join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])} |" for line in lines
    )


def _cell(one: Played | None) -> str:
    if one is None:
        return "not played"
    return "FAILED" if one.wrong else f"{one.seconds:.1f} s, {_size(one.sent)}"


def _sum(played: Sequence[Played]) -> str:
    return f"{sum(one.seconds for one in played):.0f} s, {_size(sum(one.sent for one in played))}"


def _size(number: int) -> str:
    return f"{number / 1000:.1f} kB"


def failure(one: Played) -> str:
    """What went wrong."""
    return f"FAILED at {one.terminal}: {one.step}\n{one.wrong}"
