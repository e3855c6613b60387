"""Sentences that name a key name the one that the person has given the action."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot

from llamachat.config import Settings
from llamachat.config.schema import ChatSettings
from llamachat.fleet import NodeSnapshot
from llamachat.fleet.events import Failed, TurnEvent
from llamachat.tui.actions import PLACES
from llamachat.tui.keymap import with_keys
from tests.screens.samples import ALL_LOST, LOST, ROUTED, THREE, WAITING
from tests.screens.scripted import TWO_NODES, ScriptedApp, ScriptedFleet, ask, lines, shows

OWN = {
    "chat.stop": ("f10",), "chat.retry": ("f11",), "chat.history": ("f12",), "chat.outbox": ("ctrl+b",),
    "chat.previous": ("ctrl+up",), "nodes.reconnect": ("ctrl+y",), "composer.newline": ("f20",), "app.help": ("f19",),
    "node.open": ("o",), "node.reconnect": ("y",), "detail.reconnect": ("y",), "detail.load": ("f13",),
    "detail.unload": ("f14",), "detail.search": ("f15",), "outbox.edit": ("b",),
}  # fmt: skip
BROKEN = (ROUTED, Failed("model_failed", "It broke."))

CASES: dict[str, tuple[Sequence[NodeSnapshot], Sequence[TurnEvent | None], Sequence[str], Sequence[str]]] = {
    "an empty chat": (TWO_NODES, (), (), ("F20 begins a new line, F19 shows all keys.",)),
    "a failed answer": (TWO_NODES, BROKEN, ("ask",), ("F11 asks again",)),
    "a lost connection": (ALL_LOST, (), (), ("Ctrl+Y: now",)),
    "no model to choose": (ALL_LOST, (), ("ctrl+t",), ("Ctrl+Y tries all lost",)),
    "a waiting question": (ALL_LOST, (), ("ask",), ("Ctrl+B opens the list below",)),
    "a waiting question that is edited": (ALL_LOST, (), ("ask", "ctrl+b", "b"), ("F20 begins",)),
    "a question behind an answer": (TWO_NODES, WAITING, ("ask", "ask", "ctrl+b", "s"), ("F10 stops",)),
    "the help": (TWO_NODES, (), ("f19",), ("A message (Ctrl+↑ and", "The history (F12)", "questions (Ctrl+B)")),
    "a lost node": ((LOST,), (), ("f3",), ("retry in 12 s (y: now)",)),
    "what was found": ((THREE[0],), (), ("f3",), ("o open",)),
    "the models of a node": (THREE, (), ("f3", "o", "2"), ("F13: load · F14: unload",)),
    "the log of a node": (THREE, (), ("f3", "o", "3"), ("F15 search",)),
}


@pytest.mark.parametrize("case", CASES)
async def test_a_sentence_names_the_persons_own_key(tmp_path: Path, case: str):
    nodes, script, steps, expected = CASES[case]
    settings = Settings(chat=ChatSettings(titles="words"), keys=OWN)
    app = ScriptedApp(ScriptedFleet(nodes, script), tmp_path, settings=settings)
    async with app.run_test(size=(220, 120), notifications=True) as pilot:
        await pilot.pause()
        for step in steps:
            await take(pilot, step)
        for words in expected:
            await shows(pilot, words)
        text = "\n".join(lines(app))
        assert not any(old in text for old in ("Ctrl+L", "Ctrl+R", "Ctrl+J", "F7", "(r: now)", "F5"))


async def take(pilot: Pilot[int], step: str) -> None:
    if step == "ask":
        await ask(pilot, "Hello")
    else:
        await pilot.press(step)
        await pilot.pause()


def test_every_heading_of_the_help_names_actions_that_exist():
    assert not any("{" in with_keys(place.heading, {}) for place in PLACES)


def test_what_is_no_action_stays_as_it_is():
    assert with_keys("Saved as {my.file}, {chat.stop} stops.", {}) == "Saved as {my.file}, Esc stops."
