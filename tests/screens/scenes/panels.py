"""What stands around the conversation and over it: what waits, menus, the live panel, the searches, the dialogs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
from textual.command import CommandPalette
from textual.events import Paste
from textual.pilot import Pilot

from llamachat.fleet.events import Delta, Failed, Prefilling, Queued, Rerouted, Routed
from llamachat.fleet.recording import add_question
from llamachat.protocol import ChatMessage, Cost, Seam
from llamachat.store import Store, StoreThread
from llamachat.tui.screens.choosing import ChoiceScreen
from llamachat.tui.screens.editing import EditScreen
from llamachat.tui.screens.help import HelpScreen
from llamachat.tui.screens.jump import JumpScreen
from llamachat.tui.screens.saving import SaveScreen
from llamachat.tui.screens.searching import SearchScreen
from llamachat.tui.widgets.message_view import MessageView
from tests.screens.samples import ALL_LOST, CODE, SEVERAL_MODELS
from tests.screens.scenes.chat import ANSWER, QUESTION
from tests.screens.scenes.history import filled
from tests.screens.scenes.scene import Scene, Steps, pressing, still
from tests.screens.scripted import NOON, ScriptedApp, answer, finished, shows, typed, until

WHY: Final = "the quickest: 0.0 s to a first token, 380 tokens warm"
ROUTED: Final = Routed("llama-01", "llama3-8b", WHY, 40.0)
HALF: Final = Delta("llama-01", "llama3-8b", 0, "Because blue light is scattered", 6)
RUNNING: Final = (ROUTED, HALF, None)
BROKEN: Final = (ROUTED, None, Failed("model_failed", "The model broke."))
COST: Final = Cost(0.0004, "EUR")
DEAR: Final = finished("Because blue light is scattered", cost=COST)
FAILOVER: Final = (
    ROUTED,
    Prefilling("llama-01", 21, 21, 4),
    Delta("llama-01", "llama3-8b", 0, ANSWER[:150], 40),
    Rerouted("llama-01", "llama-02", 150, "lost"),
    Routed("llama-02", "llama3-8b", "the only node that can answer: 0.1 s to a first token", 90.0),
    Delta("llama-02", "llama3-8b", 150, ANSWER[150:], 30),
    finished(ANSWER, "llama-02", cost=COST, seams=(Seam("llama-02", 150),)),
)
SKY: Final = "Why is the sky blue?"
WAIT: Final = (SKY, "And the sea?", "And what about the sunset, why is it red?")
FOUND: Final = {
    SKY: "Because **blue** light is scattered most, says Rayleigh.",
    "Blue whales": "The blue whale is the largest animal; it eats krill. 鯨は大きい。",
}


def asked(*keys: str, **waits: Any) -> Steps:
    """Presses keys after a first question."""
    return pressing(*keys, asked=(SKY,), **waits)


def waiting(*keys: str, **waits: Any) -> Steps:
    """Presses keys while two questions wait."""
    return pressing(*keys, asked=WAIT, **waits)


async def dropped_all(pilot: Pilot[Any]) -> None:
    """The last waiting question was dropped while the list is open."""
    await pressing("f7", "d", asked=WAIT[:2], until_shown="Nothing waits any more.")(pilot)
    pilot.app.clear_notifications()


async def held_after_failure(pilot: Pilot[Any]) -> None:
    """Questions wait behind an answer that failed."""
    await waiting(until_shown="2 waiting")(pilot)
    assert isinstance(pilot.app, ScriptedApp)
    pilot.app.fleet.go_on()
    await shows(pilot, "✖ The model broke.")
    await pressing("f7", until_shown="the answer before it failed")(pilot)


async def branched(pilot: Pilot[Any]) -> None:
    """An answer was given again; the first one is shown."""
    await asked("alt+up", "r", until_shown="/2 ›")(pilot)
    views = list(pilot.app.screen.query(MessageView))
    await pilot.press("alt+up", *(["left"] if views[-1].branch == (2, 2) else []))
    await shows(pilot, "‹ 1/2 ›")
    await until(pilot, lambda: isinstance(pilot.app.focused, MessageView))


async def folded(pilot: Pilot[Any]) -> None:
    """A long paste."""
    await typed(pilot, "Explain this: ")
    pilot.app.post_message(Paste("\n".join(f"line {number}" for number in range(120))))
    await shows(pilot, "[pasted 120 lines")


async def saving(pilot: Pilot[Any]) -> None:
    """The name of a file for a code block is asked for."""
    await asked("alt+up", "s", screen=ChoiceScreen)(pilot)
    await pressing("1", screen=SaveScreen)(pilot)


async def over_a_file(pilot: Pilot[Any]) -> None:
    """There is a file of that name."""
    await saving(pilot)
    await pressing("end", "ctrl+u", " /dev/null", "enter", until_shown="That file exists.")(pilot)


async def searchable(path: Path, patch: pytest.MonkeyPatch) -> None:
    """A history with two conversations."""

    def fill(store: Store) -> None:
        for title, text in FOUND.items():
            chat = store.create_chat()
            question = add_question(store, chat, title, NOON - 500)
            given = ChatMessage(
                id=f"{chat}-a", parent_id=question.id, role="assistant", content=text, created_at=NOON - 400,
                finish_reason="stop",
            )  # fmt: skip
            store.add_message(given, chat)

    async with StoreThread(path / "history.db") as thread:
        await thread.run(fill)


async def palette(pilot: Pilot[Any]) -> None:
    """Every action by its name."""
    await pressing("ctrl+p", screen=CommandPalette)(pilot)
    await shows(pilot, "Ask the last question again")
    await still(pilot)


CODE_GIVEN: Final = (answer(CODE),)
SCREENS: Final = {
    "live": Scene(
        scripts=(FAILOVER,), steps=pressing("f6", asked=(QUESTION,), until_shown="1 answer, 9 out"), prepare=filled
    ),
    "waiting-list": Scene(scripts=(RUNNING,), steps=waiting("f7", "down", until_shown="after the running")),
    "menu-of-an-answer": Scene(scripts=CODE_GIVEN, steps=asked("alt+up", "enter", screen=ChoiceScreen)),
    "question-edited": Scene(scripts=CODE_GIVEN, steps=asked("alt+up", "alt+up", "e", screen=EditScreen)),
    "models": Scene(nodes=SEVERAL_MODELS, steps=pressing("ctrl+t", screen=ChoiceScreen)),
    "save-code": Scene(scripts=CODE_GIVEN, steps=saving),
    "find": Scene(scripts=CODE_GIVEN, steps=asked("f8", " os", "enter", until_shown="1 of 1")),
    "search": Scene(prepare=searchable, steps=pressing("f9", " blue", until_shown="found")),
    "help": Scene(steps=pressing("f1", screen=HelpScreen)),
    "palette": Scene(steps=palette),
    "jump": Scene(scripts=CODE_GIVEN, steps=asked("ctrl+o", screen=JumpScreen), fresh=True),
}
STATES: Final = {
    "live-empty": Scene(steps=pressing("f6", until_shown="No answer yet since")),
    "live-answered": Scene(scripts=((ROUTED, HALF, DEAR),), steps=asked("f6", until_shown="1 answer, 9 out")),
    "waiting": Scene(scripts=(RUNNING,), steps=waiting(until_shown="2 waiting")),
    "waiting-in-a-queue": Scene(
        scripts=((ROUTED, Queued("llama-01", 2, 5, 4000.0), None),), steps=waiting("f7", until_shown="queued 2 of 5")
    ),
    "waiting-offline": Scene(nodes=ALL_LOST, steps=waiting("f7", until_shown="no node, next try in 4 s")),
    "waiting-after-a-failure": Scene(scripts=(BROKEN,), steps=held_after_failure),
    "waiting-edited": Scene(scripts=(RUNNING,), steps=waiting("f7", "e", screen=EditScreen)),
    "waiting-all-dropped": Scene(scripts=(RUNNING,), steps=dropped_all),
    "menu-of-a-question": Scene(scripts=CODE_GIVEN, steps=asked("alt+up", "alt+up", "enter", screen=ChoiceScreen)),
    "answer-again-by": Scene(nodes=SEVERAL_MODELS, scripts=CODE_GIVEN, steps=asked("alt+up", "R", screen=ChoiceScreen)),
    "branch": Scene(scripts=(answer("One."), answer("One.")), steps=branched),
    "raw": Scene(scripts=(answer("# One\n\n**bold** `code`"),), steps=asked("alt+up", "w", until_shown="**bold**")),
    "save-code-over-a-file": Scene(scripts=CODE_GIVEN, steps=over_a_file),
    "find-nothing": Scene(scripts=CODE_GIVEN, steps=asked("f8", " zebra", until_shown="not in this conversation")),
    "search-empty": Scene(steps=pressing("f9", screen=SearchScreen)),
    "search-nothing": Scene(prepare=searchable, steps=pressing("f9", " zebra", until_shown="Use fewer words")),
    "search-wrong": Scene(steps=pressing("f9", " role:nobody x", until_shown="is no role")),
    "models-offline": Scene(nodes=ALL_LOST, steps=pressing("ctrl+t", screen=ChoiceScreen)),
    "model-chosen": Scene(nodes=SEVERAL_MODELS, steps=pressing("ctrl+t", "end", "enter", until_shown="▾")),
    "pasted": Scene(steps=folded),
}
