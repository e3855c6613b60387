"""Plays many plans, some at a time."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.kills import scenario
from tests.kills.plan import Plan
from tests.kills.scenario import Outcome


async def play(plans: Iterable[Plan], *, lanes: int, tell: Callable[[Outcome], None]) -> list[Outcome]:
    """Plays them in their order; `tell` hears of each when it is over."""
    waiting = iter(plans)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="llamachat-kills-") as directory:
        base = Path(directory) / "base.db"
        await asyncio.to_thread(scenario.make_base, base)

        async def lane() -> None:
            for plan in waiting:
                outcome = await scenario.run(plan, base)
                outcomes.append(outcome)
                tell(outcome)

        scenario.PROCESSES.set_forkserver_preload(["tests.kills.work"])
        async with asyncio.TaskGroup() as group:
            for _ in range(lanes):
                group.create_task(lane())
    return outcomes
