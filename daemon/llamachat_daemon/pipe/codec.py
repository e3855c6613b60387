"""Frames of the pipe to bytes and back: a 4-byte big-endian length, then one msgpack map."""

from __future__ import annotations

import struct
from typing import Final

import msgspec

from llamachat_daemon.pipe.frames import AnyFromWorker, AnyToWorker, FromWorker, ToWorker

HEADER: Final = struct.Struct(">I")
"""The length of the body that follows, in bytes."""

MAX_PIPE_FRAME_BYTES: Final = 64 * 1024 * 1024
"""Largest body. A request holds one frame of the wire (4 MiB) and its ids; anything near this limit is a fault."""

_encoder = msgspec.msgpack.Encoder()
_to_worker: msgspec.msgpack.Decoder[AnyToWorker] = msgspec.msgpack.Decoder(AnyToWorker)
_from_worker: msgspec.msgpack.Decoder[AnyFromWorker] = msgspec.msgpack.Decoder(AnyFromWorker)


class PipeError(Exception):
    """Bytes on the pipe that are no frame: the two ends disagree, and one of them must be restarted."""


def pack(frame: ToWorker | FromWorker) -> bytes:
    """The frame as it is written, length included.

    Raises:
        PipeError: it is larger than `MAX_PIPE_FRAME_BYTES`.
    """
    body = _encoder.encode(frame)
    if len(body) > MAX_PIPE_FRAME_BYTES:
        raise PipeError(
            f"a {type(frame).__name__} frame has {len(body)} bytes; at most {MAX_PIPE_FRAME_BYTES} go through"
        )
    return HEADER.pack(len(body)) + body


def body_length(header: bytes) -> int:
    """Bytes of the body behind this header.

    Raises:
        PipeError: more than `MAX_PIPE_FRAME_BYTES`.
    """
    (length,) = HEADER.unpack(header)
    if length > MAX_PIPE_FRAME_BYTES:
        raise PipeError(f"a frame of {length} bytes was announced; at most {MAX_PIPE_FRAME_BYTES} are allowed")
    return int(length)


def unpack_to_worker(body: bytes) -> AnyToWorker:
    """What the front said.

    Raises:
        PipeError: the body is no frame to a worker.
    """
    try:
        return _to_worker.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PipeError(f"not a frame to a worker: {error}") from error


def unpack_from_worker(body: bytes) -> AnyFromWorker:
    """What a worker said.

    Raises:
        PipeError: the body is no frame from a worker.
    """
    try:
        return _from_worker.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PipeError(f"not a frame from a worker: {error}") from error
