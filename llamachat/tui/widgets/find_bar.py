"""The line in which one looks for words in the open conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

FIND_PAUSE_S: Final = 0.15
"""The words are looked for once the typing has paused for so long."""


class FindBar(Horizontal):
    """Words in, requests out; not there until it is opened."""

    DEFAULT_CSS = """
    FindBar { height: 1; display: none; background: $panel; }
    FindBar.-open { display: block; }
    FindBar #name { width: auto; padding: 0 1; text-style: bold; }
    FindBar Input, FindBar Input:focus { width: 1fr; height: 1; border: none; padding: 0; background: $surface; }
    FindBar #status { width: auto; padding: 0 1; }
    """

    @dataclass
    class Changed(Message):
        """Other words are looked for."""

        needle: str

    @dataclass
    class Submitted(Message):
        """The user wants to go to where they are."""

        needle: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._timer: Timer | None = None
        self._status = Static("", id="status", markup=False)
        self._status.tooltip = "How many messages of this conversation have the words."

    def compose(self) -> ComposeResult:
        """The words, and how many messages have them."""
        yield Static("find", id="name", markup=False)
        yield Input(select_on_focus=True)
        yield self._status

    @property
    def is_open(self) -> bool:
        """Whether it is shown."""
        return self.has_class("-open")

    def open(self) -> None:
        """Shows it and goes there."""
        self.add_class("-open")
        self.query_one(Input).focus()

    def close(self) -> None:
        """Puts it away, with its words for the next time."""
        self.remove_class("-open")

    def tell(self, status: str) -> None:
        """Says what was found."""
        self._status.update(status)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Looks once the typing pauses."""
        event.stop()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(FIND_PAUSE_S, lambda: self.post_message(self.Changed(event.value)))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes there."""
        event.stop()
        if self._timer is not None:
            self._timer.stop()
        self.post_message(self.Submitted(event.value))
