"""The questions that wait, as one client handles them: looked at, edited, moved, dropped, and sent."""

from __future__ import annotations

import os
import uuid
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llamachat.documents.document import Document
from llamachat.fleet.prompts import keep_documents
from llamachat.fleet.recording import add_question
from llamachat.fleet.snapshot import NodeSnapshot
from llamachat.protocol import ChatMessage
from llamachat.store import OutboxItem, Store, StoreThread, derive_title


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question that waits. `title` is its chat's; `after_failure`: what its chat ends with is an answer that failed,
    so the question is not sent by itself, since it may build on what did not come."""

    item: OutboxItem
    title: str
    after_failure: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """A question that waited and is part of its chat now: ask for its answer."""

    item: OutboxItem
    question: ChatMessage


def takes_work(nodes: Sequence[NodeSnapshot]) -> bool:
    """Whether a question can be sent at all; without a node to take it, it is better kept where it can be edited."""
    return any(node.usable for node in nodes)


def sendable(
    waiting: Iterable[Waiting], *, busy: Container[str] = (), wanted: Container[str] = ()
) -> Iterator[Waiting]:
    """The questions that nothing keeps back, in their order: the first of each chat that is not `busy` with an answer,
    unless the answer before it failed. `wanted` are ids of questions that somebody wants sent even then.

    What waits behind another question of its chat never overtakes it.
    """
    passed: set[str] = set()
    for one in waiting:
        chat_id = one.item.chat_id
        if chat_id in passed or chat_id in busy:
            continue
        passed.add(chat_id)
        if not one.after_failure or one.item.id in wanted:
            yield one


class Outbox:
    """The outbox of the store. `owner` names this client among all that use the same store; made up when left out.

    Every method may raise `StoreError` when the history cannot be read or written; nothing was changed then.
    """

    def __init__(self, store: StoreThread, owner: str | None = None) -> None:
        self._store = store
        self.owner = owner or f"{os.getpid()}-{uuid.uuid4().hex[:16]}"

    async def waiting(self) -> tuple[Waiting, ...]:
        """All that waits, in the order in which it is sent."""
        return await self._store.read(_waiting)

    async def put(
        self,
        chat_id: str,
        text: str,
        documents: Sequence[Document] = (),
        *,
        request: Mapping[str, Any] | None = None,
    ) -> OutboxItem:
        """Has a question wait with its files behind all others; it survives the end of the program. A new chat is named
        after it."""

        def work(store: Store) -> OutboxItem:
            with store.transaction():
                attachments = keep_documents(store, documents)
                if not store.active_path(chat_id, 1):
                    store.suggest_title(chat_id, derive_title(text or ", ".join(each.name for each in attachments)))
                return store.outbox_enqueue(chat_id, text, request=request, attachments=attachments)

        return await self._store.run(work)

    async def hold(self, item_id: str) -> OutboxItem | None:
        """Keeps a question from being sent while it is edited, by this client or another; None when it is gone or
        being sent. Call `keep_hold` more often than the claim's timeout, and `edit` or `let_go` at the end."""
        return await self._store.run(lambda store: store.outbox_claim(self.owner, item_id))

    async def keep_hold(self, item_id: str) -> bool:
        """Says that it is still being edited; False when another client has taken it since."""
        return await self._store.run(lambda store: store.outbox_heartbeat(item_id, self.owner))

    async def let_go(self, item_id: str) -> None:
        """Lets a question be sent again, as it is."""
        await self._store.run(lambda store: store.outbox_release(item_id, self.owner))

    async def edit(self, item_id: str, text: str) -> bool:
        """Changes a question where it stands and lets it be sent; False when it is gone or being sent."""

        def work(store: Store) -> bool:
            with store.transaction():
                if all(item.id != item_id for item in store.outbox_list()):
                    return False
                changed = store.outbox_edit(item_id, text, owner=self.owner)
                store.outbox_release(item_id, self.owner)
                return changed

        return await self._store.run(work)

    async def move(self, item_id: str, by: int) -> None:
        """Moves a question that many places: up is negative. Gone already, or beyond an end, is fine."""

        def work(store: Store) -> None:
            with store.transaction():
                ids = [item.id for item in store.outbox_list()]
                if item_id in ids:
                    store.outbox_move(item_id, max(0, ids.index(item_id) + by))

        await self._store.run(work)

    async def drop(self, item_id: str) -> OutboxItem | None:
        """Takes a question out; returns it for `restore`, or None when it is gone or being sent."""
        return await self._store.run(lambda store: store.outbox_withdraw(item_id, owner=self.owner))

    async def restore(self, item: OutboxItem) -> None:
        """Has a dropped question wait again where it did."""
        await self._store.run(lambda store: store.outbox_restore(item))

    async def take(self, item_id: str, now: float) -> Taken | None:
        """Makes a question part of its chat, asked at `now` (Unix); None when it is gone or claimed. No two clients
        ever take the same one. From then on it is the open answer that keeps it from being lost."""

        def work(store: Store) -> Taken | None:
            with store.transaction():
                item = store.outbox_claim(self.owner, item_id)
                if item is None:
                    return None
                question = add_question(
                    store,
                    item.chat_id,
                    item.text,
                    now,
                    message_id=item.user_message_id,
                    attachments=item.attachments,
                )
                store.outbox_drop(item.id)
                return Taken(item, question)

        return await self._store.run(work)


def _waiting(store: Store) -> tuple[Waiting, ...]:
    found: dict[str, tuple[str, bool]] = {}
    items = store.outbox_list()
    for chat_id in dict.fromkeys(item.chat_id for item in items):
        last = store.active_path(chat_id, 1)
        found[chat_id] = (store.summary(chat_id).title, bool(last) and last[0].state == "failed")
    return tuple(Waiting(item, *found[item.chat_id]) for item in items)
