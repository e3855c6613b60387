"""TOML files as values with lines, and everything that can be wrong with a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamachat.base.problems import ConfigError, Problem
from llamachat.base.toml_documents import dotted, parse_document, read_text

FILE = Path("settings.toml")


def problem_of(text: str) -> Problem:
    with pytest.raises(ConfigError) as caught:
        parse_document(text, FILE)
    [problem] = caught.value.problems
    assert (problem.file, problem.key) == (FILE, "the file")
    return problem


def test_an_absent_key_has_the_line_of_what_is_around_it() -> None:
    document = parse_document("[table]\nkey = 1\n[[array]]\n[[array]]\nname = 2")
    assert document.values == {"table": {"key": 1}, "array": [{}, {"name": 2}]}
    assert document.line(("table", "key")) == 2
    assert document.line(("table", "absent", "deeper")) == 1
    assert document.line(("array", 1, "absent")) == 4
    assert document.line(("absent",)) is None


@pytest.mark.parametrize(
    ("text", "line"),
    [("port = 1\nport = 2", 2), ("\n\nport = ", 3), ("[a\n", 1), ('x = "abc', 1), ("a = 1\nb = [\n\n", 2)],
)
def test_what_is_not_toml_is_told_with_its_line(text: str, line: int) -> None:
    problem = problem_of(text)
    assert problem.line == line
    assert "line" not in problem.found  # it is said once, in front


@pytest.mark.parametrize(("text", "word"), [("a = " + "[" * 5000, "deep"), ("a = " + "1" * 5000, "digits")])
def test_what_python_cannot_hold_is_a_problem_too(text: str, word: str) -> None:
    assert word in problem_of(text).found


def test_a_missing_file_is_empty_unless_it_must_exist(tmp_path: Path) -> None:
    assert read_text(tmp_path / "none", required=False) == ""
    with pytest.raises(ConfigError, match="none: the file: found no such file"):
        read_text(tmp_path / "none", required=True)


@pytest.mark.parametrize("required", [True, False])
def test_a_file_that_is_not_readable_text_is_a_problem(tmp_path: Path, required: bool) -> None:
    (tmp_path / "bytes").write_bytes(b'name = "a"\nhost = "\xff"\n')
    with pytest.raises(ConfigError, match="bytes:2: the file: found bytes that are not UTF-8"):
        read_text(tmp_path / "bytes", required=required)
    with pytest.raises(ConfigError, match="found Is a directory; allowed: a file that you may read"):
        read_text(tmp_path, required=required)


def test_line_ends_are_read_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a = 1\r\nb = 2\n")
    assert read_text(tmp_path / "file", required=True) == "a = 1\r\nb = 2\n"


def test_paths_are_written_with_dots_and_places_in_brackets() -> None:
    assert dotted(("nodes", 0, "url")) == "nodes[0].url"
    assert dotted((".x", "y")) == ".x.y"
