"""Round trips of every frame, and what a codec does with what is not one."""

from __future__ import annotations

import json
import struct
import tracemalloc

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamachat.protocol import (
    MAX_FRAME_BYTES,
    AiResponse,
    Cancel,
    Codec,
    ErrorCode,
    Ok,
    ProtocolError,
    Shorthand,
    UserMessage,
    decode_client,
    decode_daemon,
    encode,
)
from llamachat.protocol.frames import CLIENT_FRAMES, DAEMON_FRAMES
from llamachat.protocol.limits import MAX_ARRAY_ITEMS, MAX_MAP_ENTRIES, MAX_NESTING, MAX_VALUES
from tests import strategies

codecs = pytest.mark.parametrize("codec", list(Codec))


def as_sent(value: object, codec: Codec) -> bytes | str:
    """A value on the wire without any of our own encoding."""
    return msgpack.packb(value) if codec is Codec.MSGPACK else json.dumps(value)


def refused(data: bytes | str, codec: Codec) -> ProtocolError:
    with pytest.raises(ProtocolError) as caught:
        decode_client(data, codec)
    return caught.value


@codecs
@pytest.mark.parametrize("kind", [*CLIENT_FRAMES.values(), Shorthand], ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=25)
def test_every_client_frame_survives_the_wire(kind, codec, data):
    frame = data.draw(strategies.structs(kind))
    assert decode_client(encode(frame, codec), codec) == frame


@codecs
@pytest.mark.parametrize("kind", DAEMON_FRAMES.values(), ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=25)
def test_every_daemon_frame_survives_the_wire(kind, codec, data):
    frame = data.draw(strategies.structs(kind))
    assert decode_daemon(encode(frame, codec), codec) == frame


@given(data=st.binary(max_size=400))
@settings(max_examples=500)
def test_any_bytes_are_a_frame_or_a_bad_frame(data):
    for decode in (decode_client, decode_daemon):
        try:
            decode(data, Codec.MSGPACK)
        except ProtocolError as error:
            assert error.code in (ErrorCode.BAD_FRAME, ErrorCode.UNKNOWN_TYPE)


@given(data=st.text(max_size=400))
@settings(max_examples=500)
def test_any_text_is_a_frame_or_a_bad_frame(data):
    for decode in (decode_client, decode_daemon):
        try:
            decode(data, Codec.JSON)
        except ProtocolError as error:
            assert error.code in (ErrorCode.BAD_FRAME, ErrorCode.UNKNOWN_TYPE)


@codecs
@given(value=strategies.plain, kind=st.sampled_from([*CLIENT_FRAMES, "inference"]), data=st.data())
def test_any_map_with_a_known_type_is_a_frame_or_names_the_field(codec, value, kind, data):
    fields = data.draw(st.dictionaries(st.sampled_from(["id", "messages", "params", "req", "chat"]), st.just(value)))
    try:
        decode_client(as_sent({"type": kind, **fields}, codec), codec)
    except ProtocolError as error:
        assert error.code is ErrorCode.BAD_FRAME
        assert error.detail["field"]


@given(data=st.data())
def test_flipped_bytes_of_a_frame_end_in_a_frame_or_a_bad_frame(data):
    kind = data.draw(st.sampled_from(list(CLIENT_FRAMES.values())))
    raw = bytearray(encode(data.draw(strategies.structs(kind)), Codec.MSGPACK))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode_client(bytes(raw), Codec.MSGPACK)
    except ProtocolError as error:
        assert error.code in (ErrorCode.BAD_FRAME, ErrorCode.UNKNOWN_TYPE)


@codecs
def test_the_error_names_the_field_deep_inside(codec):
    frame = {"type": "user_message", "id": "a", "req": "r1", "chat_id": "c", "messages": [], "params": {"top_k": "x"}}
    error = refused(as_sent(frame, codec), codec)
    assert error.detail == {"field": "params.top_k"}
    assert "params.top_k" in error.message
    assert (error.req, error.attempt_id) == ("r1", "a")


@codecs
def test_a_missing_field_is_named(codec):
    assert refused(as_sent({"type": "cancel"}, codec), codec).detail == {"field": "id"}


@codecs
def test_unknown_keys_are_ignored(codec):
    frame = {"type": "cancel", "id": "a", "colour": {"r": [1]}}
    assert decode_client(as_sent(frame, codec), codec) == Cancel(id="a")


@codecs
def test_an_unknown_type_is_told_apart_from_a_bad_frame(codec):
    error = refused(as_sent({"type": "teleport", "req": "q"}, codec), codec)
    assert error.code is ErrorCode.UNKNOWN_TYPE
    assert error.req == "q"


@codecs
@pytest.mark.parametrize("value", [None, 1, "text", [], [{"type": "cancel"}]])
def test_what_is_not_a_map_is_a_bad_frame(codec, value):
    assert refused(as_sent(value, codec), codec).code is ErrorCode.BAD_FRAME


@codecs
@pytest.mark.parametrize("name", ["", "a" * 65, "a b", "ä", "a\n", "a/b"])
def test_ids_of_another_shape_are_refused(codec, name):
    assert refused(as_sent({"type": "cancel", "id": name}, codec), codec).detail == {"field": "id"}


