"""Machines that chat, rename, delete and sync in any order end with the same history, and nothing is missing."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from llamachat.store import Store
from tests.unit.store.building import NOW, HandClock, question

MACHINES, ARCHIVES = 3, 2
machines = st.integers(0, MACHINES - 1)
archives = st.integers(0, ARCHIVES - 1)
choices = st.integers(0, 2**16)


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
    """Everything that a person can see."""
    chats = sorted(store.list_chats(), key=lambda chat: chat.id)
    return [(chat, store.chat(chat.id), store.active_path(chat.id)) for chat in chats]


class Machines(RuleBasedStateMachine):
    """Three machines with clocks that disagree, two archives, and what was ever written on any of them."""

    @initialize()
    def begin(self) -> None:
        self.directory = Path(tempfile.mkdtemp())
        self.clocks = [HandClock(NOW + 3_600 * number) for number in range(MACHINES)]
        self.machines = [
            Store.open(self.directory / f"machine-{number}.db", now=clock) for number, clock in enumerate(self.clocks)
        ]
        self.archives = [
            Store.open(self.directory / f"archive-{number}.db", now=HandClock()) for number in range(ARCHIVES)
        ]
        self.written: dict[str, tuple[str, str]] = {}  # message id: chat, text

    def chat_of(self, machine: int, choice: int) -> str | None:
        chats = self.machines[machine].list_chats()
        return chats[choice % len(chats)].id if chats else None

    @rule(machine=machines)
    def make(self, machine: int) -> None:
        self.machines[machine].create_chat(f"made on {machine}")

    @rule(machine=machines, choice=choices)
    def write(self, machine: int, choice: int) -> None:
        if chat := self.chat_of(machine, choice):
            store = self.machines[machine]
            path = store.active_path(chat)
            parent = path[choice % len(path)].id if path else None  # often in the middle: a branch
            self.clocks[machine].now += 1
            message = question(f"text {len(self.written)}", parent_id=parent, created_at=store._db.now())
            store.add_message(message, chat)
            self.written[message.id] = (chat, message.content)

    @rule(machine=machines, choice=choices)
    def rename(self, machine: int, choice: int) -> None:
        if chat := self.chat_of(machine, choice):
            self.machines[machine].rename(chat, f"title {choice}")

    @rule(machine=machines, choice=choices)
    def sort(self, machine: int, choice: int) -> None:
        if chat := self.chat_of(machine, choice):
            self.machines[machine].set_folder(chat, [None, "work", "home"][choice % 3])
            self.machines[machine].set_pinned(chat, choice % 2 == 0)

    @rule(machine=machines, choice=choices)
    def delete(self, machine: int, choice: int) -> None:
        if chat := self.chat_of(machine, choice):
            self.machines[machine].delete_chat(chat)

    @rule(machine=machines, choice=choices)
    def restore(self, machine: int, choice: int) -> None:
        chats = self.machines[machine].list_chats(shown="deleted")
        if chats:
            self.machines[machine].restore_chat(chats[choice % len(chats)].id)

    @rule(machine=machines, choice=choices)
    def delete_or_restore_message(self, machine: int, choice: int) -> None:
        if chat := self.chat_of(machine, choice):
            store = self.machines[machine]
            deleted = [message for message in store.chat(chat).messages if message.deleted_at and message.content]
            live = store.active_path(chat)
            if deleted and choice % 2:
                store.restore_message(deleted[choice % len(deleted)].id)
            elif live:
                store.delete_message(live[choice % len(live)].id)

    @rule(machine=machines, archive=archives)
    def purge(self, machine: int, archive: int) -> None:
        # What was purged before anybody else saw it is gone for good; so it is shared first.
        sync(self.machines[machine], self.archives[archive], f"archive-{archive}")
        self.machines[machine].purge_deleted(before=NOW + 10**6)

    @rule(machine=machines, seconds=st.integers(-7_200, 7_200))
    def set_clock(self, machine: int, seconds: int) -> None:
        self.clocks[machine].now += seconds

    @rule(machine=machines, archive=archives)
    def sync_one(self, machine: int, archive: int) -> None:
        sync(self.machines[machine], self.archives[archive], f"archive-{archive}")

    @rule(machine=machines)
    def restart(self, machine: int) -> None:
        self.machines[machine].close()
        self.machines[machine] = Store.open(self.directory / f"machine-{machine}.db", now=self.clocks[machine])

    def teardown(self) -> None:
        try:
            self.check_convergence()
        finally:
            for store in [*self.machines, *self.archives]:
                store.close()
            shutil.rmtree(self.directory)

    def check_convergence(self) -> None:
        for _ in range(8):
            changed = [
                sync(machine, archive, f"archive-{number}")
                for machine in self.machines
                for number, archive in enumerate(self.archives)
            ]
            if not any(changed):
                break
        else:
            raise AssertionError("the machines never stop telling each other news")
        first, *others = [shown(machine) for machine in self.machines]
        for other in others:
            assert other == first
        for store in self.machines:
            live = {chat.id for chat in store.list_chats()}
            texts = {message.id: message for chat in live for message in store.chat(chat).messages}
            for message_id, (chat, content) in self.written.items():
                if chat in live:
                    assert message_id in texts
                    assert texts[message_id].content == content or texts[message_id].deleted_at
            assert store.integrity_check() == []


Machines.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestMachines = Machines.TestCase
