from __future__ import annotations

import functools

from hypothesis import given
from hypothesis import strategies as st

from llamachat.fleet.sync_parts import frame_size, halves, is_for_all, parts
from llamachat.fleet.sync_state import SyncState, describe
from llamachat.protocol import Chat, ChatMessage, merge_chats
from tests.unit.fleet.scripted_archive import refusing


def chat(*sizes: int) -> Chat:
    messages = [
        ChatMessage(id=f"m{number}", role="user", content="é" * size, created_at=float(number))
        for number, size in enumerate(sizes)
    ]
    return Chat(id="c", title="t", created_at=0.0, messages=messages)


@given(st.lists(st.integers(0, 3_000), max_size=30), st.integers(1_000, 20_000))
def test_the_parts_of_a_chat_are_bounded_and_together_the_chat(sizes: list[int], most: int) -> None:
    whole = chat(*sizes)
    made = list(parts(whole, most))
    assert all(frame_size(part) <= most or len(part.messages) == 1 for part in made)
    assert [message for part in made for message in part.messages] == whole.messages
    assert functools.reduce(merge_chats, made) == merge_chats(whole, whole)


@given(st.lists(st.integers(0, 9), max_size=9))
def test_halves_are_smaller_and_together_the_part(sizes: list[int]) -> None:
    whole = chat(*sizes)
    made = halves(whole)
    if len(sizes) < 2:
        assert made == ()
    else:
        assert [message for part in made for message in part.messages] == whole.messages
        assert all(0 < len(part.messages) < len(sizes) for part in made)


def test_a_refusal_is_about_one_chat_unless_it_says_to_wait_or_that_nothing_is_kept() -> None:
    assert [is_for_all(refusing(code)) for code in ("disabled", "forbidden", "draining", "rate_limited")] == [True] * 4
    assert not any(is_for_all(refusing(code)) for code in ("too_large", "invalid_params", "internal", "bad_frame"))
    assert is_for_all(refusing("internal", retry_after=30.0))


def test_every_state_has_its_words() -> None:
    assert describe(SyncState("n")) == "not connected"
    assert describe(SyncState("n", "syncing")) == "syncing"
    assert describe(SyncState("n", "syncing", done=50, total=120)) == "syncing 50 of 120"
    assert describe(SyncState("n", "idle", left_out=2, reason="Too large.")) == "in step but for 2 chats: Too large."
    assert describe(SyncState("n", "refused", reason="Not here.")) == "refused: Not here."
