"""One message of the conversation: who says it, what, and how it came about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Right, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from llamachat.base.sizes import size_text
from llamachat.base.text import one_line, printable
from llamachat.protocol import Attachment, Role, Seam
from llamachat.tui.actions import bindings
from llamachat.tui.answers import LiveAnswer
from llamachat.tui.formatting import clock
from llamachat.tui.message_menu import Wish
from llamachat.tui.widgets.markdown_view import MarkdownView, marked

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


_ABOUT_ANSWER: Final = (
    "✦ the model and ⌂ the node that answered, and when; ‹ 2/3 › is which of several branches this is."
)
_ABOUT_QUESTION: Final = "When it was asked; ‹ 2/3 › is which of several branches this is."


_PARTS: Final = {
    "phase": "What is awaited before the first words.",
    "raw": None,
    "note": "⇄ where the answer went on at another node, ■ why it ended early, ✖ why it failed.",
}
"""What stands above and below an answer when there is something to say, and the tooltip of each."""


def _part(name: str) -> Static:
    part = Static("", classes=name, markup=False)
    part.tooltip = _PARTS[name]
    return part


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
        .raw { width: 1fr; height: auto; display: none; }
        &.-raw MarkdownView { display: none; }
        &.failed .note { color: $text-error; text-style: bold; }
    }
    MessageView.user {
        .label { text-align: right; }
        Right { height: auto; }
        .question {
            width: auto; max-width: 85%; height: auto;
            padding: 0 1; border: round $primary; background: $surface;
        }
        .file { width: auto; max-width: 85%; height: auto; padding: 0 1; }
    }
    """

    @dataclass
    class CopyWanted(Message):
        """The user wants `text` on the clipboard; `what` names it."""

        text: str
        what: str

    @dataclass
    class Wanted(Message):
        """The user wants something done with this message."""

        wish: Wish
        view: MessageView

    def __init__(
        self,
        message_id: str,
        label: MessageLabel,
        text: str = "",
        attachments: Sequence[Attachment] = (),
        *,
        retry_key: str = "",
    ) -> None:
        super().__init__(classes="user" if label.role == "user" else "answer")
        self.message_id = message_id
        self._label = label
        self._initial = text
        self._attachments = tuple(attachments)
        self._body = MarkdownView(text if label.role != "user" else "")
        self._shown = len(text)  # code points of the answer that the body has
        self._notes = ""
        self._retry_key = retry_key  # asks a question again whose answer failed
        self._finish_reason = ""
        self._branch: tuple[int, int] | None = None

    def compose(self) -> ComposeResult:
        """The label, the text, and lines that appear when there is something to say."""
        label = Static(self._label_text(), classes="label", markup=False)
        label.tooltip = _ABOUT_QUESTION if self._label.role == "user" else _ABOUT_ANSWER
        yield label
        if self._label.role == "user":
            with Right():
                if self._initial or not self._attachments:
                    yield Static(Content(printable(self._initial)), classes="question", markup=False)
                for file in self._attachments:
                    line = Content(f"⌕ {one_line(file.name)} ({size_text(file.size)})")
                    attached = Static(line, classes="file", markup=False)
                    attached.tooltip = "A file that went with the question, and its size."
                    yield attached
        else:
            yield self._body
            if self._notes:
                yield _part("note")

    @property
    def text(self) -> str:
        """The message's source."""
        return self._initial if self._label.role == "user" else self._body.text

    @property
    def role(self) -> Role:
        """Who says it."""
        return self._label.role

    @property
    def code_blocks(self) -> list[str]:
        """The code blocks in the answer, in order."""
        return self._body.code_blocks

    @property
    def code_languages(self) -> list[str]:
        """The language that each of them names, "" for none."""
        return self._body.code_languages

    @property
    def branch(self) -> tuple[int, int] | None:
        """Its place among its siblings, from 1, and how many there are; None when it has none."""
        return self._branch

    @property
    def finish_reason(self) -> str:
        """How the answer ended, as the protocol has it; empty for a question, a failure and while it runs."""
        return self._finish_reason

    def show_branch(self, branch: tuple[int, int] | None) -> None:
        """Says which of several branches this is."""
        if branch != self._branch:
            self._branch = branch
            self._show_label()

    def mark(self, needle: str) -> None:
        """Marks where `needle` stands, without regard to case and diacritics; "" for nothing."""
        self._body.mark(needle)
        for bubble in self.query(".question").results(Static):
            bubble.update(marked(Content(printable(self._initial)), needle), layout=False)

    @property
    def first_mark(self) -> int:
        """The line of the message, from its label on, with the first marked words."""
        return 1 + (0 if self._label.role == "user" else self._body.first_mark or 0)

    def toggle_raw(self) -> None:
        """Shows the source as it came, or laid out again."""
        self.toggle_class("-raw")
        self._show_raw()

    def show(self, answer: LiveAnswer) -> None:
        """The answer as it is now; only what is new is laid out. A state older than what is shown changes nothing: the
        message may have been made from the history since."""
        if len(answer.text) < self._shown and answer.ended is None:
            return
        label = replace(self._label, model=answer.model, node=answer.node)
        if label != self._label:
            self._label = label
            self._show_label()
        self._show_line("phase", answer.phase)
        self._body.append(answer.text[self._shown :])
        self._shown = len(answer.text)
        self._show_raw()
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
            lines.append(f"✖ {one_line(problem, 400)}" + f" — {self._retry_key} asks again" * bool(self._retry_key))
        self._notes = "\n".join(lines)
        self._finish_reason = finish_reason
        self.set_class(bool(problem), "failed")
        self._show_line("note", self._notes)

    def on_mount(self) -> None:
        """Shows what was told before there was a place for it."""
        self._show_line("note", self._notes)

    def _show_label(self) -> None:
        for line in self.query(".label").results(Static):
            line.update(self._label_text(), layout=False)

    def _show_raw(self) -> None:
        self._show_line("raw", printable(self.text) if self.has_class("-raw") else "")

    def _show_line(self, name: str, text: str) -> None:
        """Shows a text in one of `_PARTS`, which is made the first time that there is something to show: most messages
        need none, and each would cost time whenever styles are applied."""
        line = next(iter(self.query(f".{name}").results(Static)), None)
        if line is None:
            if not text or self._body not in self.children:
                return
            line = _part(name)
            if name == "phase":
                self.mount(line, before=self._body)
            else:
                self.mount(line, after=self._body if name == "raw" else -1)
        if str(line.content) != text:
            line.update(Content(text))
        line.display = bool(text)

    def action_message(self, wish: Wish) -> None:
        """Asks for something to be done with it."""
        if wish == "copy":
            self.post_message(self.CopyWanted(self.text, "the message"))
        elif wish == "raw":
            self.toggle_raw()
        else:
            self.post_message(self.Wanted(wish, self))

    def action_copy_code(self, number: int) -> None:
        """Asks for one code block to be copied."""
        blocks = self.code_blocks
        if 1 <= number <= len(blocks):
            self.post_message(self.CopyWanted(blocks[number - 1], f"code block {number}"))

    def _label_text(self) -> Content:
        label = self._label
        time = clock(label.created_at)
        branch = "  ‹ {}/{} ›".format(*self._branch) if self._branch else ""
        if label.role == "user":
            return Content.assemble(branch.strip(), ("  you" if branch else "you", "bold"), f"  {time}")
        source = Content.styled(f"✦ {one_line(label.model, 40) or 'assistant'}", "bold $text-primary")
        node = f"  ⌂ {one_line(label.node, 40)}" if label.node else ""
        return Content.assemble(source, node, f"  {time}", branch)
