"""The parts of the chat as pictures: what waits, the menu of a message, the live panel, the searches, the dialogs.

Look at a picture before accepting it: `make test ARGS="tests/screens --snapshot-update"`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.events import Paste
from textual.pilot import Pilot

from llamachat.fleet import NodeSnapshot
from llamachat.fleet.events import Delta, Failed, Prefilling, Queued, Rerouted, Routed, TurnEvent
from llamachat.fleet.recording import add_question
from llamachat.protocol import ChatMessage, Cost, Seam
from llamachat.store import StoreThread
from llamachat.tui.screens.chat import ChatScreen
from llamachat.tui.screens.choosing import ChoiceScreen
from llamachat.tui.screens.editing import EditScreen
from llamachat.tui.screens.saving import SaveScreen
from llamachat.tui.screens.searching import SearchScreen
from llamachat.tui.widgets.message_view import MessageView
from tests.screens.scripted import (
    NOON,
    TWO_NODES,
    ScriptedApp,
    ScriptedFleet,
    answer,
    ask,
    finished,
    shows,
    snapshot,
    until,
)
from tests.screens.test_chat_messages import CODE, node_with

Steps = Callable[[Pilot[Any]], Awaitable[None]]

WHY = "the quickest: 0.0 s to a first token, 380 tokens warm"
ROUTED = Routed("llama-01", "llama3-8b", WHY, 40.0)
HALF = Delta("llama-01", "llama3-8b", 0, "Because blue light is scattered", 6)
RUNNING = (ROUTED, HALF, None)
OFFLINE = (snapshot("llama-01", "offline", retry_at=NOON + 4), snapshot("llama-02", "offline", retry_at=NOON + 9))
MODELS = (node_with("llama-01", "llama3-8b"), node_with("llama-02", "llama3-8b", "qwen2.5-coder-32b"))
DEAR = finished("Because blue light is scattered", cost=Cost(0.0004, "EUR"))
COST, SEAMS = Cost(0.0004, "EUR"), (Seam("llama-02", 31),)
LOST = (
    ROUTED,
    Prefilling("llama-01", 21, 21, 4),
    HALF,
    Rerouted("llama-01", "llama-02", 31, "lost"),
    Routed("llama-02", "llama3-8b", "the only node that can answer: 0.1 s to a first token", 90.0),
    Delta("llama-02", "llama3-8b", 31, " most.", 3),
    finished("Because blue light is scattered most.", "llama-02", cost=COST, seams=SEAMS),
)


async def settled(pilot: Pilot[Any]) -> None:
    """Waits until nothing more is due to be drawn."""
    chat = next(screen for screen in pilot.app.screen_stack if isinstance(screen, ChatScreen))
    await until(pilot, lambda: chat.is_settled)
    await pilot.pause()


def pressing(*keys: str, asked: Sequence[str] = ("Why is the sky blue?",), until_shown: str = "", screen: Any = None):
    """Asks the questions, presses the keys, and waits for words or for a dialog."""

    async def steps(pilot: Pilot[Any]) -> None:
        for question in asked:
            await ask(pilot, question)
        await settled(pilot)
        await pilot.press(*keys)
        if screen is not None:
            await until(pilot, lambda: isinstance(pilot.app.screen, screen))
        if until_shown:
            await shows(pilot, until_shown)
        await settled(pilot)

    return steps


WAIT = ("Why is the sky blue?", "And the sea?", "And what about the sunset, why is it red?")


async def dropped_all(pilot: Pilot[Any]) -> None:
    await pressing("f7", "d", asked=WAIT[:2], until_shown="Nothing waits any more.")(pilot)
    pilot.app.clear_notifications()
    await pilot.pause()


async def held_after_failure(pilot: Pilot[Any]) -> None:
    await pressing(asked=WAIT, until_shown="2 waiting")(pilot)
    assert isinstance(pilot.app, ScriptedApp)
    pilot.app.fleet.go_on()
    await shows(pilot, "✖ The model broke.")
    await pressing("f7", asked=(), until_shown="the answer before it failed")(pilot)


async def branched(pilot: Pilot[Any]) -> None:
    await pressing("alt+up", "r", until_shown="/2 ›")(pilot)
    views = list(pilot.app.screen.query(MessageView))
    await pilot.press("alt+up", *(["left"] if views[-1].branch == (2, 2) else []))
    await shows(pilot, "‹ 1/2 ›")
    await until(pilot, lambda: isinstance(pilot.app.focused, MessageView))
    await settled(pilot)


async def folded(pilot: Pilot[Any]) -> None:
    await pilot.press(*"Explain this:", "space")
    pilot.app.post_message(Paste("\n".join(f"line {number}" for number in range(120))))
    await shows(pilot, "[pasted 120 lines")
    await settled(pilot)


async def exists(pilot: Pilot[Any]) -> None:
    await pressing("alt+up", "s", screen=ChoiceScreen)(pilot)
    await pilot.press("1")
    await until(pilot, lambda: isinstance(pilot.app.screen, SaveScreen))
    await pilot.press(*"/dev/null", "enter")
    await shows(pilot, "That file exists.")


Case = tuple[Sequence[NodeSnapshot], Sequence[Sequence[TurnEvent | None]], Steps]

BROKEN = (ROUTED, None, Failed("model_failed", "The model broke."))
STATES: dict[str, Case] = {
    "waiting": (TWO_NODES, (RUNNING,), pressing(asked=WAIT, until_shown="2 waiting")),
    "waiting-list": (TWO_NODES, (RUNNING,), pressing("f7", "down", asked=WAIT, until_shown="after the running")),
    "waiting-in-a-queue": (
        TWO_NODES,
        ((ROUTED, Queued("llama-01", 2, 5, 4000.0), None),),
        pressing("f7", asked=WAIT, until_shown="queued 2 of 5"),
    ),
    "waiting-offline": (OFFLINE, (), pressing("f7", asked=WAIT, until_shown="no node, next try in 4 s")),
    "waiting-after-a-failure": (TWO_NODES, (BROKEN,), held_after_failure),
    "waiting-edited": (TWO_NODES, (RUNNING,), pressing("f7", "e", asked=WAIT, screen=EditScreen)),
    "waiting-all-dropped": (TWO_NODES, (RUNNING,), dropped_all),
    "menu-of-an-answer": (TWO_NODES, (answer(CODE),), pressing("alt+up", "enter", screen=ChoiceScreen)),
    "menu-of-a-question": (TWO_NODES, (answer(CODE),), pressing("alt+up", "alt+up", "enter", screen=ChoiceScreen)),
    "question-edited": (TWO_NODES, (answer(CODE),), pressing("alt+up", "alt+up", "e", screen=EditScreen)),
    "answer-again-by": (MODELS, (answer(CODE),), pressing("alt+up", "R", screen=ChoiceScreen)),
    "branch": (TWO_NODES, (answer("One."), answer("One.")), branched),
    "raw": (TWO_NODES, (answer("# One\n\n**bold** `code`"),), pressing("alt+up", "w", until_shown="**bold**")),
    "save-code-over-a-file": (TWO_NODES, (answer(CODE),), exists),
    "live": (TWO_NODES, ((ROUTED, HALF, DEAR),), pressing("f6", until_shown="1 answer, 9 out")),
    "live-empty": (TWO_NODES, (), pressing("f6", asked=(), until_shown="No answer yet since")),
    "live-failover": (TWO_NODES, (LOST,), pressing("f6", until_shown="llama-01 lost at 31")),
    "find": (TWO_NODES, (answer(CODE),), pressing("f8", *"os", "enter", until_shown="1 of 1")),
    "find-nothing": (TWO_NODES, (answer(CODE),), pressing("f8", *"zebra", until_shown="not in this conversation")),
    "search-empty": (TWO_NODES, (), pressing("f9", asked=(), screen=SearchScreen)),
    "search-nothing": (TWO_NODES, (answer(CODE),), pressing("f9", *"zebra", until_shown="Use fewer words")),
    "search-wrong": (TWO_NODES, (), pressing("f9", *"role:nobody x", asked=(), until_shown="is no role")),
    "models": (MODELS, (), pressing("ctrl+t", asked=(), screen=ChoiceScreen)),
    "models-offline": (OFFLINE, (), pressing("ctrl+t", asked=(), screen=ChoiceScreen)),
    "model-chosen": (MODELS, (), pressing("ctrl+t", "end", "enter", asked=(), until_shown="▾")),
    "pasted": (TWO_NODES, (), folded),
}


@pytest.mark.parametrize("state", STATES)
def test_state(snap_compare: Any, tmp_path: Path, state: str):
    nodes, scripts, steps = STATES[state]
    assert snap_compare(ScriptedApp(ScriptedFleet(nodes, *scripts), tmp_path), terminal_size=(80, 24), run_before=steps)


SIZES = [(60, 20), (80, 24), (120, 40)]
THEMES = ["llamachat", "high-contrast"]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", ["waiting-list", "menu-of-an-answer", "live-failover"])
def test_sizes(snap_compare: Any, tmp_path: Path, state: str, size: tuple[int, int], theme: str):
    nodes, scripts, steps = STATES[state]
    if state.startswith("live"):  # from 120 columns on it is open from the start
        steps = pressing(*([] if size[0] >= 120 else ["f6"]), until_shown="1 answer, 9 out")
    app = ScriptedApp(ScriptedFleet(nodes, *scripts), tmp_path, theme=theme)
    assert snap_compare(app, terminal_size=size, run_before=steps)


TEXTS = {
    "Why is the sky blue?": "Because **blue** light is scattered most, says Rayleigh.",
    "Blue whales": "The blue whale is the largest animal; it eats krill. 鯨は大きい。",
}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_search(snap_compare: Any, tmp_path: Path, size: tuple[int, int], theme: str):
    async def fill() -> None:
        async with StoreThread(tmp_path / "history.db") as store:
            for title, text in TEXTS.items():
                chat = await store.run(lambda s: s.create_chat())
                asked = await store.run(lambda s, c=chat, t=title: add_question(s, c, t, NOON - 500))
                given = ChatMessage(
                    id=f"{chat}-a", parent_id=asked.id, role="assistant", content=text, created_at=NOON - 400,
                    finish_reason="stop",
                )  # fmt: skip
                await store.run(lambda s, c=chat, g=given: s.add_message(g, c))

    asyncio.run(fill())
    app = ScriptedApp(ScriptedFleet(TWO_NODES), tmp_path, theme=theme)
    steps = pressing("f9", *"blue", asked=(), until_shown="found")
    assert snap_compare(app, terminal_size=size, run_before=steps)
