"""The header, the status bar and the banner, from snapshots."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from llamachat.fleet import NodeSnapshot, RateLimited
from llamachat.protocol import BackendStatus, Memory, QueueState, SlotState
from llamachat.tui.status import Notice, banner, connection_mark, status_facts
from llamachat.tui.widgets.status_bar import Fact, fit

STATUS = BackendStatus(
    node="n", time=0.0, state="ready", load=0.45, memory=Memory(67, 100, 1, 1, 0, 0),
    queue=QueueState(3, 64), slots=SlotState(1, 4),
)  # fmt: skip


def node(name: str, state: str = "online", **facts: object) -> NodeSnapshot:
    values = {"rtt_ms": 4.2, "status": STATUS, **facts}
    return NodeSnapshot(name, f"ws://{name}/chat", state, 0.0, **values)


def words(snapshots: list[NodeSnapshot], current: str | None = None, waiting: int = 0) -> list[str]:
    return [fact.text for fact in status_facts(snapshots, current, waiting, {}) if fact.text]


@pytest.mark.parametrize(
    ("states", "mark"),
    [
        ([], "○ no node configured"),
        (["connecting"], "○ connecting"),
        (["online", "warning"], "● 2 of 2 nodes · fastest"),
        (["online", "offline"], "◐ 1 of 2 nodes · fastest"),
        (["refused"], "✖ 0 of 1 node · fastest"),
    ],
)
def test_the_mark_counts_the_nodes_that_take_work(states: list[str], mark: str):
    nodes = [node(f"n{index}", state) for index, state in enumerate(states)]
    assert connection_mark(nodes, "fastest") == mark


def test_the_bar_shows_the_node_that_answered_last():
    assert words([node("a"), node("b")], "b") == ["Node: b", "Queue: 3", "load 45 %", "mem 67 %", "● connected 4 ms"]


@pytest.mark.parametrize(("rtt", "shown"), [(0.2, 1), (1.4, 1), (9.4, 9), (38.0, 40), (41.9, 40), (131.0, 140)])
def test_the_round_trip_is_told_in_steps_so_that_noise_draws_nothing(rtt: float, shown: int):
    assert words([node("a", rtt_ms=rtt)])[-1] == f"● connected {shown} ms"


def test_the_bar_falls_back_to_a_node_that_works():
    assert words([node("a", "offline"), node("b")])[0] == "Node: b"


def test_old_figures_of_a_lost_node_are_not_shown():
    assert words([node("a", "offline")], waiting=2) == ["Node: a", "✖ OFFLINE", "2 waiting"]


@pytest.mark.parametrize(("width", "kept"), [(80, 5), (30, 2), (8, 1)])
def test_facts_that_do_not_fit_are_left_out_whole(width: int, kept: int):
    text = fit(status_facts([node("a")], "a", 0, {}), width)
    assert cell_len(text) <= width
    assert len(text.split(" │ ")) == kept


def test_nothing_fits_into_nothing():
    assert fit([Fact("x", 0)], 0) == ""


@pytest.mark.parametrize(
    ("nodes", "sentence"),
    [
        ([node("a"), node("b", "offline")], ""),
        ([node("a", "connecting")], ""),
        ([node("a", "offline", retry_at=104.0)], "Connection to a lost. Next try in 4 s — Ctrl+L: now"),
        ([node("a", "refused", reason="The token is wrong.")], "a: The token is wrong."),
        ([node("a", "draining")], "a takes no new work. Your question is sent when a node does."),
    ],
)
def test_the_banner_speaks_when_no_node_takes_work(nodes: list[NodeSnapshot], sentence: str):
    assert banner(nodes, (), 100.0, {}) == (Notice(sentence, lost=True) if sentence else None)


LIMIT = RateLimited("a", 111.2, awaited=False)
A_IN_12_S = "a takes your next question in 12 s: too many this minute."


@pytest.mark.parametrize(
    ("nodes", "limited", "sentence"),
    [
        ([node("a")], [LIMIT], A_IN_12_S),
        ([node("a", "warning"), node("b", "offline"), node("c", "draining")], [LIMIT], A_IN_12_S),
        ([node("b"), node("a")], [RateLimited("b", 130.0, awaited=True), LIMIT], A_IN_12_S),
        ([node("a"), node("b")], [replace(LIMIT, awaited=True)], A_IN_12_S),
        ([node("a"), node("b")], [LIMIT], ""),
        ([node("a", "connecting")], [LIMIT], ""),
        ([node("a")], [replace(LIMIT, until=100.0)], ""),
        ([node("a")], [replace(LIMIT, until=100.1)], A_IN_12_S.replace("12", "1")),
        ([node("b")], [LIMIT], ""),
        ([node("a\x1b[2J")], [replace(LIMIT, node="a\x1b[2J")], A_IN_12_S.replace("a ", "a\ufffd[2J ", 1)),
    ],
)
def test_the_banner_says_when_a_question_is_taken_again_if_no_node_takes_one_now(
    nodes: list[NodeSnapshot], limited: list[RateLimited], sentence: str
):
    assert banner(nodes, limited, 100.0, {}) == (Notice(sentence, lost=False) if sentence else None)


def test_that_no_node_works_is_said_before_that_one_is_asked_too_often():
    found = banner([node("a", "offline", retry_at=104.0)], [replace(LIMIT, awaited=True)], 100.0, {})
    assert found == Notice("Connection to a lost. Next try in 4 s — Ctrl+L: now", lost=True)


def test_a_nodes_name_cannot_command_the_terminal():
    assert "\x1b" not in "".join(words([node("a\x1b[2J")]))
