"""One history whose processes are killed, and what is found afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import shutil
import signal
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

from llamachat.fleet import FleetLimits
from llamachat.fleet.sync_archive import ArchiveSync
from llamachat.protocol import Chat, ChatHistory
from llamachat.store import Store, StoreThread
from llamachat.store.migrations import MIGRATIONS
from tests.kills import work
from tests.kills.ledger import Ledger, text_of
from tests.kills.plan import Plan
from tests.unit.fleet.direct_link import DaemonArchive, DirectLink, Inline, hello
from tests.unit.fleet.scripted_archive import ScriptedArchive
from tests.unit.fleet.scripted_node import ScriptedNode

BASE_MESSAGES: Final = 600
"""In the history that every scenario begins with."""
PATIENCE_S: Final = 60.0

# A server that has imported everything already starts a process in milliseconds.
PROCESSES: Final = multiprocessing.get_context("forkserver")


@dataclass
class Outcome:
    """What became of one scenario; `wrong` has a sentence for each promise that was broken."""

    plan: Plan
    kills: int = 0
    halfway: int = 0
    acknowledged: int = 0
    wrong: list[str] = field(default_factory=list)


class ArchiveOfDaemon(ScriptedArchive):
    """The daemon's archive behind a scripted node."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._kept = DaemonArchive(path, time.time)

    def save(self, chat: Chat) -> None:
        self._kept.save(chat)
        self.tell_followers()

    def page(self, since: str | None, limit: int) -> ChatHistory:
        return self._kept.page(since, limit)

    def close(self) -> None:
        self._kept.close()


