"""A demo that is given up before or while it starts; what it is like when it runs is in tests/integration."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from llamachat.config import Settings
from llamachat.config.places import Places
from llamachat.demo import running
from llamachat.demo.running import Demo
from llamachat.demo.trouble import DemoError


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return Places(tmp_path / "config.toml", config_named=False, data_dir=tmp_path / "data", state_dir=tmp_path)


def nothing(sentence: str) -> None:
    """Tells nobody."""


def test_what_is_not_installed_is_said_with_the_command_that_installs_it(
    places: Places, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(running, "is_installed", lambda: False)
    with Demo() as demo, pytest.raises(DemoError, match=r"pip install 'llamachat\[daemon\]'"):
        demo.start(1, Settings(), places, nothing)


def test_a_demo_that_was_given_up_starts_no_more_and_leaves_no_file(places: Places, tmp_path: Path):
    with Demo() as demo:
        demo.give_up()
        with pytest.raises(DemoError, match="given up"):
            demo.start(1, Settings(), places, nothing)
    assert list(tmp_path.iterdir()) == []


def test_a_demo_is_given_up_while_it_starts(places: Places, tmp_path: Path):
    told = threading.Event()
    with Demo() as demo:
        errors: list[str] = []

        def start(tell: Callable[[str], None]) -> None:
            try:
                demo.start(2, Settings(), places, tell)
            except DemoError as error:
                errors.append(str(error))

        starting = threading.Thread(target=start, args=(lambda _sentence: told.set(),))
        starting.start()
        assert told.wait(60)
        with pytest.raises(DemoError, match="already"):
            demo.start(1, Settings(), places, nothing)
        demo.give_up()
        starting.join(60)
        assert len(errors) == 1
        assert list(tmp_path.glob("llamachat-demo-*")) == []
