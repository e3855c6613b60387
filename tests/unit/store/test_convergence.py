"""Machines that chat, rename, delete, purge and sync in any order end with the same history, and nothing is missing."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from llamachat.store import Store
from tests.unit.store.building import NOW, HandClock, question

MACHINES, ARCHIVES, CHATS, STEPS = 3, 2, 3, 200


def sync(client: Store, archive: Store, name: str) -> bool:
    """Pushes and pulls everything, in small pages; whether anything changed on either side."""
    changed = False
    while True:
        changes = client.changes_since(client.sync_cursor(name).pushed, limit=3)
        for chat in changes.chats:
            changed |= archive.merge_chat(chat)
        client.set_pushed(name, changes.seq)
        if not changes.more:
            break
    while True:
        was = client.sync_cursor(name).pulled
        changes = archive.changes_since(int(was or 0), limit=3)
        for chat in changes.chats:
            changed |= client.merge_chat(chat)
        if client.set_pulled(name, str(changes.seq), was=was) and not changes.more:
            return changed


def shown(store: Store) -> object:
    """Everything that a person can see of what is not deleted, and the stamps."""
    chats = []
    for chat in sorted(store.list_chats(), key=lambda chat: chat.id):
        whole = store.chat(chat.id)
        messages = [m if m.deleted_at is None else msgspec.structs.replace(m, content="") for m in whole.messages]
        chats.append((chat, msgspec.structs.replace(whole, messages=messages), store.active_path(chat.id)))
    return chats


class World:
    """Three machines with clocks that disagree, two archives, and what was ever written on any machine."""

    def __init__(self, directory: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.directory = directory
        self.clocks = [HandClock(NOW + 3_600 * number) for number in range(MACHINES)]
        self.machines = [self.open(number) for number in range(MACHINES)]
        self.archives = [Store.open(directory / f"archive-{n}.db", now=HandClock()) for n in range(ARCHIVES)]
        self.chats: list[str] = []
        self.written: dict[str, tuple[str, str]] = {}  # message id: chat, text

    def open(self, number: int) -> Store:
        return Store.open(self.directory / f"machine-{number}.db", now=self.clocks[number])

    def close(self) -> None:
        for store in [*self.machines, *self.archives]:
            store.close()

    def step(self) -> None:
        """One thing that one person does, on a chat that their machine shows."""
        number = self.random.randrange(MACHINES)
        store = self.machines[number]
        self.clocks[number].now += self.random.choice([0, 1, 60, -60, 3_000, -3_000])
        live = [chat.id for chat in store.list_chats()]
        if len(self.chats) < CHATS or not live:
            self.chats.append(store.create_chat(f"made on {number}"))
            return
        chat = self.random.choice(live)
        acts = [self.write, self.write, self.write, self.tidy, self.tidy, self.delete_message, self.restore_message]
        acts += [self.delete, self.restore, self.restore, self.purge, self.sync_one, self.sync_one, self.restart]
        self.random.choice(acts)(number, chat)

    def write(self, number: int, chat: str) -> None:
        store = self.machines[number]
        path = store.active_path(chat)
        parent = self.random.choice(path).id if path else None  # often in the middle: a branch
        message = question(f"text {len(self.written)}", parent_id=parent, created_at=self.clocks[number].now)
        store.add_message(message, chat)
        self.written[message.id] = (chat, message.content)

    def tidy(self, number: int, chat: str) -> None:
        store = self.machines[number]
        store.rename(chat, f"title {self.random.random()}")
        store.set_folder(chat, self.random.choice([None, "work", "home"]))
        store.set_pinned(chat, self.random.random() < 0.5)

    def delete(self, number: int, chat: str) -> None:
        self.machines[number].delete_chat(chat)

    def restore(self, number: int, chat: str) -> None:
        for deleted in self.machines[number].list_chats(shown="deleted"):
            self.machines[number].restore_chat(deleted.id)

    def delete_message(self, number: int, chat: str) -> None:
        if path := self.machines[number].active_path(chat):
            self.machines[number].delete_message(self.random.choice(path).id)

    def restore_message(self, number: int, chat: str) -> None:
        for message in self.machines[number].chat(chat).messages:
            if message.deleted_at is not None and message.content:
                self.machines[number].restore_message(message.id)

    def purge(self, number: int, chat: str) -> None:
        # What was purged before anybody else saw it is gone for good; so it is shared first.
        archive = self.random.randrange(ARCHIVES)
        sync(self.machines[number], self.archives[archive], f"archive-{archive}")
        self.machines[number].purge_deleted(before=NOW + 10**9)

    def sync_one(self, number: int, chat: str) -> None:
        archive = self.random.randrange(ARCHIVES)
        sync(self.machines[number], self.archives[archive], f"archive-{archive}")

    def restart(self, number: int, chat: str) -> None:
        self.machines[number].close()
        self.machines[number] = self.open(number)

    def settle(self) -> None:
        """Everybody syncs with both archives until there is no news."""
        for _ in range(6):
            news = [
                sync(machine, archive, f"archive-{number}")
                for machine in self.machines
                for number, archive in enumerate(self.archives)
            ]
            if not any(news):
                return
        raise AssertionError("the machines never stop telling each other news")


@pytest.mark.parametrize("seed", range(5))
def test_any_interleaving_on_any_machines_ends_in_the_same_history_with_nothing_missing(
    tmp_path: Path, seed: int
) -> None:
    world = World(tmp_path, seed)
    try:
        for _ in range(STEPS):
            world.step()
        world.settle()
        first, *others = [shown(machine) for machine in world.machines]
        assert [other == first for other in others] == [True, True]
        for store in world.machines:
            live = {chat.id for chat in store.list_chats()}
            there = {message.id: message for chat in live for message in store.chat(chat).messages}
            for message_id, (chat, content) in world.written.items():
                if chat in live:
                    assert there[message_id].content == content or there[message_id].deleted_at is not None
            assert store.integrity_check() == []
    finally:
        world.close()
