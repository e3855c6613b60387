"""Runs one scenario over three nodes: asks, strikes, and judges what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from llamachat.fleet import Fleet, FleetLimits, Turn
from llamachat.fleet.events import Delta, Finished, Rerouted, TurnEvent
from llamachat.protocol import Params, PromptMessage
from tests.faults.judging import Timed, Undisturbed, broken_promises, longest_pause
from tests.faults.kinds import Fault
from tests.faults.nodes import FaultyNode
from tests.faults.plan import REACH, Plan
from tests.faults.striking import strike_with

PATIENCE_S: Final = 60.0
"""A turn that has not ended by then never will."""

QUESTIONS: Final[tuple[tuple[str, Params], ...]] = (
    ("Give me the tour of llamachat.", Params(temperature=0, max_tokens=400, ignore_eos=True)),
    ("What happens when a node dies?", Params(temperature=0, frequency_penalty=0.4, max_tokens=400, ignore_eos=True)),
    ("What can you do?", Params(temperature=0.8, seed=7, max_tokens=400, ignore_eos=True)),
)
"""Two greedy ones, one of them with a penalty on what stands there already, and one with draws. All go on after the
model would have ended, so that faults strike inside."""

QUICK: Final = FleetLimits(stream_silence_s=0.6, probe_s=0.4, grace_s=0.6, cooldown_first_s=0.5, cooldown_cap_s=2.0)
"""For short runs: a silence is noticed earlier than in the program."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a scenario.

    Attributes:
        wrong: broken promises; empty when all is well.
        struck: how many of the planned faults struck, before all had ended.
        failovers: how often an answer went on elsewhere; `attaches`: how often one was fetched on from the same node.
        pause_s: the longest time without more of an answer, from the first fault on; None when none struck.
        logs: the ends of the daemons' logs, when something is wrong.
    """

    plan: Plan
    wrong: tuple[str, ...]
    struck: int
    failovers: int
    attaches: int
    pause_s: float | None
    seconds: float
    logs: tuple[str, ...] = ()


@dataclass
class _Turn:
    """One turn under way."""

    number: int
    question: int
    events: list[Timed] = field(default_factory=list)
    written: int = 0
    node: str | None = None


async def undisturbed(node: FaultyNode) -> tuple[Undisturbed, ...]:
    """The answers to all `QUESTIONS` at one node that nothing happens to."""
    answers = []
    async with Fleet([node.address]) as fleet:
        for question in range(len(QUESTIONS)):
            async with asyncio.timeout(PATIENCE_S):
                events = [event async for event in fleet.ask(_asked(f"undisturbed-{question}", question))]
            ending = events[-1]
            assert isinstance(ending, Finished), ending
            assert len(ending.text) > REACH, "the answer is too short for faults to strike inside"
            answers.append(Undisturbed(ending.text, ending.usage.completion_tokens))
    return tuple(answers)


async def run(
    plan: Plan, nodes: Sequence[FaultyNode], answers: Sequence[Undisturbed], limits: FleetLimits | None = None
) -> Outcome:
    """Plays the plan, and has all nodes well again afterwards."""
    began = time.monotonic()
    attaches = sum(node.proxy.attaches for node in nodes)
    play = _Play(plan, nodes)
    try:
        async with Fleet([node.address for node in nodes], policy=plan.policy, limits=limits) as fleet:
            await _connected(fleet)
            await asyncio.sleep(fleet.limits.settled_s)  # connections as they are in an ordinary moment
            await play.run(fleet)
    finally:
        await play.settle()
    wrong = [
        f"turn {turn.number} (question {turn.question}): {sentence}"
        for turn in play.turns
        for sentence in broken_promises([event for _, event in turn.events], answers[turn.question])
    ]
    return Outcome(
        plan=plan,
        wrong=tuple(wrong),
        struck=len(play.struck_at),
        failovers=sum(isinstance(event, Rerouted) for turn in play.turns for _, event in turn.events),
        attaches=sum(node.proxy.attaches for node in nodes) - attaches,
        pause_s=max(longest_pause(turn.events, min(play.struck_at)) for turn in play.turns) if play.struck_at else None,
        seconds=time.monotonic() - began,
        logs=tuple(f"{node.name}: {node.log()}" for node in nodes) if wrong else (),
    )


async def _connected(fleet: Fleet) -> None:
    """Until every node takes work: the plan begins from there."""
    changed = asyncio.Event()
    unsubscribe = fleet.subscribe(changed.set)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not all(node.usable for node in fleet.snapshots()):
                changed.clear()
                await changed.wait()
    finally:
        unsubscribe()


def _asked(message_id: str, question: int) -> Turn:
    text, params = QUESTIONS[question]
    return Turn(message_id, f"chat-{message_id}", (PromptMessage("user", text),), params=params)


class _Play:
    """A plan while it is played. `struck_at` has the moment of each fault that struck."""

    def __init__(self, plan: Plan, nodes: Sequence[FaultyNode]) -> None:
        self.turns = [_Turn(number, question) for number, question in enumerate(plan.turns)]
        self.struck_at: list[float] = []
        self._plan = plan
        self._nodes = {node.name: node for node in nodes}
        self._waiting = [strike for strike in plan.strikes if strike.at is not None]
        self._blows: list[asyncio.Task[None]] = []

    async def run(self, fleet: Fleet) -> None:
        """Asks everything at once, and stays until every turn has ended or patience has."""
        for strike in self._plan.strikes:
            if strike.at is None:
                self._strike(strike.fault, list(self._nodes.values())[strike.node])
        await asyncio.sleep(0)  # those have struck
        with contextlib.suppress(TimeoutError):  # a turn without an ending is judged as that
            async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
                for turn in self.turns:
                    group.create_task(self._ask(fleet, turn))

    async def settle(self) -> None:
        """Has every node well again."""
        for task in self._blows:
            task.cancel()
        ended = await asyncio.gather(*self._blows, return_exceptions=True)
        await asyncio.gather(*(node.revive() for node in self._nodes.values()))
        for end in ended:
            if isinstance(end, Exception):
                raise end

    async def _ask(self, fleet: Fleet, turn: _Turn) -> None:
        asked = _asked(f"{self._plan.seed}-{turn.number}", turn.question)
        async for event in fleet.ask(asked):
            turn.events.append((time.monotonic(), event))
            self._follow(turn, event)

    def _follow(self, turn: _Turn, event: TurnEvent) -> None:
        turn.node = getattr(event, "to_node", None) or getattr(event, "node", None) or turn.node
        if isinstance(event, Delta):
            turn.written = event.offset + len(event.text)
        if isinstance(event, Finished) or turn.node is None:
            return
        for strike in list(self._waiting):
            if strike.turn == turn.number and strike.at is not None and turn.written >= strike.at:
                self._waiting.remove(strike)
                self._strike(strike.fault, self._nodes[turn.node])

    def _strike(self, fault: Fault, node: FaultyNode) -> None:
        self.struck_at.append(time.monotonic())
        self._blows.append(asyncio.create_task(strike_with(fault, node, list(self._nodes.values()))))
