"""How long a program's event loop does not come back: nothing is drawn and no key is taken meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Final

BEAT_S: Final = 0.002
WINDOW_S: Final = 0.1
"""Growing answers are drawn so often; of each window, the longest stall counts."""


def p95(values: Sequence[float]) -> float:
    """The 95th percentile."""
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else max(values, default=0.0)


@dataclass
class Stalls:
    """The longest stall in each window, in seconds: as it passed, and as the processor worked meanwhile, which is the
    same on a machine that has nothing else to do. With it the processor time that the whole took."""

    windows: list[float] = field(default_factory=list)
    cpu_windows: list[float] = field(default_factory=list)
    cpu_s: float = 0.0
    took_s: float = 0.0


@asynccontextmanager
async def watched() -> AsyncIterator[Stalls]:
    """Watches the running loop from within."""
    stalls = Stalls()

    async def beat() -> None:
        window, longest, most_work = time.perf_counter(), 0.0, 0.0
        while True:
            before, work = time.perf_counter(), time.thread_time()
            await asyncio.sleep(BEAT_S)
            now = time.perf_counter()
            longest = max(longest, now - before - BEAT_S)
            most_work = max(most_work, time.thread_time() - work)
            if now - window >= WINDOW_S:
                stalls.windows.append(longest)
                stalls.cpu_windows.append(most_work)
                window, longest, most_work = now, 0.0, 0.0

    started, cpu = time.perf_counter(), time.process_time()
    task = asyncio.create_task(beat())
    try:
        yield stalls
        await asyncio.sleep(WINDOW_S)
    finally:
        stalls.took_s, stalls.cpu_s = time.perf_counter() - started, time.process_time() - cpu
        task.cancel()
