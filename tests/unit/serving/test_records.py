"""Records are append-only and addressed by code points and ids; ended ones are kept within bounds."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.protocol import Params, PromptMessage, UserMessage
from llamachat_daemon.serving.records import RECORD_OVERHEAD_BYTES, Record, Retention, request_digest
from tests.strategies import values_of

pieces = st.lists(st.tuples(st.text(max_size=6), st.lists(st.integers(0, 2**31 - 1), max_size=4)), max_size=8)


@given(st.text(max_size=5), pieces, st.booleans(), st.integers(0, 60), st.integers(0, 60))
def test_any_part_of_a_record_is_what_was_appended_sealed_or_not(prefix, appended, sealed, offset, limit):
    record = Record(prefix)
    for text, tokens in appended:
        record.append(text, tokens)
        record.text_from(0, 1)  # reading in between moves nothing
    if sealed:
        record.seal()
    whole = prefix + "".join(text for text, _ in appended)
    ids = [token for _, tokens in appended for token in tokens]
    assert (record.text(), record.length) == (whole, len(whole))
    assert (record.tokens(), record.token_count) == (ids, len(ids))
    assert record.text_from(offset, limit) == whole[offset : offset + limit]
    assert record.tokens_from(offset, limit) == ids[offset : offset + limit]


def test_a_sealed_record_does_not_grow():
    record = Record("a")
    record.seal()
    with pytest.raises(ValueError, match="sealed"):
        record.append("b", [])
    assert record.text() == "a"


def test_line_ends_stay_as_they_are():
    record = Record()
    record.append("a\r\nb\rc\n", [1])
    assert record.text_from(1, 2) == "\r\n"
    record.seal()
    assert record.text() == "a\r\nb\rc\n"


def test_the_size_of_a_record_counts_text_ids_and_a_share_of_the_rest():
    record = Record("x" * 1000)
    record.append("", range(500))
    record.seal()
    assert 1000 + 4 * 500 + RECORD_OVERHEAD_BYTES <= record.size < 1200 + 4 * 500 + RECORD_OVERHEAD_BYTES


@given(values_of(UserMessage), values_of(UserMessage))
def test_requests_have_equal_digests_exactly_when_they_ask_for_the_same(one, other):
    def essence(frame: UserMessage) -> UserMessage:
        return msgspec.structs.replace(frame, req=msgspec.UNSET, message_id=frame.message_id or frame.id)

    assert (request_digest(one) == request_digest(other)) == (essence(one) == essence(other))
    assert request_digest(one) == request_digest(msgspec.structs.replace(one, req="another"))


def test_the_digest_ignores_the_order_of_a_schemas_keys():
    def ask(schema: dict[str, int]) -> UserMessage:
        return UserMessage(
            id="a", chat_id="c", messages=[PromptMessage("user", "x")], params=Params(json_schema=schema)
        )

    assert request_digest(ask({"a": 1, "b": 2})) == request_digest(ask({"b": 2, "a": 1}))


def test_records_are_kept_for_their_time():
    kept = Retention(seconds=10, limit=1000)
    assert kept.keep(("ann", "1"), 100, now=0) == []
    assert kept.keep(("ann", "2"), 100, now=4) == []
    assert kept.next_expiry() == 10
    assert kept.expire(9.9) == []
    assert kept.expire(10) == [("ann", "1")]
    assert kept.expire(100) == [("ann", "2")]
    assert kept.next_expiry() is None


@given(st.lists(st.integers(1, 50), max_size=30))
def test_all_kept_records_together_stay_within_the_limit_and_the_oldest_go_first(sizes):
    kept = Retention(seconds=1e9, limit=100)
    dropped = []
    for number, size in enumerate(sizes):
        dropped += kept.keep(("ann", str(number)), size, now=number)
        assert kept.bytes <= 100
    assert dropped == [("ann", str(number)) for number in range(len(dropped))]
    assert kept.bytes == sum(sizes[len(dropped) :])
