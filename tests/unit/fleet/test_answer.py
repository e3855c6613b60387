"""The answer as it grows: every piece once, whatever is repeated, overlaps or is missing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.fleet.answer import Answer
from llamachat.protocol import AiResponse


def frame(
    offset: int, text: str, token_offset: int, tokens: list[int], fingerprint: str | None = "f", **more: Any
) -> AiResponse:
    return AiResponse(
        id="a", message_id="a", node="n", model="m", fingerprint=fingerprint, offset=offset, text=text,
        token_offset=token_offset, tokens=tokens, **more,
    )  # fmt: skip


WHOLE = "naïve 🦙 café, all of it"
IDS = list(range(100, 100 + len(WHOLE)))


@given(st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, len(WHOLE))), max_size=40))
def test_any_order_of_overlapping_pieces_gives_a_prefix_of_the_whole(spans: list[tuple[int, int]]) -> None:
    answer = Answer()
    shown = ""
    for start, end in [(min(span), max(span)) for span in spans]:
        piece = answer.take(frame(start, WHOLE[start:end], start, IDS[start:end]))
        if piece is not None:
            assert piece.offset == len(shown)
            shown += piece.text
    assert answer.text == shown == WHOLE[: answer.length]
    assert answer.tokens == IDS[: len(answer.tokens)]
    assert answer.length == len(answer.tokens)


def test_a_gap_in_the_text_or_in_the_ids_is_not_taken() -> None:
    answer = Answer()
    answer.take(frame(0, "abc", 0, [1, 2, 3]))
    assert answer.take(frame(4, "e", 3, [4])) is None
    assert answer.take(frame(3, "d", 4, [5])) is None
    assert answer.take(frame(-1, "xxxxxd", 3, [4])) is None
    assert (answer.text, answer.tokens) == ("abc", [1, 2, 3])


def test_ids_may_run_ahead_of_the_text() -> None:
    answer = Answer()
    answer.take(frame(0, "", 0, [1, 2]))
    assert (answer.text, answer.tokens, answer.fingerprint) == ("", [1, 2], "f")
    answer.take(frame(0, "ab", 2, [3]))
    assert (answer.text, answer.tokens) == ("ab", [1, 2, 3])


def test_a_continuation_with_the_same_weights_begins_with_the_ids_held() -> None:
    answer = Answer("ab", (1, 2, 3), "f")
    answer.begin()
    assert answer.token_offset == 0
    answer.take(frame(2, "", 0, [1, 2, 3]))
    piece = answer.take(frame(2, "cd", 3, [4]))
    assert piece is not None
    assert (piece.offset, piece.text, answer.tokens) == (2, "cd", [1, 2, 3, 4])


def test_ids_of_other_weights_take_over_only_when_they_reach_as_far_as_the_text() -> None:
    answer = Answer("abcd", (1, 2), "f")
    answer.begin()
    answer.take(frame(4, "", 0, [71, 72], "g"))
    assert (answer.tokens, answer.fingerprint) == ([1, 2], "f")
    assert (answer.token_offset, answer.held_token_offset) == (2, 0)
    answer.take(frame(4, "e", 2, [73], "g"))
    assert (answer.tokens, answer.fingerprint, answer.held_token_offset) == ([71, 72, 73], "g", 3)


@pytest.mark.parametrize(("token_offset", "attach_at"), [(3, 3), (0, 0), (2, 0)])
def test_a_resumed_attempt_is_attached_to_at_the_ids_that_are_its_own(token_offset: int, attach_at: int) -> None:
    answer = Answer("abc", (1, 2, 3), "f")
    answer.resume(token_offset)
    assert (answer.length, answer.token_offset) == (3, attach_at)


@pytest.mark.parametrize(("whole", "rest"), [("abcd", "d"), ("abc", None), ("ab", None), ("xbcd", None)])
def test_the_last_frame_may_only_lengthen_the_answer(whole: str, rest: str | None) -> None:
    answer = Answer("abc")
    piece = answer.take_rest(whole)
    assert (piece and piece.text) == rest
    assert answer.text == "abc" + (rest or "")
