"""Where a message is written."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from textual.binding import BindingType
from textual.events import Key
from textual.message import Message
from textual.widgets import TextArea

from llamachat.tui.actions import bindings

MAX_HISTORY: Final = 100
"""Messages that ↑ can bring back."""


class Composer(TextArea):
    """A text area that sends on Enter, takes Ctrl+J for a new line, and grows with what is typed."""

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
            placeholder="Type your message…",
        )  # fmt: skip
        self.cursor_blink = blink
        self._sent: list[str] = []
        self._recalled = 0

    async def _on_key(self, event: Key) -> None:
        """Runs the composer's own actions in the order of the keys. A priority binding would overtake what was typed
        before it and still waits in this widget's queue: half a sentence would be sent."""
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if binding.id is not None and binding.id.startswith("composer."):
                event.stop()
                event.prevent_default()
                await self.run_action(binding.action)

    def remember(self, texts: list[str]) -> None:
        """What ↑ brings back, oldest first."""
        self._sent = texts[-MAX_HISTORY:]
        self._recalled = 0

    def action_send(self) -> None:
        """Sends what is typed, unless that is nothing."""
        text = self.text.strip("\n")
        if not text.strip():
            return
        self._sent = [*self._sent, text][-MAX_HISTORY:]
        self._recalled = 0
        self.load_text("")
        self.post_message(self.Sent(text))

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
            file.write(self.text)
            file.flush()
            try:
                with self.app.suspend():
                    subprocess.run([*shlex.split(editor), file.name], check=True)
            except (OSError, subprocess.CalledProcessError, ValueError) as error:
                self.app.notify(f"The editor failed: {error}", severity="error", markup=False)
                return
            self.load_text(Path(file.name).read_text(encoding="utf-8", errors="replace").rstrip("\n"))
        self.move_cursor(self.document.end)
