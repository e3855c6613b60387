from __future__ import annotations

import contextlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.protocol import PromptMessage, Role
from llamachat_daemon.engine.prompt import MIN_ROOM, ContextOverflow, answer_room, lay_out

ROLES: tuple[Role, ...] = ("system", "user", "assistant")
conversations = st.lists(st.tuples(st.sampled_from(ROLES), st.integers(0, 60)), max_size=12).map(
    lambda items: [*(PromptMessage(role, "x" * length) for role, length in items), PromptMessage("user", "last")]
)


def tokenise(messages: Sequence[PromptMessage]) -> npt.NDArray[np.int32]:
    """Three tokens of form for a message, and one a character."""
    return np.zeros(sum(len(message.content) + 3 for message in messages), dtype=np.int32)


def kept(messages: list[PromptMessage], context: int, room: int) -> list[list[PromptMessage]]:
    """Every conversation that may be left, longest first, by the plain rule."""
    users = [place for place, message in enumerate(messages) if message.role == "user"]
    ends = [0, *users[1:]]
    return [[m for place, m in enumerate(messages) if place >= end or m.role == "system"] for end in ends]


@given(conversations, st.integers(20, 400), st.integers(1, 100))
def test_the_longest_end_that_fits_is_kept(messages: list[PromptMessage], context: int, room: int) -> None:
    choices = kept(messages, context, room)
    fitting = [choice for choice in choices if len(tokenise(choice)) + room <= context]
    wanted = fitting[0] if fitting else choices[-1]
    if len(tokenise(wanted)) + min(room, MIN_ROOM) > context:
        with pytest.raises(ContextOverflow) as overflow:
            lay_out(messages, tokenise, context=context, room=room)
        assert overflow.value.prompt_tokens == len(tokenise(wanted))
        return
    layout = lay_out(messages, tokenise, context=context, room=room)
    assert len(layout.ids) == len(tokenise(wanted))
    assert layout.dropped_messages == len(messages) - len(wanted)


@given(conversations, st.integers(20, 400), st.integers(1, 100))
def test_the_system_prompt_and_the_last_question_are_never_dropped(
    messages: list[PromptMessage], context: int, room: int
) -> None:
    seen: list[Sequence[PromptMessage]] = []

    def watching(some: Sequence[PromptMessage]) -> npt.NDArray[np.int32]:
        seen.append(some)
        return tokenise(some)

    with contextlib.suppress(ContextOverflow):
        lay_out(messages, watching, context=context, room=room)
    system = [message for message in messages if message.role == "system"]
    for some in seen:
        assert [message for message in some if message.role == "system"] == system
        assert some[-1] is messages[-1]


def test_a_long_conversation_is_tokenised_a_few_times_only() -> None:
    messages = [PromptMessage(ROLES[1 + place % 2], "x" * 10) for place in range(999)]
    calls = []

    def counting(some: Sequence[PromptMessage]) -> npt.NDArray[np.int32]:
        calls.append(len(some))
        return tokenise(some)

    layout = lay_out(messages, counting, context=1000, room=250)
    assert 0 < layout.dropped_messages < 999
    assert len(calls) < 15


@pytest.mark.parametrize(("max_tokens", "room"), [(None, 2000), (100, 100), (4000, 4000), (7999, 4000), (10**9, 4000)])
def test_an_answers_room_is_what_it_asks_for_within_reason(max_tokens: int | None, room: int) -> None:
    assert answer_room(max_tokens, 8000) == room


def test_a_short_answer_needs_no_more_room_than_it_asks_for() -> None:
    layout = lay_out([PromptMessage("user", "x" * 95)], tokenise, context=100, room=2)
    assert len(layout.ids) == 98
