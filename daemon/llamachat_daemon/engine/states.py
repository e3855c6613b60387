"""What a sequence holds, as llama.cpp writes it, rearranged for another context of the same model: bytes to bytes.

Contexts with and without flash attention keep the values in different orders, and a context in which every sequence has
cells of its own counts those of each. The layout is that of `llama_kv_cache::state_write`; whoever uses this tries it
out first (see `short.ShortContext`), since llama.cpp may change it at any time.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from llamachat_daemon.engine.prefixes import State


class UnknownLayout(Exception):
    """The bytes are not laid out as this module knows it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Of `streams` (1 where all sequences share their cells) the sequence is in number `stream`; with `transposed`, the
    values lie by dimension and then by cell, as attention without flash attention wants them."""

    streams: int
    stream: int
    transposed: bool


class _Reader:
    def __init__(self, state: State) -> None:
        self._state = state
        self._at = 0

    def bytes(self, count: int) -> npt.NDArray[np.uint8]:
        if count < 0 or self._at + count > len(self._state):
            raise UnknownLayout("it ends too early")
        self._at += count
        return self._state[self._at - count : self._at]

    def numbers(self, form: str) -> tuple[int, ...]:
        return struct.unpack("<" + form, self.bytes(struct.calcsize("<" + form)).tobytes())

    @property
    def done(self) -> bool:
        return self._at == len(self._state)


def rearranged(state: State, wanted: Layout) -> State:
    """The same content in the wanted layout.

    Raises:
        UnknownLayout: these bytes are something else.
    """
    reader = _Reader(state)
    head = reader.bytes(8)  # a magic number and the sequence
    [streams] = reader.numbers("I")
    if not 1 <= streams <= 1024:
        raise UnknownLayout(f"{streams} streams")
    body: list[npt.NDArray[np.uint8]] = []
    for _ in range(streams):
        [cells] = reader.numbers("I")
        if cells:
            if body:
                raise UnknownLayout("two streams hold something")
            body = [_number(cells), *_content(reader, cells, wanted.transposed)]
    if not body or not reader.done:
        raise UnknownLayout("it holds nothing, or more than it should")
    empty = [_number(0)]
    before, behind = empty * wanted.stream, empty * (wanted.streams - wanted.stream - 1)
    return np.concatenate([head, _number(wanted.streams), *before, *body, *behind])


def _content(reader: _Reader, cells: int, transposed: bool) -> list[npt.NDArray[np.uint8]]:
    """Positions, keys and values of so many cells, each of one sequence."""
    accounts = reader.bytes(cells * 12)
    if np.any(accounts.view(np.uint32).reshape(cells, 3)[:, 1] != 1):
        raise UnknownLayout("a cell belongs to several sequences")
    was_transposed, layers = reader.numbers("II")
    if was_transposed > 1 or not 1 <= layers <= 4096:
        raise UnknownLayout(f"{layers} layers")
    parts = [accounts, _number(transposed), _number(layers)]
    for _ in range(layers):
        head = reader.bytes(12)  # the type of the keys, and the bytes of a cell's
        parts += [head, reader.bytes(cells * int(head[4:].copy().view(np.uint64)[0]))]
    for _ in range(layers):
        [kind] = reader.numbers("I")
        if was_transposed:
            size, width = reader.numbers("II")
        else:
            [row] = reader.numbers("Q")
            size, width = 2, row // 2
        if size != 2:
            raise UnknownLayout(f"values of {size} bytes")
        values = reader.bytes(cells * width * size).view(np.uint16)
        if bool(was_transposed) != transposed:
            shape = (width, cells) if was_transposed else (cells, width)
            values = np.ascontiguousarray(values.reshape(shape).T)
        sizes = struct.pack("<III", kind, size, width) if transposed else struct.pack("<IQ", kind, width * size)
        parts += [np.frombuffer(sizes, dtype=np.uint8), values.reshape(-1).view(np.uint8)]
    return parts


def _number(value: int) -> npt.NDArray[np.uint8]:
    return np.frombuffer(struct.pack("<I", value), dtype=np.uint8)
