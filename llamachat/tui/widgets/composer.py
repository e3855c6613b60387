"""Where a message is written."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from textual.binding import BindingsMap, BindingType
from textual.events import Key, Paste
from textual.message import Message
from textual.widgets import TextArea

from llamachat.tui.actions import bindings
from llamachat.tui.formatting import number
from llamachat.tui.opening import PLACEHOLDER

MAX_HISTORY: Final = 100
"""Messages that ↑ can bring back."""

FOLD_LINES: Final = 40
FOLD_CHARACTERS: Final = 4_000
"""A paste with more than either is shown as one mark; it is sent whole."""

BLINKS: Final = 20
"""So many times, about ten seconds, the cursor goes and comes without a key. Then it stays: each time is a line drawn,
and somebody who reads does not need it."""

_TEXT_AREA: Final = BindingsMap(TextArea.BINDINGS)


class Composer(TextArea):
    """A text area that sends on Enter, takes Ctrl+J for a new line, and grows with what is typed.

    Attributes:
        may_send: whether a text can be sent now; what cannot stays. By default all but nothing.
        takes_paste: is asked about what is pasted, and says whether it took it.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("composer")

    DEFAULT_CSS = """
    Composer {
        height: auto;
        min-height: 3;
        max-height: 12;
        border: round $secondary;
        padding: 0 1;
        background: $surface;
        &:focus { border: heavy $primary; }
        & .text-area--placeholder { color: $text-muted; }
    }
    """

    @dataclass
    class Sent(Message):
        """The user wants this text sent."""

        text: str

    def __init__(self, *, blink: bool = True, id: str | None = None) -> None:
        super().__init__(
            "", soft_wrap=True, tab_behavior="focus", show_line_numbers=False, highlight_cursor_line=False, id=id,
            placeholder=PLACEHOLDER,
        )  # fmt: skip
        self._blinks = 0  # since the last key
        self.cursor_blink = blink
        self._folded: dict[str, str] = {}  # what was pasted, by the mark that stands for it
        self._sent: list[str] = []
        self._recalled = 0
        self.may_send: Callable[[str], bool] = lambda text: bool(text.strip())
        self.takes_paste: Callable[[str], Awaitable[bool]] | None = None

    async def _on_key(self, event: Key) -> None:
        """Runs the composer's own actions in the order of the keys. A priority binding would overtake what was typed
        before it and still waits in this widget's queue: half a sentence would be sent."""
        active = self.screen.active_bindings.get(event.key)
        if active is None and not self.has_focus:  # typed while the program started
            own = self._bindings.key_to_bindings.get(event.key, ())
            found = [binding.action for binding in own if (binding.id or "").startswith("composer.")]
        elif active is None:  # a key that the composer gave up still does what it does in any text area
            found = [binding.action for binding in _TEXT_AREA.key_to_bindings.get(event.key, ())]
        else:
            is_own = active.node is self and (active.binding.id or "").startswith("composer.")
            found = [active.binding.action] if is_own else []
        for action in found:
            event.stop()
            event.prevent_default()
            await self.run_action(action)

    def _restart_blink(self) -> None:
        self._blinks = 0
        super()._restart_blink()

    def _toggle_cursor_blink_visible(self) -> None:
        super()._toggle_cursor_blink_visible()
        self._blinks += 1
        if self._blinks >= BLINKS:
            self._pause_blink(visible=True)

    @property
    def message(self) -> str:
        """What would be sent: what is typed, with every fold opened."""
        text = self.text
        for mark, pasted in self._folded.items():
            text = text.replace(mark, pasted)
        return text

    async def _on_paste(self, event: Paste) -> None:
        """Folds a long paste into a mark: it would push everything else off the screen. What somebody else takes is not
        inserted."""
        event.stop()
        if self.takes_paste is not None and await self.takes_paste(event.text):
            event.prevent_default()
            return
        lines = event.text.count("\n") + 1
        if lines <= FOLD_LINES and len(event.text) <= FOLD_CHARACTERS:
            return  # the text area takes it
        event.prevent_default()
        mark = f"[pasted {number(lines)} line{'s' if lines != 1 else ''}, {number(len(event.text))} characters"
        mark += f", {len(self._folded) + 1}]"
        self._folded[mark] = event.text.replace("\r\n", "\n").replace("\r", "\n")
        placed = self.replace(mark, *self.selection, maintain_selection_offset=False)
        self.move_cursor(placed.end_location)

    def action_delete_left(self) -> None:
        """Deletes to the left: a character, or a fold as a whole."""
        row, column = self.cursor_location
        before = self.document.get_line(row)[:column]
        mark = next((mark for mark in self._folded if before.endswith(mark)), None)
        if mark is None or not self.selection.is_empty:
            super().action_delete_left()
        else:
            self.delete((row, column - len(mark)), (row, column))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """With nothing of its own to undo, Ctrl+Z is the screen's."""
        if action == "undo" and not self.history.undo_stack:
            return False
        return super().check_action(action, parameters)

    def remember(self, texts: list[str]) -> None:
        """What ↑ brings back, oldest first."""
        self._sent = texts[-MAX_HISTORY:]
        self._recalled = 0

    def action_send(self) -> None:
        """Sends what is typed, unless it may not be sent."""
        text = self.message.strip("\n")
        if not self.may_send(text):
            return
        if text.strip():
            self._sent = [*self._sent, text][-MAX_HISTORY:]
        self._recalled = 0
        self.load_text("")
        self._folded.clear()
        self.post_message(self.Sent(text))

    def send_first(self, count: int) -> None:
        """Sends the first `count` characters, unless they are nothing; what follows them stays."""
        text, rest = self.text[:count], self.text[count:]
        if text.strip():
            self.load_text(text)
            self.action_send()
            self.load_text(self.text + rest)
            self.move_cursor(self.document.end)

    def action_newline(self) -> None:
        """Begins a new line at the cursor."""
        self.insert("\n")

    def action_recall(self) -> None:
        """Moves up; with nothing typed of one's own, goes back through what was sent."""
        untouched = self._recalled and self.text == self._sent[-self._recalled]
        if self._recalled < len(self._sent) and (not self.text or untouched):
            self._recalled += 1
            self.load_text(self._sent[-self._recalled])
            self.move_cursor(self.document.end)
        else:
            self.action_cursor_up()

    def action_editor(self) -> None:
        """Hands the text to the user's editor and takes it back."""
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
        if not editor:
            self.app.notify("Set $EDITOR to the editor you like, and try again.", severity="warning", markup=False)
            return
        with tempfile.NamedTemporaryFile("w+", suffix=".md", prefix="message-", encoding="utf-8") as file:
            file.write(self.message)
            file.flush()
            try:
                with self.app.suspend():
                    subprocess.run([*shlex.split(editor), file.name], check=True)
            except (OSError, subprocess.CalledProcessError, ValueError) as error:
                self.app.notify(f"The editor failed: {error}", severity="error", markup=False)
                return
            self.load_text(Path(file.name).read_text(encoding="utf-8", errors="replace").rstrip("\n"))
        self.move_cursor(self.document.end)
