"""Enter with Ctrl and with Shift, in the form that xterm and newer tmux send them in."""

from __future__ import annotations

from pathlib import Path

from textual._xterm_parser import XTermParser

from llamachat.tui.widgets.composer import Composer
from tests.screens.scripted import TWO_NODES, ScriptedFleet, answer, running, shows, until


async def test_shift_begins_a_line_and_ctrl_sends(tmp_path: Path):
    fleet = ScriptedFleet(TWO_NODES, answer("Hello."))
    async with running(fleet, tmp_path) as pilot:
        composer = pilot.app.screen.query_one(Composer)
        for sent in ("a", "\x1b[27;2;13~", "b"):
            for event in XTermParser().feed(sent):
                pilot.app.post_message(event)
        await until(pilot, lambda: composer.text == "a\nb")
        for event in XTermParser().feed("\x1b[27;5;13~"):
            pilot.app.post_message(event)
        await shows(pilot, "Hello.")
    assert fleet.turns[0].messages[-1].content == "a\nb"
