from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.base.guide import GUIDE_LABEL
from llamachat.base.text import printable
from llamachat.cli.rendering import PrintableStream, count, json_line, progress, summary
from llamachat.fleet.events import Delta, Failed, Finished, Loading, Prefilling, Queued, Rerouted, Routed, TurnEvent
from llamachat.protocol import Cost, Seam, Timings, Usage

FINISHED = Finished(
    text="Hi.",
    node="llama-02",
    model="llama3-8b",
    finish_reason="stop",
    seed=7,
    usage=Usage(1412, 380, 96),
    timings=Timings(0.0, 0.0, 200.0, 240.0, 3000.0, 31.44),
    cost=Cost(0.0004, "EUR"),
    seams=(Seam("llama-02", 2),),
)

PROMISED = [
    (
        Routed("llama-01", "m", "free", 240.0),
        {"event": "routed", "node": "llama-01", "reason": "free", "expected_ms": 240.0},
    ),
    (Queued("llama-01", 2, 5, 4000.0), {"event": "queued", "node": "llama-01", "position": 2, "depth": 5}),
    (Loading("llama-01", 43, 100), {"event": "loading", "node": "llama-01", "done": 43, "total": 100}),
    (Prefilling("llama-01", 1, 3, 0), {"event": "prefilling", "node": "llama-01", "done": 1, "total": 3}),
    (Delta("llama-01", "m", 0, "Hé", 1), {"event": "delta", "text": "Hé"}),
    (
        Rerouted("llama-01", "llama-02", 214, "lost"),
        {"event": "rerouted", "from": "llama-01", "to": "llama-02", "offset": 214, "reason": "lost"},
    ),
    (
        FINISHED,
        {
            "event": "finished",
            "text": "Hi.",
            "node": "llama-02",
            "usage": {"prompt_tokens": 1412, "cached_tokens": 380, "completion_tokens": 96, "dropped_messages": 0},
            "timings": {
                "queued_ms": 0.0,
                "load_ms": 0.0,
                "prefill_ms": 200.0,
                "ttft_ms": 240.0,
                "decode_ms": 3000.0,
                "tokens_per_second": 31.44,
            },
            "chat": "c1",
        },
    ),
    (Failed("no_node", "None."), {"event": "failed", "code": "no_node", "message": "None."}),
]


@pytest.mark.parametrize(("event", "promised"), PROMISED, ids=lambda value: type(value).__name__)
def test_each_event_is_one_line_of_json_with_the_promised_names(event: TurnEvent, promised: dict[str, object]) -> None:
    line = json_line(event, "c1")
    assert "\n" not in line
    assert promised.items() <= json.loads(line).items()


@given(st.text())
def test_json_lines_hold_any_text_exactly_and_nothing_that_a_terminal_obeys(text: str) -> None:
    line = json_line(Delta("n", "m", 0, text.encode(errors="replace").decode(), 1))
    assert json.loads(line)["text"] == text.encode(errors="replace").decode()
    assert line.isascii()
    assert line.isprintable()


@given(st.text(st.sampled_from("a\r\n\x1b\x9b\u202e")), st.data())
def test_text_in_pieces_prints_as_the_whole_would_however_it_is_cut(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    stream = PrintableStream()
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert "".join(map(stream.feed, pieces)) + stream.end() == printable(text)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Routed("llama-01", None, "free, chat is warm", 1.0), "llama-01 · asked (free, chat is warm)"),
        (Queued("llama-01", 2, 5, 4000.0), "llama-01 · queued 2 of 5, about 4 s"),
        (Queued("llama-01", 1, 1), "llama-01 · queued 1 of 1"),
        (
            Queued(None, 1, 1, retry_in_s=3.2, reason="llama-01: it is offline"),
            "waiting for a node (llama-01: it is offline), next try in 3 s",
        ),
        (Queued(None, 1, 1), "waiting for a node"),
        (Loading("llama-01", 43, 100), "llama-01 · loading model 43 %"),
        (Loading("llama-01", 0, 0), "llama-01 · loading model"),
        (Prefilling("llama-01", 1200, 3400, 0), "llama-01 · reading prompt 1 200 of 3 400 tokens"),
        (
            Rerouted("llama-01", "llama-02", 1214, "lost"),
            "llama-01 · lost at 1 214 characters, continued on llama-02",
        ),
        (Delta("llama-01", "m", 0, "x", 1), None),
        (FINISHED, None),
    ],
)
def test_waiting_is_said_in_words(event: TurnEvent, words: str | None) -> None:
    assert progress(event) == words


def test_the_summary_says_who_answered_how_fast_and_what_it_took() -> None:
    assert summary(FINISHED) == (
        "llama-02 · llama3-8b · first token 0.24 s · 31.4 tokens/s · 1 412 in (380 cached), 96 out · 0.0004 EUR"
    )


def test_the_built_in_guide_is_labelled_as_what_it_is() -> None:
    guide = Finished("Hi.", "n", "guide", "length", 1, Usage(1, 0, 1, 3), FINISHED.timings, None, ())
    assert GUIDE_LABEL in summary(guide)
    assert "3 oldest messages left out" in summary(guide)
    assert summary(guide).endswith("cut: the limit of tokens was reached")


def test_what_a_node_calls_itself_cannot_reach_the_terminal_as_commands() -> None:
    evil = "\x1b]0;x\x07"
    assert "\x1b" not in (progress(Routed(evil, None, evil, None)) or "")
    assert "\x1b" not in summary(Finished("", evil, evil, "stop", 1, FINISHED.usage, FINISHED.timings, None, ()))


@pytest.mark.parametrize(("number", "text"), [(0, "0"), (999, "999"), (1000, "1 000"), (1234567, "1 234 567")])
def test_thousands_stand_apart(number: int, text: str) -> None:
    assert count(number) == text
