"""What the live panel makes of a turn's events."""

from __future__ import annotations

from datetime import UTC

import pytest

from llamachat.fleet import NodeSnapshot
from llamachat.fleet.events import Delta, Failed, Finished, Loading, Prefilling, Queued, Rerouted, Routed
from llamachat.protocol import Cost, Timings, Usage
from llamachat.store import UsageTotals
from llamachat.tui.live import Progress, begun, changes, happening, observe, standing
from llamachat.tui.live_words import answer_lines, expectation, money, panel, tokens

ROUTED = Routed("a", "m", "the quickest: 0.1 s to a first token", 100.0)


def told(*events: tuple[float, object]) -> Progress:
    progress = begun(0.0)
    for at, event in events:
        progress = observe(progress, event, at)
    return progress


def delta(tokens: int, node: str = "a") -> Delta:
    return Delta(node, "m", 0, "x", tokens)


def finished(**changes: object) -> Finished:
    values = {
        "text": "x", "node": "a", "model": "m", "finish_reason": "stop", "seed": 1, "usage": Usage(412, 380, 96),
        "timings": Timings(0, 0, 0, 0, 0, 31.4), "cost": Cost(0.0004, "EUR"), "seams": (),
    }  # fmt: skip
    return Finished(**{**values, **changes})


WHOLE = told(
    (0.0, ROUTED), (0.5, Queued("a", 2, 5)), (2.0, Loading("a", 1, 2)), (5.0, Prefilling("a", 100, 412, 380)),
    (6.0, delta(10)), (7.5, delta(40)), (8.5, delta(20)), (9.0, finished()),
)  # fmt: skip


def test_each_phase_has_its_time():
    spans = {phase: WHOLE.span(phase, 100.0) for phase in ("queue", "load", "prompt", "write")}
    assert spans == {"queue": 2.0, "load": 3.0, "prompt": 1.0, "write": 3.0}


def test_a_running_phase_goes_on_until_now():
    progress = told((0.0, ROUTED), (1.0, Prefilling("a", 0, 10, 0)))
    assert (progress.span("queue", 5.0), progress.span("prompt", 5.0)) == (1.0, 4.0)


def test_the_estimate_stands_beside_what_came_true():
    assert expectation(told((0.0, ROUTED))) == ["   expected 0.10 s"]
    assert expectation(WHOLE) == ["first words 6.0 s", "   expected 0.10 s"]
    assert expectation(told((0.0, Routed("a", "m", "r", None)), (0.25, delta(1)))) == ["first words 0.25 s"]
    assert expectation(begun(0.0)) == []


def test_the_estimate_is_that_of_the_node_which_gave_the_first_words():
    second = Routed("b", "m", "r", 900.0)
    progress = told((0.0, ROUTED), (1.0, delta(1)), (2.0, Rerouted("a", "b", 1, "lost")), (2.0, second))
    assert (progress.expected_s, progress.node, progress.reason) == (0.1, "b", "r")


def test_the_speed_now_is_that_of_the_last_whole_seconds():
    progress = told((0.0, ROUTED), (10.0, delta(30)), (11.0, delta(10)), (12.0, delta(20)), (13.0, delta(99)))
    assert progress.rates(13.5) == (30, 10, 20)
    assert progress.rate(13.5) == 15.0
    assert progress.rates(15.0) == (30, 10, 20, 99, 0)
    assert told((0.0, ROUTED), (10.0, delta(30))).rate(10.9) is None


def test_the_speed_of_a_whole_answer_is_what_its_node_measured():
    assert WHOLE.rate(100.0) == 31.4
    assert WHOLE.rates(100.0) == (10, 40, 20)
    assert observe(WHOLE, finished(timings=Timings(0, 0, 0, 0, 0, 0)), 9.0).rate(100.0) is None


def test_tokens_are_counted_here_until_the_node_has_the_last_word():
    running = told((0.0, ROUTED), (1.0, Prefilling("a", 0, 400, 380)), (2.0, delta(7)))
    assert tokens(running) == "400 in (380 cached), 7 out"
    assert tokens(WHOLE) == "412 in (380 cached), 96 out"
    assert tokens(told((0.0, delta(7)))) == "7 out"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Rerouted("a", "b", 214, "lost"), "a lost at 214 characters, goes on at b"),
        (Failed("x", "It broke."), "failed: It broke."),
        (finished(finish_reason="length"), "a: ended (length)"),
        (finished(), None),
        (ROUTED, None),
    ],
)
def test_what_went_otherwise_than_planned_is_an_event(event, words):
    line = happening(event, 5.0)
    assert (line.text if line else None) == words


def test_nodes_that_go_and_come_are_events_and_load_is_not():
    def node(state: str, name: str = "a") -> NodeSnapshot:
        return NodeSnapshot(name, "ws://a", state, 0.0)  # type: ignore[arg-type]

    assert [line.text for line in changes((node("online"),), (node("offline"),), 1.0)] == ["a is offline"]
    assert [line.text for line in changes((node("offline"),), (node("warning"),), 1.0)] == ["a is online"]
    assert changes((node("online"),), (node("warning"),), 1.0) == []
    assert changes((node("offline"),), (node("connecting"),), 1.0) == []
    assert changes((), (node("online"),), 1.0) == []


def test_a_try_to_reach_a_lost_node_that_fails_is_no_event():
    def fleet(*states: str) -> tuple[NodeSnapshot, ...]:
        return tuple(NodeSnapshot(name, "ws://a", state, 0.0) for name, state in zip("ab", states, strict=True))  # type: ignore[arg-type]

    known, told = fleet("connecting", "connecting"), []
    for states in (("online", "connecting"), ("offline", "online"), ("connecting", "online"), ("offline", "online"),
                   ("connecting", "online"), ("online", "online")):  # fmt: skip
        told += [line.text for line in changes(known, fleet(*states), 1.0)]
        known = standing(known, fleet(*states))
    assert told == ["a is online", "a is offline", "b is online", "a is online"]


def test_no_line_is_wider_than_the_panel_because_of_its_drawing():
    for line in answer_lines(WHOLE, 9.0, 26):
        if "tok/s" in line.plain or "──" in line.plain:
            assert line.cell_length <= 26


def test_small_sums_of_money_keep_digits_that_say_something():
    amounts = [money(Cost(amount, "EUR")) for amount in (12.345, 0.0004, 0.0000042, 0.0)]
    assert amounts == ["12.35 EUR", "0.0004 EUR", "0.0000042 EUR", "0.00 EUR"]


def test_the_panel_has_a_part_for_everything():
    sums = UsageTotals(2, 800, 760, 192, (("EUR", 0.0008),))
    lines = [happening(Failed("x", "It broke."), 45_000.0)]
    text = panel(WHOLE, [("today", sums)], lines, now=9.0, width=26, zone=UTC).plain
    for words in ("a · m", "why: the quickest", "last answer", "loading 3.0 s", "31 tok/s", "cost 0.0004 EUR", "today",
                  "2 answers, 192 out", "cost 0.0008 EUR", "12:30 failed: It broke."):  # fmt: skip
        assert words in text
    assert "No answer yet" in panel(None, [], [], now=0.0, width=26, zone=UTC).plain
