"""What is killed, and when: everything that follows from a seed. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["write", "search", "sync", "migrate", "archive"]

KINDS: Final[tuple[Kind, ...]] = ("write", "search", "sync", "migrate", "archive")
KILLS_IN_A_ROW: Final = 4
"""Of one history: what the one before left behind is what the next one begins with."""

_LATEST_S: Final[dict[Kind, float]] = {"write": 0.2, "search": 0.3, "sync": 0.8, "migrate": 0.4, "archive": 0.2}
"""The latest moment of a kill after the work began: a migration is over by then more often than not."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One history: which kind of work is killed, and how long after its beginning each time."""

    seed: int
    kind: Kind
    moments: tuple[float, ...]


def plan(seed: int, kills: int = KILLS_IN_A_ROW) -> Plan:
    """The plan of that seed."""
    chance = random.Random(f"kills {seed}")
    kind = KINDS[seed % len(KINDS)]
    return Plan(seed, kind, tuple(chance.uniform(0, _LATEST_S[kind]) for _ in range(kills)))
