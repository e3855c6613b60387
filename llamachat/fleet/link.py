"""One node: keeps a connection to it, knows how it is, and carries frames between it and the turns."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from msgspec import UNSET

from llamachat.base.text import one_line
from llamachat.fleet.address import NodeAddress
from llamachat.fleet.backoff import pause
from llamachat.fleet.clock import RunningClock
from llamachat.fleet.dial import Refused, Unreachable, dial
from llamachat.fleet.health import Facts, Phase, judge
from llamachat.fleet.limits import FleetLimits
from llamachat.fleet.requests import FOLLOWED, FOLLOWED_LOG
from llamachat.fleet.session import Session
from llamachat.fleet.snapshot import NodeSnapshot
from llamachat.protocol import (
    AiResponse,
    BackendStatus,
    Cancel,
    ChatHistory,
    ClientFrame,
    DaemonFrame,
    Error,
    Hello,
    Log,
    Ok,
    Progress,
    Queued,
)

logger = logging.getLogger("llamachat.fleet")


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection ended. `silent`: the node stopped answering, so it is not expected back soon."""

    reason: str
    silent: bool


Incoming = Queued | Progress | AiResponse | Error | Lost
"""What reaches an attempt: the daemon's frames about it, and the end of the connection, which is always the last."""

_FOLLOWABLE: Final[dict[type[DaemonFrame], str]] = {ChatHistory: FOLLOWED, Log: FOLLOWED_LOG}
"""What comes unasked once it was asked for, and the name under which it is listened to."""

Sink = Callable[[Incoming], None]
"""Takes what comes for one attempt; called on the event loop, must not raise."""


