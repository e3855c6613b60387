"""Three machines and two archives: whatever people do, and wherever syncing is cut, all end with the same history."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llamachat.fleet.limits import FleetLimits
from llamachat.fleet.sync_archive import ArchiveSync
from llamachat.fleet.sync_requests import ArchiveLostError
from llamachat.protocol import ChatMessage
from llamachat.store import Store, StoreThread
from tests.unit.fleet.direct_link import DaemonArchive, DirectLink, Inline, Kept, hello
from tests.unit.fleet.scripted_archive import ScriptedArchive

NOW = 1_790_000_000.0
MACHINES, ARCHIVES, CHATS = 3, 2, 3
MEMORY = Path("/dev/shm")  # the promise is about what is stored; waiting for a disk would only make it slow
SMALL = replace(FleetLimits(), sync_page=3, sync_pull_chats=2, sync_frame_bytes=1200)

number = st.integers(0, 9)
act = st.sampled_from(
    [
        "say", "say", "edit", "answer", "begin", "finish", "rename", "rename", "folder", "pin", "branch", "delete",
        "delete", "restore", "delete message", "restore message", "restart", "later", "earlier", "new",
    ]
)  # fmt: skip
steps = st.lists(
    st.tuples(st.just("act"), st.integers(0, MACHINES - 1), act, number)
    | st.tuples(
        st.just("sync"),
        st.integers(0, MACHINES - 1),
        st.integers(0, ARCHIVES - 1),
        st.none() | st.integers(1, 12),
    ),
    max_size=60,
)


@dataclass
class Machine:
    path: Path
    now: float
    partial: dict[str, ChatMessage] = field(default_factory=dict)  # by chat: an answer that is being written

    def __post_init__(self) -> None:
        self.store = self.open()

    def open(self) -> Store:
        return Store.open(self.path, now=lambda: self.now)


class World:
    """What is done, and what was ever written on any machine."""

    def __init__(self, directory: Path, archives: list[Kept]) -> None:
        # Clocks that disagree by hours.
        self.machines = [Machine(directory / f"{n}.db", NOW + 3_600 * n) for n in range(MACHINES)]
        self.archives = archives
        self.written: dict[str, tuple[str, str]] = {}  # message: chat, text
        self.ended: dict[str, str] = {}  # answers that ended, with their text
        self.restored: set[str] = set()
        self.deleted: set[str] = set()
        self._numbers = itertools.count(1)

    def close(self) -> None:
        for machine in self.machines:
            machine.store.close()

    def act(self, machine: Machine, what: str, choice: int) -> None:
        store = machine.store
        chats = sorted(chat.id for chat in store.list_chats())
        if what == "new" or not chats:
            if len(store.list_chats(shown="all")) < CHATS:
                store.create_chat(f"chat {choice}")
            return
        chat = chats[choice % len(chats)]
        match what:
            case "say":
                self.say(machine, chat, store.active_path(chat, 1))
            case "edit":
                path = store.active_path(chat)
                at = choice % len(path) if path else 0
                self.say(machine, chat, path[at - 1 : at])
            case "answer":
                self.say(machine, chat, store.active_path(chat, 1), role="assistant", finish_reason="stop")
            case "begin" if chat not in machine.partial and (path := store.active_path(chat, 1)):
                started = self.message(machine, chat, path, role="assistant")
                machine.partial[chat] = started
                store.save_partial(chat, started, attempt_id=f"t-{started.id}", node="n")
            case "finish" if chat in machine.partial:
                begun = machine.partial.pop(chat)
                whole = msgspec.structs.replace(begun, content=begun.content + " to its end", finish_reason="stop")
                store.finish_message(chat, whole)
                self.written[whole.id] = (chat, whole.content)
            case "rename":
                store.rename(chat, f"title {next(self._numbers)}")
            case "folder":
                store.set_folder(chat, [None, "work", "home"][choice % 3])
            case "pin":
                store.set_pinned(chat, choice % 2 == 0)
            case "branch" if path := store.active_path(chat):
                store.choose_branch(path[choice % len(path)].id)
            case "delete":
                store.delete_chat(chat)
                self.deleted.add(chat)
            case "restore":
                for each in store.list_chats(shown="deleted"):
                    store.restore_chat(each.id)
                    self.restored.add(each.id)
            case "delete message" if path := store.active_path(chat):
                store.delete_message(path[choice % len(path)].id)
            case "restore message":
                for message in store.chat(chat).messages:
                    if message.deleted_at is not None:
                        store.restore_message(message.id)
            case "restart":
                store.close()
                machine.store = machine.open()
            case "later":
                machine.now += [1, 60, 3_000][choice % 3]
            case "earlier":
                machine.now -= [1, 60, 3_000][choice % 3]

    def say(self, machine: Machine, chat: str, after: list[Any], **more: Any) -> None:
        message = self.message(machine, chat, after, **more)
        machine.store.add_message(message, chat)
        self.written[message.id] = (chat, message.content)

    def message(self, machine: Machine, chat: str, after: list[Any], role: str = "user", **more: Any) -> ChatMessage:
        name = f"m{next(self._numbers)}"
        return ChatMessage(
            id=name,
            parent_id=after[-1].id if after else None,
            role=role,  # type: ignore[arg-type]
            content=f"text of {name}",
            created_at=machine.now,
            **more,
        )

    async def sync(self, machine: Machine, archive: int, cut_at: int | None) -> bool:
        """One round; whether anything was sent or came."""
        link = DirectLink(self.archives[archive], cut_at)
        store = cast("StoreThread", Inline(machine.store))
        one = ArchiveSync(f"n{archive}", link, hello(f"archive-{archive}"), store, SMALL)
        with suppress(ArchiveLostError):
            await one.round()
        assert one.state.left_out == 0, one.state.reason
        return bool(one.state.pushed or one.state.pulled)

    async def settle(self) -> None:
        """Everybody syncs with both archives until there is no news."""
        for _ in range(8):
            news = [await self.sync(machine, archive, None) for machine in self.machines for archive in range(ARCHIVES)]
            if not any(news):
                return
        raise AssertionError("the machines never stop telling each other news")

    def check(self) -> None:
        """Whether all machines hold the same, and all that was written."""
        for machine in self.machines:  # an answer that nobody goes on with ends where it stands
            for attempt in machine.store.open_attempts():
                machine.store.drop_attempt(attempt.id)
        asyncio.run(self.settle())
        first, *others = [everything(machine.store) for machine in self.machines]
        for other in others:
            assert other == first
        for machine in self.machines:
            assert machine.store.integrity_check() == []
            chats = machine.store.list_chats(shown="all")
            there = {message.id: message for chat in chats for message in machine.store.chat(chat.id).messages}
            for message_id, (_, content) in self.written.items():
                assert there[message_id].content == content
            for chat_id in self.deleted - self.restored:
                assert machine.store.summary(chat_id).deleted_at is not None


def everything(store: Store) -> list[object]:
    """All that is stored of all chats, as it is shown and as it is shared."""
    chats = sorted(store.list_chats(shown="all"), key=lambda chat: chat.id)
    return [(chat, store.chat(chat.id), [m.id for m in store.active_path(chat.id)]) for chat in chats]


def daemons(directory: Path, stack: ExitStack) -> list[Kept]:
    made = [DaemonArchive(directory / f"archive-{n}.db", lambda: NOW + 3_600) for n in range(ARCHIVES)]
    for archive in made:
        stack.callback(archive.close)
    return list(made)


def scripted(directory: Path, stack: ExitStack) -> list[Kept]:
    return [ScriptedArchive() for _ in range(ARCHIVES)]


@pytest.mark.parametrize("archives", [scripted, daemons], ids=["by the protocol", "of the daemon"])
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=steps)
def test_any_interleaving_on_three_machines_over_two_archives_ends_the_same_everywhere_with_nothing_missing(
    archives: Callable[[Path, ExitStack], list[Kept]], steps: list[tuple[Any, ...]]
) -> None:
    with ExitStack() as stack:
        scratch = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        directory = Path(stack.enter_context(scratch))
        world = World(directory, archives(directory, stack))
        stack.callback(world.close)
        for kind, machine, what, more in steps:
            if kind == "act":
                world.act(world.machines[machine], what, more)
            else:
                asyncio.run(world.sync(world.machines[machine], what, more))
        world.check()
