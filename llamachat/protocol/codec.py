"""Frames to bytes and back, in the two codecs of the wire.

Decoding goes in three steps, each of which can only end in a value or a `bad_frame`: count (guard), build plain values
(msgpack or JSON), convert to the typed frame (msgspec), with the field named in the error.
"""

from __future__ import annotations

import math
import re
from enum import StrEnum
from typing import Any, TypeVar, cast

import msgpack
import msgspec

from llamachat.protocol.errors import ErrorCode, ProtocolError
from llamachat.protocol.frames import (
    CLIENT_FRAMES,
    DAEMON_FRAMES,
    AnyClientFrame,
    AnyDaemonFrame,
    ClientFrame,
    DaemonFrame,
    Shorthand,
)
from llamachat.protocol.guard import bad, check_json, check_msgpack
from llamachat.protocol.limits import MAX_ARRAY_ITEMS, MAX_FRAME_BYTES, MAX_MAP_ENTRIES

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_FrameT = TypeVar("_FrameT", bound=msgspec.Struct)


class Codec(StrEnum):
    """A subprotocol of the wire: msgpack in binary frames, or JSON in text frames."""

    MSGPACK = "llamachat.v1.msgpack"
    JSON = "llamachat.v1.json"


def encode(frame: ClientFrame | DaemonFrame, codec: Codec) -> bytes | str:
    """The frame as it is sent: bytes for msgpack, str for JSON.

    Raises:
        ProtocolError: `too_large`, when it would pass `MAX_FRAME_BYTES`.
    """
    value = msgspec.to_builtins(frame)
    if isinstance(frame, Shorthand):
        value["type"] = value.pop("kind")
    data = cast("bytes", msgpack.packb(value)) if codec is Codec.MSGPACK else msgspec.json.encode(value)
    if len(data) > MAX_FRAME_BYTES:
        raise ProtocolError(
            ErrorCode.TOO_LARGE,
            f"The frame has {len(data)} bytes; at most {MAX_FRAME_BYTES} go into one.",
            detail={"bytes": len(data), "limit": MAX_FRAME_BYTES},
        )
    return data if codec is Codec.MSGPACK else data.decode()


def decode_client(data: bytes | str, codec: Codec) -> AnyClientFrame:
    """The client's frame.

    Raises:
        ProtocolError: `bad_frame` (naming the field) or `unknown_type`; with the frame's `req` and `id` where readable.
    """
    value = _plain(data, codec)
    kind = _kind(value)
    try:
        if kind == "inference" or (kind == "user_message" and "id" not in value and "messages" not in value):
            return _shorthand(kind, value)
        if kind not in CLIENT_FRAMES:
            raise ProtocolError(
                ErrorCode.UNKNOWN_TYPE,
                f"Unknown type {kind[:64]!r}. Known: {', '.join(CLIENT_FRAMES)}, inference.",
            )
        return cast("AnyClientFrame", _convert(value, CLIENT_FRAMES[kind]))
    except ProtocolError as error:
        error.req = _id_of(value, "req")
        error.attempt_id = _id_of(value, "id")
        raise


def decode_daemon(data: bytes | str, codec: Codec) -> AnyDaemonFrame:
    """The daemon's frame.

    Raises:
        ProtocolError: `bad_frame` (naming the field) or `unknown_type`.
    """
    value = _plain(data, codec)
    kind = _kind(value)
    if kind not in DAEMON_FRAMES:
        raise ProtocolError(ErrorCode.UNKNOWN_TYPE, f"Unknown type {kind[:64]!r} from the daemon.")
    return cast("AnyDaemonFrame", _convert(value, DAEMON_FRAMES[kind]))


def _plain(data: bytes | str, codec: Codec) -> dict[str, Any]:
    """Counted, built, and free of what no frame may hold (non-finite numbers, lone surrogates)."""
    if codec is Codec.MSGPACK:
        if isinstance(data, str):
            raise bad("A text frame came on a msgpack connection. Send binary frames with one msgpack map each.")
        _check_size(len(data))
        check_msgpack(data)
        value = _unpack(data)
    else:
        if not isinstance(data, str):
            raise bad("A binary frame came on a JSON connection. Send text frames with one JSON object each.")
        _check_size(len(data))
        if _SURROGATE.search(data):
            raise bad("The frame holds a lone surrogate. Send well-formed Unicode.")
        raw = data.encode()
        _check_size(len(raw))
        check_json(raw)
        value = _parse_json(raw)
    if not isinstance(value, dict):
        raise bad(f"A frame must be a map with a type, not {_name(value)}.")
    _check_content(value)
    return value


def _check_size(size: int) -> None:
    if size > MAX_FRAME_BYTES:
        raise bad(f"The frame is larger than {MAX_FRAME_BYTES} bytes.")


def _unpack(data: bytes) -> Any:
    try:
        return msgpack.unpackb(
            data,
            max_array_len=MAX_ARRAY_ITEMS,
            max_map_len=MAX_MAP_ENTRIES,
            max_ext_len=0,
            strict_map_key=True,
        )
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise bad(f"The frame is not valid msgpack ({type(error).__name__}). Send one map with string keys.") from error


def _parse_json(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (ValueError, RecursionError) as error:
        raise bad(f"The frame is not valid JSON: {error}.") from error


def _check_content(value: Any) -> None:
    """Numbers must be finite and strings well formed, also inside values that no schema describes."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            if not item.isascii() and _SURROGATE.search(item):
                raise bad("The frame holds a lone surrogate. Send well-formed Unicode.")
        elif isinstance(item, float):
            if not math.isfinite(item):
                raise bad("The frame holds a number that is not finite.")
        elif isinstance(item, dict):
            for key in item:
                if not isinstance(key, str):
                    raise bad("A map in the frame has a key that is not a string.")
                if not key.isascii() and _SURROGATE.search(key):
                    raise bad("The frame holds a lone surrogate. Send well-formed Unicode.")
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def _kind(value: dict[str, Any]) -> str:
    kind = value.get("type")
    if not isinstance(kind, str):
        error = bad("Field type is missing or not a string.")
        error.req, error.attempt_id = _id_of(value, "req"), _id_of(value, "id")
        error.detail = {"field": "type"}
        raise error
    return kind


def _shorthand(kind: str, value: dict[str, Any]) -> Shorthand:
    content = value.get("content", value.get("message"))
    if not isinstance(content, str):
        error = bad("Field content (or message) must be a string.")
        error.detail = {"field": "content"}
        raise error
    plain = {"kind": kind, "content": content, "model": value.get("model")}
    if "req" in value:
        plain["req"] = value["req"]
    return _convert(plain, Shorthand)


def _convert(value: dict[str, Any], frame_type: type[_FrameT]) -> _FrameT:
    try:
        return msgspec.convert(value, frame_type)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        field = path.rstrip("`").lstrip(".")
        if not field:  # "Object missing required field `id`" names it in the sentence
            named = re.search(r"field `([^`]+)`", message)
            field = named.group(1) if named else ""
        failure = bad(f"Field {field or 'of the frame'} is wrong: {message}.")
        failure.detail = {"field": field}
        raise failure from error


def _id_of(value: dict[str, Any], key: str) -> str | None:
    found = value.get(key)
    return found if isinstance(found, str) and _ID.fullmatch(found) else None


def _name(value: Any) -> str:
    return {list: "an array", str: "a string", type(None): "null"}.get(type(value), type(value).__name__)
