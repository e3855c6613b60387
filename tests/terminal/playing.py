"""Plays the steps at one terminal, and keeps what was seen."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.terminal.steps import STEPS
from tests.terminal.tmux import framed
from tests.terminal.visit import Terminal, Visit, visit

_SGR: Final = re.compile(r"\x1b\[([0-9;:]*)m")


@dataclass(frozen=True)
class Played:
    """One step as it went.

    Attributes:
        sent: bytes that the program sent to the terminal in it.
        wrong: what was not as it should be, with the screen; empty when all was.
    """

    terminal: Terminal
    step: str
    seconds: float
    sent: int
    wrong: str


async def play(terminal: Terminal, kept: Path, tell: Callable[[Played], None]) -> list[Played]:
    """Plays all steps until one fails; screens and recordings go into the directory `kept`."""
    await asyncio.to_thread(kept.mkdir, parents=True, exist_ok=True)
    played: list[Played] = []
    async with visit(terminal, kept) as here:
        for number, name in enumerate(STEPS, start=1):
            played.append(await _play(here, number, name))
            tell(played[-1])
            if played[-1].wrong:
                break
    return played


async def _play(here: Visit, number: int, name: str) -> Played:
    before, began = len(here.written().encode()), time.monotonic()
    wrong = ""
    try:
        await STEPS[name](here)
    except AssertionError as problem:
        wrong = str(problem)
    seconds = time.monotonic() - began
    screen = await here.tmux.settled()
    written = here.written()
    if here.terminal.bare and not wrong and (colors := sorted(colors_in(written))):
        wrong = f"With NO_COLOR it sent the colours {', '.join(colors)}."
    file = here.kept / f"{str(here.terminal).replace(' ', '-')}-{number:02}-{re.sub(r'[^a-z]+', '-', name.lower())}.txt"
    file.write_text(f"{framed(screen, here.terminal.columns)}\n")
    file.with_suffix(".ansi").write_text(here.tmux.screen(styled=True))
    return Played(here.terminal, name, seconds, len(written.encode()) - before, wrong)


def colors_in(written: str) -> set[str]:
    """The colours that were asked for, as in `38;5;4`; bold, reverse and the terminal's own two are none."""
    found: set[str] = set()
    for sequence in _SGR.findall(written):
        codes = [int(code or 0) for code in re.split("[;:]", sequence)]
        while codes:
            code = codes.pop(0)
            if code in (38, 48, 58):
                parts = [str(code), *(str(codes.pop(0)) for _ in range({5: 2, 2: 4}.get(codes[0] if codes else 0, 0)))]
                found.add(";".join(parts))
            elif 30 <= code <= 37 or 40 <= code <= 47 or 90 <= code <= 97 or 100 <= code <= 107:
                found.add(str(code))
    return found
