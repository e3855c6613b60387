"""Many nodes as one: the public face of this room."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Self

from llamachat.base.text import one_line
from llamachat.fleet.address import NodeAddress
from llamachat.fleet.asking import Asking
from llamachat.fleet.clock import RunningClock
from llamachat.fleet.cooldown import Cooldowns
from llamachat.fleet.estimates import Estimates
from llamachat.fleet.events import TurnEvent
from llamachat.fleet.limits import FleetLimits
from llamachat.fleet.link import Incoming, Link
from llamachat.fleet.mailbox import Mailbox
from llamachat.fleet.rate_limits import RateLimited
from llamachat.fleet.requests import Asked, RequestError, log_of, replies
from llamachat.fleet.routing import Decision, Policy, TurnFacts, choose
from llamachat.fleet.snapshot import NodeSnapshot
from llamachat.fleet.surroundings import Surroundings
from llamachat.fleet.turn import Held, Turn
from llamachat.protocol import Drain, LoadModel, LogLine, UnloadModel
from llamachat.store import Estimate

logger = logging.getLogger("llamachat.fleet")


class Fleet:
    """Keeps a link to every node while entered as an async context; everything happens on that event loop.

    Args:
        addresses: the nodes, first is preferred; names must differ.
        policy: how a node is chosen; may be set at any time.
        limits: times and sizes.
        monotonic: seconds, for all that is measured.

    Raises:
        ValueError: two nodes have one name.
    """

    def __init__(
        self,
        addresses: Iterable[NodeAddress],
        *,
        policy: Policy = "fastest",
        limits: FleetLimits | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits or FleetLimits()
        self._clock = RunningClock(self.limits.tick_s, monotonic)
        self._around = Surroundings(
            self.limits,
            self._clock,
            Cooldowns(self.limits.cooldown_first_s, self.limits.cooldown_cap_s),
            Estimates(self.limits.kept_estimates),
            policy,
            poke=self._poke_turns,
            changed=self._changed,
        )
        self._links: dict[str, Link] = {}
        self._subscribers: dict[object, Callable[[], None]] = {}
        self._turns: dict[Asking, Mailbox[tuple[str, Incoming]]] = {}
        self._ticker: asyncio.Task[None] | None = None
        self._closed = False
        for address in addresses:
            self._insert(address)

    async def __aenter__(self) -> Self:
        self._ticker = asyncio.create_task(self._clock.run(), name="fleet clock")
        self._around.settled_at = self._clock.now() + self.limits.settle_s
        for link in self._links.values():
            link.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._poke_turns()
        await asyncio.gather(*(link.close() for link in self._links.values()))
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)

    # ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def ask(self, turn: Turn) -> AsyncGenerator[TurnEvent, None]:
        """Events from the question to the last token; the last one is `Finished` or `Failed`.

        Closing the iterator early leaves the answer running at its node; to stop it, `cancel`.
        """
        mailbox: Mailbox[tuple[str, Incoming]] = Mailbox()
        asking = Asking(turn, self._around, lambda attempt_id, item: mailbox.put((attempt_id, item)))
        self._turns[asking] = mailbox
        self._around.turns.append(asking)
        try:
            while not asking.ended:
                for attempt_id, item in mailbox.take_all():
                    for event in asking.take(attempt_id, item):
                        yield event
                for event in asking.close() if self._closed else asking.advance():
                    yield event
                if not asking.ended:
                    await mailbox.wait(asking.patience())
        finally:
            asking.leave()
            del self._turns[asking]
            self._around.turns.remove(asking)

    async def cancel(self, message_id: str) -> None:
        """Stops an answer; its iterator ends with `Finished` (`cancelled`), even if its node is gone."""
        for asking, mailbox in self._turns.items():
            if asking.turn.message_id == message_id:
                asking.cancel()
                mailbox.poke()

    def cancel_attempt(self, node: str, attempt_id: str) -> bool:
        """Stops an attempt of an earlier run of this program, as soon as its node is seen.

        Returns:
            Whether nothing remains to be done: the node confirmed it, or is not part of the fleet.
        """
        link = self._links.get(node)
        if link is None or link.has_cancelled(attempt_id):
            return True
        link.cancel(attempt_id)
        return False

    def held(self, message_id: str) -> Held | None:
        """What to keep of an answer under way, to go on with it after a restart."""
        return next((asking.held for asking in self._turns if asking.turn.message_id == message_id), None)

    @property
    def policy(self) -> Policy:
        """How a node is chosen."""
        return self._around.policy

    @policy.setter
    def policy(self, policy: Policy) -> None:
        self._around.policy = policy

    def estimates(self, node: str | None = None) -> tuple[Estimate, ...]:
        """Expected and actual times to the first text, oldest first."""
        return self._around.estimates.of(node)

    # ── the nodes ───────────────────────────────────────────────────────────────────────────────────────────────────

    def snapshots(self) -> tuple[NodeSnapshot, ...]:
        """How every node is, in the user's order."""
        return self._around.snapshots()

    def rate_limited(self) -> tuple[RateLimited, ...]:
        """The nodes that take no more questions of this client for now, because it has asked too many a minute."""
        now, wall = self._clock.now(), time.time()
        awaited = frozenset[str]().union(*(turn.awaited for turn in self._around.waiting))
        limits = self._around.rate_limits.hold(now)
        return tuple(RateLimited(node, wall + until - now, node in awaited) for node, until in limits.items())

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Has `callback` called on the event loop whenever `snapshots` changed, or a node is newly `rate_limited`;
        returns what ends that."""
        key = object()
        self._subscribers[key] = callback

        def unsubscribe() -> None:
            self._subscribers.pop(key, None)

        return unsubscribe

    def preview(self, model: str | None = None) -> Decision:
        """What the router would choose for a new question to this model (None: each node's default) now."""
        around = self._around
        return choose(
            TurnFacts(chat_id="", model=model),
            around.snapshots(),
            around.policy,
            cooling=around.cooldowns.until,
            now=around.clock.now(),
            limits=self.limits,
            in_flight=around.in_flight(),
        )

    async def administer(self, name: str, frame: LoadModel | UnloadModel | Drain) -> None:
        """Has a node load or unload a model, or stop or begin to take work; returns when it is done.

        Raises:
            RequestError: it did not; with the node's sentence.
        """
        async with aclosing(replies(self._link(name), frame)) as answers:
            async for _ok in answers:
                return

    async def log(self, name: str, lines: int) -> AsyncGenerator[tuple[LogLine, ...], None]:
        """The last lines of a node's log, and then those to come, until closed.

        Raises:
            RequestError: the node does not show it, or the connection ended.
        """
        async with aclosing(log_of(self._link(name), lines)) as pieces:
            async for piece in pieces:
                yield piece

    def asked(self, name: str) -> Asked | None:
        """The link to a node, for those who ask it something beside answers; None without such a node."""
        return self._links.get(name)

    def _link(self, name: str) -> Link:
        if name not in self._links:
            raise RequestError(f"There is no node {one_line(name, 64)} any more.")
        return self._links[name]

    def reconnect_now(self, name: str) -> None:
        """Tries a node without waiting for its next turn; unknown names are ignored."""
        if name in self._links:
            self._links[name].reconnect_now()

    def add(self, address: NodeAddress) -> None:
        """A further node, last in the order.

        Raises:
            ValueError: its name is taken.
        """
        self._insert(address)
        if self._ticker is not None and not self._closed:
            self._links[address.name].start()
        self._changed()

    async def remove(self, name: str) -> None:
        """Takes a node out; its answers go on elsewhere. Unknown names are ignored."""
        link = self._links.pop(name, None)
        if link is None:
            return
        del self._around.nodes[name]
        self._around.cooldowns.forget(name)
        self._around.rate_limits.forget(name)
        await link.close()
        self._changed()

    async def replace(self, name: str, address: NodeAddress) -> None:
        """Connects to another address in the place of a node, which keeps its rank. What it is answering is taken up
        again there, if it is the same node, or else goes on elsewhere.

        Raises:
            ValueError: there is no such node, or its new name is another's.
        """
        old = self._links.get(name)
        if old is None:
            raise ValueError(f"There is no node {one_line(name, 64)} any more.")
        self._refuse_second(address.name, besides=name)
        link = Link(address, self.limits, self._clock, self._changed)
        links = [link if one is old else one for one in self._links.values()]
        self._links = {one.address.name: one for one in links}
        self._around.nodes = dict(self._links)
        self._around.cooldowns.forget(name)
        self._around.rate_limits.forget(name)
        if self._ticker is not None and not self._closed:
            link.start()
        self._changed()
        await old.close(for_good=False)

    def address(self, name: str) -> NodeAddress | None:
        """Where a node is and how to be let in; None for an unknown name."""
        link = self._links.get(name)
        return link.address if link is not None else None

    def reorder(self, names: Sequence[str]) -> None:
        """The new order; nodes not named keep theirs, after the named ones."""
        order = [name for name in dict.fromkeys(names) if name in self._links]
        order += [name for name in self._links if name not in order]
        self._links = {name: self._links[name] for name in order}
        self._around.nodes = dict(self._links)
        self._changed()

    def _insert(self, address: NodeAddress) -> None:
        self._refuse_second(address.name)
        link = Link(address, self.limits, self._clock, self._changed)
        self._links[address.name] = self._around.nodes[address.name] = link

    def _refuse_second(self, name: str, besides: str | None = None) -> None:
        if name != besides and name in self._links:
            raise ValueError(f"Two nodes are called {name}. Give each its own name.")

    def _changed(self) -> None:
        self._poke_turns()
        for callback in list(self._subscribers.values()):
            try:
                callback()
            except Exception:  # one screen's defect must not stop the links
                logger.exception("A subscriber to the fleet failed")

    def _poke_turns(self) -> None:
        for mailbox in self._turns.values():
            mailbox.poke()
