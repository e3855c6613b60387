"""Several processes on one file, and processes that are killed."""

from __future__ import annotations

import multiprocessing
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from llamachat.store import Store
from llamachat.store.migrations import MIGRATIONS, Migration
from tests.unit.store.building import question, texts

SPAWN = multiprocessing.get_context("spawn")
KILLS = 20

# Writes for ever, and says each id on stdout only after the store has acknowledged it.
ENDLESS_WRITER = """
import itertools, sys, time
from pathlib import Path
from llamachat.protocol import ChatMessage
from llamachat.store import Store

with Store.open(Path(sys.argv[1])) as store:
    chat = sys.argv[2]
    print("ready", flush=True)
    for number in itertools.count():
        message_id = f"{sys.argv[3]}-{number}"
        message = ChatMessage(id=message_id, role="user", content=f"{message_id} " * 50, created_at=time.time())
        kind = number % 4
        if kind == 0:
            store.add_message(message, chat)
        elif kind == 1:
            for part in range(3):
                store.save_partial(chat, message, attempt_id=message_id, node="n", tokens=range(part * 100))
            store.finish_message(chat, message)
        elif kind == 2:
            store.add_message(message, chat)
            store.outbox_enqueue(chat, message_id, user_message_id=message_id)
            store.rename(chat, message_id)
        else:
            store.save_partial(chat, message, attempt_id=message_id, node="n")
        print(message_id, flush=True)
"""


def test_nothing_acknowledged_is_lost_when_the_writer_is_killed(path: Path) -> None:
    moments = random.Random(20)
    with Store.open(path) as store:
        chat = store.create_chat()
    acknowledged: set[str] = set()
    for run in range(KILLS):
        writer = subprocess.Popen(
            [sys.executable, "-c", ENDLESS_WRITER, str(path), chat, f"run{run}"], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        with writer:
            assert writer.stdout.readline() == "ready\n"
            said = [writer.stdout.readline() for _ in range(moments.randint(0, 25))]
            writer.send_signal(signal.SIGKILL)
            said += writer.stdout.readlines()  # said before it died
        acknowledged |= {line.strip() for line in said if line.endswith("\n")}
        with Store.open(path) as store:
            assert store.integrity_check() == []
            stored = {message.id: message for message in store.chat(chat).messages}
            assert acknowledged <= stored.keys()
            assert all(message.content == f"{message.id} " * 50 for message in stored.values())
    assert len(acknowledged) > KILLS


def _append(path: Path, chat: str, name: str, count: int) -> None:
    with Store.open(path) as store:
        for number in range(count):
            store.add_message(question(f"{name} {number}", id=f"{name}-{number}"), chat)
            store.rename(chat, f"{name} {number}")


def test_two_processes_write_to_one_file_without_losing_anything(path: Path) -> None:
    with Store.open(path) as store:
        chat = store.create_chat()
        workers = [SPAWN.Process(target=_append, args=(path, chat, name, 40)) for name in ("left", "right")]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        assert [worker.exitcode for worker in workers] == [0, 0]

        assert len(store.chat(chat).messages) == 80
        assert store.changed_elsewhere()
        assert not store.changed_elsewhere()
        assert store.integrity_check() == []
        changes = store._db.all("SELECT change FROM messages UNION ALL SELECT change FROM chats")
        assert len(set(changes)) == len(changes)


def test_stamps_of_two_processes_on_one_file_never_go_back(path: Path) -> None:
    with Store.open(path) as one, Store.open(path) as other:
        chat = one.create_chat()
        stamps = []
        for number in range(20):
            (one if number % 3 else other).rename(chat, str(number))
            stamps.append(one.chat(chat).stamps["title"])
    assert stamps == sorted(set(stamps))


def _open(path: Path, barrier: object, migrations: tuple[Migration, ...]) -> None:
    barrier.wait(60)  # type: ignore[attr-defined]
    with Store.open(path, migrations=migrations) as store:
        store.create_chat()


@pytest.mark.parametrize("existing", [False, True], ids=["making it", "upgrading it"])
def test_processes_that_open_at_once_make_or_upgrade_the_file_once(path: Path, existing: bool) -> None:
    number = MIGRATIONS[-1].number + 1
    migrations = (*MIGRATIONS, Migration(number, ("CREATE TABLE extra (a)", "INSERT INTO extra VALUES (1)")))
    if existing:
        with Store.open(path) as store:
            store.create_chat()
    barrier = SPAWN.Barrier(3)
    workers = [SPAWN.Process(target=_open, args=(path, barrier, migrations)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert len(list(path.parent.glob("*.backup"))) == existing
    with Store.open(path, migrations=migrations) as store:
        assert len(store.list_chats()) == 3 + existing
        assert store._db.all("SELECT a FROM extra") == [(1,)]


def _send(path: Path, owner: str, barrier: object, queue: object) -> None:
    with Store.open(path) as store:
        barrier.wait(60)  # type: ignore[attr-defined]
        while item := store.outbox_claim(owner):
            queue.put(item.text)  # type: ignore[attr-defined]
            assert store.outbox_heartbeat(item.id, owner)
            store.outbox_drop(item.id)
        queue.put(None)  # type: ignore[attr-defined]


def test_two_clients_never_send_a_turn_twice(path: Path) -> None:
    with Store.open(path) as store:
        for number in range(30):
            store.outbox_enqueue(store.create_chat(), str(number))
    barrier, queue = SPAWN.Barrier(2), SPAWN.Queue()
    workers = [SPAWN.Process(target=_send, args=(path, owner, barrier, queue)) for owner in ("a", "b")]
    for worker in workers:
        worker.start()
    sent: list[str | None] = []
    while sent.count(None) < 2:
        sent.append(queue.get(timeout=60))
    for worker in workers:
        worker.join(60)

    texts_sent = [text for text in sent if text is not None]
    assert sorted(texts_sent, key=int) == [str(number) for number in range(30)]
    with Store.open(path) as store:
        assert store.outbox_list() == []


def test_a_second_client_sees_what_the_first_wrote(path: Path) -> None:
    with Store.open(path) as one, Store.open(path) as other:
        assert not other.changed_elsewhere()
        chat = one.create_chat("shared")
        one.add_message(question("hello"), chat)
        assert not one.changed_elsewhere()
        assert other.changed_elsewhere()
        assert texts(other.active_path(chat)) == ["hello"]
        assert not other.changed_elsewhere()
