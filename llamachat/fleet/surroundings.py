"""What a turn sees of the fleet around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from llamachat.fleet.clock import RunningClock
from llamachat.fleet.cooldown import Cooldowns
from llamachat.fleet.estimates import Estimates
from llamachat.fleet.limits import FleetLimits
from llamachat.fleet.link import Sink
from llamachat.fleet.rate_limits import RateLimits
from llamachat.fleet.routing import Policy
from llamachat.fleet.snapshot import NodeSnapshot
from llamachat.protocol import ClientFrame


class Node(Protocol):
    """A link, as a turn uses it; see `llamachat.fleet.link.Link`."""

    snapshot: NodeSnapshot

    def open(self, attempt_id: str, sink: Sink) -> None: ...
    def release(self, attempt_id: str) -> None: ...
    def post(self, frame: ClientFrame) -> bool: ...
    def cancel(self, attempt_id: str) -> None: ...
    def probe(self) -> None: ...
    @property
    def heard_at(self) -> float: ...


class Waiter(Protocol):
    """A turn, as others count it: the node that works for it, if any, or the busy ones that it waits for."""

    @property
    def running_at(self) -> str | None: ...
    @property
    def awaited(self) -> frozenset[str]: ...


@dataclass(slots=True)
class Surroundings:
    """Shared by the turns of one fleet.

    Attributes:
        limits, clock, cooldowns, estimates, policy: of the fleet.
        nodes: by name, in the user's order.
        turns: all under way.
        waiting: those for which no node is to be had, first come first.
        last_nodes: which node answered in each chat last, newest at the end.
        rate_limits: which nodes have had too many questions of this client.
        settled_at: until then, by the clock, nodes that are still connecting are waited for.
        poke: makes every turn look again.
        changed: tells whoever shows the fleet that there is something new to show.
    """

    limits: FleetLimits
    clock: RunningClock
    cooldowns: Cooldowns
    estimates: Estimates
    policy: Policy
    nodes: dict[str, Node] = field(default_factory=dict)
    turns: list[Waiter] = field(default_factory=list)
    waiting: list[Waiter] = field(default_factory=list)
    last_nodes: dict[str, str] = field(default_factory=dict)
    rate_limits: RateLimits = field(default_factory=RateLimits)
    settled_at: float = 0.0
    poke: Callable[[], None] = lambda: None
    changed: Callable[[], None] = lambda: None

    def snapshots(self) -> tuple[NodeSnapshot, ...]:
        """Of all nodes, in order."""
        return tuple(node.snapshot for node in self.nodes.values())

    def in_flight(self) -> Counter[str]:
        """How many turns each node works for."""
        return Counter(name for turn in self.turns if (name := turn.running_at) is not None)

    def settling(self) -> bool:
        """Whether the fleet has only just begun to connect, and something is still to be learned before a choice."""
        if self.clock.now() >= self.settled_at:
            return False
        is_choice = len(self.nodes) > 1
        return any(
            node.hello is None if node.state == "connecting" else is_choice and node.connected and node.status is None
            for node in self.snapshots()
        )

    def remember(self, chat_id: str, node: str) -> None:
        """`node` answers in this chat."""
        self.last_nodes.pop(chat_id, None)
        self.last_nodes[chat_id] = node
        while len(self.last_nodes) > self.limits.kept_chats:
            del self.last_nodes[next(iter(self.last_nodes))]
