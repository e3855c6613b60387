"""What a model's file tells without loading it: whether it can be a model at all, and how much memory it will want."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from llamachat.base.text import one_line
from llamachat_daemon.engine.gguf_header import BrokenFile, Header, read_header

KV_BYTES: Final = 2
"""Bytes of one number in the caches of keys and values (16 bits)."""


class ModelFileError(Exception):
    """The file is not a model that can be loaded; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """`size` is bytes; `context` the tokens that the model was trained for; `kv_bytes` what the keys and values of one
    token take. None where the file does not tell."""

    architecture: str
    size: int
    context: int | None
    kv_bytes: int | None


def read_model(path: Path) -> ModelSummary:
    """The summary of a GGUF file.

    Raises:
        ModelFileError: it is missing, unreadable, damaged or something else.
    """
    try:
        header = read_header(path)
    except BrokenFile as error:
        raise ModelFileError(f"The model file {path} {error}.") from error
    architecture = one_line(header.architecture) or "unknown"
    return ModelSummary(architecture, header.file_size, _number(header, "context_length"), _kv_bytes(header))


def _kv_bytes(header: Header) -> int | None:
    layers, width, heads = (
        _number(header, name) for name in ("block_count", "embedding_length", "attention.head_count")
    )
    if not layers or not width or not heads:
        return None
    kv_heads = _number(header, "attention.head_count_kv") or heads
    key = _number(header, "attention.key_length") or width // heads
    value = _number(header, "attention.value_length") or width // heads
    return layers * kv_heads * (key + value) * KV_BYTES


def _number(header: Header, name: str) -> int | None:
    return header.number(f"{header.architecture}.{name}")
