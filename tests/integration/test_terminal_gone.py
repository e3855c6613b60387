"""The screen ends when it is told to from outside, and when its terminal is gone; what was typed is kept."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from llamachat.store import Store
from llamachat.tui.terminal_gone import Forgiving, is_gone
from tests.integration.daemons import eventually
from tests.integration.programs import Home, Terminal, ending

ARGUMENTS = ("--node", "ws://127.0.0.1:1/chat")
TERMINAL = {"TERM": "xterm-256color"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def draft(home: Home) -> str:
    with Store.open(home.data_dir / "history.db") as store:
        return store.get_draft("new")


async def seen_at_once(terminal: Terminal) -> None:
    """Types a single character, which no two frames can share as they can a word."""
    assert "#" not in terminal.screen
    terminal.type("#")
    await terminal.until("#")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_ends_it_in_order(home: Home, number: signal.Signals) -> None:
    async with home.at_terminal(*ARGUMENTS, env=TERMINAL) as (process, terminal):
        await terminal.until("F1 keys")
        terminal.type("halfway")
        await asyncio.to_thread(eventually, lambda: bool(draft(home)))
        await seen_at_once(terminal)
        process.send_signal(number)
        await terminal.to_the_end()
        assert await ending(process) == 128 + number
    assert terminal.screen.rstrip().endswith("\x1b[?25h") or "\x1b[?1049l" in terminal.screen
    assert draft(home) == "halfway#"


async def test_a_terminal_that_hangs_up_without_a_signal_ends_it(home: Home) -> None:
    async with home.at_terminal(*ARGUMENTS, env=TERMINAL) as (process, terminal):
        await terminal.until("F1 keys")
        terminal.type("halfway")
        await seen_at_once(terminal)
        terminal.hang_up()
        assert await ending(process) == 128 + signal.SIGHUP
    assert draft(home) == "halfway#"


def test_a_terminal_is_there_until_its_other_end_is_closed() -> None:
    master, slave = pty.openpty()
    driver = SimpleNamespace(fileno=slave)
    assert not is_gone(driver)
    os.close(master)
    assert is_gone(driver)
    os.close(slave)
    assert not is_gone(SimpleNamespace())


def test_what_a_terminal_does_not_take_any_more_is_dropped() -> None:
    master, slave = pty.openpty()
    file = Forgiving(os.fdopen(slave, "w"))
    file.write("one")
    file.flush()
    assert os.read(master, 10) == b"one"
    os.close(master)
    file.write("two")
    file.flush()
    assert file.fileno() == slave
