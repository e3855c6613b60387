"""A link without a network to an archive in this process: every frame goes through the codec, and it can be cut."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import UNSET

from llamachat.protocol import (
    Chat,
    ChatHistory,
    ClientFrame,
    Codec,
    DaemonFrame,
    Error,
    GetHistory,
    Hello,
    Limits,
    NodeInfo,
    Ok,
    Principal,
    ProtocolError,
    SaveChat,
    decode_client,
    decode_daemon,
    encode,
)
from llamachat.store import Store
from llamachat_daemon.serving.archive.opening import open_database
from llamachat_daemon.serving.archive.reading import changes
from llamachat_daemon.serving.archive.saving import save

T = TypeVar("T")


class Kept(Protocol):
    """What an archive does for one principal."""

    def save(self, chat: Chat) -> None: ...
    def page(self, since: str | None, limit: int) -> ChatHistory: ...


class DaemonArchive:
    """The daemon's own archive, without the daemon."""

    def __init__(self, path: Path, now: Callable[[], float]) -> None:
        self._db = open_database(path)
        self._now = now

    def save(self, chat: Chat) -> None:
        save(self._db, "local", chat, quota=10**9, now=self._now())

    def page(self, since: str | None, limit: int) -> ChatHistory:
        page = changes(self._db, "local", since, limit)
        return ChatHistory(chats=page.chats, cursor=page.cursor, more=page.more)

    def close(self) -> None:
        self._db.close()


class Cut:
    """The end of the connection."""

    reason = "The connection broke."


class DirectLink:
    """Cut at request `cut_at`, counted from 1: an even one is carried out and not answered, an odd one is lost."""

    def __init__(self, archive: Kept, cut_at: int | None = None) -> None:
        self._archive = archive
        self._cut_at = cut_at
        self._requests = 0
        self._listeners: dict[str, Callable[[Any], None]] = {}

    def listen(self, req: str, sink: Callable[[Any], None]) -> None:
        self._listeners[req] = sink

    def unlisten(self, req: str) -> None:
        self._listeners.pop(req, None)

    def post(self, frame: ClientFrame) -> bool:
        self._requests += 1
        cut = self._cut_at is not None and self._requests >= self._cut_at
        if cut and self._requests % 2:
            self._listeners[str(frame.req)](Cut())
            return True
        arrived = decode_client(encode(frame, Codec.MSGPACK), Codec.MSGPACK)
        answer = decode_daemon(encode(self._answer(arrived), Codec.MSGPACK), Codec.MSGPACK)
        self._listeners[str(frame.req)](Cut() if cut else answer)
        return True

    def _answer(self, frame: ClientFrame) -> DaemonFrame:
        assert frame.req is not UNSET
        try:
            match frame:
                case SaveChat():
                    self._archive.save(frame.chat)
                    return Ok(req=frame.req)
                case GetHistory():
                    return msgspec.structs.replace(self._archive.page(frame.since, frame.limit), req=frame.req)
        except ProtocolError as error:
            return Error(req=frame.req, code=error.code, message=error.message, detail=error.detail)
        raise AssertionError(frame)


class Inline:
    """A store for asyncio on the test's own thread, in place of a `StoreThread`."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def run(self, work: Callable[[Store], T]) -> T:
        return work(self.store)

    async def read(self, work: Callable[[Store], T]) -> T:
        return work(self.store)


def hello(name: str) -> Hello:
    """As a daemon called `name` greets."""
    return Hello(
        protocol=1,
        node=NodeInfo(name, name, "1", 0.0),
        models=[],
        default_model=None,
        limits=Limits(4 * 1024 * 1024, 64, 8),
        principal=Principal("local", True),
        archive=True,
    )
