"""A file to save a text to: its name is asked for, and nothing is overwritten unless that is said twice."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

_NOTE: Final = "Enter saves it, Esc does not. A name alone goes to where llamachat was started."


class SaveScreen(ModalScreen[Path | None]):
    """Saves `text`; its result is the file, or None when nothing was saved."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", "Close")]
    AUTO_FOCUS = "Input"

    DEFAULT_CSS = """
    SaveScreen { align: center middle; }
    SaveScreen #saving {
        width: 70; max-width: 95%; height: auto; border: round $primary; background: $surface; padding: 0 1;
    }
    SaveScreen Static { width: 1fr; height: auto; color: $text-muted; }
    SaveScreen .-wrong { border: tall $error; }
    SaveScreen #wrong { color: $text-error; text-style: bold; display: none; }
    """

    def __init__(self, what: str, text: str, suggestion: str) -> None:
        super().__init__()
        self._what = what
        self._text = text
        self._suggestion = suggestion
        self._asked_twice: str | None = None  # the file that another Enter overwrites

    def compose(self) -> ComposeResult:
        """The name, and what is wrong with it."""
        with Vertical(id="saving") as panel:
            panel.border_title = f"Save {self._what}"
            yield Input(self._suggestion, select_on_focus=True)
            yield Static("", id="wrong", markup=False)
            yield Static(_NOTE, markup=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Another name is another question."""
        self._asked_twice = None
        self._say("")

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Saves it, or says why not."""
        event.stop()
        name = event.value.strip()
        if not name:
            self._say("Type a name for the file.")
            return
        try:
            saved = await asyncio.to_thread(_save, name, self._text, overwrite=name == self._asked_twice)
        except FileExistsError:
            self._asked_twice = name
            self._say("That file exists. Enter once more overwrites it; or type another name.")
        except (OSError, RuntimeError) as error:
            self._say(f"It cannot be saved there: {getattr(error, 'strerror', None) or error}.")
        else:
            self.dismiss(saved)

    def _say(self, sentence: str) -> None:
        wrong = self.query_one("#wrong", Static)
        wrong.update(sentence)
        wrong.display = bool(sentence)
        self.query_one(Input).set_class(bool(sentence), "-wrong")


def _save(name: str, text: str, *, overwrite: bool) -> Path:
    """Writes the file as any program would, with the user's own default mode; returns where.

    Raises:
        FileExistsError: there is one, and `overwrite` was not said.
        OSError: it cannot be written.
    """
    path = Path(name).expanduser()
    with path.open("w" if overwrite else "x", encoding="utf-8", newline="") as file:
        file.write(text)
    return path
