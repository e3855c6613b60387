"""Model files at a glance: what they are, and why one cannot be used."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from llamachat_daemon.config import guide_file
from llamachat_daemon.model_files import ModelFileError, summarise


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def gguf(**numbers: int) -> bytes:
    """A GGUF of these metadata entries and no weights."""
    entries = [text("general.architecture") + struct.pack("<I", 8) + text("llama")]
    entries += [text("llama." + name.replace("__", ".")) + struct.pack("<II", 4, n) for name, n in numbers.items()]
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries)) + b"".join(entries) + bytes(64)


def test_the_head_tells_architecture_size_and_context(tmp_path: Path):
    path = tmp_path / "a.gguf"
    path.write_bytes(gguf(context_length=512))
    model = summarise(path)
    assert (model.architecture, model.size, model.context) == ("llama", path.stat().st_size, 512)
    path.write_bytes(gguf())
    assert summarise(path).context is None


def test_a_split_model_is_as_large_as_all_its_files(tmp_path: Path):
    for number in (1, 2):
        (tmp_path / f"a-0000{number}-of-00002.gguf").write_bytes(gguf(context_length=512))
    assert summarise(tmp_path / "a-00001-of-00002.gguf").size == 2 * len(gguf(context_length=512))


def test_the_bundled_model_is_a_sound_one():
    model = summarise(guide_file().path)
    assert model.architecture == "llama"
    assert model.context


@pytest.mark.parametrize(
    ("data", "why"), [(None, "does not exist"), (b"", "too short"), (b"<!DOCTYPE html>" * 9, "is not a GGUF file")]
)
def test_a_file_that_is_no_model_is_named_with_the_reason(tmp_path: Path, data: bytes | None, why: str):
    path = tmp_path / "a.gguf"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ModelFileError, match=rf"The model file {path} .*{why}"):
        summarise(path)
