"""What the screen knows of an answer after each event."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.fleet.events import (
    Delta,
    Failed,
    Finished,
    Loading,
    Prefilling,
    Queued,
    Rerouted,
    Routed,
)
from llamachat.protocol import Seam, Timings, Usage
from llamachat.tui.answers import LiveAnswer, advance
from llamachat.tui.phases import phase

NEW = LiveAnswer("chat", "answer", 0.0)


def finished(text: str, **changes: object) -> Finished:
    values = {
        "text": text, "node": "b", "model": "m", "finish_reason": "stop", "seed": 1, "usage": Usage(1, 0, 1),
        "timings": Timings(0, 0, 0, 0, 0, 0), "cost": None, "seams": (),
    }  # fmt: skip
    return Finished(**{**values, **changes})


def after(*events) -> LiveAnswer:
    answer = NEW
    for event in events:
        answer = advance(answer, event)
    return answer


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Routed("a", "m", "free", 10.0), "asking a …"),
        (Queued("a", 2, 5, 4000.0), "queued 2 of 5, about 4.0 s"),
        (Queued("a", 1, 1), "queued 1 of 1"),
        (Queued(None, 1, 1), "waiting for a node"),
        (Queued(None, 1, 1, reason="A is offline."), "waiting for a node: A is offline."),
        (Queued(None, 1, 1, None, 12.0, "A is busy."), "waiting for a node: A is busy. Next try in 12 s."),
        (Loading("a", 43, 100), "loading model 43 %"),
        (Prefilling("a", 1200, 3400, 0), "reading prompt 1\u202f200 of 3\u202f400 tokens"),
    ],
)
def test_what_happens_before_the_first_word_is_said(event, words):
    assert phase(event) == words
    assert after(event).phase == words


@given(st.lists(st.text(max_size=5), max_size=10))
def test_deltas_add_up_and_end_the_waiting(pieces: list[str]):
    answer = after(Routed("a", "m", "free", None))
    for piece in pieces:
        answer = advance(answer, Delta("a", "m", len(answer.text), piece, 1))
    assert answer.text == "".join(pieces)
    assert answer.phase == ("" if pieces else "asking a …")


def test_a_failover_leaves_a_seam_and_says_where_it_goes_on():
    answer = after(Delta("a", "m", 0, "half", 1), Rerouted("a", "b", 4, "lost"))
    assert (answer.seams, answer.phase, answer.node) == ((Seam("b", 4),), "going on at b …", "b")
    assert advance(answer, Delta("b", "m", 4, " done", 1)).text == "half done"


def test_an_answer_ends_in_words_or_in_a_problem():
    done = after(Delta("a", "m", 0, "hi", 1), finished("hi", finish_reason="length", seams=(Seam("b", 1),)))
    assert (done.finish_reason, done.problem, done.seams) == ("length", "", (Seam("b", 1),))
    failed = after(Delta("a", "m", 0, "hi", 1), Failed("model_failed", "It broke.", "hi"))
    assert (failed.finish_reason, failed.problem, failed.text) == ("", "It broke.", "hi")
