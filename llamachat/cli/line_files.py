"""The files of the next question in the line mode. What is to be said comes back as sentences."""

from __future__ import annotations

from functools import partial

from llamachat.base.tasks import run_apart, run_until
from llamachat.cli import attaching
from llamachat.cli.interrupts import Interrupts
from llamachat.cli.line_settings import LineSettings
from llamachat.config import AppContext, sampling
from llamachat.config.attaching import limits
from llamachat.documents import fitting
from llamachat.documents.attaching import Attachments
from llamachat.documents.document import Document
from llamachat.documents.estimating import RULE_OF_THUMB, TokenRatio
from llamachat.documents.fitting import Room
from llamachat.documents.pasting import path_of
from llamachat.fleet import Fleet, prompts
from llamachat.store import StoreThread


class LineFiles:
    """Reads what is attached, one command after another. `own` knows the model of each chat."""

    def __init__(
        self, context: AppContext, store: StoreThread, fleet: Fleet, interrupts: Interrupts, own: LineSettings
    ) -> None:
        self._limits = limits(context.settings.attachments)
        self._attachments = Attachments(self._limits)
        self._own = own
        self._store = store
        self._fleet = fleet
        self._interrupts = interrupts

    async def attach(self, argument: str, chat_id: str | None) -> list[str]:
        """Attaches the file that somebody named; without a name, what is attached."""
        path = await run_apart(partial(path_of, argument))
        if path is None:
            documents = self._attachments.documents
            ratio = await self._ratio(chat_id)
            listed = [attaching.described(document, ratio) for document in documents]
            return listed or ["Nothing is attached. /attach FILE puts a file into your next question."]
        return await self._settle([self._attachments.add(path)], chat_id)

    async def dropped(self, line: str, chat_id: str | None) -> list[str]:
        """Attaches the files that were dropped on the terminal, which pastes their paths; [] when the line is words."""
        numbers = await self._attachments.add_pasted(line)
        return await self._settle(list(numbers), chat_id) if numbers else []

    def detach(self) -> list[str]:
        """Forgets what is attached."""
        return ["Nothing is attached any more." if self._attachments.take() else "Nothing was attached."]

    async def trim(self, chat_id: str | None) -> list[str]:
        """Keeps the beginnings of the files that fit."""
        room = await self._room(chat_id)
        if fitting.problem(self._attachments.documents, room) is None:
            return ["What is attached fits as it is." if self._attachments.documents else "Nothing is attached."]
        if not self._attachments.trim(room):
            return ["Not even a useful part would fit. /detach forgets what is attached."]
        ratio = await self._ratio(chat_id)
        return [attaching.described(document, ratio) for document in self._attachments.documents]

    async def problem(self, chat_id: str | None) -> str | None:
        """Why a question with these files cannot be sent, and what can be done; None when it can."""
        room = await self._room(chat_id)
        problem = fitting.problem(self._attachments.documents, room)
        if problem is None:
            return None
        can_trim = fitting.trimmed_to_fit(self._attachments.documents, room) is not None
        return f"{problem} {'/trim keeps that, /detach' if can_trim else '/detach'} forgets what is attached."

    def take(self) -> tuple[Document, ...]:
        """What is attached, for the question that is sent now."""
        return self._attachments.take()

    async def close(self) -> None:
        """Ends what is being read."""
        await self._attachments.close()

    async def _settle(self, numbers: list[int], chat_id: str | None) -> list[str]:
        if not await run_until(self._attachments.settled(), self._interrupts.wait()):
            self._interrupts.take()
            for number in numbers:
                self._attachments.remove(number)
            return ["It is not attached."]
        ratio = await self._ratio(chat_id)
        said = []
        for item in [item for item in self._attachments.items if item.id in numbers]:
            if item.document is None:
                said.append(item.problem)
                self._attachments.remove(item.id)
            else:
                said += [f"Attached {attaching.described(item.document, ratio)}.", *item.document.notes]
        problem = await self.problem(chat_id)
        return said if problem is None else [*said, problem]

    async def _ratio(self, chat_id: str | None) -> TokenRatio:
        if chat_id is None:
            return RULE_OF_THUMB
        return await self._store.read(lambda store: prompts.token_ratio(store, store.active_path(chat_id)))

    async def _room(self, chat_id: str | None) -> Room:
        ratio, held = await self._ratio(chat_id), await self._own.held(chat_id)
        return prompts.room_for_files(self._fleet.snapshots(), sampling.model(held), ratio, self._limits)
