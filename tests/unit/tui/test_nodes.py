"""Nodes as cards, lines, charts and sentences: functions of snapshots and samples."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from llamachat.fleet import Estimate, NodeAddress, NodeSnapshot
from llamachat.fleet.discovery import Offer
from llamachat.protocol import BackendStatus, LogLine, Memory, ModelInfo, QueueState, SlotState
from llamachat.tui.gauges import gauge, sparkline
from llamachat.tui.nodes_cards import CARD_LINES, STATES, Card, card, frame, summary
from llamachat.tui.nodes_charts import KEYS, charts
from llamachat.tui.nodes_history import KEPT_S, NodesHistory
from llamachat.tui.nodes_words import about, hints, log_line, model_line, offer_line
from llamachat.tui.widgets.node_grid import columns

STATUS = BackendStatus(
    node="n", time=0.0, state="ready", load=0.451, memory=Memory(671, 1000, 1, 1, 0, 0), queue=QueueState(3, 64),
    slots=SlotState(1, 4), requests_per_second=12.04, latency_ms=243.0, tokens_per_second=31.4,
)  # fmt: skip
MODEL = ModelInfo(id="llama3-8b", name="", state="loaded")
STATES_OF_LINKS = st.sampled_from(list(STATES))


def node(name: str = "n", state: str = "online", **facts: object) -> NodeSnapshot:
    values = {"rtt_ms": 4.2, "status": STATUS, "status_at": 50.0, **facts}
    return NodeSnapshot(name, f"ws://{name}:13000/chat", state, 0.0, **values)


def a_card(snapshot: NodeSnapshot, estimate: Estimate | None = None) -> Card:
    return card(snapshot, 1, (), estimate, 100.0, UTC, retry_key="r")


def said(snapshot: NodeSnapshot, width: int = 40) -> str:
    return "\n".join(frame(a_card(snapshot), width, focused=False))


@settings(deadline=None)
@given(STATES_OF_LINKS, st.text(max_size=60), st.text(max_size=200), st.integers(20, 90), st.booleans(), st.booleans())
def test_a_card_is_a_box_of_the_width_it_was_given_whatever_a_peer_writes(
    state: str, name: str, reason: str, width: int, with_status: bool, focused: bool
):
    snapshot = node(name, state, reason=reason, status=STATUS if with_status else None)
    lines = frame(a_card(snapshot), width, focused=focused)
    assert len(lines) == CARD_LINES + 2
    assert {cell_len(line) for line in lines} == {width}
    assert cell_len(summary(a_card(snapshot), width)) <= width
    assert all(ord(char) >= 32 and not 0x7F <= ord(char) < 0xA0 for line in lines for char in line)


def test_a_card_has_the_figures_of_a_node_at_work():
    text = said(node())
    assert all(words in text for words in ("45 %", "67 %", "12.0 req/s", "240 ms", "31 t/s", "queue 3/64", "slots 1/4"))


def test_what_comes_seldom_is_counted_by_the_minute():
    seldom = msgspec.structs.replace(STATUS, requests_per_second=0.05)
    assert "3 req/min" in said(node(status=seldom))


def test_every_state_has_a_mark_and_a_word_of_its_own():
    assert len({(state.mark, state.word) for state in STATES.values()}) == len(STATES)


@pytest.mark.parametrize(
    ("snapshot", "words"),
    [
        (node(state="offline", retry_at=112.4, reason="It is gone."), ["retry in 12 s (r: now)", "seen 00:00 · It is"]),
        (node(state="offline", retry_at=99.0), ["retry in 0 s"]),
        (node(state="refused", status=None, reason="The token is wrong."), ["The token is wrong.", "r: try again"]),
        (node(state="draining"), ["finishes 4, takes nothing new"]),
        (node(state="warning", reason="Its memory is 97% full."), ["▲ warning", "Its memory is 97% full."]),
    ],
)
def test_a_node_in_trouble_says_what_is_and_what_helps(snapshot: NodeSnapshot, words: list[str]):
    assert all(word in said(snapshot, 60) for word in words)


def test_figures_from_before_a_loss_are_not_shown():
    assert "45 %" not in said(node(state="offline"))


def test_what_was_expected_stands_beside_what_came():
    text = "\n".join(frame(a_card(node(), Estimate("n", "m", 0.0, 240.0, 1260.0)), 60, focused=False))
    assert "expected 240 ms, came after 1.3 s" in text


def test_the_noise_of_an_idle_machine_changes_nothing():
    noisy = msgspec.structs.replace(STATUS, load=0.46, memory=Memory(673, 1000, 1, 1, 0, 0), latency_ms=244.0)
    assert a_card(node(status=noisy)) == a_card(node())


def test_the_models_that_are_loaded_are_counted():
    two = [MODEL, msgspec.structs.replace(MODEL, id="other")]
    assert "llama3-8b +1" in said(node(status=msgspec.structs.replace(STATUS, models=two)), 60)


# ── gauges, history, charts ─────────────────────────────────────────────────────────────────────────────────────────


@settings(deadline=None)
@given(st.floats(-1, 2), st.integers(0, 50))
def test_a_gauge_fills_with_its_share_and_keeps_its_width(share: float, width: int):
    bar = gauge(share, width)
    assert len(bar) == width
    assert bar.count("█") == int(round(min(max(share, 0), 1) * width * 8) // 8)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e9), max_size=40), st.integers(0, 30))
def test_a_sparkline_shows_the_last_values_and_the_largest_is_the_highest(values: list[float], width: int):
    line = sparkline(values, width)
    shown = values[-width:] if width else []
    assert len(line) == len(shown)
    if shown and max(shown) > 0:
        assert line[shown.index(max(shown))] == "█"


def test_the_history_keeps_the_last_minutes_of_each_node_and_each_moment_once():
    history = NodesHistory()
    for at in range(0, int(3 * KEPT_S), 2):
        history.note([node("a", status_at=float(at)), node("b", status=None, status_at=None)])
        history.note([node("a", status_at=float(at))])
    samples = history.of("a")
    assert [sample.at for sample in samples] == [float(at) for at in range(int(2 * KEPT_S) - 2, int(3 * KEPT_S), 2)]
    assert history.of("b") == ()
    history.note([node("b")])
    assert history.of("a") == ()


def test_charts_leave_out_what_was_not_known_and_end_at_a_round_number():
    history = NodesHistory()
    for at, latency in ((40.0, 130.0), (70.0, None), (100.0, 390.0)):
        history.note([node(status_at=at, status=msgspec.structs.replace(STATUS, latency_ms=latency))])
    found = charts(history.of("n"), 100.0)
    assert tuple(chart.key for chart in found) == KEYS
    assert (found[0].ago, found[0].values, found[0].top) == ((-1.0, 0.0), (130.0, 390.0), 400.0)
    assert found[0].title.endswith(": 390")
    assert all("not known yet" in chart.title for chart in charts((), 100.0))


@pytest.mark.parametrize(("width", "cards", "across"), [(60, 9, 0), (80, 9, 2), (80, 1, 1), (120, 9, 3), (300, 9, 4)])
def test_the_width_decides_how_many_cards_stand_side_by_side(width: int, cards: int, across: int):
    assert columns(width, cards) == across


# ── sentences ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_token_is_never_shown():
    lines = about(node(), NodeAddress("n", "ws://n/chat", token=lambda: "s3cret"), 100.0, UTC, retry_key="r")
    assert "a token is sent" in lines[1]
    assert "s3cret" not in "".join(lines)


def test_keys_of_the_persons_own_are_the_ones_that_are_told():
    own = {"node.add": ("f9",), "node.find": (), "node.reconnect": ("ctrl+g",)}
    assert "F9 add" in hints("nodes", own)
    assert "find" not in hints("nodes", own)


@pytest.mark.parametrize("text", ["\x1b[2J", "a\nb", "\u202egnp", "\x9b31m"])
def test_nothing_from_a_peer_commands_the_terminal(text: str):
    lines = [
        offer_line(Offer("ws://x", (text,), text)),
        model_line(ModelInfo(id=text, name=text, quantization=text, error=text), is_default=True),
        log_line(LogLine(0.0, text, text, text), UTC),
        *about(node(text, reason=text), None, 100.0, UTC, retry_key="r"),
    ]
    assert not any(char in line for line in lines for char in "\x1b\n\u202e\x9b")


def test_charts_and_what_writes_settings_are_loaded_only_when_they_are_wanted():
    heavy = ("plotext", "textual_plotext", "tomlkit")
    code = f"import sys, llamachat.tui.app; sys.exit(any(name in sys.modules for name in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
