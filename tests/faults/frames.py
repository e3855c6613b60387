"""Cuts a byte stream that carries WebSocket into its frames (RFC 6455, section 5.2): the proxy hits between them, and
inside them, on purpose."""

from __future__ import annotations

import struct
from typing import Final

_HEAD_END: Final = b"\r\n\r\n"
_LENGTH_16: Final = 126
_LENGTH_64: Final = 127
_BINARY: Final = 2


class FrameCutter:
    """Takes bytes as they come; the HTTP head at the start counts as one frame."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._head = True

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are complete now."""
        self._bytes += data
        frames = []
        while size := self._next_size():
            frames.append(bytes(self._bytes[:size]))
            del self._bytes[:size]
        return frames

    def _next_size(self) -> int:
        """Of the first frame; 0 while it is not complete."""
        if self._head:
            end = self._bytes.find(_HEAD_END)
            self._head = end < 0
            return end + len(_HEAD_END) if end >= 0 else 0
        size = frame_size(self._bytes)
        return size if size <= len(self._bytes) else 0


def frame_size(data: bytes | bytearray) -> int:
    """Bytes of the frame that begins here, header included; 0 when too little is there to tell."""
    at = _payload_at(data)
    if not at:
        return 0
    start, length = at
    return start + length


def payload(frame: bytes) -> bytes | None:
    """What a whole binary frame carries, without its mask; None for other frames."""
    at = _payload_at(frame)
    if not at or frame[0] != 0x80 | _BINARY:
        return None
    start, length = at
    body = frame[start : start + length]
    if not frame[1] & 0x80:
        return body
    mask = frame[start - 4 : start]
    return bytes(byte ^ mask[index % 4] for index, byte in enumerate(body))


def close_frame(code: int) -> bytes:
    """A close frame as a server sends it."""
    return b"\x88\x02" + struct.pack(">H", code)


def _payload_at(data: bytes | bytearray) -> tuple[int, int] | None:
    """Where the payload begins and how long it is."""
    if len(data) < 2:
        return None
    length = data[1] & 0x7F
    start = 2
    if length == _LENGTH_16:
        start, form = 4, ">H"
    elif length == _LENGTH_64:
        start, form = 10, ">Q"
    if len(data) < start:
        return None
    if start > 2:
        (length,) = struct.unpack(form, data[2:start])
    return start + (4 if data[1] & 0x80 else 0), length
