"""What the chat screen does with the files of the next question."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from textual.css.query import NoMatches
from textual.screen import Screen
from textual.widget import MountError

from llamachat.base.tasks import run_apart
from llamachat.config.attaching import limits
from llamachat.documents import fitting
from llamachat.documents.attaching import Attachments
from llamachat.documents.document import Document
from llamachat.documents.estimating import RULE_OF_THUMB, TokenRatio
from llamachat.documents.fitting import Room
from llamachat.documents.limits import DocumentLimits
from llamachat.documents.pasting import dropped_paths
from llamachat.fleet.prompts import room_for_files, token_ratio
from llamachat.store import StoreError
from llamachat.tui.keymap import first_key, with_keys
from llamachat.tui.screens.attaching import AttachScreen
from llamachat.tui.screens.chat_open import OpenChat
from llamachat.tui.services import Services
from llamachat.tui.widgets.attachment_row import AttachmentRow, chip
from llamachat.tui.widgets.composer import Composer

LOOK_UP_S: Final = 1.0
"""How long a paste waits for the disk to say whether it is a file; then it is text. What is typed waits behind it."""


@dataclass(slots=True, eq=False)
class _Files:
    """The files of one chat's next question.

    Attributes:
        ratio: how their tokens are estimated.
        sending: the text that is sent with them once they are read; None when nothing is to be sent.
        refused: files that were kept out, and seen to be, when it was to be sent.
        fit: what was last found out about the fit: for what, the problem if there is one, whether trimming helps.
    """

    attachments: Attachments
    ratio: TokenRatio = RULE_OF_THUMB
    sending: str | None = None
    refused: frozenset[int] = frozenset()
    fit: tuple[tuple[Document, ...], Room, str | None, bool] | None = None

    @property
    def is_reading(self) -> bool:
        return any(item.is_reading for item in self.attachments.items)

    @property
    def kept_out(self) -> frozenset[int]:
        return frozenset(item.id for item in self.attachments.items if item.problem)


class AttachmentDesk:
    """Between the composer, the row of files, and the files of each conversation while the program runs. `model` says
    which one the open conversation has; None: each node's default."""

    def __init__(
        self,
        screen: Screen[None],
        services: Services,
        chat: OpenChat,
        model: Callable[[], str | None],
    ) -> None:
        self._screen = screen
        self._services = services
        self._chat = chat
        self._model = model
        self._files: dict[str | None, _Files] = {}
        self._draw_due = False

    def connect(self, composer: Composer) -> None:
        """Has the composer ask here before it sends, and about what is pasted into it."""
        composer.may_send = self.may_send
        composer.takes_paste = self.dropped

    async def close(self) -> None:
        """Ends every reading."""
        for files in list(self._files.values()):
            files.sending = None
            await files.attachments.close()

    # ── attaching ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def ask_for_file(self) -> None:
        """Asks for a path and attaches that file; what is typed then is the question."""
        path: Path | None = await self._screen.app.push_screen_wait(AttachScreen())
        if path is not None:
            self._add(self._chat.chat_id, path)
            self._screen.query_one(Composer).focus()

    async def dropped(self, text: str) -> bool:
        """Attaches the files that were dropped on the terminal; False when the text is to be inserted."""
        chat_id = self._chat.chat_id
        try:
            paths = await asyncio.wait_for(run_apart(partial(dropped_paths, text, self._limits)), LOOK_UP_S)
        except TimeoutError:
            return False
        if paths:
            self._add(chat_id, *paths)
        return bool(paths)

    def remove(self, item_id: int) -> None:
        """Takes a file out; the focus goes to the next one, or back to the composer."""
        row = self._screen.query_one(AttachmentRow)
        if any(view.shown.id == item_id and view.has_focus for view in row.chips):
            near = row.neighbour(item_id, 1) or row.neighbour(item_id, -1)
            (near or self._screen.query_one(Composer)).focus()
        self.hold_back()
        files = self._files.get(self._chat.chat_id)
        if files is not None:
            files.attachments.remove(item_id)

    def move(self, item_id: int, by: int) -> None:
        """Goes to the file above or below; below the last one is the composer."""
        near = self._screen.query_one(AttachmentRow).neighbour(item_id, by)
        if near is not None:
            near.focus()
        elif by > 0:
            self._screen.query_one(Composer).focus()

    def trim(self) -> None:
        """Keeps what fits."""
        files = self._files.get(self._chat.chat_id)
        if files is None or files.is_reading or self._problem(files) is None:
            self._tell("There is nothing to trim: what is attached is being read, or fits, or nothing is.")
        elif not files.attachments.trim(self._room(files)):
            self._tell("Not even a useful part would fit. Take a file out.")

    # ── sending ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def may_send(self, text: str) -> bool:
        """Whether a question with this text can be sent now. If not, the text stays and the reason is shown; where only
        reading keeps it back, it is sent later."""
        files = self._files.get(self._chat.chat_id)
        if files is None or not files.attachments.items:
            return bool(text.strip())
        if files.is_reading:
            if files.sending is None:
                self._screen.run_worker(self._send_when_read(files), group="attachments")
            files.sending, files.refused = text, files.kept_out
            self.changed()
            return False
        if self._problem(files) is not None:
            self._tell("Not sent: the attached files do not fit. What can be done is said above your text.")
            return False
        if not files.attachments.documents and not text.strip():
            self._tell("There is nothing to send: no file could be used, and nothing is written.")
            return False
        return True

    async def _send_when_read(self, files: _Files) -> None:
        await files.attachments.settled()
        if files.sending is None:
            return
        files.sending = None
        self.changed()
        if files.kept_out - files.refused:
            self._tell("Not sent: a file could not be used. {composer.send} sends your question without it.")
        else:
            self._screen.query_one(Composer).action_send()

    def text_changed(self, text: str) -> None:
        """Holds back a question that somebody goes on writing."""
        files = self._files.get(self._chat.chat_id)
        if files is not None and files.sending is not None and files.sending != text.strip("\n"):
            self.hold_back()

    def hold_back(self) -> bool:
        """Does not send what waits for its files; whether anything did."""
        files = self._files.get(self._chat.chat_id)
        if files is None or files.sending is None:
            return False
        files.sending = None
        self.changed()
        return True

    @property
    def documents(self) -> tuple[Document, ...]:
        """What goes with the next question of the open chat."""
        files = self._files.get(self._chat.chat_id)
        return () if files is None else files.attachments.documents

    def sent(self, chat_id: str | None, asked_in: str) -> None:
        """Forgets the files of a question that was asked in that chat; a new chat has its id now."""
        files = self._files.pop(chat_id, None)
        if files is not None:
            self._files[asked_in] = files
            for item in files.attachments.items:
                if not item.is_reading:
                    files.attachments.remove(item.id)

    # ── drawing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def changed(self) -> None:
        """Has the row drawn soon, once for many changes."""
        if not self._draw_due and self._screen.is_running:
            self._draw_due = True
            self._screen.call_later(self._draw)

    def fleet_changed(self) -> None:
        """What fits may be another now."""
        files = self._files.get(self._chat.chat_id)
        if files is not None and files.attachments.items:
            self.changed()

    async def _draw(self) -> None:
        self._draw_due = False
        files = self._files.get(self._chat.chat_id)
        items = () if files is None else files.attachments.items
        ratio = RULE_OF_THUMB if files is None else files.ratio
        about, is_problem = ("", False) if files is None else self._about(files)
        for row in self._screen.query(AttachmentRow):
            try:
                await row.show([chip(item, ratio) for item in items], about, is_problem=is_problem)
            except (NoMatches, MountError):
                # The program may have begun to leave meanwhile, and takes the widgets down one after the other.
                if row.is_attached:
                    raise

    def _about(self, files: _Files) -> tuple[str, bool]:
        """A sentence about all of them, and whether it is about a problem."""
        if files.sending is not None:
            stop = first_key("chat.stop", self._services.settings.keys)
            return f"Your question is sent as soon as its files are read. {stop}, or a change, holds it back.", False
        problem = None if files.is_reading else self._problem(files)
        if problem is not None:
            trim = first_key("chat.trim", self._services.settings.keys)
            return f"{problem} {trim} keeps that." if files.fit is not None and files.fit[3] else problem, True
        return "", False

    # ── what fits ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _problem(self, files: _Files) -> str | None:
        """Why they do not fit. Found out once for the same files and the same room: it looks at all of the text."""
        documents, room = files.attachments.documents, self._room(files)
        if files.fit is None or files.fit[0] != documents or files.fit[1] != room:
            problem = fitting.problem(documents, room) if documents else None
            can_trim = problem is not None and fitting.trimmed_to_fit(documents, room) is not None
            files.fit = (documents, room, problem, can_trim)
        return files.fit[2]

    def _room(self, files: _Files) -> Room:
        return room_for_files(self._services.fleet.snapshots(), self._model(), files.ratio, self._limits)

    @property
    def _limits(self) -> DocumentLimits:
        return limits(self._services.settings.attachments)

    def _add(self, chat_id: str | None, *paths: Path) -> None:
        files = self._files.get(chat_id)
        if files is None or not files.attachments.items:  # the settings may be others since
            if files is not None:
                self._screen.run_worker(files.attachments.close(), group="attachments")
            files = self._files[chat_id] = _Files(Attachments(self._limits, changed=self.changed))
        for path in paths:
            files.attachments.add(path)
        if chat_id is not None:
            self._screen.run_worker(self._measure(files, chat_id), group="attachments")

    async def _measure(self, files: _Files, chat_id: str) -> None:
        """Finds out how many bytes a token has in this chat."""
        # A history that cannot be read is told where it is shown; the estimate stays the rule of thumb.
        with suppress(StoreError):
            files.ratio = await self._services.store.read(lambda store: token_ratio(store, store.active_path(chat_id)))
            self.changed()

    def _tell(self, text: str) -> None:
        self._screen.notify(with_keys(text, self._services.settings.keys), markup=False)
