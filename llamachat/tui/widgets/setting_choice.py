"""A few words of which one is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from llamachat.base.text import one_line

_META = "option"
_MAX_WORD = 40


class Choice(Static, can_focus=True):
    """All words in a line, or in several where there is no room; the one that is taken stands in brackets."""

    DEFAULT_CSS = """
    Choice { width: 1fr; height: auto; }
    """

    @dataclass
    class Changed(Message):
        """Another word was taken."""

        word: str

    def __init__(self, options: Sequence[str], taken: str) -> None:
        super().__init__("", markup=False)
        self.options = tuple(options)
        self.taken = taken

    def on_mount(self) -> None:
        """Shows the words."""
        self._draw()

    def show(self, taken: str) -> None:
        """Takes a word without telling."""
        if taken != self.taken:
            self.taken = taken
            self._draw()

    def offer(self, options: Sequence[str]) -> None:
        """Other words to choose from."""
        if tuple(options) != self.options:
            self.options = tuple(options)
            self._draw()

    def choose(self, step: int) -> None:
        """Takes the word so many places on; behind the last one comes the first."""
        place = self.options.index(self.taken) if self.taken in self.options else -step
        self._take(self.options[(place + step) % len(self.options)])

    def on_click(self, event: Click) -> None:
        """Takes the word under the mouse."""
        option = event.style.meta.get(_META)
        if isinstance(option, int) and option < len(self.options):
            self._take(self.options[option])

    def _take(self, word: str) -> None:
        if word != self.taken:
            self.show(word)
            self.post_message(self.Changed(word))

    def _draw(self) -> None:
        words = []
        for place, option in enumerate(self.options):
            word = one_line(option, _MAX_WORD)
            taken = option == self.taken
            content = Content(f"[{word}]" if taken else f" {word} ")
            content = content.stylize(Style.from_meta({_META: place}))
            words.append(content.stylize("bold reverse") if taken else content)
        self.update(Content(" ").join(words))
