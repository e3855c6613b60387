"""The demo, started from the screen of somebody who has no node yet."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from tests.integration.daemons import eventually
from tests.integration.programs import Home, Terminal, ending
from tests.integration.test_demo import answered, leftovers, processes_of

TERMINAL = {"TERM": "xterm-256color"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


async def started(terminal: Terminal) -> None:
    """Presses the letter of the demo, once the ways to begin can be seen."""
    await terminal.until("Start the demo")
    terminal.type("d")


async def test_the_demo_of_the_first_run_answers_and_ends_with_the_program(home: Home) -> None:
    async with home.at_terminal(env=TERMINAL) as (process, terminal):
        await started(terminal)
        await terminal.until("built-in guide")
        terminal.type("What is llamachat?\r")
        await asyncio.to_thread(eventually, lambda: "assistant" in answered(home))
        terminal.type("\x11")
        await terminal.to_the_end()
        assert await ending(process) == 0
    assert leftovers(home) == []
    assert processes_of(home) == []


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
async def test_a_program_that_is_ended_while_its_demo_starts_leaves_nothing(
    home: Home, number: signal.Signals, status: int
) -> None:
    async with home.at_terminal(env=TERMINAL) as (process, terminal):
        await started(terminal)
        await asyncio.to_thread(eventually, lambda: bool(processes_of(home)))
        process.send_signal(number)
        await terminal.to_the_end()
        assert await ending(process) == status
    assert leftovers(home) == []
    assert processes_of(home) == []


async def test_a_program_that_is_left_while_its_demo_starts_leaves_nothing(home: Home) -> None:
    async with home.at_terminal(env=TERMINAL) as (process, terminal):
        await started(terminal)
        await asyncio.to_thread(eventually, lambda: bool(processes_of(home)))
        terminal.type("\x11")
        await terminal.to_the_end()
        assert await ending(process) == 0
    assert leftovers(home) == []
    assert processes_of(home) == []
