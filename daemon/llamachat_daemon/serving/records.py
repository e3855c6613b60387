"""What an attempt has produced so far: an append-only record, and how long ended ones are kept.

A record outlives connections and worker processes. Readers hold nothing but their offsets into it.
"""

from __future__ import annotations

import hashlib
import io
import sys
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import UNSET

from llamachat.protocol import UserMessage
from llamachat.protocol.params import invalid

RECORD_OVERHEAD_BYTES: Final = 2048
"""What an ended attempt costs beside its text and ids; counted, so that a million empty answers are bounded too."""

_canonical: Final = msgspec.msgpack.Encoder(order="deterministic")


def request_digest(frame: UserMessage) -> bytes:
    """Equal for two frames if and only if they ask for the same: every field but `req` is the same.

    An absent `message_id` means `id`, and is the same as saying so. The order of keys in maps does not matter.

    Raises:
        ProtocolError: `invalid_params`, for an integer of more than 64 bits: no codec of ours could pass it on.
    """
    plain = msgspec.structs.replace(frame, req=UNSET, message_id=frame.message_id or frame.id)
    try:
        encoded = _canonical.encode(plain)
    except OverflowError as error:
        allowed = "integers of at most 64 bits"
        raise invalid("params", f"The request holds a larger integer than can be; use {allowed}.", allowed) from error
    return hashlib.sha256(encoded).digest()


class Record:
    """Text (offsets count code points) and token ids of one answer; both only ever grow, and none after `seal`."""

    __slots__ = ("_buffer", "_length", "_text", "_tokens")

    def __init__(self, text: str = "") -> None:
        # Four bytes a character while it grows, but appending and reading from an offset cost only what they touch.
        self._buffer: io.StringIO | None = io.StringIO(newline="")
        self._buffer.write(text)
        self._length = len(text)
        self._text = ""
        self._tokens = array("i")

    @property
    def length(self) -> int:
        """Code points of text."""
        return self._length

    @property
    def token_count(self) -> int:
        """Ids."""
        return len(self._tokens)

    @property
    def size(self) -> int:
        """Bytes that this record keeps from being used for something else."""
        text = self._length * 4 if self._buffer is not None else sys.getsizeof(self._text)
        return text + self._tokens.itemsize * len(self._tokens) + RECORD_OVERHEAD_BYTES

    def append(self, text: str, tokens: Sequence[int]) -> None:
        """Adds what was produced.

        Raises:
            ValueError: the record is sealed.
        """
        if self._buffer is None:
            raise ValueError("A sealed record does not grow.")
        if text:
            self._buffer.seek(0, io.SEEK_END)
            self._buffer.write(text)
            self._length += len(text)
        self._tokens.extend(tokens)

    def seal(self) -> None:
        """The record is complete; its text is stored compactly from now on."""
        if self._buffer is not None:
            self._text = self._buffer.getvalue()
            self._buffer = None

    def text_from(self, offset: int, limit: int) -> str:
        """At most `limit` code points from `offset` on."""
        if self._buffer is None:
            return self._text[offset : offset + limit]
        self._buffer.seek(offset)
        return self._buffer.read(limit)

    def tokens_from(self, offset: int, limit: int) -> list[int]:
        """At most `limit` ids from `offset` on."""
        return self._tokens[offset : offset + limit].tolist()

    def text(self) -> str:
        """The whole text so far."""
        return self._text if self._buffer is None else self._buffer.getvalue()

    def tokens(self) -> list[int]:
        """All ids so far."""
        return self._tokens.tolist()


class Retention:
    """Which ended attempts are kept: each for `seconds`, all together up to `limit` bytes, oldest ended out first.

    A pure data structure: the caller brings the time (seconds, monotonic) and drops what is named.
    """

    def __init__(self, seconds: float, limit: int) -> None:
        self.seconds = seconds
        self.limit = limit
        self._kept: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """What is kept, in all."""
        return self._bytes

    def keep(self, name: tuple[str, str], size: int, now: float) -> list[tuple[str, str]]:
        """Takes in an attempt that ended now; returns the names to drop for it, which may include its own."""
        self._kept[name] = (now, size)
        self._bytes += size
        return self.expire(now)

    def expire(self, now: float) -> list[tuple[str, str]]:
        """The names to drop by now, oldest first."""
        dropped = []
        while self._kept:
            name, (ended_at, size) = next(iter(self._kept.items()))
            if self._bytes <= self.limit and now - ended_at < self.seconds:
                break
            del self._kept[name]
            self._bytes -= size
            dropped.append(name)
        return dropped

    def next_expiry(self) -> float | None:
        """When `expire` has something to drop next, as things are."""
        if not self._kept:
            return None
        ended_at, _ = next(iter(self._kept.values()))
        return ended_at + self.seconds
