"""One setting to fill in, with the sentence about it, and the reason when what stands there cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from llamachat.tui.actions import bindings
from llamachat.tui.settings_fields import Field
from llamachat.tui.widgets.setting_choice import Choice


class SettingField(Vertical):
    """The title stands in the frame, which turns red, doubles and carries a cross while the value is wrong."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("setting")

    DEFAULT_CSS = """
    SettingField {
        height: auto; margin: 0 0 1 0;
        Input, TextArea, Choice {
            border: round $secondary; border-title-color: $text; border-subtitle-color: $text-muted;
            background: $surface; padding: 0 1;
        }
        Input:focus, TextArea:focus, Choice:focus { border: heavy $primary; }
        Input { height: 3; }
        TextArea { height: auto; min-height: 3; max-height: 9; }
        .help { width: 1fr; height: auto; padding: 0 2; color: $text-muted; }
        .reason { width: 1fr; height: auto; padding: 0 2; color: $text-error; text-style: bold; display: none; }
        &.-wrong .reason { display: block; }
        &.-wrong Input, &.-wrong TextArea, &.-wrong Choice {
            border: double $error; border-subtitle-color: $text-error;
        }
    }
    """

    @dataclass
    class Changed(Message):
        """Something else stands in the field."""

        field: SettingField
        text: str

    @dataclass
    class ResetWanted(Message):
        """The default is to hold again."""

        field: SettingField

    @dataclass
    class LeaveWanted(Message):
        """The focus is to go so many fields on."""

        field: SettingField
        step: int

    def __init__(self, field: Field, text: str, *, blink: bool) -> None:
        super().__init__()
        self.field = field
        self.tooltip = field.key
        self._editor = self._made(text, blink)
        self._reason = Static("", classes="reason", markup=False)

    def _made(self, text: str, blink: bool) -> Input | TextArea | Choice:
        match self.field.kind:
            case "choice":
                return Choice(self.field.options, text)
            case "lines":
                area = TextArea(text, soft_wrap=True, tab_behavior="focus", highlight_cursor_line=False)
                area.cursor_blink = blink
                return area
            case "line":
                line = Input(text, select_on_focus=False, placeholder="not set" if self.field.optional else "")
                line.password = self.field.secret
                line.cursor_blink = blink
                return line

    def compose(self) -> ComposeResult:
        """The editor, the reason, the sentence."""
        self._editor.border_title = Content(self.field.title)
        yield self._editor
        yield self._reason
        yield Static(self.field.help, classes="help", markup=False)

    @property
    def editor(self) -> Widget:
        """What takes the focus."""
        return self._editor

    @property
    def text(self) -> str:
        """What stands in the field."""
        match self._editor:
            case Choice():
                return self._editor.taken
            case TextArea():
                return self._editor.text
            case Input():
                return self._editor.value

    def show(self, text: str) -> None:
        """Puts a text into the field without telling."""
        if text == self.text:
            return
        with self.prevent(Input.Changed, TextArea.Changed, Choice.Changed):
            match self._editor:
                case Choice():
                    self._editor.show(text)
                case TextArea():
                    self._editor.load_text(text)
                case Input():
                    self._editor.value = text

    def offer(self, field: Field) -> None:
        """Takes the words that can be chosen by now."""
        self.field = field
        if isinstance(self._editor, Choice):
            self._editor.offer(field.options)

    def tell(self, reason: str, *, changed: bool, marks: tuple[str, str] = ("● not saved", "")) -> None:
        """Shows why the value cannot be, and whether it differs from the file: the first of the marks says that it
        does, the second that it does not, as the field's key does."""
        self.set_class(bool(reason), "-wrong")
        self._reason.update(Content(f"✖ {reason}" if reason else ""))
        mark = "✖ not saved" if reason else marks[0] if changed else marks[1] or self.field.key
        self._editor.border_subtitle = Content(mark)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Passes it on."""
        event.stop()
        self.post_message(self.Changed(self, event.value))

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Passes it on."""
        event.stop()
        self.post_message(self.Changed(self, event.text_area.text))

    def on_choice_changed(self, event: Choice.Changed) -> None:
        """Passes it on."""
        event.stop()
        self.post_message(self.Changed(self, event.word))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes on to the next field."""
        event.stop()
        self.action_leave(1)

    def action_choose(self, step: int) -> None:
        """Takes another of the words, where there are some."""
        if isinstance(self._editor, Choice):
            self._editor.choose(step)

    def action_leave(self, step: int) -> None:
        """Goes to the field above or below."""
        self.post_message(self.LeaveWanted(self, step))

    def action_reset(self) -> None:
        """Back to the default."""
        self.post_message(self.ResetWanted(self))
