"""A fleet whose nodes and answers a test decides, and a screen over it with a real store and a standing clock."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

from textual.app import App
from textual.events import Key
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.screen import Screen
from textual.worker import WorkerCancelled, WorkerFailed

from llamachat.config import Settings
from llamachat.config.schema import ChatSettings
from llamachat.fleet import Estimate, FleetLimits, Held, NodeAddress, NodeSnapshot, RateLimited, Turn
from llamachat.fleet.events import Delta, Failed, Finished, Routed, TurnEvent
from llamachat.fleet.requests import RequestError
from llamachat.fleet.routing import Decision, TurnFacts, choose
from llamachat.protocol import (
    BackendStatus,
    ClientFrame,
    LogLine,
    Memory,
    QueueState,
    SlotState,
    Timings,
    Usage,
)
from llamachat.store import StoreThread
from llamachat.tui.app import LlamachatApp
from llamachat.tui.services import Services
from llamachat.tui.widgets.message_view import MessageView

NOON = 1_750_075_200.0  # 2025-06-16 12:00:00 UTC, a Monday
USAGE = Usage(prompt_tokens=21, cached_tokens=4, completion_tokens=9)
TIMINGS = Timings(queued_ms=0, load_ms=0, prefill_ms=30, ttft_ms=42, decode_ms=100, tokens_per_second=90)


def snapshot(name: str, state: str = "online", **facts: Any) -> NodeSnapshot:
    """A node as the screen sees it."""
    status = BackendStatus(
        node=name, time=NOON, state="ready", load=0.12, memory=Memory(34, 100, 5, 5, 1, 2),
        queue=QueueState(0, 64), slots=SlotState(1, 4),
    )  # fmt: skip
    values = {"rtt_ms": 4.0, "status": status, **facts}
    return NodeSnapshot(name, f"ws://{name}.example:13000/chat", state, NOON, **values)


TWO_NODES = (snapshot("llama-01"), snapshot("llama-02"))


def finished(text: str, node: str = "llama-01", **changes: Any) -> Finished:
    """How an answer ends when all goes well."""
    values = {
        "text": text, "node": node, "model": "llama3-8b", "finish_reason": "stop", "seed": 1, "usage": USAGE,
        "timings": TIMINGS, "cost": None, "seams": (),
    }  # fmt: skip
    return Finished(**{**values, **changes})


def answer(text: str, node: str = "llama-01") -> list[TurnEvent]:
    """A whole answer in one piece."""
    return [
        Routed(node, "llama3-8b", "free", 40.0),
        Delta(node, "llama3-8b", 0, text, 9),
        finished(text, node),
    ]


class ScriptedFleet:
    """Stands where the fleet stands. Each turn gets the next script, in which `None` waits for `go_on`."""

    policy = "fastest"

    def __init__(self, nodes: Sequence[NodeSnapshot], *scripts: Sequence[TurnEvent | None]) -> None:
        self.nodes = tuple(nodes)
        self.scripts = [list(script) for script in scripts]
        self.turns: list[Turn] = []
        self.cancelled: list[str] = []
        self.reconnected: list[str] = []
        self.administered: list[tuple[str, ClientFrame]] = []
        self.limited: tuple[RateLimited, ...] = ()
        self.refusal = ""
        self.followed = 0  # logs that somebody reads
        self.log_lines: list[LogLine] = []
        self.running = 0
        self._logged = asyncio.Event()
        self._go_on = asyncio.Event()
        self._cancels: dict[str, asyncio.Event] = {}
        self._callbacks: list[Callable[[], None]] = []

    async def ask(self, turn: Turn) -> AsyncGenerator[TurnEvent, None]:
        """The events of the next script; a cancelled turn ends as the real fleet ends it."""
        self.turns.append(turn)
        self.running += 1
        try:
            async for event in self._play(turn):
                yield event
        finally:
            self.running -= 1

    async def _play(self, turn: Turn) -> AsyncGenerator[TurnEvent, None]:
        cancelled = self._cancels.setdefault(turn.message_id, asyncio.Event())
        text = ""
        for event in self.scripts.pop(0) if self.scripts else [Failed("no_node", "The test has no answer to this.")]:
            if event is None:
                waits = [asyncio.create_task(self._go_on.wait()), asyncio.create_task(cancelled.wait())]
                try:
                    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for wait in waits:
                        wait.cancel()
                self._go_on.clear()
                if cancelled.is_set():
                    yield finished(text, finish_reason="cancelled")
                    return
                continue
            if isinstance(event, Delta):
                text += event.text
            yield event

    def go_on(self) -> None:
        """Lets the running script go on."""
        self._go_on.set()

    async def cancel(self, message_id: str) -> None:
        """Ends a turn."""
        self.cancelled.append(message_id)
        self._cancels.setdefault(message_id, asyncio.Event()).set()

    def held(self, message_id: str) -> Held | None:
        """Nothing that could be gone on with."""
        return None

    def cancel_attempt(self, node: str, attempt_id: str) -> bool:
        """Nothing of an earlier run is left."""
        return True

    def snapshots(self) -> tuple[NodeSnapshot, ...]:
        """The nodes as the test has them."""
        return self.nodes

    def rate_limited(self) -> tuple[RateLimited, ...]:
        """The nodes that have had too many questions, as the test has them."""
        return self.limited

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Calls back when `become` is used."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def become(self, *nodes: NodeSnapshot) -> None:
        """Other nodes from now on."""
        self.nodes = nodes
        for callback in self._callbacks:
            callback()

    def reconnect_now(self, name: str) -> None:
        """Notes who was to be tried."""
        self.reconnected.append(name)

    def preview(self, model: str | None = None) -> Decision:
        """What the real router would choose among these nodes."""
        facts = TurnFacts(chat_id="", model=model)
        limits = FleetLimits()
        return choose(facts, self.nodes, "fastest", cooling=lambda *_: None, now=NOON, limits=limits)

    def estimates(self, node: str | None = None) -> tuple[Estimate, ...]:
        """What was expected of the first node, and what came true."""
        return (Estimate("llama-01", "llama3-8b", NOON - 60, 240.0, 262.0),) if node == "llama-01" else ()

    def address(self, name: str) -> NodeAddress | None:
        """Where a node is."""
        return next((NodeAddress(node.name, node.url) for node in self.nodes if node.name == name), None)

    def add(self, address: NodeAddress) -> None:
        """One more, which is being connected to."""
        self.become(*self.nodes, NodeSnapshot(address.name, address.url, "connecting", NOON))

    async def remove(self, name: str) -> None:
        """One less."""
        self.become(*(node for node in self.nodes if node.name != name))

    def reorder(self, names: Sequence[str]) -> None:
        """Another order."""
        self.become(*sorted(self.nodes, key=lambda node: names.index(node.name)))

    async def administer(self, name: str, frame: ClientFrame) -> None:
        """Notes what was asked; refuses when the test says so."""
        if self.refusal:
            raise RequestError(self.refusal)
        self.administered.append((name, frame))

    async def log(self, name: str, lines: int) -> AsyncGenerator[tuple[LogLine, ...], None]:
        """The lines that the test has written, and those that it adds later."""
        if self.refusal:
            raise RequestError(self.refusal)
        self.followed += 1
        try:
            while True:
                self._logged.clear()
                written, self.log_lines = tuple(self.log_lines), []
                yield written
                await self._logged.wait()
        finally:
            self.followed -= 1

    def write_log(self, *texts: str) -> None:
        """Writes lines into the log of every node."""
        self.log_lines += [LogLine(NOON, "INFO", "daemon", text) for text in texts]
        self._logged.set()


class ScriptedApp(LlamachatApp):
    """The app over a scripted fleet and a store of its own, which lives as long as the app."""

    def __init__(
        self,
        fleet: ScriptedFleet,
        path: Path,
        *,
        theme: str | None = None,
        banner: str = "",
        looks: Mapping[str, NodeSnapshot] | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.fleet = fleet
        self.config_file = path / "config.toml"
        self.looked_at: list[NodeAddress] = []
        self._looks = looks or {}
        given = settings or Settings(chat=ChatSettings(titles="words"))  # no turns but those that a test knows of
        look = replace(given.look, motion=False, theme=theme or given.look.theme)
        self._store = StoreThread(path / "history.db")
        settings = replace(given, look=look)
        super().__init__(
            Services(
                settings,
                fleet,  # type: ignore[arg-type]
                self._store,
                clock=lambda: NOON,
                zone=UTC,
                banner=banner,
                config_file=self.config_file,
            ),
            look_at=self._look,
        )

    async def _look(self, address: NodeAddress) -> NodeSnapshot:
        """What a test has put at that address; by default nobody listens."""
        self.looked_at.append(address)
        nobody = NodeSnapshot(address.name, address.url, "offline", NOON, "Nothing listens there.", gone=True)
        return self._looks.get(address.url, nobody)

    async def on_load(self) -> None:
        """Opens the store."""
        await self._store.__aenter__()

    async def on_unmount(self) -> None:
        """Closes it."""
        self.workers.cancel_all()
        for worker in list(self.workers):
            with contextlib.suppress(WorkerFailed, WorkerCancelled):
                await worker.wait()
        await self._store.__aexit__(None, None, None)


@asynccontextmanager
async def running(
    fleet: ScriptedFleet, path: Path, *, size: tuple[int, int] = (80, 24), banner: str = ""
) -> AsyncGenerator[Pilot[int], None]:
    """The app, with keys to press."""
    async with ScriptedApp(fleet, path, banner=banner).run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        yield pilot


def lines(app: App[Any]) -> list[str]:
    """The screen as text."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


