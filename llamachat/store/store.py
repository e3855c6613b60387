"""The store: every conversation of one person, in one SQLite file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from llamachat.store.chats import Chats
from llamachat.store.estimates import Estimates
from llamachat.store.importing_chats import Transfer
from llamachat.store.keeping import Attachments, Drafts
from llamachat.store.limits import DEFAULT_LIMITS, StoreLimits
from llamachat.store.migrations import MIGRATIONS, Migration
from llamachat.store.opening import open_database
from llamachat.store.outbox import Outbox
from llamachat.store.own_settings import OwnChatSettings
from llamachat.store.searching import Search
from llamachat.store.syncing import Sync
from llamachat.store.totals import Totals
from llamachat.store.upkeep import Upkeep


class Store(Chats, OwnChatSettings, Outbox, Drafts, Attachments, Search, Totals, Estimates, Transfer, Sync, Upkeep):
    """Conversations in SQLite. Belongs to the thread that opened it; several processes may have the same file open.

    What a method has acknowledged by returning survives the end of the process at any moment. Any method raises
    `StoreError` when the file cannot do it; what was stored before is still there then.
    """

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        limits: StoreLimits = DEFAULT_LIMITS,
        now: Callable[[], float] = time.time,
        migrations: Sequence[Migration] = MIGRATIONS,
    ) -> Store:
        """Opens the history at `path`, mode 0600, made if there is none; upgraded, with a copy kept, if it is older.

        Raises:
            StoreError: it cannot be used; a damaged, foreign or newer file is not touched.
        """
        return cls(open_database(path, limits, now, migrations))

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._db.path

    @property
    def writable(self) -> bool:
        """False when the file or its disk is read-only: everything can be read, every write raises `read_only`."""
        return self._db.writable

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Several writes as one: all of them happen, or none."""
        with self._db.write(durable=True):
            yield

    def close(self) -> None:
        """Closes the file; the store cannot be used after it."""
        self._db.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
