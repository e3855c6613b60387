"""The files of the next question, above the composer: one line each, and a sentence about all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from llamachat.base.sizes import size_text
from llamachat.base.text import printable
from llamachat.documents.attaching import Attached
from llamachat.documents.estimating import TokenRatio
from llamachat.tui.actions import bindings
from llamachat.tui.formatting import number
from llamachat.tui.removing import removed


@dataclass(frozen=True, slots=True)
class Chip:
    """What is said of one file: its name, the facts behind it, and sentences about it below."""

    id: int
    state: Literal["reading", "read", "refused"]
    name: str
    facts: str = ""
    notes: str = ""
    tooltip: str = ""


def chip(item: Attached, ratio: TokenRatio) -> Chip:
    """A file as far as it has come; `ratio` is how its tokens are estimated."""
    if item.problem:
        return Chip(item.id, "refused", item.name, notes=printable(item.problem))
    document = item.document
    if document is None:
        at = item.progress
        facts = "reading" if at is None else f"reading, {number(at.done)} of {at.total or '?'} {at.unit}"
        return Chip(item.id, "reading", item.name, facts)
    pages = "" if document.pages is None else f"{number(document.pages)} page{'' if document.pages == 1 else 's'}, "
    facts = f"{size_text(document.size)}, {pages}about {number(ratio.tokens(document.text))} tokens"
    notes = "\n".join(printable(note) for note in document.notes)
    return Chip(item.id, "read", item.name, facts, notes, f"The tokens are an estimate, {ratio.source}.")


class AttachmentChip(Horizontal, can_focus=True):
    """One file."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("attachment")

    DEFAULT_CSS = """
    AttachmentChip {
        height: auto; border-left: blank;
        &:focus { border-left: thick $primary; }
        .words { width: 1fr; height: auto; color: $text; }
        .cross { width: 3; height: 1; text-align: center; color: $text; }
        .cross:hover { text-style: reverse; }
    }
    """

    def __init__(self, shown: Chip) -> None:
        super().__init__()
        self.shown = shown
        self._words = Static(_words(shown), classes="words", markup=False)
        self.tooltip = shown.tooltip or None

    def compose(self) -> ComposeResult:
        """What is said of it, and where a click takes it out."""
        yield self._words
        cross = Static("×", classes="cross", markup=False)
        cross.tooltip = "Take the file out of the question."
        yield cross

    def show(self, shown: Chip) -> None:
        """Says something else of it."""
        if shown != self.shown:
            self.shown = shown
            self._words.update(_words(shown))
            self.tooltip = shown.tooltip or None

    def on_click(self, event: Click) -> None:
        """A click on the cross takes it out."""
        if event.widget is not None and event.widget.has_class("cross"):
            event.stop()
            self.action_remove()

    def action_remove(self) -> None:
        """Asks for it to be taken out."""
        self.post_message(AttachmentRow.RemoveWanted(self.shown.id))

    def action_move(self, by: int) -> None:
        """Goes to the file above or below."""
        self.post_message(AttachmentRow.MoveWanted(self.shown.id, by))


class AttachmentRow(Vertical):
    """Chips in, wishes out; not there at all while nothing is attached."""

    DEFAULT_CSS = """
    AttachmentRow { height: auto; display: none; background: $panel; }
    AttachmentRow.-some { display: block; }
    AttachmentRow VerticalScroll { height: auto; max-height: 6; }
    AttachmentRow #about { height: auto; padding: 0 1; color: $text; display: none; }
    AttachmentRow #about.-problem { color: $text-error; text-style: bold; }
    """

    @dataclass
    class RemoveWanted(Message):
        """The user wants a file taken out."""

        item_id: int

    @dataclass
    class MoveWanted(Message):
        """The user wants to go from that file to the one so many places below it."""

        item_id: int
        by: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._list = VerticalScroll(can_focus=False)
        self._about = Static("", id="about", markup=False)

    def compose(self) -> ComposeResult:
        """The chips, and the sentence below them."""
        yield self._list
        yield self._about

    @property
    def chips(self) -> list[AttachmentChip]:
        """The files that are shown, in their order."""
        return list(self._list.query_children(AttachmentChip))

    async def show(self, shown: Sequence[Chip], about: str, *, is_problem: bool) -> None:
        """Shows these files, and a sentence about them."""
        views = {view.shown.id: view for view in self.chips}
        kept = {one.id for one in shown}
        for item_id, view in views.items():
            if item_id not in kept:
                await removed(view.remove())
        for one in shown:
            if one.id in views:
                views[one.id].show(one)
            else:
                await self._list.mount(AttachmentChip(one))
        self.set_class(bool(shown), "-some")
        self._about.set_class(is_problem, "-problem")
        if str(self._about.content) != about:
            self._about.update(Content(about))
        self._about.display = bool(about)

    def neighbour(self, item_id: int, by: int) -> AttachmentChip | None:
        """The chip so many places below that one."""
        chips = self.chips
        place = next((at for at, view in enumerate(chips) if view.shown.id == item_id), -1)
        return chips[place + by] if place >= 0 and 0 <= place + by < len(chips) else None


def _words(shown: Chip) -> Content:
    mark = {"reading": "◌", "read": "⌕", "refused": "✖"}[shown.state]
    if shown.state == "refused":  # the sentence names the file itself
        return Content.assemble((f"{mark} ", "$text-error"), (shown.notes, "bold $text-error"))
    notes = "".join(f"\n  {line}" for line in shown.notes.split("\n") if line)
    return Content.assemble(f"{mark} ", (printable(shown.name), "bold"), f"  {shown.facts}", notes)
