"""Model files at a glance: what they are, what they will want, and why one cannot be used."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from llamachat_daemon.config import guide_file
from llamachat_daemon.model_files import ModelFileError, read_model


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def gguf(**numbers: int) -> bytes:
    """A GGUF of these metadata entries and no weights."""
    entries = [text("general.architecture") + struct.pack("<I", 8) + text("llama")]
    entries += [text("llama." + name.replace("__", ".")) + struct.pack("<II", 4, n) for name, n in numbers.items()]
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries)) + b"".join(entries) + bytes(64)


def test_a_token_costs_layers_times_heads_times_their_widths(tmp_path: Path):
    path = tmp_path / "a.gguf"
    shape = {"block_count": 2, "embedding_length": 64, "attention__head_count": 4, "context_length": 512}
    path.write_bytes(gguf(**shape))
    model = read_model(path)
    assert (model.architecture, model.context, model.kv_bytes) == ("llama", 512, 2 * 4 * (16 + 16) * 2)
    path.write_bytes(gguf(**shape, attention__head_count_kv=1, attention__key_length=8, attention__value_length=24))
    assert read_model(path).kv_bytes == 2 * 1 * (8 + 24) * 2
    assert read_model(path).size == path.stat().st_size


def test_what_a_file_does_not_tell_is_none(tmp_path: Path):
    path = tmp_path / "a.gguf"
    path.write_bytes(gguf())
    assert (read_model(path).context, read_model(path).kv_bytes) == (None, None)


def test_the_bundled_model_is_a_sound_one():
    model = read_model(guide_file().path)
    assert model.architecture == "llama"
    assert model.context
    assert model.kv_bytes


@pytest.mark.parametrize(
    ("data", "why"), [(None, "does not exist"), (b"", "too short"), (b"<!DOCTYPE html>" * 9, "is not a GGUF file")]
)
def test_a_file_that_is_no_model_is_named_with_the_reason(tmp_path: Path, data: bytes | None, why: str):
    path = tmp_path / "a.gguf"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ModelFileError, match=rf"The model file {path} .*{why}"):
        read_model(path)
