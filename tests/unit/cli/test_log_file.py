from __future__ import annotations

import logging
import stat
from pathlib import Path

import pytest

from llamachat.cli.log_file import kept


def test_warnings_go_to_a_private_file_and_nothing_is_made_without_any(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with kept(tmp_path / "state"):
        logging.getLogger("llamachat.fleet").info("hello")
    assert not (tmp_path / "state").exists()
    with kept(tmp_path / "state"):
        logging.getLogger("llamachat.fleet").warning("lost")
    log = tmp_path / "state" / "llamachat.log"
    assert log.read_text().endswith("WARNING llamachat.fleet: lost\n")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert capsys.readouterr() == ("", "")


def test_a_log_that_cannot_be_written_disturbs_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    with kept(tmp_path / "file" / "state"):
        logging.getLogger("llamachat.fleet").warning("lost")
    assert capsys.readouterr() == ("", "")
