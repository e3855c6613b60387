"""Counts what a frame holds before anything is built from it.

Decoding first and checking afterwards is too late: a few bytes of msgpack stand for an object of a hundred. Both
scanners walk the bytes once, keep one small stack, and stop at the first limit that is passed.
"""

from __future__ import annotations

import re
from typing import Final

from llamachat.protocol.errors import ErrorCode, ProtocolError
from llamachat.protocol.limits import MAX_ARRAY_ITEMS, MAX_MAP_ENTRIES, MAX_NESTING, MAX_VALUES

# Bytes that follow the first byte of each fixed-size msgpack value (floats, integers), by that first byte.
_FIXED_TAIL: Final = {
    0xC0: 0, 0xC2: 0, 0xC3: 0,
    0xCA: 4, 0xCB: 8,
    0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8,
    0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8,
}  # fmt: skip
# Width of the length field of strings and byte strings, arrays and maps.
_BYTES_LENGTH: Final = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
_ARRAY_LENGTH: Final = {0xDC: 2, 0xDD: 4}
_MAP_LENGTH: Final = {0xDE: 2, 0xDF: 4}

# A whole JSON string, or one structural character. Everything else (numbers, literals, blanks) needs no counting:
# a value that is neither is delimited by a comma or a bracket.
_JSON_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},]', re.DOTALL)


def bad(message: str) -> ProtocolError:
    """A `bad_frame` error with this sentence."""
    return ProtocolError(ErrorCode.BAD_FRAME, message)


def check_msgpack(data: bytes) -> None:
    """Walks one msgpack value.

    Raises:
        ProtocolError: `bad_frame`, when a limit is passed, an extension type occurs, or the bytes end early or late.
    """
    position, end = 0, len(data)
    values = 0
    open_items: list[int] = []  # items still to come in each open container, a map counting two per entry
    while True:
        if position >= end:
            raise bad("The frame ends in the middle of a value. Send one whole msgpack map per frame.")
        first = data[position]
        position += 1
        values += 1
        if values > MAX_VALUES:
            raise bad(f"The frame holds more than {MAX_VALUES} values. Send less in one frame.")
        items = -1
        if first <= 0x7F or first >= 0xE0 or first in _FIXED_TAIL:
            position += _FIXED_TAIL.get(first, 0)
        elif 0xA0 <= first <= 0xBF:
            position += first & 0x1F
        elif 0x80 <= first <= 0x8F:
            items = 2 * (first & 0x0F)
        elif 0x90 <= first <= 0x9F:
            items = first & 0x0F
        elif first in _BYTES_LENGTH:
            width = _BYTES_LENGTH[first]
            position += width + int.from_bytes(data[position : position + width], "big")
        elif first in _ARRAY_LENGTH or first in _MAP_LENGTH:
            is_map = first in _MAP_LENGTH
            width = _MAP_LENGTH[first] if is_map else _ARRAY_LENGTH[first]
            count = int.from_bytes(data[position : position + width], "big")
            position += width
            _check_count(count, is_map=is_map)
            items = 2 * count if is_map else count
        else:
            raise bad("The frame holds a msgpack extension type. Use plain maps, arrays, strings and numbers only.")
        if position > end:
            raise bad("The frame ends in the middle of a value. Send one whole msgpack map per frame.")

        if items > 0:
            open_items.append(items)
            if len(open_items) > MAX_NESTING:
                raise bad(f"The frame is nested deeper than {MAX_NESTING} levels.")
            continue
        if items == 0 and len(open_items) >= MAX_NESTING:
            raise bad(f"The frame is nested deeper than {MAX_NESTING} levels.")
        while open_items:
            open_items[-1] -= 1
            if open_items[-1]:
                break
            open_items.pop()
        if not open_items:
            break
    if position != end:
        raise bad("Bytes follow the first value. Send one msgpack map per frame.")


def check_json(data: bytes) -> None:
    """Walks the brackets and commas of a JSON text; whether it is well formed is left to the decoder.

    Raises:
        ProtocolError: `bad_frame`, when a limit is passed.
    """
    values = 1
    stack: list[tuple[bool, int]] = []  # (is a map, commas so far) for each open container
    for match in _JSON_TOKEN.finditer(data):
        token = data[match.start()]
        if token in b"[{":
            stack.append((token == 0x7B, 0))
            values += 1
            if len(stack) > MAX_NESTING:
                raise bad(f"The frame is nested deeper than {MAX_NESTING} levels.")
        elif token in b"]}":
            if not stack:
                raise bad("The frame is not well-formed JSON: a bracket closes what was never opened.")
            stack.pop()
        elif token == 0x2C:
            if not stack:
                raise bad("The frame is not one JSON value. Send one object per frame.")
            is_map, commas = stack[-1]
            stack[-1] = (is_map, commas + 1)
            _check_count(commas + 2, is_map=is_map)
            values += 1
        if values > MAX_VALUES:
            raise bad(f"The frame holds more than {MAX_VALUES} values. Send less in one frame.")


def _check_count(count: int, *, is_map: bool) -> None:
    if is_map and count > MAX_MAP_ENTRIES:
        raise bad(f"A map in the frame has more than {MAX_MAP_ENTRIES} entries.")
    if not is_map and count > MAX_ARRAY_ITEMS:
        raise bad(f"An array in the frame has more than {MAX_ARRAY_ITEMS} items.")
