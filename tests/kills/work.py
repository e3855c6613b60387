"""What the processes do that are killed. Each says what it begins, and what was acknowledged to it."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from llamachat.fleet import Fleet, NodeAddress, Syncing
from llamachat.fleet.sync import archives, keeps_archive
from llamachat.protocol import Chat, ChatMessage
from llamachat.store import Store, StoreThread
from llamachat.store.migrations import MIGRATIONS, Migration
from tests.kills.ledger import Deed, chat_of, text_of
from tests.unit.fleet.direct_link import DaemonArchive

READY: Final = "ready"
CHATS: Final = ("left", "right")

_NEXT = MIGRATIONS[-1].number + 1
UPGRADED: Final = (
    *MIGRATIONS,
    # As heavy as upgrades get: every text is written anew, and the index made again.
    Migration(_NEXT, ("CREATE TABLE copies AS SELECT message, content || ' ' AS content FROM texts",)),
    Migration(
        _NEXT + 1,
        (
            "DELETE FROM texts",
            "INSERT INTO texts SELECT message, substr(content, 1, length(content) - 1) FROM copies",
            "DROP TABLE copies",
            "CREATE INDEX messages_by_role ON messages (role)",
        ),
    ),
)

Say = Callable[[str, Deed], None]


def message(message_id: str, content: str | None = None, role: str = "user") -> ChatMessage:
    """The message of that id, whole unless `content` is given."""
    return ChatMessage(
        id=message_id,
        role=role,  # type: ignore[arg-type]
        content=text_of(message_id) if content is None else content,
        created_at=time.time(),
        finish_reason="stop" if role == "assistant" and content is None else None,
    )


class Worker:
    """Does things to a history; `name` makes the ids of this process its own."""

    def __init__(self, connection: Connection, name: str, seed: int) -> None:
        self._connection = connection
        self.name = name
        self.chance = random.Random(seed)
        self._ids = (f"{self.chance.choice(CHATS)}-{name}-{number}" for number in itertools.count())

    def ready(self) -> None:
        """From now on it may be killed."""
        self._connection.send(READY)

    @contextmanager
    def deed(self, *deed: str) -> Iterator[None]:
        """Says that the block begins, and when it has ended that it was acknowledged."""
        self._connection.send(("begun", deed))
        yield
        self._connection.send(("done", deed))

    def write_something(self, store: Store) -> None:
        """One of the things that a person or an answer does to a history."""
        message_id = next(self._ids)
        chat = chat_of(message_id)
        match self.chance.randrange(7):
            case 0 | 1:
                with self.deed("message", message_id):
                    store.add_message(message(message_id), chat)
            case 2:
                whole = text_of(message_id)
                for part in (100, 300, len(whole) // 2):
                    with self.deed("partial", message_id, str(part)):
                        cut = message(message_id, whole[:part], "assistant")
                        store.save_partial(chat, cut, attempt_id=message_id, node="n", tokens=range(part))
                with self.deed("message", message_id):
                    store.finish_message(chat, message(message_id, role="assistant"))
            case 3:
                number = str(time.time_ns())
                with self.deed("title", chat, number):
                    store.rename(chat, number)
            case 4:
                with self.deed("waiting", message_id):
                    store.outbox_enqueue(chat, "later", user_message_id=message_id)
            case 5:
                gone = f"gone{message_id.replace('-', '')}"
                store.create_chat("to be deleted", chat_id=gone)
                with self.deed("deleted", gone):
                    store.delete_chat(gone)
            case _:
                with self.deed("message", message_id):
                    store.merge_chat(Chat(id=chat, created_at=time.time(), messages=[message(message_id)]))


def write(worker: Worker, directory: Path, _url: str) -> None:
    """Writes for ever."""
    with Store.open(directory / "history.db") as store:
        worker.ready()
        while True:
            worker.write_something(store)


def search(worker: Worker, directory: Path, _url: str) -> None:
    """Searches for ever, and now and then writes what is searched next."""
    with Store.open(directory / "history.db") as store:
        worker.ready()
        while True:
            for query in ("llamas", '"sentence about"', "lla", "role:user sentence", "before:2030-01-01 about"):
                with worker.deed("searched"):
                    store.search(query)
                worker.write_something(store)


def sync(worker: Worker, directory: Path, url: str) -> None:
    """Writes, pushes and pulls for ever."""
    asyncio.run(_sync(worker, directory, url))


async def _sync(worker: Worker, directory: Path, url: str) -> None:
    async with (
        StoreThread(directory / "history.db") as store,
        Fleet([NodeAddress("archive", url)]) as fleet,
        Syncing(fleet, store),
    ):
        changed = asyncio.Event()
        fleet.subscribe(changed.set)
        while not all(keeps_archive(node) for node in fleet.snapshots()):
            await changed.wait()
            changed.clear()
        worker.ready()
        mine: list[str] = []
        while True:
            for _ in range(worker.chance.randint(1, 4)):
                message_id = next(worker._ids)
                await store.run(lambda s, id_=message_id: _add(worker, s, id_))  # type: ignore[misc]
                mine.append(message_id)
                await store.run(worker.write_something)
            (archive,) = archives(fleet, store).values()
            with worker.deed("pushed", *mine):
                await archive.round()


def _add(worker: Worker, store: Store, message_id: str) -> None:
    with worker.deed("message", message_id):
        store.add_message(message(message_id), chat_of(message_id))


def migrate(worker: Worker, directory: Path, _url: str) -> None:
    """Opens a history of an older schema, which upgrades it; then writes."""
    worker.ready()
    with worker.deed("upgraded"), Store.open(directory / "history.db", migrations=UPGRADED) as store:
        pass
    with Store.open(directory / "history.db", migrations=UPGRADED) as store:
        while True:
            worker.write_something(store)


def archive(worker: Worker, directory: Path, _url: str) -> None:
    """Takes in for ever what a client pushes, as the daemon's archive does."""
    kept = DaemonArchive(directory / "archive.db", time.time)
    worker.ready()
    while True:
        message_id = next(worker._ids)
        with worker.deed("pushed", message_id):
            kept.save(Chat(id=chat_of(message_id), created_at=1.0, messages=[message(message_id)]))
        kept.page(None, 5)


WORK: Final = {"write": write, "search": search, "sync": sync, "migrate": migrate, "archive": archive}


def run(kind: str, directory: Path, url: str, connection: Connection, name: str, seed: int) -> None:
    """The life of a process, until it is killed."""
    WORK[kind](Worker(connection, name, seed), directory, url)