def test_the_wrong_kind_of_websocket_message_is_a_bad_frame():
    assert "text frame" in refused('{"type": "cancel"}', Codec.MSGPACK).message
    assert "binary frame" in refused(msgpack.packb({"type": "cancel"}), Codec.JSON).message


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_json_numbers_must_be_finite(number):
    assert refused(f'{{"type": "status", "interval": {number}}}', Codec.JSON).code is ErrorCode.BAD_FRAME


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_msgpack_numbers_must_be_finite_even_where_no_schema_looks(number):
    frame = {"type": "cancel", "id": "a", "else": [{"x": number}]}
    assert "finite" in refused(msgpack.packb(frame), Codec.MSGPACK).message


def test_lone_surrogates_are_refused():
    assert refused('{"type": "cancel", "id": "a", "x": "\\ud800"}', Codec.JSON).code is ErrorCode.BAD_FRAME
    raw = msgpack.packb({"type": "cancel", "id": "a", "x": "???"}).replace(b"???", b"\xed\xa0\x80")
    assert refused(raw, Codec.MSGPACK).code is ErrorCode.BAD_FRAME


@codecs
def test_a_frame_at_each_limit_passes_and_one_beyond_does_not(codec):
    def frame(value: object) -> bytes | str:
        return as_sent({"type": "cancel", "id": "a", "x": value}, codec)

    def nested(levels: int) -> object:
        value: object = []
        for _ in range(levels - 2):  # the frame's own map is one, the innermost array another
            value = [value]
        return value

    wide_map = {str(i): 0 for i in range(MAX_MAP_ENTRIES + 1)}
    for good in ([0] * MAX_ARRAY_ITEMS, dict(list(wide_map.items())[:-1]), nested(MAX_NESTING)):
        assert decode_client(frame(good), codec) == Cancel(id="a")
    for beyond in ([0] * (MAX_ARRAY_ITEMS + 1), wide_map, nested(MAX_NESTING + 1)):
        assert refused(frame(beyond), codec).code is ErrorCode.BAD_FRAME


@codecs
def test_more_values_than_one_frame_may_hold_are_refused(codec):
    rows = [[0] * MAX_ARRAY_ITEMS] * (MAX_VALUES // MAX_ARRAY_ITEMS)
    assert f"{MAX_VALUES}" in refused(as_sent({"type": "cancel", "id": "a", "x": rows}, codec), codec).message


@codecs
def test_a_frame_over_four_mebibytes_is_refused_both_ways(codec):
    big = "x" * MAX_FRAME_BYTES
    assert "larger" in refused(as_sent({"type": "cancel", "id": big}, codec), codec).message
    response = AiResponse(
        id="a", message_id="a", node="n", model="m", fingerprint=None, offset=0, text=big, token_offset=0, tokens=[]
    )
    with pytest.raises(ProtocolError) as caught:
        encode(response, codec)
    assert caught.value.code is ErrorCode.TOO_LARGE


@pytest.mark.parametrize(
    "filler",
    [b"\x80", b"\x90", b"\xa0", b"\xc0", b"\xa2xy", b"\xcb" + struct.pack(">d", 1.5)],
    ids=["maps", "arrays", "empty strings", "nulls", "strings", "floats"],
)
def test_the_largest_hostile_frame_stays_in_bounded_memory(filler):
    per_array = MAX_ARRAY_ITEMS
    arrays = MAX_FRAME_BYTES // (per_array * len(filler) + 5)
    raw = b"\xdd" + struct.pack(">I", arrays) + (b"\xdd" + struct.pack(">I", per_array) + filler * per_array) * arrays
    tracemalloc.start()
    try:
        assert refused(raw[:MAX_FRAME_BYTES], Codec.MSGPACK).code is ErrorCode.BAD_FRAME
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * 1024 * 1024


def test_extension_types_are_refused():
    for value in (msgpack.ExtType(5, b""), msgpack.ExtType(5, b"abcd"), msgpack.Timestamp(1)):
        assert "extension" in refused(msgpack.packb({"type": "cancel", "x": value}), Codec.MSGPACK).message


@codecs
@pytest.mark.parametrize("key", ["content", "message"])
@pytest.mark.parametrize("kind", ["inference", "user_message"])
def test_the_shorthand_is_understood_in_all_its_forms(codec, kind, key):
    data = as_sent({"type": kind, key: "hello", "timestamp": "now"}, codec)
    assert decode_client(data, codec) == Shorthand(kind=kind, content="hello")


def test_a_user_message_with_an_id_is_never_taken_for_the_shorthand():
    frame = {"type": "user_message", "id": "a", "content": "x"}
    assert refused(as_sent(frame, Codec.JSON), Codec.JSON).detail == {"field": "chat_id"}


def test_unset_fields_are_not_sent_and_null_ones_are():
    plain = json.loads(encode(Ok(), Codec.JSON))
    assert plain == {"type": "ok"}
    asked = UserMessage(id="a", chat_id="c", messages=[])
    assert json.loads(encode(asked, Codec.JSON))["model"] is None
