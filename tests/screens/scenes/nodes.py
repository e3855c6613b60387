"""The nodes tab, its dialogs, and one node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec
from textual.pilot import Pilot

from llamachat.fleet import NodeSnapshot
from llamachat.tui.screens.help import HelpScreen
from llamachat.tui.screens.jump import JumpScreen
from llamachat.tui.screens.node_detail import NodeDetailScreen
from llamachat.tui.screens.nodes import NodesScreen
from tests.screens.samples import EVERY_STATE, LOST, REFUSED, SETTINGS, THREE, at_work
from tests.screens.scenes.scene import Scene, Steps, pressing, still
from tests.screens.scripted import NOON, ScriptedApp, opened, until

LOG: Final = ("ready on ws://127.0.0.1:13000/chat, model llama3-8b", "ada connected", "loading guide: 19 MB")
PEER: Final = "ws://10.0.0.9:13000/chat"


def some_minutes(app: ScriptedApp, nodes: Sequence[NodeSnapshot]) -> None:
    """As if the program had run for a while."""
    for step in range(120):
        wave = abs(step % 40 - 20) / 20
        app._history.note(
            replace(
                node,
                status_at=NOON - 240 + 2 * step,
                status=msgspec.structs.replace(
                    node.status,
                    requests_per_second=2 * wave,
                    latency_ms=200 + 150 * wave,
                    tokens_per_second=40 - 12 * wave,
                ),
            )
            for node in nodes
            if node.status is not None
        )


def at_the_nodes(*keys: str, **waits: Any) -> Steps:
    """Opens the tab after some minutes, and presses keys."""

    async def steps(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, ScriptedApp)
        some_minutes(app, app.fleet.nodes)
        app.fleet.write_log(
            "ready on ws://127.0.0.1:13000/chat, model llama3-8b", "ada connected", "loading guide: 19 MB"
        )
        await pilot.press("f3")
        await opened(pilot, NodesScreen)
        await until(pilot, lambda: not app.workers)  # it has looked for nodes on this computer
        await still(pilot)
        await pressing(*keys, **waits)(pilot)

    return steps


SCREENS: Final = {
    "nodes": Scene(nodes=EVERY_STATE, steps=at_the_nodes()),
    "node-charts": Scene(nodes=EVERY_STATE, steps=at_the_nodes("enter", screen=NodeDetailScreen)),
    "node-models": Scene(nodes=THREE, steps=at_the_nodes("enter", "2", until_shown="broken  failed")),
    "node-log": Scene(nodes=THREE, steps=at_the_nodes("enter", "3", until_shown="ada connected")),
    "node-settings": Scene(nodes=THREE, settings=SETTINGS, steps=at_the_nodes("enter", "4", until_shown="Token")),
    "node-added": Scene(nodes=THREE, steps=at_the_nodes("a", " 10.0.0.7", until_shown="10.0.0.7")),
    "node-removed": Scene(nodes=THREE, steps=at_the_nodes("x", until_shown="Remove llama-01?")),
}
STATES: Final = {
    "nodes-refused-and-connecting": Scene(
        nodes=(REFUSED, at_work("llama-06", "connecting", hello=None, status=None)), steps=at_the_nodes()
    ),
    "nodes-offers": Scene(nodes=(at_work("llama-01", peers=[PEER]),), steps=at_the_nodes(until_shown=f"+ {PEER}")),
    "nodes-none": Scene(nodes=(), steps=at_the_nodes()),
    "nodes-new-order": Scene(nodes=THREE, steps=at_the_nodes("shift+right", until_shown="is number 2 now")),
    "nodes-help": Scene(nodes=THREE, steps=at_the_nodes("f1", screen=HelpScreen)),
    "nodes-jump": Scene(nodes=THREE, steps=at_the_nodes("ctrl+o", screen=JumpScreen)),
    "node-added-without-an-answer": Scene(
        nodes=THREE, steps=at_the_nodes("a", " 10.0.0.7", "enter", until_shown="Nothing listens")
    ),
    "node-added-with-a-wrong-address": Scene(
        nodes=THREE, steps=at_the_nodes("a", " ftp://x", "enter", until_shown="An address looks like")
    ),
    "node-offline": Scene(nodes=(LOST,), steps=at_the_nodes("enter", screen=NodeDetailScreen)),
}
