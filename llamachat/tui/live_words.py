"""The lines of the live panel. Numbers are rounded, so that what only flickers is not drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Final

from textual.content import Content

from llamachat.base.text import one_line
from llamachat.protocol import Cost
from llamachat.store import UsageTotals
from llamachat.tui.formatting import clock, duration, number
from llamachat.tui.gauges import sparkline
from llamachat.tui.live import Happening, Phase, Progress

_NOTHING: Final = (
    "No answer yet since the start. Which node is chosen and why, how long each step takes and what it costs is shown "
    "here."
)
_PHASES: Final[tuple[tuple[Phase, str], ...]] = (
    ("queue", "waiting"),
    ("load", "loading"),
    ("prompt", "prompt"),
    ("write", "writing"),
)
_SHOWN_EVENTS: Final = 8


def panel(
    progress: Progress | None,
    totals: Sequence[tuple[str, UsageTotals]],
    happenings: Sequence[Happening],
    *,
    now: float,
    width: int,
    zone: tzinfo | None,
) -> Content:
    """All of it. `totals` are named sums, such as those of the chat and of the day."""
    lines: list[Content] = []
    if progress is None:
        lines.append(Content(_NOTHING))
    else:
        lines += answer_lines(progress, now, width)
    for name, sums in totals:
        lines += [_heading(name, width), *totals_lines(sums)]
    if happenings:
        lines.append(_heading("events", width))
        lines += [Content(f"{clock(one.at, zone)} {one.text}") for one in list(happenings)[-_SHOWN_EVENTS:][::-1]]
    return Content("\n").join(lines)


def answer_lines(progress: Progress, now: float, width: int) -> list[Content]:
    """Who answers and why, where the time went, how fast it comes."""
    node, model = one_line(progress.node, 40), one_line(progress.model, 40)
    lines = [Content.styled(" · ".join(filter(None, (node, model))) or "no node yet", "bold")]
    if progress.reason:
        lines.append(Content(f"why: {one_line(progress.reason, 300)}"))
    lines.append(_heading("this answer" if progress.phase != "ended" else "last answer", width))
    for phase, name in _PHASES:
        seconds = progress.span(phase, now)
        is_now = progress.phase == phase
        if is_now or seconds >= 0.05:
            lines.append(Content.styled(f"{name} {duration(seconds)}", "bold" if is_now else ""))
    lines += [Content(words) for words in expectation(progress)]
    rate, rates = progress.rate(now), progress.rates(now)
    if rate is not None:
        speed = f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"
        line = sparkline(rates, max(0, width - len(speed) - 7))
        lines.append(Content(f"{speed} tok/s {line}"))
    lines.append(Content(tokens(progress)))
    if progress.cost is not None:
        lines.append(Content(f"cost {money(progress.cost)}"))
    return lines


def expectation(progress: Progress) -> list[str]:
    """When the first words came, and when the router had expected them."""
    expected, took = progress.expected_s, progress.took_s
    lines = [] if took is None else [f"first words {_seconds(took)}"]
    return lines if expected is None else [*lines, f"   expected {_seconds(expected)}"]


def tokens(progress: Progress) -> str:
    """`412 in (380 cached), 96 out`."""
    usage = progress.usage
    prompt = usage.prompt_tokens if usage else progress.prompt_tokens
    cached = usage.cached_tokens if usage else progress.cached_tokens
    out = usage.completion_tokens if usage else progress.tokens
    read = "" if prompt is None else f"{number(prompt)} in ({number(cached or 0)} cached), "
    return f"{read}{number(out)} out"


def totals_lines(sums: UsageTotals) -> list[Content]:
    """How many answers, tokens, and what they cost in each currency."""
    if not sums.answers:
        return [Content("no answer yet")]
    lines = [
        Content(
            f"{number(sums.answers)} answer{'s' if sums.answers != 1 else ''}, {number(sums.completion_tokens)} out"
        ),
        Content(f"{number(sums.prompt_tokens)} in ({number(sums.cached_tokens)} cached)"),
    ]
    return lines + [Content(f"cost {money(Cost(amount, currency))}") for currency, amount in sums.costs]


def money(cost: Cost) -> str:
    """`0.0004 EUR`, with as many digits as say something."""
    digits = 2 if cost.amount >= 1 or cost.amount == 0 else 4 if cost.amount >= 0.0001 else 7
    return f"{cost.amount:.{digits}f} {one_line(cost.currency, 3)}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 1 else duration(seconds)


def _heading(name: str, width: int) -> Content:
    return Content.styled(f"── {name} ".ljust(max(width, 0), "─"), "$text-muted")
