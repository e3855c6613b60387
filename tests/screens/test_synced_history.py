"""What other machines did, and what an archive refuses, as the chat screen shows it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from llamachat.fleet import Syncing, SyncState
from llamachat.protocol import ChatMessage
from llamachat.store import Store
from tests.screens.scripted import TWO_NODES, ScriptedApp, ScriptedFleet, answer, ask, shows, until


class ScriptedSyncing:
    """Stands where `Syncing` stands; a test says what comes."""

    def __init__(self) -> None:
        self.news = 0
        self._state = SyncState("llama-01", "idle")
        self._watchers: list[Callable[[], None]] = []

    def states(self) -> tuple[SyncState, ...]:
        return (self._state,)

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback)

    def tell(self, state: SyncState, *, news: int = 0) -> None:
        self._state = state
        self.news += news
        for watcher in self._watchers:
            watcher()


def synced(path: Path) -> tuple[ScriptedApp, ScriptedSyncing]:
    app, syncing = ScriptedApp(ScriptedFleet(TWO_NODES), path), ScriptedSyncing()
    app.services.syncing = cast("Syncing", syncing)
    return app, syncing


async def test_a_chat_that_came_from_another_machine_is_in_the_list(tmp_path: Path) -> None:
    app, syncing = synced(tmp_path)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.pause()
        await app.services.store.run(lambda store: store.create_chat("From the laptop"))
        syncing.tell(SyncState("llama-01", "idle", news=1), news=1)
        await shows(pilot, "From the laptop")


async def test_what_another_machine_said_in_the_open_chat_is_shown(tmp_path: Path) -> None:
    app, syncing = ScriptedApp(ScriptedFleet(TWO_NODES, answer("ok")), tmp_path), ScriptedSyncing()
    app.services.syncing = cast("Syncing", syncing)

    def pull(store: Store) -> None:
        [chat] = store.list_chats()
        end = store.active_path(chat.id)[-1].id
        store.add_message(
            ChatMessage(id="m2", parent_id=end, role="user", content="from afar", created_at=2.0), chat.id
        )

    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await ask(pilot, "here")
        await shows(pilot, "ok")
        await app.services.store.run(pull)
        syncing.tell(SyncState("llama-01", "idle", news=1), news=1)
        await shows(pilot, "from afar")


async def test_a_refusal_is_told_once_until_it_is_over(tmp_path: Path) -> None:
    app, syncing = synced(tmp_path)
    refused = SyncState("llama-01", "refused", reason="No [b]archive[/b] today.")

    def told() -> list[Any]:
        return [note.message for note in app._notifications if "History" in note.message]

    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.pause()
        for state in (refused, SyncState("llama-01", "syncing"), refused):
            syncing.tell(state)
            await pilot.pause()
        await shows(pilot, "History with llama-01: refused: No [b]archive[/b]")
        assert len(told()) == 1
        syncing.tell(SyncState("llama-01", "idle"))
        await pilot.pause()
        syncing.tell(refused)
        await until(pilot, lambda: len(told()) == 2)
