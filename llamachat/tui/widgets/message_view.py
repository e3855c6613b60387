"""One message of the conversation: who says it, what, and how it came about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Right, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from llamachat.base.text import one_line, printable
from llamachat.protocol import Role, Seam
from llamachat.tui.actions import bindings
from llamachat.tui.answers import LiveAnswer
from llamachat.tui.formatting import clock
from llamachat.tui.widgets.markdown_view import MarkdownView

FINISH_NOTES = {
    "length": "ended at the length limit",
    "cancelled": "stopped",
    "deadline": "ended at its deadline",
    "interrupted": "cut short by its node",
}


@dataclass(frozen=True, slots=True)
class MessageLabel:
    """What the line above a message says. `model` and `node` are empty for what the user wrote."""

    role: Role
    created_at: float
    model: str = ""
    node: str = ""


class MessageView(Vertical, can_focus=True):
    """A message. Plain values in, nothing out but requests to copy."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("message")

    DEFAULT_CSS = """
    MessageView {
        height: auto;
        margin: 0 0 1 0;
        padding: 0 1;
        border-left: blank;
        &:focus { border-left: thick $primary; }
        .label { width: 1fr; height: 1; color: $text-muted; }
        .phase { width: 1fr; height: auto; color: $text-muted; text-style: italic; display: none; }
        .note { width: 1fr; height: auto; color: $text-muted; display: none; }
        &.failed .note { color: $text-error; text-style: bold; }
    }
    MessageView.user {
        .label { text-align: right; }
        Right { height: auto; }
        .question {
            width: auto; max-width: 85%; height: auto;
            padding: 0 1; border: round $primary; background: $surface;
        }
    }
    """

    @dataclass
    class CopyWanted(Message):
        """The user wants `text` on the clipboard; `what` names it."""

        text: str
        what: str

    def __init__(self, message_id: str, label: MessageLabel, text: str = "") -> None:
        super().__init__(classes="user" if label.role == "user" else "answer")
        self.message_id = message_id
        self._label = label
        self._initial = text
        self._body = MarkdownView(text if label.role != "user" else "")
        self._shown = len(text)  # code points of the answer that the body has
        self._notes = ""

    def compose(self) -> ComposeResult:
        """The label, the text, and lines that appear when there is something to say."""
        yield Static(self._label_text(), classes="label", markup=False)
        if self._label.role == "user":
            with Right():
                yield Static(Content(printable(self._initial)), classes="question", markup=False)
        else:
            yield Static("", classes="phase", markup=False)
            yield self._body
            yield Static("", classes="note", markup=False)

    @property
    def text(self) -> str:
        """The message's source."""
        return self._initial if self._label.role == "user" else self._body.text

    @property
    def code_blocks(self) -> list[str]:
        """The code blocks in the answer, in order."""
        return self._body.code_blocks

    def show(self, answer: LiveAnswer) -> None:
        """The answer as it is now; only what is new is laid out."""
        label = replace(self._label, model=answer.model, node=answer.node)
        if label != self._label:
            self._label = label
            self.query_one(".label", Static).update(self._label_text(), layout=False)
        self._show_line(".phase", answer.phase)
        self._body.append(answer.text[self._shown :])
        self._shown = len(answer.text)
        if answer.ended is None:
            self._body.show_cursor(bool(answer.text))
        else:
            self._body.finish()
        self.tell_end(answer.seams, answer.finish_reason, answer.problem)

    def tell_end(self, seams: Sequence[Seam], finish_reason: str, problem: str) -> None:
        """The lines under the answer: where it went on, how it ended, what went wrong."""
        lines = [f"⇄ continued on {one_line(seam.node, 40)} at {seam.offset} characters" for seam in seams]
        if finish_reason in FINISH_NOTES:
            lines.append(f"■ {FINISH_NOTES[finish_reason]}")
        if problem:
            lines.append(f"✖ {one_line(problem, 400)} — Ctrl+R asks again")
        self._notes = "\n".join(lines)
        self.set_class(bool(problem), "failed")
        self._show_line(".note", self._notes)

    def on_mount(self) -> None:
        """Shows what was told before there was a place for it."""
        self._show_line(".note", self._notes)

    def _show_line(self, selector: str, text: str) -> None:
        for line in self.query(selector).results(Static):
            if str(line.content) != text:
                line.update(Content(text))
            line.display = bool(text)

    def action_copy_message(self) -> None:
        """Asks for the whole source to be copied."""
        self.post_message(self.CopyWanted(self.text, "the message"))

    def action_copy_code(self, number: int) -> None:
        """Asks for one code block to be copied."""
        blocks = self.code_blocks
        if 1 <= number <= len(blocks):
            self.post_message(self.CopyWanted(blocks[number - 1], f"code block {number}"))

    def _label_text(self) -> Content:
        label = self._label
        time = clock(label.created_at)
        if label.role == "user":
            return Content.assemble(("you", "bold"), f"  {time}")
        source = Content.styled(f"✦ {one_line(label.model, 40) or 'assistant'}", "bold $text-primary")
        node = f"  ⌂ {one_line(label.node, 40)}" if label.node else ""
        return Content.assemble(source, node, f"  {time}")
