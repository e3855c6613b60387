"""The files of the next question, while they are being read: what a composer shows as chips."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from llamachat.base.tasks import cancel_and_wait, run_apart
from llamachat.documents.document import Document, DocumentError, Progress
from llamachat.documents.fitting import Room, trimmed_to_fit
from llamachat.documents.limits import DEFAULT_LIMITS, DocumentLimits
from llamachat.documents.opening import safe_name
from llamachat.documents.pasting import dropped_paths
from llamachat.documents.reading import read_document


@dataclass(frozen=True, slots=True)
class Attached:
    """One file: being read, or with its `document`, or with the `problem` that keeps it out, a sentence.

    `id` names it as long as it is there; `progress` is None until there is some.
    """

    id: int
    path: Path
    name: str
    progress: Progress | None = None
    document: Document | None = None
    problem: str = ""

    @property
    def is_reading(self) -> bool:
        """Whether nothing came of it yet."""
        return self.document is None and not self.problem


class Attachments:
    """Reads files side by side and keeps what came of each, in the order in which they were added.

        attachments = Attachments(limits, changed=bar.refresh)
        attachments.add(path)
        await attachments.settled()
        documents = attachments.take()

    Used on one event loop. `changed` is called there after every change, and must not wait. Whoever makes one closes
    it.
    """

    def __init__(self, limits: DocumentLimits = DEFAULT_LIMITS, *, changed: Callable[[], None] | None = None) -> None:
        self._limits = limits
        self._changed = changed or _ignore
        self._ids = itertools.count(1)
        self._items: dict[int, Attached] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    @property
    def items(self) -> tuple[Attached, ...]:
        """Every file, as far as it has come."""
        return tuple(self._items.values())

    @property
    def documents(self) -> tuple[Document, ...]:
        """What has been read so far."""
        return tuple(item.document for item in self._items.values() if item.document is not None)

    @property
    def problems(self) -> tuple[str, ...]:
        """Why files are kept out, a sentence each."""
        return tuple(item.problem for item in self._items.values() if item.problem)

    def add(self, path: Path) -> int:
        """Begins to read the file at `path`; returns the number under which it is known."""
        number = next(self._ids)
        item = Attached(number, path, safe_name(path))
        if len([known for known in self._items.values() if not known.problem]) >= self._limits.files:
            most = self._limits.files
            files = "1 file" if most == 1 else f"{most} files"
            self._set(replace(item, problem=f"{item.name} was left out: a question takes at most {files}."))
            return number
        self._set(item)
        task = asyncio.create_task(self._read(item), name=f"reading {item.name}")
        self._tasks[number] = task
        task.add_done_callback(lambda _: self._tasks.pop(number, None))
        return number

    async def add_pasted(self, text: str) -> tuple[int, ...]:
        """Adds the files that a pasted text names, if it is nothing but their paths; () when it is text to insert.

        Looking the paths up may wait for a disk.
        """
        paths = await run_apart(partial(dropped_paths, text, self._limits))
        return tuple(map(self.add, paths))

    def trim(self, room: Room) -> bool:
        """Keeps of what was read only the beginnings that fit; False when nothing of use would be left, and nothing was
        changed then."""
        trimmed = trimmed_to_fit(self.documents, room)
        if trimmed is None:
            return False
        read = [item for item in self._items.values() if item.document is not None]
        for item, document in zip(read, trimmed, strict=True):
            self._items[item.id] = replace(item, document=document, name=document.name)
        self._changed()
        return True

    def remove(self, number: int) -> None:
        """Forgets a file; reading it ends. One that is not there is fine."""
        task = self._tasks.get(number)
        if task is not None:
            task.cancel()
        if self._items.pop(number, None) is not None:
            self._changed()

    async def settled(self) -> None:
        """Until nothing is being read any more. Cancelling this ends no reading."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    def take(self) -> tuple[Document, ...]:
        """What was read, for the question that is sent now; every file is forgotten."""
        documents = self.documents
        for number in list(self._items):
            self.remove(number)
        return documents

    async def close(self) -> None:
        """Ends every reading, with its process."""
        self._items.clear()
        await cancel_and_wait(*self._tasks.values())

    async def _read(self, item: Attached) -> None:
        def follow(progress: Progress) -> None:
            self._update(replace(item, progress=progress))

        try:
            document = await read_document(item.path, self._limits, follow)
        except DocumentError as error:
            self._update(replace(item, problem=str(error)))
        else:
            self._update(replace(item, document=document))

    def _update(self, item: Attached) -> None:
        if item.id in self._items:
            self._set(item)

    def _set(self, item: Attached) -> None:
        self._items[item.id] = item
        self._changed()


def _ignore() -> None:
    """For those who only wait."""
