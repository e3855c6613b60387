"""How many threads compute: tried out at the start where nobody says."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Final

import psutil

LEARNING_ROUNDS: Final = 5
"""Times that each thread count is tried."""

LEARNING_SECONDS: Final = 2.0
"""No further round begins after so long, and none at all where a single try takes a quarter of it: such a model needs
every core that there is."""

WORTH_A_THREAD: Final = 0.95
"""More threads must bring the time of a step below this part of what fewer take: others need the cores too."""

_CGROUP_QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")


def default_threads(*, quota: Path = _CGROUP_QUOTA) -> int:
    """Physical cores that this process may use; a container's processor quota counts too. At least 1.

    A second thread on the same core only gets in the way of matrix products.
    """
    physical = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else physical
    return max(1, min(physical, affinity, _quota_cores(quota) or physical))


def thread_candidates(most: int | None = None) -> list[int]:
    """Thread counts worth a try, the fewest first: all physical cores, three quarters, and half of them."""
    cores = most or default_threads()
    return sorted({max(1, cores // 2), max(1, cores * 3 // 4), cores})


def learn_threads(candidates: Sequence[int], step_seconds: Callable[[int], float], clock: Callable[[], float]) -> int:
    """Which of the candidates (the fewest first) decodes fastest. `step_seconds` tries one; `clock` gives seconds.

    Rounds over all of them alternate, so that whatever else the machine does meets all alike.
    """
    most = candidates[-1]
    started = clock()
    tried: dict[int, list[float]] = {count: [] for count in candidates}
    if len(candidates) == 1 or step_seconds(most) > LEARNING_SECONDS / 4:
        return most
    for _ in range(LEARNING_ROUNDS):
        for count in candidates:
            tried[count].append(step_seconds(count))
        if clock() - started > LEARNING_SECONDS:
            break
    return fastest({count: median(seconds) for count, seconds in tried.items()})


def fastest(seconds: dict[int, float]) -> int:
    """The thread count with the shortest step; more threads than another count only where they are worth it."""
    chosen = min(seconds)
    for count in sorted(seconds):
        if seconds[count] < WORTH_A_THREAD * seconds[chosen]:
            chosen = count
    return chosen


def _quota_cores(path: Path) -> int | None:
    """Whole cores of a cgroup (version 2) quota, "MICROSECONDS PERIOD" or "max PERIOD"; None without one."""
    try:
        limit, period = path.read_text().split()
        return None if limit == "max" else max(1, int(limit) // int(period))
    except (OSError, ValueError, ZeroDivisionError):
        return None
