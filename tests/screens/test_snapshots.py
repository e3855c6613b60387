"""The screens as pictures: every state at 80×24, the conversation at three sizes and in three themes.

Look at a picture before accepting it: `make test ARGS="tests/screens --snapshot-update"`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from llamachat.fleet import NodeSnapshot
from llamachat.fleet.events import Delta, Failed, Prefilling, Queued, Rerouted, Routed, TurnEvent
from llamachat.tui.screens.chat import ChatScreen
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

ROUTED = Routed("llama-01", "llama3-8b", "free", 40.0)
ANSWER = """## Superposition

A qubit is *both* at once until it is **measured**:

1. prepare it,
2. leave it alone,
3. look.

```python
def superpose(q):
    return hadamard(q)  # 重ね合わせ
```

| gate | what it does |
|------|--------------|
| H    | superposes   |
| X    | flips        |
"""

Steps = Callable[[Pilot[Any]], Awaitable[None]]


async def nothing(pilot: Pilot[Any]) -> None:
    await pilot.pause()


async def settled(pilot: Pilot[Any]) -> None:
    """Waits until nothing more is due to be drawn."""
    screen = pilot.app.screen
    assert isinstance(screen, ChatScreen)
    await until(pilot, lambda: screen.is_settled)
    await pilot.pause()


def asking(question: str, words: str) -> Steps:
    async def steps(pilot: Pilot[Any]) -> None:
        await ask(pilot, question)
        await shows(pilot, words)
        await settled(pilot)

    return steps


def becoming(*nodes: Any) -> Steps:
    async def steps(pilot: Pilot[Any]) -> None:
        assert isinstance(pilot.app, ScriptedApp)
        pilot.app.fleet.become(*nodes)
        await pilot.pause()

    return steps


async def help_screen(pilot: Pilot[Any]) -> None:
    await pilot.press("f1")
    await pilot.pause()


async def code_focused(pilot: Pilot[Any]) -> None:
    await ask(pilot, "Explain superposition")
    await shows(pilot, "flips")
    await pilot.press("alt+up")
    await settled(pilot)


OFFLINE = snapshot("llama-01", "offline", retry_at=NOON + 4, reason="Nothing listens there.")
FAILOVER = (
    ROUTED,
    Delta("llama-01", "llama3-8b", 0, "It began here, ", 5),
    Rerouted("llama-01", "llama-02", 15, "lost"),
    Delta("llama-02", "llama3-8b", 15, "and went on there.", 5),
    None,
)
HALF = Delta("llama-01", "llama3-8b", 0, ANSWER[:150], 40)
STOPPED = finished("Only the begi", finish_reason="cancelled")
BROKEN = Failed("model_failed", "The model cannot be loaded on llama-01.")
REFUSED = snapshot("llama-01", "refused", reason="The node refuses the token. Check token in the settings.")

# For each state: the nodes, how the answer comes, and what is done.
STATES: dict[str, tuple[Sequence[NodeSnapshot], Sequence[TurnEvent | None], Steps]] = {
    "empty": (TWO_NODES, (), nothing),
    "no-node-configured": ((), (), nothing),
    "help": (TWO_NODES, (), help_screen),
    "routed": (TWO_NODES, (ROUTED, None), asking("Hello", "asking llama-01")),
    "queued": (TWO_NODES, (ROUTED, Queued("llama-01", 2, 5, 4000.0), None), asking("Hello", "queued 2 of 5")),
    "reading-the-prompt": (
        TWO_NODES,
        (ROUTED, Prefilling("llama-01", 1200, 3400, 0), None),
        asking("Hello", "reading prompt"),
    ),
    "streaming": (TWO_NODES, (ROUTED, HALF, None), asking("Explain superposition", "▊")),
    "answered": (TWO_NODES, answer(ANSWER), asking("Explain superposition", "flips")),
    "message-focused": (TWO_NODES, answer(ANSWER), code_focused),
    "failover": (TWO_NODES, FAILOVER, asking("Hello", "went on there")),
    "stopped": (TWO_NODES, (ROUTED, STOPPED), asking("Hello", "■ stopped")),
    "failed": (TWO_NODES, (ROUTED, BROKEN), asking("Hello", "✖ The model")),
    "waiting-for-a-node": ((OFFLINE,), (), asking("Hello", "1 waiting: Hello")),
    "connection-lost": (TWO_NODES, (), becoming(OFFLINE)),
    "one-node-left": (TWO_NODES, (), becoming(OFFLINE, TWO_NODES[1])),
    "token-refused": (TWO_NODES, (), becoming(REFUSED)),
}


@pytest.mark.parametrize("state", STATES)
def test_state(snap_compare: Any, tmp_path: Path, state: str):
    nodes, script, steps = STATES[state]
    assert snap_compare(ScriptedApp(ScriptedFleet(nodes, script), tmp_path), terminal_size=(80, 24), run_before=steps)


@pytest.mark.parametrize("theme", ["llamachat", "high-contrast"])
@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_conversation(snap_compare: Any, tmp_path: Path, size: tuple[int, int], theme: str):
    fleet = ScriptedFleet(TWO_NODES, answer(ANSWER), answer("Yes, at room temperature too."))

    async def steps(pilot: Pilot[Any]) -> None:
        await ask(pilot, "Explain superposition")
        await shows(pilot, "flips")
        await ask(pilot, "Does it last?")
        await shows(pilot, "room temperature")
        await settled(pilot)

    assert snap_compare(ScriptedApp(fleet, tmp_path, theme=theme), terminal_size=size, run_before=steps)


@pytest.mark.parametrize("theme", ["llamachat-light", "ansi"])
def test_other_themes(snap_compare: Any, tmp_path: Path, theme: str):
    app = ScriptedApp(ScriptedFleet(TWO_NODES, answer(ANSWER)), tmp_path, theme=theme)
    assert snap_compare(app, terminal_size=(80, 24), run_before=asking("Explain superposition", "flips"))


def test_the_demo_says_what_it_is(snap_compare: Any, tmp_path: Path):
    label = "Demo: the built-in guide answers, a tiny model that knows only llamachat and is often wrong."
    app = ScriptedApp(ScriptedFleet(TWO_NODES), tmp_path, banner=label)
    assert snap_compare(app, terminal_size=(80, 24))
