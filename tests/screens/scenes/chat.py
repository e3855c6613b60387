"""The conversation: how an answer comes, and how it is told that none can come."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
from textual.pilot import Pilot

from llamachat.fleet import RateLimited
from llamachat.fleet.events import Delta, Failed, Prefilling, Queued, Rerouted
from tests.screens.samples import ROUTED
from tests.screens.scenes.scene import Scene, Steps, asking, pressing
from tests.screens.scripted import NOON, TWO_NODES, ScriptedApp, answer, ask, finished, shows, snapshot

ANSWER: Final = """## Superposition

A qubit is *both* at once until it is **measured**:

1. prepare it,
2. leave it alone,
3. look.

```python
def superpose(q):
    return hadamard(q)  # both at once
```

| gate | what it does |
|------|--------------|
| H    | superposes   |
| X    | flips        |
"""
WIDE: Final = """日本語の文章はここで折り返されます。漢字は二桁の幅を取るので、行の終わりで数え間違えてはなりません。

- עברית מימין לשמאל, and the rest of the line
- العربية من اليمين إلى اليسار
- combining: é à ü ñ, Zürich, नमस्ते
- emoji: 🦙 👩‍💻 🇩🇪 ❤️ ✅, and after them

| word | meaning |
|------|---------|
| 鯨   | whale   |
| 🦙   | llama   |
| é    | e       |
| שלום | peace   |

```text
鯨 = whale
```
"""
QUESTION: Final = "Explain superposition"
OFFLINE: Final = snapshot("llama-01", "offline", retry_at=NOON + 4, reason="Nothing listens there.")
FAILOVER: Final = (
    ROUTED,
    Delta("llama-01", "llama3-8b", 0, "It began here, ", 5),
    Rerouted("llama-01", "llama-02", 15, "lost"),
    Delta("llama-02", "llama3-8b", 15, "and went on there.", 5),
    None,
)
LIMITED: Final = Queued(
    None, 1, 1, None, 12.0, "llama-01: You may make 5 requests a minute here. Wait, or ask another node."
)
HALF: Final = Delta("llama-01", "llama3-8b", 0, ANSWER[:150], 40)
STOPPED: Final = finished("Only the begi", finish_reason="cancelled")
BROKEN: Final = Failed("model_failed", "The model cannot be loaded on llama-01.")
REFUSED: Final = snapshot("llama-01", "refused", reason="The node refuses the token. Check token in the settings.")
OLD: Final = snapshot("llama-01", "refused", reason="It speaks protocol 0, this client 1. Update the older one.")
DEMO: Final = "Demo: the built-in guide answers, a tiny model that knows only llamachat and is often wrong."


def becoming(*nodes: Any) -> Steps:
    """Other nodes from now on."""

    async def steps(pilot: Pilot[Any]) -> None:
        assert isinstance(pilot.app, ScriptedApp)
        pilot.app.fleet.become(*nodes)
        await pilot.pause()

    return steps


async def asked_too_often(pilot: Pilot[Any]) -> None:
    """A question that the only node takes a little later."""
    assert isinstance(pilot.app, ScriptedApp)
    pilot.app.fleet.limited = (RateLimited("llama-01", NOON + 12, awaited=True),)
    await ask(pilot, "And what is a qubit?")
    await shows(pilot, "waiting for a node")


async def no_colours(path: Path, patch: pytest.MonkeyPatch) -> None:
    """A terminal of somebody who wants none."""
    patch.setenv("NO_COLOR", "1")


async def two_answers(pilot: Pilot[Any]) -> None:
    """A question and another."""
    await ask(pilot, QUESTION)
    await shows(pilot, "flips")
    await ask(pilot, "Does it last?")
    await shows(pilot, "room temperature")


SCREENS: Final = {
    "first-run": Scene(nodes=(), steps=pressing(until_shown="Start the demo")),
    "chat": Scene(scripts=(answer(ANSWER), answer("Yes, at room temperature too.")), steps=two_answers),
}
STATES: Final = {
    "empty": Scene(),
    "demo": Scene(banner=DEMO),
    "routed": Scene(scripts=((ROUTED, None),), steps=asking("Hello", "asking llama-01")),
    "queued": Scene(
        scripts=((ROUTED, Queued("llama-01", 2, 5, 4000.0), None),), steps=asking("Hello", "queued 2 of 5")
    ),
    "reading-the-prompt": Scene(
        scripts=((ROUTED, Prefilling("llama-01", 1200, 3400, 0), None),), steps=asking("Hello", "reading prompt")
    ),
    "streaming": Scene(scripts=((ROUTED, HALF, None),), steps=asking(QUESTION, "▊")),
    "answered": Scene(scripts=(answer(ANSWER),), steps=asking(QUESTION, "flips")),
    "message-focused": Scene(
        scripts=(answer(ANSWER),), steps=pressing("alt+up", asked=(QUESTION,), until_shown="flips")
    ),
    "failover": Scene(scripts=(FAILOVER,), steps=asking("Hello", "went on there")),
    "stopped": Scene(scripts=((ROUTED, STOPPED),), steps=asking("Hello", "■ stopped")),
    "failed": Scene(scripts=((ROUTED, BROKEN),), steps=asking("Hello", "✖ The model")),
    "waiting-for-a-node": Scene(nodes=(OFFLINE,), steps=asking("Hello", "1 waiting: Hello")),
    "rate-limited": Scene(nodes=TWO_NODES[:1], scripts=((LIMITED, None),), steps=asked_too_often),
    "connection-lost": Scene(steps=becoming(OFFLINE)),
    "one-node-left": Scene(steps=becoming(OFFLINE, TWO_NODES[1])),
    "token-refused": Scene(steps=becoming(REFUSED)),
    "old-protocol": Scene(steps=becoming(OLD)),
    "wide-characters": Scene(scripts=(answer(WIDE),), steps=asking("鯨 🦙 é שלום", "whale")),
    "without-colours": Scene(
        scripts=(answer(ANSWER),), steps=pressing("alt+up", asked=(QUESTION,), until_shown="flips"), prepare=no_colours
    ),
}
