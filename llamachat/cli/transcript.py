"""The events of one turn as lines of a transcript: a value that grows, no terminal."""

from __future__ import annotations

from llamachat.base.text import one_line
from llamachat.cli.line_words import Phrases, waiting
from llamachat.cli.rendering import next_try, summary
from llamachat.fleet.events import Delta, Failed, Finished, Rerouted, TurnEvent


class Transcript:
    """Takes the events of one turn, one after another, and gives what to write for each.

    What happens stands in square brackets on lines of its own; the answer's text follows a label that says who speaks,
    once, and again after another node took over.
    """

    def __init__(self) -> None:
        self._phrases = Phrases()
        self._label = ""
        self._labelled = False
        self._at_line_start = True
        self._said = ""

    def feed(self, event: TurnEvent) -> str:
        """What to write; may be empty."""
        match event:
            case Delta():
                self._label = f"{one_line(event.model, 64)} on {one_line(event.node, 64)}> "
                return self._speak(self._phrases.feed(event.text))
            case Finished():
                return self._speak(self._phrases.end()) + self._note(summary(event))
            case Failed():
                return self._speak(self._phrases.end()) + self._note(f"No answer: {one_line(event.message, 1000)}")
            case _:
                words = waiting(event)  # without times, or each further try would be a line
                if words is None or words == self._said:
                    return ""
                self._said = words
                before = ""
                if isinstance(event, Rerouted):
                    before = self._speak(self._phrases.end())
                    self._labelled = False
                again = f" ({tried})" if (tried := next_try(event)) else ""
                return before + self._note(words + again)

    def _speak(self, text: str) -> str:
        if not text:
            return ""
        if not self._labelled:
            self._labelled = True
            text = self._label + text
        self._at_line_start = text.endswith("\n")
        return text

    def _note(self, words: str) -> str:
        line = f"[{words}]\n" if self._at_line_start else f"\n[{words}]\n"
        self._at_line_start = True
        return line
