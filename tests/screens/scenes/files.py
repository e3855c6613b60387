"""Files for a question."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from llamachat.documents.document import Document, Progress
from llamachat.documents.limits import DocumentLimits
from llamachat.documents.reading import OnProgress, read_document
from llamachat.tui.screens.attaching import AttachScreen
from llamachat.tui.widgets.attachment_row import AttachmentChip
from tests.screens.samples import offering
from tests.screens.scenes.scene import Scene, pressing
from tests.screens.scripted import answer, opened, shows, typed, until
from tests.unit.documents.building import pdf

PNG: Final = b"\x89PNG\r\n\x1a\n" + bytes(64)


def make_files(path: Path) -> Path:
    """Files to attach, in a directory of their own, which is returned."""
    made = path / "files"
    made.mkdir()
    (made / "notes.pdf").write_bytes(pdf("The first page.", "The second page."))
    (made / "scan.pdf").write_bytes(pdf(None, None))
    (made / "slow.pdf").write_bytes(pdf("One.", "Two."))
    (made / "todo.txt").write_text("buy bread\n")
    (made / "two words.md").write_text("# Two words\n")
    (made / "photo.png").write_bytes(PNG)
    (made / "long.txt").write_text("".join(f"This is line {number} of many.\n" for number in range(400)))
    (made / "papers").mkdir()
    return made


def hold_reading(patch: pytest.MonkeyPatch) -> asyncio.Event:
    """slow.pdf is read to its end once the event is set."""
    go_on = asyncio.Event()

    async def read(path: Path, limits: DocumentLimits, progress: OnProgress) -> Document:
        if path.name == "slow.pdf":
            progress(Progress(1, 2))
            await go_on.wait()
        return await read_document(path, limits, progress)

    patch.setattr("llamachat.documents.attaching.read_document", read)
    return go_on


async def files(path: Path, patch: pytest.MonkeyPatch) -> None:
    """The files, in the directory in which the program runs."""
    patch.chdir(make_files(path))
    hold_reading(patch)


def chips(pilot: Pilot[Any]) -> list[str]:
    """What the row says of each file."""
    views = pilot.app.screen.query(AttachmentChip)
    return [str(view.query_one(".words", Static).content) for view in views]


def about(pilot: Pilot[Any]) -> str:
    """What the row says of all of them."""
    return " ".join(str(pilot.app.screen.query_one("#about", Static).content).split())


async def attach(pilot: Pilot[Any], name: str) -> None:
    """Types the name of a file into the dialog."""
    await pilot.press("ctrl+f")
    await opened(pilot, AttachScreen)
    await typed(pilot, name)
    await pilot.press("enter")
    await until(pilot, lambda: not isinstance(pilot.app.screen, AttachScreen))
    await until(pilot, lambda: bool(chips(pilot)))


async def attached(pilot: Pilot[Any], name: str) -> None:
    """The same, and waits until it is read."""
    await attach(pilot, name)
    await until(pilot, lambda: any(name in text and "tokens" in text for text in chips(pilot)))


async def two_files(pilot: Pilot[Any]) -> None:
    """A question with two files, not sent."""
    await attached(pilot, "notes.pdf")
    await attached(pilot, "todo.txt")
    await typed(pilot, "What is in them?")


async def being_read(pilot: Pilot[Any]) -> None:
    """The question waits for its file."""
    await attach(pilot, "slow.pdf")
    await pressing(" Summarise", "enter")(pilot)
    await until(pilot, lambda: "1 of 2" in chips(pilot)[0] and "as soon as" in about(pilot))


async def refused(pilot: Pilot[Any]) -> None:
    """Files that are of no use."""
    await attach(pilot, "photo.png")
    await attach(pilot, "scan.pdf")
    await until(pilot, lambda: len(chips(pilot)) == 2 and all(text.startswith("✖") for text in chips(pilot)))
    await pilot.press("shift+tab")


async def too_large(pilot: Pilot[Any]) -> None:
    """More text than the model takes."""
    await attached(pilot, "long.txt")
    await until(pilot, lambda: "Ctrl+G" in about(pilot))


async def sent(pilot: Pilot[Any]) -> None:
    """The files went with a question."""
    await two_files(pilot)
    await pilot.press("enter")
    await shows(pilot, "A list.")


async def dialog(pilot: Pilot[Any]) -> None:
    """The path of a file is asked for."""
    await pressing("ctrl+f", screen=AttachScreen)(pilot)
    await typed(pilot, "t")
    await shows(pilot, "two words.md")


SCREENS: Final = {
    "files-attached": Scene(prepare=files, steps=two_files),
    "files-dialog": Scene(prepare=files, steps=dialog),
}
STATES: Final = {
    "files-reading": Scene(prepare=files, steps=being_read),
    "files-refused": Scene(prepare=files, steps=refused),
    "files-too-large": Scene(prepare=files, steps=too_large, nodes=(offering("llama-01", "llama3-8b", context=1000),)),
    "files-sent": Scene(prepare=files, steps=sent, scripts=(answer("A list."),)),
}