async def until(pilot: Pilot[Any], holds: Callable[[], bool]) -> None:
    """Waits until the screen has come to show something.

    Raises:
        AssertionError: it has not within some seconds; the screen is in the message.
    """
    deadline = asyncio.get_running_loop().time() + 10
    while not holds():
        assert asyncio.get_running_loop().time() < deadline, "\n".join(lines(pilot.app))
        await pilot.pause(0.01)


async def press_until(pilot: Pilot[Any], key: str, holds: Callable[[], bool]) -> None:
    """Presses a key again and again until something holds, a hundred times at the most."""
    for _ in range(100):
        await pilot.press(key)
        if holds():
            return
    await until(pilot, holds)


async def shows(pilot: Pilot[Any], text: str) -> None:
    """Waits until `text` is on the screen."""
    await until(pilot, lambda: any(text in line for line in lines(pilot.app)))


async def pressed(pilot: Pilot[Any], *keys: str) -> None:
    """Presses keys in one burst, which takes a test a fraction of the time of `pilot.press`. For keys of which none
    opens a screen that the next one is for."""
    for key in keys:
        character = key if len(key) == 1 else None
        pilot.app.post_message(Key(_character_to_key(key) if character else key, character))
    await pilot.pause()


async def typed(pilot: Pilot[Any], text: str) -> None:
    """Types a text in one burst."""
    await pressed(pilot, *text)


async def ask(pilot: Pilot[Any], text: str) -> None:
    """Types a question and sends it."""
    await typed(pilot, text)
    await pilot.press("enter")
    await pilot.pause()


async def opened(pilot: Pilot[Any], screen: type[Screen[Any]]) -> None:
    """Waits until a screen of that kind is on top."""
    await until(pilot, lambda: isinstance(pilot.app.screen, screen))
    await pilot.pause()


async def open_newest(pilot: Pilot[Any]) -> None:
    """Opens the newest conversation of the history."""
    await pilot.press("f5", "f5", "down", "enter")
    await until(pilot, lambda: bool(pilot.app.screen.query(MessageView)))
