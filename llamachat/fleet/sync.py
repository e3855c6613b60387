"""The same history on every machine: the store kept in step with every node that keeps an archive."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Self

from llamachat.base.tasks import cancel_and_wait
from llamachat.fleet.fleet import Fleet
from llamachat.fleet.snapshot import NodeSnapshot
from llamachat.fleet.sync_archive import ArchiveSync
from llamachat.fleet.sync_requests import ArchiveLostError, ArchiveRefusedError
from llamachat.fleet.sync_state import SyncState
from llamachat.store import StoreError, StoreThread

logger = logging.getLogger("llamachat.fleet")


class Syncing:
    """Runs while entered as an async context, inside those of the fleet and the store.

    Whatever changes the history, this program or another one on the same file, is pushed; what other machines pushed is
    merged into the store. Leaving pushes what is left, for `sync_close_s` at most.
    """

    def __init__(self, fleet: Fleet, store: StoreThread) -> None:
        self._fleet = fleet
        self._store = store
        self._syncs: dict[str, tuple[ArchiveSync, asyncio.Task[None]]] = {}
        self._ended: dict[str, SyncState] = {}
        self._old_news = 0
        self._subscribers: dict[object, Callable[[], None]] = {}
        self._watching: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    async def __aenter__(self) -> Self:
        self._unsubscribe = self._fleet.subscribe(self._look)
        self._watching = asyncio.create_task(self._watch(), name="history watch")
        self._look()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unsubscribe()
        assert self._watching is not None
        await cancel_and_wait(self._watching, *(task for _, task in self._syncs.values()))
        await push_once(self._fleet, self._store, within_s=self._fleet.limits.sync_close_s)

    def states(self) -> tuple[SyncState, ...]:
        """How far each archive is in step, in the order of the nodes; nodes that never had one are left out."""
        known = self._ended | {name: sync.state for name, (sync, _) in self._syncs.items()}
        return tuple(known[node.name] for node in self._fleet.snapshots() if node.name in known)

    @property
    def news(self) -> int:
        """How many times a chat changed here because of what other machines did."""
        return self._old_news + sum(sync.state.news for sync, _ in self._syncs.values())

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Has `callback` called on the event loop whenever `states` changed, and so whenever something was pulled;
        returns what ends that."""
        key = object()
        self._subscribers[key] = callback

        def unsubscribe() -> None:
            self._subscribers.pop(key, None)

        return unsubscribe

    def _look(self) -> None:
        """Begins with every archive that is reached anew, and leaves those that are not reached any more."""
        reached = {node.name: node.hello for node in self._fleet.snapshots() if keeps_archive(node)}
        for name, (sync, task) in list(self._syncs.items()):
            if reached.get(name) is not sync.hello:
                task.cancel()
                self._ended[name] = SyncState(name)
                self._old_news += sync.state.news
                del self._syncs[name]
        if reached.keys() - self._syncs.keys():
            for name, sync in archives(self._fleet, self._store, self._tell).items():
                if name not in self._syncs:
                    self._syncs[name] = (sync, asyncio.create_task(self._run(sync), name=f"history with {name}"))

    async def _run(self, sync: ArchiveSync) -> None:
        try:
            await sync.run()
        except Exception:  # a defect of ours must not end the program
            logger.exception("The history with %s failed", sync.state.node)

    async def _watch(self) -> None:
        """Notices changes of the history, whoever made them."""
        seen = -1
        while True:
            with contextlib.suppress(StoreError):  # whoever uses it next tells the person
                count = await self._store.read(lambda store: store.change_count())
                if count != seen:
                    seen = count
                    for sync, _ in self._syncs.values():
                        sync.poke()
            await asyncio.sleep(self._fleet.limits.sync_look_s)

    def _tell(self) -> None:
        for callback in list(self._subscribers.values()):
            try:
                callback()
            except Exception:  # one screen's defect must not stop the others
                logger.exception("A subscriber to the history failed")


def archives(fleet: Fleet, store: StoreThread, tell: Callable[[], None] = lambda: None) -> dict[str, ArchiveSync]:
    """What keeps the store in step with each archive that is reached now, by the name of its node."""
    return {
        node.name: ArchiveSync(node.name, link, node.hello, store, fleet.limits, tell)
        for node in fleet.snapshots()
        if keeps_archive(node) and node.hello is not None and (link := fleet.asked(node.name)) is not None
    }


def keeps_archive(node: NodeSnapshot) -> bool:
    """Whether the node can be reached and says that it keeps an archive."""
    return node.connected and node.hello is not None and node.hello.archive


async def push_once(fleet: Fleet, store: StoreThread, *, within_s: float, chat_id: str | None = None) -> None:
    """Pushes what changed to every archive that is reached, `chat_id` first, as far as the time suffices. What is left
    is pushed another time."""

    async def push(sync: ArchiveSync) -> None:
        try:
            await sync.push(first=chat_id)
        except (ArchiveLostError, ArchiveRefusedError, StoreError) as error:
            logger.info("History with %s: %s", sync.state.node, error)

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await asyncio.gather(*(push(sync) for sync in archives(fleet, store).values()))