class Link:
    """Runs until closed; nothing that a node does makes a method of it raise.

    Args:
        address: of the node.
        limits: times and sizes.
        clock: of the fleet.
        changed: called on the event loop whenever `snapshot` is a new one.
    """

    def __init__(
        self, address: NodeAddress, limits: FleetLimits, clock: RunningClock, changed: Callable[[], None]
    ) -> None:
        self.address = address
        self.snapshot = NodeSnapshot(address.name, address.url, "connecting", time.time())
        self._limits = limits
        self._clock = clock
        self._changed = changed
        self._phase: Phase = "connecting"
        self._why = ""
        self._failures = 0
        self._hurry = False  # a good connection was lost just now
        self._wake = asyncio.Event()  # skips the pause between two tries
        self._session: Session | None = None
        self._sinks: dict[str, Sink] = {}
        self._listeners: dict[str, Callable[[DaemonFrame | Lost], None]] = {}  # by the id of their request
        self._cancels: dict[str, None] = {}  # attempts to cancel, in order, until the node confirms
        self._cancelled: dict[str, None] = {}  # those that it confirmed
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    # ── for the fleet ───────────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Begins to connect."""
        self._task = asyncio.create_task(self._run(), name=f"link to {self.address.name}")

    async def close(self, *, for_good: bool = True) -> None:
        """Says goodbye, after the frames still to be written, and stops. Attempts hear that the link is lost; unless it
        is `for_good`, they may hope for another to the same node."""
        if self._task is None:
            return
        self._closing = True
        if self._session is not None:
            self._session.finish()
            await asyncio.wait({self._task}, timeout=self._limits.close_timeout_s)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        self._tell_lost(Lost("The node was removed.", silent=for_good))

    def reconnect_now(self) -> None:
        """Skips the pause, and tries a refusing node again."""
        self._failures = 0
        self._wake.set()

    def listen(self, req: str, sink: Callable[[DaemonFrame | Lost], None]) -> None:
        """Sends what answers the request with this id to `sink`, until unlistened or lost. `sink` must not raise."""
        self._listeners[req] = sink

    def unlisten(self, req: str) -> None:
        """Nothing more of this request is wanted."""
        self._listeners.pop(req, None)

    # ── for turns ───────────────────────────────────────────────────────────────────────────────────────────────────

    def open(self, attempt_id: str, sink: Sink) -> None:
        """Sends what comes for this attempt to `sink`, until released or lost."""
        self._sinks[attempt_id] = sink

    def release(self, attempt_id: str) -> None:
        """Nothing more of this attempt is wanted."""
        self._sinks.pop(attempt_id, None)

    def post(self, frame: ClientFrame) -> bool:
        """Sends a frame; False when there is no connection to send it on. Whether it arrived is not known.

        Raises:
            ProtocolError: `too_large`.
        """
        return self._session is not None and self._session.post(frame)

    def cancel(self, attempt_id: str) -> None:
        """Stops an attempt: now, or as soon as the node is seen again."""
        _keep(self._cancels, attempt_id, self._limits.kept_cancels)
        self.post(Cancel(id=attempt_id, req=attempt_id))

    def has_cancelled(self, attempt_id: str) -> bool:
        """Whether the node confirmed that."""
        return attempt_id in self._cancelled

    def probe(self) -> None:
        """Asks with a ping whether the node still answers; when it does not, the link is lost."""
        if self._session is not None:
            self._session.probe()

    @property
    def heard_at(self) -> float:
        """When anything last came from the node, by the fleet's clock."""
        return self._session.heard_at if self._session is not None else 0.0

    # ── the way of a link ───────────────────────────────────────────────────────────────────────────────────────────

    async def _run(self) -> None:
        while not self._closing:
            self._wake.clear()
            self._enter("connecting", self._why)
            try:
                delay = await self._try_once()
            except Refused as error:
                logger.info("%s refuses: %s", self.address.name, error)
                self._enter("refused", str(error))
                await self._wake.wait()
            except Unreachable as error:
                delay = self._limits.redial_s if self._hurry and not error.gone else self._next_pause()
                self._hurry = False
                await self._rest(delay, str(error), gone=error.gone)
            except Exception:  # a defect of ours must not silence a node for good
                logger.exception("The link to %s failed", self.address.name)
                await self._rest(self._next_pause(), "The connection failed for a reason that the log has.")
            else:
                await self._rest(delay, self._why)

    async def _try_once(self) -> float:
        """Connects and stays until the connection ends; returns the pause before the next try, in seconds."""
        connection = await dial(self.address, self._limits)
        began = self._clock.now()
        self._session = Session(connection, self._limits, self._clock, self._take, self._publish)
        try:
            ended = await self._session.run()
        finally:
            self._session = None
        logger.info("%s: the connection ended: %s", self.address.name, ended.reason)
        settled = ended.greeted and self._clock.now() - began >= self._limits.settled_s
        # The state first: who hears of the loss looks at it.
        self._enter("refused" if ended.refused else "connecting", ended.reason)
        self._tell_lost(Lost(ended.reason, ended.silent))
        if ended.refused:
            raise Refused(ended.reason)
        self._hurry = settled
        return 0.0 if settled or self._closing else self._next_pause()

    async def _rest(self, delay: float, why: str, *, gone: bool = False) -> None:
        if delay <= 0:
            return
        self._enter("waiting", why, retry_at=time.time() + delay, gone=gone)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._wake.wait()

    def _next_pause(self) -> float:
        self._failures += 1
        return pause(self._failures, random.random(), self._limits.backoff_first_s, self._limits.backoff_cap_s)

    # ── what comes ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _take(self, frame: DaemonFrame) -> None:
        req = getattr(frame, "req", UNSET)
        listener = self._listeners.get(_FOLLOWABLE.get(type(frame), "") if req is UNSET else str(req))
        if listener is not None:
            listener(frame)
            return
        match frame:
            case Hello():
                self._failures = 0
                for attempt_id in self._cancels:
                    self.post(Cancel(id=attempt_id, req=attempt_id))
                self._enter("connected", "", hello=frame, status=None, gone=False)
            case BackendStatus():
                self._publish(status=frame, status_at=time.time())
            case AiResponse() | Queued() | Progress():
                self._hand_over(frame.id, frame)
            case Error():
                attempt_id = frame.id or (frame.req if isinstance(frame.req, str) else "")
                if attempt_id in self._sinks:
                    self._hand_over(attempt_id, frame)
                else:
                    logger.info("%s says %s: %s", self.address.name, frame.code, one_line(frame.message))
            case Ok():
                if isinstance(frame.req, str) and frame.req in self._cancels:
                    del self._cancels[frame.req]
                    _keep(self._cancelled, frame.req, self._limits.kept_cancels)
            case _:
                logger.debug("%s sent %s, which nobody asked for", self.address.name, type(frame).__name__)

    def _hand_over(self, attempt_id: str, frame: Incoming) -> None:
        sink = self._sinks.get(attempt_id)
        if sink is not None:
            sink(frame)

    def _tell_lost(self, lost: Lost) -> None:
        sinks, self._sinks = self._sinks, {}
        for sink in sinks.values():
            sink(lost)
        listeners, self._listeners = self._listeners, {}
        for listener in listeners.values():
            listener(lost)

    # ── how it is ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _enter(self, phase: Phase, why: str, **facts: Any) -> None:
        self._phase, self._why = phase, why
        self._publish(**{"retry_at": None, **facts})

    def _publish(self, **facts: Any) -> None:
        """Makes a new snapshot with these facts changed, and says so when it differs from the last."""
        before = self.snapshot
        after = replace(before, **facts)
        session = self._session
        health = judge(
            Facts(
                self._phase,
                self._why,
                silence_s=self._clock.now() - session.heard_at if session is not None else 0.0,
                rtt_ms=session.rtt_ms if session is not None else None,
                status=after.status,
            ),
            self._limits,
        )
        after = replace(
            after,
            state=health.state,
            reason=health.reason,
            since=before.since if health.state == before.state else time.time(),
            rtt_ms=(session.rtt_ms if session is not None else None) or before.rtt_ms,
        )
        if after != before:
            self.snapshot = after
            self._changed()


def _keep(kept: dict[str, None], attempt_id: str, most: int) -> None:
    """Adds to an ordered set that forgets its oldest."""
    kept[attempt_id] = None
    while len(kept) > most:
        del kept[next(iter(kept))]
