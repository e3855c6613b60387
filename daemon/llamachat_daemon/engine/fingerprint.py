"""What tells two models apart as far as answers go: equal fingerprints give equal ids for a text and equal logits for
equal ids, so that one can go on from the other's tokens."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from llamachat_daemon.engine.gguf_header import BrokenFile, Header, read_header

SAMPLES: Final = 64
SAMPLE_BYTES: Final = 64 * 1024
"""The weights are hashed in this many places, evenly spread: enough to tell trainings apart, quick for any size."""

_SPLIT_NAME: Final = re.compile(r"(?P<stem>.*)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf")


def split_files(path: Path) -> list[Path]:
    """All files of a model whose first file is `path`; most models have just the one.

    Raises:
        BrokenFile: `path` is a later part.
    """
    match = _SPLIT_NAME.fullmatch(path.name)
    if match is None:
        return [path]
    if int(match["number"]) != 1:
        raise BrokenFile("is a later part of a split model; name the first part (…-00001-of-…)")
    count = int(match["count"])
    return [path.with_name(f"{match['stem']}-{number:05}-of-{count:05}.gguf") for number in range(1, count + 1)]


def fingerprint(files: Sequence[tuple[Path, Header]]) -> str:
    """32 hexadecimal digits over the architecture, the vocabulary, and the weights' sizes, places and samples.

    Names, descriptions and the chat template do not count: they change prompts, not what follows from given ids.

    Raises:
        OSError: a file cannot be read.
    """
    digest = hashlib.sha256()
    for path, header in files:
        architecture = header.architecture + "."
        for key in sorted(header.raw):
            decides = key == "general.architecture" or key.startswith((architecture, "tokenizer.ggml."))
            if decides:
                _add(digest, key.encode(), header.raw[key])
        for tensor in header.tensors:
            _add(digest, tensor.name.encode(), repr((tensor.dimensions, tensor.kind, tensor.offset)).encode())
        length = header.file_size - header.data_offset
        _add(digest, str(length).encode())
        with path.open("rb") as file:
            for number in range(SAMPLES):
                file.seek(header.data_offset + max(0, length - SAMPLE_BYTES) * number // (SAMPLES - 1))
                _add(digest, file.read(SAMPLE_BYTES))
    return digest.hexdigest()[:32]


def read_model(path: Path) -> list[tuple[Path, Header]]:
    """The files of the model at `path` with their heads, checked.

    Raises:
        BrokenFile: one of them is missing or damaged.
    """
    return [(file, read_header(file)) for file in split_files(path)]


def _add(digest: hashlib._Hash, *parts: bytes) -> None:
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
