"""The conversation of the shorthand alternates, and its memory is bounded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llamachat.protocol.params import check_request
from llamachat_daemon.serving import shorthand
from llamachat_daemon.serving.shorthand import Conversation


@given(st.lists(st.tuples(st.text(max_size=9), st.one_of(st.none(), st.text(max_size=9))), min_size=1, max_size=12))
def test_every_request_is_valid_and_alternates_whatever_was_answered(exchanges):
    conversation = Conversation()
    ids = set()
    for question, answer in exchanges:
        request = conversation.ask(question, "tiny")
        check_request(request)
        roles = [turn.role for turn in request.messages]
        assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
        assert request.messages[-1].content == question
        assert request.chat_id == conversation.chat_id
        ids.add(request.id)
        if answer is None:
            conversation.unanswered()
        else:
            conversation.answered(answer)
    assert len(ids) == len(exchanges)


def test_the_oldest_turns_are_forgotten_when_the_conversation_grows_too_long(monkeypatch):
    monkeypatch.setattr(shorthand, "MAX_CONVERSATION_CHARACTERS", 10)
    conversation = Conversation()
    conversation.ask("aaaa", "tiny")
    conversation.answered("bbbb")
    request = conversation.ask("cccc", "tiny")
    assert [turn.content for turn in request.messages] == ["cccc"]
    conversation.answered("d")
    request = conversation.ask("e" * 50, "tiny")
    assert [turn.content for turn in request.messages] == ["e" * 50]
