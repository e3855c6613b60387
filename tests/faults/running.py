"""Plays many scenarios, each lane over three daemons of its own."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path

from llamachat.fleet import FleetLimits
from tests.faults import scenario
from tests.faults.judging import Undisturbed
from tests.faults.nodes import FaultyNode
from tests.faults.plan import NODES, plan
from tests.faults.scenario import Outcome
from tests.random_models import GUIDE


@contextlib.asynccontextmanager
async def three_nodes(model: Path) -> AsyncIterator[list[FaultyNode]]:
    """Real daemons with this model, each behind its proxy."""
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(FaultyNode(f"node-{number + 1}", model)) for number in range(NODES)]


async def play(
    seeds: Iterable[int], *, lanes: int, limits: FleetLimits | None, tell: Callable[[Outcome], None]
) -> list[Outcome]:
    """Plays the scenarios of all seeds, in their order; `tell` hears of each when it is over."""
    waiting = iter(seeds)
    outcomes: list[Outcome] = []
    answers: asyncio.Future[tuple[Undisturbed, ...]] = asyncio.get_running_loop().create_future()

    async def lane(model: Path) -> None:
        async with three_nodes(model) as nodes:
            # One lane's word holds for all: whichever node is asked, the answer has to be the same.
            if not answers.done():
                own = await scenario.undisturbed(nodes[0])
                if not answers.done():
                    answers.set_result(own)
            await _play_lane(waiting, nodes, await answers, limits, outcomes, tell)

    with tempfile.TemporaryDirectory(prefix="llamachat-faults-") as directory:
        # A copy, so that all lives of all daemons have the same weights whatever becomes of the file.
        model = Path(shutil.copy(GUIDE, directory))
        async with asyncio.TaskGroup() as group:
            for _ in range(lanes):
                group.create_task(lane(model))
    return outcomes


async def _play_lane(
    seeds: Iterator[int],
    nodes: list[FaultyNode],
    answers: tuple[Undisturbed, ...],
    limits: FleetLimits | None,
    outcomes: list[Outcome],
    tell: Callable[[Outcome], None],
) -> None:
    for seed in seeds:
        try:
            outcome = await scenario.run(plan(seed), nodes, answers, limits)
        except Exception as failure:
            failure.add_note(f"in the scenario of --seed {seed}")
            raise
        outcomes.append(outcome)
        tell(outcome)
