"""What the store keeps about one archive, for asyncio."""

from __future__ import annotations

from llamachat.protocol import Chat
from llamachat.store import Changes, Pulled, RefusedChat, StoreError, StoreThread, SyncCursor


class Books:
    """The methods of the store about the archive called `name`; each raises `StoreError` as those do."""

    def __init__(self, store: StoreThread, name: str) -> None:
        self._store = store
        self._name = name

    async def cursor(self) -> SyncCursor:
        """How far both are in step."""
        return await self._store.read(lambda s: s.sync_cursor(self._name))

    async def forget(self) -> None:
        """Begins anew."""
        await self._store.run(lambda s: s.forget_archive(self._name))

    async def change_count(self) -> int:
        """The store's own count of changes."""
        return await self._store.read(lambda s: s.change_count())

    async def count_changes(self, seq: int) -> int:
        """How many chats and messages changed after that count."""
        return await self._store.read(lambda s: s.count_changes(seq))

    async def changes(self, seq: int, limit: int) -> Changes:
        """What did."""
        return await self._store.read(lambda s: s.changes_since(seq, limit))

    async def chat_changes(self, chat_id: str, seq: int) -> Chat | None:
        """What did in one chat; None when there is no such chat."""
        try:
            return await self._store.read(lambda s: s.chat_changes(chat_id, seq))
        except StoreError as error:
            if error.state != "missing":
                raise
            return None

    async def set_pushed(self, seq: int) -> None:
        """The archive has every change up to that count."""
        await self._store.run(lambda s: s.set_pushed(self._name, seq))

    async def refused(self) -> tuple[RefusedChat, ...]:
        """But for these."""
        return await self._store.read(lambda s: s.refused_chats(self._name))

    async def set_refused(self, chat_id: str, since: int, reason: str) -> None:
        """It did not take a chat."""
        await self._store.run(lambda s: s.set_refused(self._name, chat_id, since, reason))

    async def clear_refused(self, chat_id: str) -> None:
        """It has taken it."""
        await self._store.run(lambda s: s.clear_refused(self._name, chat_id))

    async def merge(self, chat: Chat) -> Pulled:
        """Merges what came from it."""
        return await self._store.run(lambda s: s.merge_pulled(self._name, chat))

    async def set_pulled(self, cursor: str, was: str | None) -> bool:
        """Everything up to its cursor is merged; False: the store no longer is at `was`."""
        return await self._store.run(lambda s: s.set_pulled(self._name, cursor, was=was))
