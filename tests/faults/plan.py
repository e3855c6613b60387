"""What a scenario does, as a pure function of its seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from llamachat.fleet import Policy
from tests.faults.kinds import (
    Cut,
    Delay,
    DoubleClose,
    Fault,
    Flap,
    HalfClose,
    Kill,
    KillAll,
    KillWorker,
    Refuse,
    Restart,
    Stall,
    Stop,
    Throttle,
    Truncate,
)

NODES: Final = 3
QUESTIONS: Final = 3
"""How many questions there are; `scenario.QUESTIONS` has them."""

REACH: Final = 700
"""Faults strike before so many characters are written; the answers to `scenario.QUESTIONS` are longer."""

SEVERAL: Final = "several"


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault and its moment: when the answer of turn number `turn` has `at` characters (0: when a node was chosen
    for it), at the node that writes it then. With `at` None: before anything is asked, at node number `node`."""

    fault: Fault
    turn: int
    at: int | None
    node: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """`turns` are numbers of questions, all asked at once; `kind` is the row of the table."""

    seed: int
    kind: str
    policy: Policy
    turns: tuple[int, ...]
    strikes: tuple[Strike, ...]


_DRAWS: Final[dict[str, Callable[[Random], Fault]]] = {
    "cut": lambda draw: Cut(),
    "half-close": lambda draw: HalfClose(draw.choice(("client", "daemon"))),
    "double close": lambda draw: DoubleClose(draw.choice((1000, 1001, 1006, 1011))),
    "truncate": lambda draw: Truncate(draw.choice(("client", "client", "daemon")), draw.random()),
    "delay": lambda draw: Delay(draw.uniform(0.02, 0.4), draw.uniform(0.2, 1.5)),
    "throttle": lambda draw: Throttle(draw.choice((500, 2_000, 8_000)), draw.uniform(0.2, 1.5)),
    "stall": lambda draw: Stall(draw.choice((0.3, 1.0, None))),
    "flap": lambda draw: Flap(draw.choice((0.05, 0.3)), draw.randint(2, 6)),
    "refuse": lambda draw: Refuse(draw.uniform(0.05, 2.0)),
    "kill": lambda draw: Kill(draw.choice((0.0, 0.5, None))),
    "kill worker": lambda draw: KillWorker(),
    "stop": lambda draw: Stop(draw.choice((0.3, 1.0, None))),
    "restart": lambda draw: Restart(draw.choice((True, True, False))),
    "kill all": lambda draw: KillAll(),
}

KINDS: Final = (*_DRAWS, SEVERAL)
"""The rows of the table; seeds that follow each other take them in turn."""

_POLICIES: Final[tuple[Policy, ...]] = ("fastest", "priority", "sticky")
_ASIDE: Final = ("kill all", "restart")  # each alone already needs the others


def plan(seed: int) -> Plan:
    """The scenario of this seed."""
    draw = Random(seed)
    kind = KINDS[seed % len(KINDS)]
    turns = tuple(draw.randrange(QUESTIONS) for _ in range(draw.choice((1, 1, 2, 3))))
    if kind == SEVERAL:
        names = [name for name in _DRAWS if name not in _ASIDE]
        faults = [_DRAWS[draw.choice(names)](draw) for _ in range(draw.randint(2, 4))]
        gone = [fault for fault in faults if is_for_good(fault)]
        faults = [fault for fault in faults if fault not in gone[NODES - 1 :]]  # one node has to live
    else:
        faults = [_DRAWS[kind](draw)]
    strikes = tuple(_strike(draw, fault, len(turns)) for fault in faults)
    return Plan(seed, kind, draw.choice(_POLICIES), turns, strikes)


def is_for_good(fault: Fault) -> bool:
    """Whether a node that it hits is of no use until the scenario is over."""
    match fault:
        case Stall(lasting_s=lasting) | Stop(lasting_s=lasting) | Kill(back_after_s=lasting):
            return lasting is None
        case _:
            return False


def _strike(draw: Random, fault: Fault, turns: int) -> Strike:
    turn = draw.randrange(turns)
    # Of the few frames towards a daemon, the one worth cutting is the question.
    cuts_question = isinstance(fault, Truncate) and fault.towards == "daemon"
    if cuts_question or draw.random() < 0.1:
        return Strike(fault, turn, None, draw.choice((0, 0, *range(NODES))))
    return Strike(fault, turn, 0 if draw.random() < 0.1 else draw.randrange(1, REACH))
