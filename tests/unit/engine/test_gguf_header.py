from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.random_gguf import SHAPES, write
from llamachat_daemon.engine.engine import CannotLoad, check_memory, kv_bytes_per_token
from llamachat_daemon.engine.fingerprint import fingerprint, read_model, split_files
from llamachat_daemon.engine.gguf_header import BrokenFile, read_header


def changed(source: Path, target: Path, at: int, new: bytes) -> Path:
    data = bytearray(source.read_bytes())
    data[at : at + len(new)] = new
    target.write_bytes(data)
    return target


def mark(path: Path) -> str:
    return fingerprint(read_model(path))


def test_the_head_tells_what_is_in_the_file(tiny: Path) -> None:
    header = read_header(tiny)
    assert header.architecture == "llama"
    assert header.values["general.name"] == "random weights"
    assert header.number("llama.context_length") == 4096
    assert header.number("general.name") is None
    assert len(header.tensors) == 3 + 9 * 3
    last = max(header.tensors, key=lambda tensor: tensor.offset)
    assert header.data_offset + last.offset + (last.size or 0) <= header.file_size
    assert kv_bytes_per_token(header) == 2 * (16 + 16) * 2 * 3


def test_a_file_that_ends_anywhere_too_early_is_refused(tiny: Path, tmp_path: Path) -> None:
    data = tiny.read_bytes()
    path = tmp_path / "cut.gguf"
    for length in [0, 3, 23, 24, 100, 1000, read_header(tiny).data_offset, len(data) // 2, len(data) - 100]:
        path.write_bytes(data[:length])
        with pytest.raises(BrokenFile):
            read_header(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(at=st.integers(0, 20_000), new=st.binary(min_size=1, max_size=8))
def test_damage_is_an_error_or_harmless_and_never_a_crash(tiny: Path, tmp_path: Path, at: int, new: bytes) -> None:
    path = changed(tiny, tmp_path / "damaged.gguf", at, new)
    try:
        read_header(path)
    except BrokenFile as error:
        assert str(error)


@pytest.mark.parametrize("at", [8, 16])
def test_counts_that_no_file_has_are_refused_at_once(tiny: Path, tmp_path: Path, at: int) -> None:
    path = changed(tiny, tmp_path / "counts.gguf", at, struct.pack("<Q", 2**60))
    with pytest.raises(BrokenFile, match="claims"):
        read_header(path)


def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenFile, match="does not exist"):
        read_header(tmp_path / "none.gguf")
    with pytest.raises(BrokenFile, match="directory"):
        read_header(tmp_path)


def test_an_unknown_version_is_refused(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(BrokenFile, match="version 9"):
        read_header(changed(tiny, tmp_path / "new.gguf", 4, struct.pack("<I", 9)))


def test_equal_files_have_equal_fingerprints_wherever_they_lie(tiny: Path, tmp_path: Path) -> None:
    copy = tmp_path / "other name.gguf"
    copy.write_bytes(tiny.read_bytes())
    assert mark(copy) == mark(tiny)
    assert len(mark(tiny)) == 32


def test_other_weights_vocabularies_and_shapes_have_other_fingerprints(tiny: Path, tmp_path: Path) -> None:
    header = read_header(tiny)
    others = [
        write(tmp_path / "seed.gguf", "tiny", seed=2),
        write(tmp_path / "format.gguf", "tiny", file_format="f16"),
        write(tmp_path / "shape.gguf", replace(SHAPES["tiny"], layers=2)),
        changed(tiny, tmp_path / "weight.gguf", header.file_size - 1000, b"\x01\x02\x03"),
        changed(tiny, tmp_path / "token.gguf", tiny.read_bytes().index(b"im_start"), b"im_other"),
    ]
    assert len({mark(path) for path in [tiny, *others]}) == 1 + len(others)


def test_names_and_templates_do_not_count(tiny: Path, tmp_path: Path) -> None:
    data = tiny.read_bytes()
    renamed = changed(tiny, tmp_path / "renamed.gguf", data.index(b"random weights"), b"RANDOM weights")
    other_template = changed(tiny, tmp_path / "template.gguf", data.index(b"for message in"), b"FOR message in")
    assert mark(renamed) == mark(other_template) == mark(tiny)


def test_a_split_model_is_named_by_its_first_part() -> None:
    first = Path("/m/big-00001-of-00003.gguf")
    assert [path.name for path in split_files(first)] == [f"big-0000{n}-of-00003.gguf" for n in (1, 2, 3)]
    assert split_files(Path("/m/one.gguf")) == [Path("/m/one.gguf")]
    with pytest.raises(BrokenFile, match="first part"):
        split_files(Path("/m/big-00002-of-00003.gguf"))


def test_a_cache_that_does_not_fit_into_the_free_memory_is_refused_with_the_figures() -> None:
    check_memory(10**9, 10**9, 1000)
    with pytest.raises(CannotLoad, match=r"1000 tokens takes 2\.0 GB of memory, and 1\.0 GB are free"):
        check_memory(2 * 10**9, 10**9, 1000)


def test_random_models_are_repeatable(tiny: Path, tmp_path: Path) -> None:
    assert write(tmp_path / "again.gguf", "tiny").read_bytes() == tiny.read_bytes()
    assert tiny.stat().st_size < 2_000_000
