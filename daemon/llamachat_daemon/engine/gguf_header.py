"""Reads the head of a GGUF file: enough to refuse a broken one before llama.cpp sees it, and to tell models apart.

The format is described at https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3, little-endian).
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MAGIC: Final = b"GGUF"
VERSIONS: Final = (2, 3)
DEFAULT_ALIGNMENT: Final = 32
MAX_ENTRIES: Final = 1_000_000
"""Most metadata entries, and most tensors, that a file is believed to have."""
MAX_DIMENSIONS: Final = 4
MAX_NUMBERS: Final = 4096
"""Longest array of numbers that is kept: some sizes are given layer by layer."""

_SCALARS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9

# Weights per block and bytes per block of the tensor types in common use (ggml's type numbers).
_BLOCKS: Final = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 30: (1, 2),
}  # fmt: skip


class BrokenFile(Exception):
    """The file is no usable GGUF; the text is the rest of a sentence that begins with its name."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor's entry. `size` is its bytes, None for a type that this module does not know."""

    name: str
    dimensions: tuple[int, ...]
    kind: int
    offset: int
    size: int | None


@dataclass(frozen=True, slots=True)
class Header:
    """`values` holds the metadata that are scalars, strings or short arrays of numbers (tuples); `raw` the bytes of
    every entry's value."""

    values: dict[str, object]
    raw: dict[str, bytes]
    tensors: tuple[Tensor, ...]
    data_offset: int
    file_size: int

    def number(self, key: str) -> int | None:
        """An integer of the metadata."""
        value = self.values.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def numbers(self, key: str, count: int) -> tuple[int, ...] | None:
        """An integer given once or for each of `count` layers, as one integer a layer."""
        value = self.values.get(key)
        if isinstance(value, tuple):
            return tuple(map(int, value[:count]))
        single = self.number(key)
        return None if single is None else (single,) * count

    @property
    def architecture(self) -> str:
        """The model's architecture, by which its other keys begin."""
        return str(self.values.get("general.architecture", ""))


def read_header(path: Path) -> Header:
    """Reads and checks the head of `path`.

    Raises:
        BrokenFile: missing, unreadable, not a GGUF, damaged or cut short.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            if size < 24:
                raise BrokenFile("is too short to be a GGUF file")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
                return _Reader(view, size).header()
    except FileNotFoundError as error:
        raise BrokenFile("does not exist") from error
    except IsADirectoryError as error:
        raise BrokenFile("is a directory, not a GGUF file") from error
    except (OSError, ValueError) as error:
        raise BrokenFile(f"cannot be read ({error})") from error


class _Reader:
    def __init__(self, view: mmap.mmap, size: int) -> None:
        self._view = view
        self._size = size
        self._at = 0

    def header(self) -> Header:
        if self._bytes(4) != MAGIC:
            raise BrokenFile("is not a GGUF file")
        version = self._scalar("I")
        if version not in VERSIONS:
            raise BrokenFile(f"has GGUF version {version}; versions 2 and 3 can be read")
        tensor_count, entry_count = self._count(), self._count()
        values: dict[str, object] = {}
        raw: dict[str, bytes] = {}
        for _ in range(entry_count):
            key = self._string()
            kind = self._scalar("I")
            start = self._at
            value = self._value(kind)
            raw[key] = struct.pack("<I", kind) + self._view[start : self._at]
            if value is not None:
                values[key] = value
        tensors = tuple(self._tensor() for _ in range(tensor_count))
        alignment = values.get("general.alignment", DEFAULT_ALIGNMENT)
        if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
            raise BrokenFile("is damaged: its alignment is not a power of two")
        data_offset = -(-self._at // alignment) * alignment
        for tensor in tensors:
            if data_offset + tensor.offset + (tensor.size or 0) > self._size:
                raise BrokenFile("is cut short: it ends before its last weights; download it again")
        return Header(values, raw, tensors, data_offset, self._size)

    def _tensor(self) -> Tensor:
        name = self._string()
        count = self._scalar("I")
        if not 1 <= count <= MAX_DIMENSIONS:
            raise BrokenFile(f"is damaged: the tensor {name[:64]!r} has {count} dimensions")
        dimensions = tuple(self._scalar("Q") for _ in range(count))
        kind, offset = self._scalar("I"), self._scalar("Q")
        size = None
        if kind in _BLOCKS:
            weights, block_bytes = _BLOCKS[kind]
            if dimensions[0] % weights:
                raise BrokenFile(f"is damaged: the rows of the tensor {name[:64]!r} do not fit its type")
            size = block_bytes * (dimensions[0] // weights)
            for dimension in dimensions[1:]:
                size *= dimension
        return Tensor(name, dimensions, kind, offset, size)

    def _value(self, kind: int) -> object:
        """The value of a scalar, a string or a short array of numbers; None for other arrays, which are passed over."""
        if kind in _SCALARS:
            return self._scalar(_SCALARS[kind])
        if kind == _STRING:
            return self._string()
        if kind != _ARRAY:
            raise BrokenFile(f"is damaged: it has a value of unknown type {kind}")
        item = self._scalar("I")
        count = self._scalar("Q")
        if item in _SCALARS:
            form = f"<{count if count <= MAX_NUMBERS else 0}{_SCALARS[item]}"
            data = self._bytes(count * struct.calcsize("<" + _SCALARS[item]))
            return struct.unpack(form, data) if count <= MAX_NUMBERS else None
        if item == _STRING:
            if count > self._size // 8:
                raise BrokenFile("is damaged: an array in it is longer than the file")
            for _ in range(count):
                self._skip(self._scalar("Q"))
            return None
        raise BrokenFile(f"is damaged: it has an array of unknown type {item}")

    def _count(self) -> int:
        count = self._scalar("Q")
        if count > MAX_ENTRIES:
            raise BrokenFile(f"is damaged: it claims {count} entries")
        return count

    def _string(self) -> str:
        return self._bytes(self._scalar("Q")).decode("utf-8", "replace")

    def _scalar(self, code: str) -> int:
        form = "<" + code
        (value,) = struct.unpack(form, self._bytes(struct.calcsize(form)))
        return value  # type: ignore[no-any-return]

    def _bytes(self, count: int) -> bytes:
        start = self._at
        self._skip(count)
        return self._view[start : self._at]

    def _skip(self, count: int) -> None:
        if count > self._size - self._at:
            raise BrokenFile("is cut short or damaged: its head is incomplete; download it again")
        self._at += count
