"""The path of a file is asked for, and the names that it may go on with are shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, Static

from llamachat.base.tasks import run_apart
from llamachat.base.text import one_line
from llamachat.documents.pasting import path_of

LISTED: Final = 8
"""Names that are shown at most."""

LOOKED_AT: Final = 5_000
"""Names of a directory that are looked at; a larger one is completed from these alone."""

_NOTE: Final = (
    "Enter attaches it, Tab completes the name, Esc leaves. A name alone is looked for where llamachat was started."
)


class AttachScreen(ModalScreen[Path | None]):
    """Its result is the path of a file, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", "Close")]
    AUTO_FOCUS = "Input"

    DEFAULT_CSS = """
    AttachScreen { align: center middle; }
    AttachScreen #attaching {
        width: 76; max-width: 95%; height: auto; border: round $primary; background: $surface; padding: 0 1;
    }
    AttachScreen Static { width: 1fr; height: auto; color: $text-muted; }
    AttachScreen .-wrong { border: tall $error; }
    AttachScreen #wrong { color: $text-error; text-style: bold; display: none; }
    """

    def compose(self) -> ComposeResult:
        """The path, what it may go on with, and what is wrong with it."""
        with Vertical(id="attaching") as panel:
            panel.border_title = "Attach a file"
            yield _PathInput(placeholder="notes.pdf", suggester=_Names(self._show_names))
            yield Static("", id="wrong", markup=False)
            yield Static("", id="names", markup=False)
            yield Static(_NOTE, markup=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Another path is another question."""
        self._say("")
        if not event.value:
            self._show_names(())

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Takes the file, or says why not."""
        event.stop()
        value = event.value
        path, problem = await run_apart(partial(_found, value))
        if self.query_one(Input).value != value:
            return
        if path is None:
            self._say(problem)
        else:
            self.dismiss(path)

    def _show_names(self, names: Sequence[str]) -> None:
        more = " …" if len(names) > LISTED else ""
        shown = "  ".join(one_line(_last(name), 40) for name in names[:LISTED])
        for line in self.query("#names").results(Static):
            line.update(Content(f"{shown}{more}"))

    def _say(self, sentence: str) -> None:
        wrong = self.query_one("#wrong", Static)
        wrong.update(Content(sentence))
        wrong.display = bool(sentence)
        self.query_one(Input).set_class(bool(sentence), "-wrong")


class _PathInput(Input):
    """Tab takes the first name that goes on so. As a binding of the screen it would overtake the letters before it."""

    async def _on_key(self, event: Key) -> None:
        if event.key != "tab":
            return
        event.stop()
        event.prevent_default()
        names = await run_apart(partial(completions, self.value)) if self.value else []
        if names:
            self.value = names[0]
            self.cursor_position = len(self.value)


class _Names(Suggester):
    """Completes the name of a file from its directory."""

    def __init__(self, found: Callable[[Sequence[str]], None]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._found = found
        self._wanted = ""

    async def get_suggestion(self, value: str) -> str | None:
        """The first path that goes on as `value` begins."""
        self._wanted = value
        names = await run_apart(partial(completions, value))
        if self._wanted != value:
            return None
        self._found(names)
        return names[0] if names else None


def completions(value: str) -> list[str]:
    """Paths that begin with `value`, written as it is, with / behind directories; [] where nothing can be read. Hidden
    names only when they are asked for. Asks the disk."""
    at = value.rfind("/") + 1
    written, begun = value[:at], value[at:]
    try:
        with os.scandir(Path(written or ".").expanduser()) as entries:
            return sorted(
                f"{written}{entry.name}{'/' if entry.is_dir() else ''}"
                for entry in islice(entries, LOOKED_AT)
                if entry.name.startswith(begun) and entry.name.startswith(".") == begun.startswith(".")
                if entry.name.isprintable()
            )
    except (OSError, RuntimeError, ValueError):  # not there, not ours, nobody's home, or no name at all
        return []


def _found(value: str) -> tuple[Path | None, str]:
    """The file that is meant, or why there is none, a sentence. Asks the disk."""
    path = path_of(value)
    try:
        if path is None:
            return None, "Type the path of one file."
        if path.is_dir():
            return None, "That is a directory. Go on with the name of a file in it."
        if not path.exists():
            return None, "There is no such file. Tab completes a name that has begun right."
    except (OSError, ValueError) as error:
        return None, f"It cannot be looked at: {getattr(error, 'strerror', None) or error}."
    return path, ""


def _last(path: str) -> str:
    return path[path.rstrip("/").rfind("/") + 1 :]
