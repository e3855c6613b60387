"""Atomic private files, and text made safe for a terminal."""

from __future__ import annotations

import os
import stat
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.base.files import write_atomically
from llamachat.base.problems import SHOWN_CHARACTERS, ConfigError, Problem, shown
from llamachat.base.text import one_line, printable


def test_a_new_file_and_its_directories_are_for_the_owner_alone(tmp_path: Path):
    path = tmp_path / "a" / "b" / "tokens.toml"
    write_atomically(path, "secret")
    assert path.read_text() == "secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_replacing_keeps_one_file_and_follows_a_link(tmp_path: Path):
    real = tmp_path / "real.toml"
    real.write_text("old")
    link = tmp_path / "link.toml"
    link.symlink_to(real)
    write_atomically(link, b"new")
    assert real.read_text() == "new"
    assert link.is_symlink()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.toml", "real.toml"]


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "f"
    path.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@given(st.text())
def test_printable_text_holds_no_control_character(text: str):
    assert all(c in "\n\t" or (c.isprintable() or ord(c) >= 0xA0) for c in printable(text))
    assert "\x1b" not in printable(text)
    assert "\n" not in one_line(text)
    assert len(one_line(text, 20)) <= 20


@given(st.text(st.characters(exclude_categories=("Cc", "Cf", "Zl", "Zp"))))
def test_ordinary_text_is_left_alone(text: str):
    assert printable(text) == text


def test_all_problems_are_listed_a_line_each():
    error = ConfigError(
        [
            Problem(Path("config.toml"), 3, "chat.policy", "'quick'", "fastest, priority or sticky"),
            Problem(None, None, "--port", "70000", "0 to 65535"),
        ]
    )
    assert str(error) == (
        "config.toml:3: chat.policy: found 'quick'; allowed: fastest, priority or sticky\n"
        "--port: found 70000; allowed: 0 to 65535"
    )


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("quick", '"quick"'),
        ("two\n\x1b[31mlines", '"two \ufffd[31mlines"'),
        (True, "true"),
        (9.5, "9.5"),
        (date(2026, 1, 2), "2026-01-02"),
        ({"token": "s3cret"}, "a table"),
        ([1, "a", {"token": "s3cret"}, [False]], '[1, "a", a table, [false]]'),
        (("a",), '["a"]'),
    ],
)
def test_a_wrong_value_is_quoted_as_in_toml_on_one_line(value: object, quoted: str):
    assert shown(value) == quoted


def test_a_value_too_large_to_write_is_described_instead():
    assert shown(16**5000) == "a number with many digits"


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("ws://me:s3cret@host/chat", '"ws://…@host/chat"'),
        ("ws://me:s3/c@r et@host", '"ws://…@host"'),
        ("me:s3cret@host", '"…@host"'),
        ("ws://host/chat?token=s3cret", '"ws://host/chat?…"'),
        (["ws://me:s3cret@host"], '["ws://…@host"]'),
    ],
)
def test_a_quoted_url_has_lost_its_credentials_and_its_query(value: object, quoted: str):
    assert shown(value) == quoted


@given(st.text() | st.lists(st.text()) | st.integers() | st.floats())
def test_a_quoted_value_is_short_and_safe_to_print(value: object):
    text = shown(value)
    assert len(text) <= SHOWN_CHARACTERS
    assert printable(text) == text
    assert "\n" not in text
