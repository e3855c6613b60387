"""What the tests of turns share."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from llamachat.fleet import Fleet, FleetLimits, NodeSnapshot, Policy, Turn
from llamachat.fleet.events import Delta, Failed, Finished, TurnEvent
from llamachat.protocol import PromptMessage
from tests.unit.fleet.scripted_node import ScriptedNode

PATIENCE_S = 20.0
"""How long a test waits for what must come: far longer than it takes on a busy machine."""

SLOW = FleetLimits(
    grace_s=60, stream_silence_s=60, warn_silence_s=60, offline_silence_s=120, backoff_first_s=0.01, backoff_cap_s=0.02,
    settle_s=60, close_timeout_s=0.2,
)  # fmt: skip
"""Nothing is decided because time passed, except that a lost node is tried again at once."""

_numbers = itertools.count()
E = TypeVar("E", bound=TurnEvent)


def a_turn(text: str = "What jumps?", **more: Any) -> Turn:
    """A question in a chat of its own."""
    number = next(_numbers)
    more.setdefault("message_id", f"message-{number}")
    more.setdefault("chat_id", f"chat-{number}")
    return Turn(messages=(PromptMessage("user", text),), **more)


async def collect(fleet: Fleet, turn: Turn, react: Callable[[TurnEvent], Any] | None = None) -> list[TurnEvent]:
    """Asks, and returns all events; `react` is called with each, and awaited if it returns something to await."""
    events: list[TurnEvent] = []
    async with asyncio.timeout(PATIENCE_S):
        async for event in fleet.ask(turn):
            events.append(event)
            if react is not None:
                result = react(event)
                if result is not None:
                    await result
    return events


def written(events: list[TurnEvent], prefix: str = "") -> str:
    """The answer as a screen would have it, checked: every piece follows the last one, and there is one ending."""
    text = prefix
    for event in events:
        if isinstance(event, Delta):
            assert event.offset == len(text), f"a piece at {event.offset} after {len(text)} code points"
            text += event.text
    endings = [event for event in events if isinstance(event, Finished | Failed)]
    assert endings == events[-1:]
    assert endings[0].text == text
    return text


def only(events: list[TurnEvent], kind: type[E]) -> list[E]:
    """The events of one kind."""
    return [event for event in events if isinstance(event, kind)]


def finished(events: list[TurnEvent]) -> Finished:
    """The ending of a turn that was answered."""
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1]


def failed(events: list[TurnEvent]) -> Failed:
    """The ending of a turn that was not."""
    assert isinstance(events[-1], Failed), events[-1]
    return events[-1]


async def until(fleet: Fleet, condition: Callable[[tuple[NodeSnapshot, ...]], bool]) -> tuple[NodeSnapshot, ...]:
    """Waits until the snapshots are so."""
    changed = asyncio.Event()
    unsubscribe = fleet.subscribe(changed.set)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not condition(fleet.snapshots()):
                await changed.wait()
                changed.clear()
    finally:
        unsubscribe()
    return fleet.snapshots()


async def all_online(fleet: Fleet) -> None:
    """Waits until every node said hello and how it is."""
    await until(fleet, lambda nodes: all(node.connected and node.status is not None for node in nodes))


@contextlib.asynccontextmanager
async def fleet_of(
    *scripted: ScriptedNode, limits: FleetLimits = SLOW, policy: Policy = "fastest"
) -> AsyncIterator[Fleet]:
    """A fleet of these nodes, started here, each online; they are stopped at the end."""
    async with contextlib.AsyncExitStack() as stack:
        for node in scripted:
            await stack.enter_async_context(node)
        fleet = await stack.enter_async_context(
            Fleet([node.address() for node in scripted], limits=limits, policy=policy)
        )
        await all_online(fleet)
        yield fleet
