"""A whole visit in a real tmux: python -m tests.terminal [--size 80x24 ...] [--bare] [--keep DIRECTORY]

The program runs in a pane, over daemons with the bundled model; keys are typed, and each step waits for the screen to
show what it should. Screens (text) and recordings (asciinema) stay in the directory. Exit status 1 when a step failed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.terminal import report
from tests.terminal.playing import Played, play
from tests.terminal.tmux import missing
from tests.terminal.visit import Terminal

SIZES: Final = ("60x20", "80x24", "160x45")


def main(arguments: list[str]) -> int:
    """Plays at every terminal and prints the table."""
    options = _options(arguments)
    if reason := missing():
        print(f"Not played: {reason}.")
        return 1
    keep: Path = options.keep or Path(tempfile.mkdtemp(prefix="llamachat-terminal-"))
    played: list[Played] = []
    for columns, rows in options.size or map(_size, SIZES):
        played += asyncio.run(play(Terminal(columns, rows, bare=options.bare), keep, _tell))
    print(f"\n{report.table(played)}\n\nScreens and recordings are in {keep}")
    return 1 if any(one.wrong for one in played) else 0


def _tell(one: Played) -> None:
    print(report.failure(one) if one.wrong else f"{one.terminal}: {one.step}, {one.seconds:.1f} s", flush=True)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.terminal", description=__doc__)
    parser.add_argument("--size", type=_size, nargs="+", metavar="COLUMNSxROWS", help=f"[{' '.join(SIZES)}]")
    parser.add_argument(
        "--bare", action="store_true", help="with sixteen colours, NO_COLOR, and a line of 64 kbit/s to the terminal"
    )
    parser.add_argument("--keep", type=Path, metavar="DIRECTORY", help="for what was seen [a new one]")
    return parser.parse_args(arguments)


def _size(text: str) -> tuple[int, int]:
    columns, rows = text.split("x")
    return int(columns), int(rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
