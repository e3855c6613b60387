"""The visit in a tmux of 80 by 24 cells, and what it is measured with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terminal import report
from tests.terminal.playing import colors_in, play
from tests.terminal.steps import STEPS
from tests.terminal.tmux import flat, missing
from tests.terminal.visit import Terminal


@pytest.mark.skipif(missing() != "", reason=missing())
async def test_a_whole_visit_in_tmux_goes_as_it_should(tmp_path: Path) -> None:
    played = await play(Terminal(80, 24), tmp_path, lambda _one: None)
    assert [report.failure(one) for one in played if one.wrong] == []
    assert [one.step for one in played] == list(STEPS)


@pytest.mark.parametrize(
    ("written", "colors"),
    [
        ("\x1b[0mplain \x1b[1;7mbold and reversed\x1b[39;49mown colours", set()),
        ("\x1b[1;31mred\x1b[0m", {"31"}),
        ("\x1b[1;38;5;4;7mfour\x1b[48;2;1;2;3mthree numbers", {"38;5;4", "48;2;1;2;3"}),
        ("\x1b[100mbright", {"100"}),
    ],
)
def test_the_colours_that_were_asked_for_are_found(written: str, colors: set[str]) -> None:
    assert colors_in(written) == colors


def test_words_are_found_wherever_their_lines_are_broken() -> None:
    assert "What does the config file look like?" in flat("│ What does the config   │\n│  file look like?       │")
