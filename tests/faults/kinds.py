"""The faults of the harness as values. Times are seconds; what a fault hits is its `Strike`'s to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["client", "daemon"]


@dataclass(frozen=True, slots=True)
class Cut:
    """Every connection to the node is reset, between two frames."""


@dataclass(frozen=True, slots=True)
class HalfClose:
    """The stream `towards` one side ends; the other side notices nothing, and what it sends goes nowhere."""

    towards: Side


@dataclass(frozen=True, slots=True)
class DoubleClose:
    """The client gets a WebSocket close frame twice, then the end of the stream; the daemon said neither."""

    code: int


@dataclass(frozen=True, slots=True)
class Truncate:
    """Of the next frame `towards` one side only this `share` passes (at least a byte, never all), then a reset."""

    towards: Side
    share: float


@dataclass(frozen=True, slots=True)
class Delay:
    """For so long, everything arrives `by_s` later, in both directions."""

    by_s: float
    lasting_s: float


@dataclass(frozen=True, slots=True)
class Throttle:
    """For so long, only `bytes_per_s` pass in each direction."""

    bytes_per_s: int
    lasting_s: float


@dataclass(frozen=True, slots=True)
class Stall:
    """For so long nothing passes, while all connections stay open and new ones are taken; None: to the end."""

    lasting_s: float | None


@dataclass(frozen=True, slots=True)
class Flap:
    """Every connection is reset so many times, once every `every_s`."""

    every_s: float
    times: int


@dataclass(frozen=True, slots=True)
class Refuse:
    """All connections are reset, and for so long nothing listens at the address."""

    lasting_s: float


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL to the daemon; it is started again after so long, or (None) after the scenario."""

    back_after_s: float | None


@dataclass(frozen=True, slots=True)
class KillWorker:
    """SIGKILL to the process that holds the model; the daemon lives."""


@dataclass(frozen=True, slots=True)
class Stop:
    """SIGSTOP to the daemon and its worker; SIGCONT after so long, or (None) after the scenario."""

    lasting_s: float | None


@dataclass(frozen=True, slots=True)
class Restart:
    """SIGTERM, after which answers are finished; `at_once`, a second one, which ends them. Then a new start."""

    at_once: bool


@dataclass(frozen=True, slots=True)
class KillAll:
    """SIGKILL to all daemons; the one that was hit is started again."""


Fault = (
    Cut | HalfClose | DoubleClose | Truncate | Delay | Throttle | Stall | Flap | Refuse
    | Kill | KillWorker | Stop | Restart | KillAll
)  # fmt: skip
