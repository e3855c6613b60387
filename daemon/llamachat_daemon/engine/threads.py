"""How many threads compute."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import psutil

_CGROUP_QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")


def default_threads(*, quota: Path = _CGROUP_QUOTA) -> int:
    """Physical cores that this process may use; a container's processor quota counts too. At least 1.

    A second thread on the same core only gets in the way of matrix products.
    """
    physical = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else physical
    return max(1, min(physical, affinity, _quota_cores(quota) or physical))


def _quota_cores(path: Path) -> int | None:
    """Whole cores of a cgroup (version 2) quota, "MICROSECONDS PERIOD" or "max PERIOD"; None without one."""
    try:
        limit, period = path.read_text().split()
        return None if limit == "max" else max(1, int(limit) // int(period))
    except (OSError, ValueError, ZeroDivisionError):
        return None