def make_base(path: Path) -> None:
    """The history that every scenario begins with, of the oldest schema."""
    with Store.open(path, migrations=MIGRATIONS[:1]) as store:
        for chat in work.CHATS:
            store.create_chat("0", chat_id=chat)
            ids = [f"{chat}-base-{number}" for number in range(BASE_MESSAGES // len(work.CHATS))]
            store.merge_chat(Chat(id=chat, created_at=time.time(), messages=[work.message(id_) for id_ in ids]))


async def run(plan: Plan, base: Path) -> Outcome:
    """Plays a plan on a copy of the history at `base`."""
    outcome = Outcome(plan)
    with tempfile.TemporaryDirectory(prefix="llamachat-kills-") as name:
        directory = Path(name)
        history = directory / "history.db"
        shutil.copy(base, history)
        if plan.kind != "migrate":
            Store.open(history).close()
        async with _neighbour(plan, directory) as (url, other):
            ledger = Ledger()
            ledgers = [ledger]
            for number, moment in enumerate(plan.moments):
                if plan.kind == "migrate" and number:  # each time from the old schema
                    _put_back(base, history)
                    ledgers.append(ledger := Ledger())
                await other.write(f"n{number}")
                await _kill_one(plan, directory, url, f"r{number}", moment, ledger)
                outcome.kills += 1
                outcome.wrong += await asyncio.to_thread(_judge, plan, directory, ledger)
                outcome.wrong += other.lacks(ledger)
            outcome.wrong += await other.end(history, ledger)
            outcome.halfway = sum(each.halfway for each in ledgers)
            outcome.acknowledged = sum(len(each.done) for each in ledgers)
    return outcome


async def _kill_one(plan: Plan, directory: Path, url: str, name: str, moment: float, ledger: Ledger) -> None:
    """Starts the work and kills it `moment` seconds after it is ready."""
    ours, theirs = PROCESSES.Pipe(duplex=False)
    worker = PROCESSES.Process(target=work.run, args=(plan.kind, directory, url, theirs, name, plan.seed), daemon=True)
    worker.start()
    theirs.close()
    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def listen() -> None:
        try:
            while ours.poll():
                said = ours.recv()
                if said == work.READY:
                    ready.set_result(None)
                else:
                    ledger.take(*said)
        except (EOFError, OSError):
            loop.remove_reader(ours.fileno())
            if not ready.done():
                ready.set_exception(RuntimeError(f"the worker of --seed {plan.seed} ended by itself"))

    loop.add_reader(ours.fileno(), listen)
    try:
        async with asyncio.timeout(PATIENCE_S):
            await ready
        await asyncio.sleep(moment)
        assert worker.is_alive(), f"the worker of --seed {plan.seed} ended by itself"
    finally:
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        await asyncio.to_thread(worker.join)
        loop.remove_reader(ours.fileno())
    with contextlib.suppress(EOFError, OSError):  # what it said before it died
        while ours.poll():
            ledger.take(*ours.recv())
    ours.close()
    worker.close()
    ledger.killed()


def _judge(plan: Plan, directory: Path, ledger: Ledger) -> list[str]:
    if plan.kind == "archive":
        return _judge_archive(directory / "archive.db", ledger)
    path = directory / "history.db"
    wrong = [f"{finding} (before it was opened)" for finding in _integrity(path)]
    if plan.kind == "migrate":
        wrong += _judge_upgrade(path, ledger)
    with Store.open(path, migrations=work.UPGRADED if plan.kind == "migrate" else MIGRATIONS) as store:
        wrong += store.integrity_check()
        wrong += ledger.missing(store)
        there = {message.id: message.content for chat in work.CHATS for message in store.chat(chat).messages}
        base = [f"{chat}-base-{number}" for chat in work.CHATS for number in range(BASE_MESSAGES // len(work.CHATS))]
        wrong += [f"{id_} of before is not whole" for id_ in base if there.get(id_) != text_of(id_)]
    if left := [file.name for file in path.parent.glob(".*")]:
        wrong.append(f"files were left behind: {left}")
    return wrong


def _judge_upgrade(path: Path, ledger: Ledger) -> list[str]:
    """Either not a step of the upgrade happened or all of them did, and then there is the copy from before."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    wrong = []
    if version not in (1, work.UPGRADED[-1].number):
        wrong.append(f"the upgrade stopped at schema {version}")
    if version == 1 and ledger.of("upgraded"):
        wrong.append("an upgrade that was acknowledged is undone")
    backups = list(path.parent.glob("*.backup"))
    if version > 1 and not backups:
        wrong.append("there is no copy from before the upgrade")
    wrong += [f"{finding} in the copy {backup.name}" for backup in backups for finding in _integrity(backup)]
    return wrong


def _judge_archive(path: Path, ledger: Ledger) -> list[str]:
    if not path.exists():
        return []
    wrong = _integrity(path)
    kept = DaemonArchive(path, time.time)
    try:
        there = _texts(kept)
    finally:
        kept.close()
    return wrong + [f"the archive lacks {id_}" for _, id_ in ledger.of("pushed") if there.get(id_) != text_of(id_)]


def _texts(kept: DaemonArchive | ArchiveOfDaemon) -> dict[str, str]:
    """Every message of an archive."""
    found: dict[str, str] = {}
    cursor, more = None, True
    while more:
        page = kept.page(cursor, 1000)
        found |= {message.id: message.content for chat in page.chats for message in chat.messages}
        cursor, more = page.cursor, page.more
    return found


def _integrity(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]


def _put_back(base: Path, history: Path) -> None:
    """The history as it was in the beginning; copies from before an upgrade and rests of killed processes stay."""
    for name in (history.name, f"{history.name}-wal", f"{history.name}-shm"):
        history.with_name(name).unlink(missing_ok=True)
    shutil.copy(base, history)


class _Nobody:
    """No other machine."""

    async def write(self, name: str) -> None:
        """Nothing."""

    def lacks(self, ledger: Ledger) -> list[str]:
        """Nothing."""
        return []

    async def end(self, history: Path, ledger: Ledger) -> list[str]:
        """Nothing."""
        return []


class _OtherMachine(_Nobody):
    """Another history in step with the same archive."""

    def __init__(self, path: Path, archive: ArchiveOfDaemon) -> None:
        self._path = path
        self._archive = archive
        self._ledger = Ledger()

    async def write(self, name: str) -> None:
        """Something for the machine whose process is killed to pull."""
        with Store.open(self._path) as store:
            for chat in work.CHATS:
                message_id = f"{chat}-{name}-other"
                store.merge_chat(Chat(id=chat, created_at=time.time(), messages=[work.message(message_id)]))
                self._ledger.take("done", ("message", message_id))
            await self._sync(store)

    def lacks(self, ledger: Ledger) -> list[str]:
        """What the archive said it has and has not."""
        there = _texts(self._archive)
        pushed = {id_ for deed in ledger.of("pushed") for id_ in deed[1:]}
        return [f"the archive lacks {id_}" for id_ in sorted(pushed) if there.get(id_) != text_of(id_)]

    async def end(self, history: Path, ledger: Ledger) -> list[str]:
        """Both machines in step, everything of both in both."""
        with Store.open(history) as one, Store.open(self._path) as two:
            for attempt in one.open_attempts():
                one.drop_attempt(attempt.id)
            for store in (one, two, one, two):
                await self._sync(store)
            shared = Ledger([deed for deed in ledger.done if deed[0] != "waiting"])
            wrong = [*shared.missing(two), *self._ledger.missing(one)]
            chats = {chat.id for store in (one, two) for chat in store.list_chats(shown="all")}
            wrong += [f"{chat} differs on the two machines" for chat in chats if one.chat(chat) != two.chat(chat)]
        return wrong

    async def _sync(self, store: Store) -> None:
        link = DirectLink(self._archive)
        await ArchiveSync("node", link, hello("node"), cast("StoreThread", Inline(store)), FleetLimits()).round()


@contextlib.asynccontextmanager
async def _neighbour(plan: Plan, directory: Path) -> AsyncIterator[tuple[str, _Nobody]]:
    if plan.kind != "sync":
        yield "", _Nobody()
        return
    archive = ArchiveOfDaemon(directory / "archive.db")
    node = ScriptedNode()
    node.archive = archive
    try:
        async with node:
            yield node.url, _OtherMachine(directory / "other.db", archive)
    finally:
        archive.close()
