"""A node as a card, and as one line where there is no room for cards. Pure: values in, text out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final, Literal

from rich.cells import cell_len, set_cell_size

from llamachat.base.text import one_line
from llamachat.fleet import Estimate, LinkState, NodeSnapshot
from llamachat.tui.formatting import clock, duration, steady
from llamachat.tui.gauges import gauge, sparkline
from llamachat.tui.nodes_history import Sample

Tone = Literal["good", "warning", "bad", "calm"]

CARD_LINES: Final = 6
"""Lines inside a card."""

_NAME = 40
_SHORT_NAME = 12
_LABEL = 7
_PERCENT = 6
_UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class State:
    """A state of a node as people read it: a mark, a word, and a tone that colours both."""

    mark: str
    word: str
    tone: Tone


STATES: Final[dict[LinkState, State]] = {
    "connecting": State("○", "connecting", "calm"),
    "online": State("●", "healthy", "good"),
    "warning": State("▲", "warning", "warning"),
    "draining": State("◐", "draining", "warning"),
    "offline": State("✖", "OFFLINE", "bad"),
    "refused": State("✖", "refused", "bad"),
}


@dataclass(frozen=True, slots=True)
class Card:
    """What is known about one node, in words that change only when it matters: shares are rounded so that the noise of
    an idle machine draws nothing. `node` is its name as the fleet knows it, `name` as it can be shown."""

    node: str
    name: str
    rank: int
    state: State
    news: tuple[str, ...] = ()
    load: float | None = None
    memory: float | None = None
    rates: str = ""
    work: str = ""
    requests: tuple[float, ...] = ()

    @property
    def is_lost(self) -> bool:
        """Whether its name is struck through."""
        return self.state.word == "OFFLINE"


def card(
    node: NodeSnapshot,
    rank: int,
    samples: Sequence[Sample],
    estimate: Estimate | None,
    now: float,
    zone: tzinfo | None = None,
    *,
    retry_key: str,
) -> Card:
    """The node as a card at this time, in seconds since the epoch. `estimate` is the router's latest about it;
    `retry_key` connects to it again."""
    name = one_line(node.name, _NAME)
    state = STATES[node.state]
    status = node.status if node.connected else None
    if status is None:
        return Card(node.name, name, rank, state, news=tuple(_away(node, now, zone, retry_key)))
    news = [one_line(node.reason)] if node.reason else []
    if node.state == "draining":
        unfinished = status.slots.busy + status.queue.depth
        news = [f"finishes {unfinished}, takes nothing new" if unfinished else "takes nothing new"]
    elif estimate is not None and not news:
        news = [f"expected {_ms(estimate.expected_ms)}, came after {_ms(estimate.actual_ms)}"]
    memory = status.memory
    return Card(
        node.name,
        name,
        rank,
        state,
        news=tuple(news),
        load=steady(status.load),
        memory=round(memory.used / memory.total, 2) if memory.total else None,
        rates=f"{_requests(status.requests_per_second)}  latency {_ms(status.latency_ms)}  "
        f"{_rate(status.tokens_per_second)} t/s",
        work=f"queue {status.queue.depth}/{status.queue.limit}  slots {status.slots.busy}/{status.slots.total}"
        f"  {_models(node)}",
        requests=tuple(round(sample.requests_per_second, 2) for sample in samples),
    )


def retry_words(node: NodeSnapshot, now: float, key: str) -> str:
    """When a lost node is tried again, and with which key at once."""
    if node.retry_at is None:
        return f"{key}: try again"
    return f"retry in {max(0, round(node.retry_at - now))} s ({key}: now)"


def _away(node: NodeSnapshot, now: float, zone: tzinfo | None, key: str) -> list[str]:
    """What a node without a connection has to say."""
    reason = one_line(node.reason)
    match node.state:
        case "offline":
            seen = f"last seen {clock(node.status_at, zone)} · " if node.status_at is not None else ""
            return [retry_words(node, now, key), seen + reason]
        case "refused":
            return [reason, f"{key}: try again"]
        case _:
            return [reason] if reason else []


def frame(card: Card, width: int, *, focused: bool) -> list[str]:
    """The card as lines of exactly `width` cells, its frame heavy while it has the focus."""
    corners = "┏━┓┃┗┛" if focused else "╭─╮│╰╯"
    inner = width - 4
    badge = f" {card.state.mark} {card.state.word} "
    room = width - 2 - cell_len(badge)
    title = _cut(f" {card.rank}  {card.name} ", room)
    top = corners[0] + title + corners[1] * (room - cell_len(title)) + badge + corners[2]
    body = [f"{corners[3]} {set_cell_size(line, inner)} {corners[3]}" for line in card_lines(card, inner)]
    return [top, *body, corners[4] + corners[1] * (width - 2) + corners[5]]


def card_lines(card: Card, width: int) -> list[str]:
    """What stands inside the frame: `CARD_LINES` lines of at most `width` cells."""
    lines: list[str] = []
    if card.load is not None:
        lines = [_bar("load", card.load, width), _bar("memory", card.memory, width), card.rates, card.work]
        label = " requests"
        lines.append(sparkline(card.requests, width - len(label)) + label if any(card.requests) else "")
    for number, text in enumerate(card.news):
        lines += _wrapped(text, width, CARD_LINES - len(lines) - (len(card.news) - number - 1))
    return [_cut(line, width) for line in lines[:CARD_LINES]] + [""] * (CARD_LINES - len(lines))


def summary(card: Card, width: int) -> str:
    """The node in one line of at most `width` cells."""
    head = f"{card.rank} {card.state.mark} {set_cell_size(card.name, _SHORT_NAME)} {card.state.word.ljust(10)} "
    if card.load is None:
        return _cut(head + " · ".join(card.news), width)
    memory = _UNKNOWN if card.memory is None else f"{card.memory:.0%}"
    return _cut(f"{head}load {card.load:>4.0%} mem {memory:>4} {card.work}", width)


def _bar(label: str, share: float | None, width: int) -> str:
    if share is None:
        return f"{label:<{_LABEL}}{_UNKNOWN}"
    number = f"{100 * share:.0f} %"
    return f"{label:<{_LABEL}}{gauge(share, width - _LABEL - _PERCENT)}{number:>{_PERCENT}}"


def _models(node: NodeSnapshot) -> str:
    """The model that is loaded, the node's default first, and how many more are."""
    loaded = [model.id for model in node.models if model.state == "loaded"]
    loaded.sort(key=lambda model_id: model_id != node.default_model)
    if not loaded:
        return "no model loaded" if node.models else "no model"
    return one_line(loaded[0], 40) + (f" +{len(loaded) - 1}" if len(loaded) > 1 else "")


def _ms(value: float | None) -> str:
    """Milliseconds to two digits: `240 ms`, `1.2 s`."""
    if value is None:
        return _UNKNOWN
    if value >= 1000:
        return duration(value / 1000)
    return f"{value:.0f} ms" if value < 100 else f"{10 * round(value / 10)} ms"


def _requests(per_second: float) -> str:
    """`12.0 req/s`; what comes more seldom than every second is counted by the minute."""
    return f"{per_second:.1f} req/s" if per_second >= 1 else f"{60 * per_second:.0f} req/min"


def _rate(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:.1f}" if value < 10 else f"{value:.0f}"


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, max(0, width - 1)) + "…"


def _wrapped(text: str, width: int, most: int) -> list[str]:
    """The text in at most `most` lines, broken between words; what is too long ends in an ellipsis."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if cell_len(joined) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = joined
    if len(lines) > most > 0:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [_cut(line, width) for line in lines[: max(most, 0)]]
