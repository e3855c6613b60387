from __future__ import annotations

import shlex
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llamachat.documents.limits import DocumentLimits
from llamachat.documents.pasting import dropped_paths, path_of


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    names = ["plain.txt", "two words.pdf", "it's.md", "ünï.txt", "back\\slash.txt", '"quoted".txt']
    made = [tmp_path / name for name in names]
    for file in made:
        file.write_text("x")
    return made


def test_every_way_in_which_terminals_paste_a_dropped_file_is_understood(files: list[Path]) -> None:
    for file in files:
        escaped = "".join(c if c.isalnum() or c in "/._-" else f"\\{c}" for c in str(file))
        for pasted in (str(file), shlex.quote(str(file)), f"file://{quote(str(file))}", escaped):
            assert dropped_paths(pasted) == (file,), pasted
            assert dropped_paths(f" {pasted}\n") == (file,), pasted
            assert path_of(pasted) == file, pasted
    assert dropped_paths(f"file://localhost{quote(str(files[1]))}") == (files[1],)


def test_several_files_on_lines_or_side_by_side_are_all_taken(files: list[Path]) -> None:
    assert dropped_paths("\n".join(map(str, files))) == tuple(files)
    assert dropped_paths("\r\n".join(f"file://{quote(str(file))}" for file in files)) == tuple(files)
    assert dropped_paths(" ".join(shlex.quote(str(file)) for file in files)) == tuple(files)


def test_words_are_words(files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for text in (
        "plain.txt",
        f"look at {files[0]}",
        f"{files[0]} please",
        f"{tmp_path}/none.txt",
        str(tmp_path),
        "/",
        "~nobody-has-this-name/x",
        "file://elsewhere" + str(files[0]),
        "file:///%00",
        "/nul\0byte",
        "'/open quote",
        "",
        " \n ",
    ):
        assert dropped_paths(text) == (), text


def test_long_pastes_and_many_paths_are_not_looked_up(files: list[Path]) -> None:
    assert dropped_paths(str(files[0]) + "\n" * 3 + str(files[0]), DocumentLimits(pasted_paths=1)) == ()
    assert dropped_paths(str(files[0]), DocumentLimits(pasted_characters=5)) == ()


def test_a_typed_path_may_be_relative_or_begin_at_home(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert path_of("plain.txt") == Path("plain.txt")
    assert path_of("two words.pdf") == Path("two words.pdf")
    assert path_of("'two words.pdf'") == Path("two words.pdf")
    assert path_of("~/plain.txt") == files[0]
    assert path_of("none.txt") == Path("none.txt")
    assert path_of("  ") is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=80))
def test_any_text_is_paths_or_not_without_an_error(text: str) -> None:
    for paste in (text, f"/{text}", f"file:///{text}", f"~{text}"):
        assert all(path.is_file() for path in dropped_paths(paste))
        path_of(paste)
