from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from llamachat.documents.attaching import Attachments
from llamachat.documents.estimating import RULE_OF_THUMB
from llamachat.documents.fitting import Room
from llamachat.documents.limits import DocumentLimits
from tests.unit.documents.building import pdf

SLOW = pdf("short", b"BT " + b"(aaaaaaaaaaaaaaaa) Tj " * 1_000_000 + b"ET", deflate=True)


@pytest.fixture
async def attachments() -> AsyncIterator[Attachments]:
    made = Attachments(DocumentLimits(files=3))
    yield made
    await made.close()


def write(file: Path, content: bytes | str = "text") -> Path:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


async def test_files_are_read_side_by_side_and_kept_in_order(attachments: Attachments, tmp_path: Path) -> None:
    attachments.add(write(tmp_path / "a.pdf", pdf("one", "two")))
    attachments.add(write(tmp_path / "b.txt"))
    assert [item.is_reading for item in attachments.items] == [True, True]
    await attachments.settled()
    assert [document.name for document in attachments.take()] == ["a.pdf", "b.txt"]
    assert attachments.items == ()


async def test_a_file_that_cannot_be_used_stays_with_its_reason_until_removed(
    attachments: Attachments, tmp_path: Path
) -> None:
    number = attachments.add(tmp_path / "none")
    await attachments.settled()
    assert attachments.problems == (f"There is no file {tmp_path}/none.",)
    assert attachments.documents == ()
    attachments.remove(number)
    assert attachments.items == ()


async def test_every_change_is_told_and_progress_with_it(tmp_path: Path) -> None:
    seen: list[int | None] = []
    attachments = Attachments(
        changed=lambda: seen.extend(item.progress.done if item.progress else None for item in attachments.items)
    )
    attachments.add(write(tmp_path / "a.pdf", pdf("one", "two")))
    await attachments.settled()
    assert seen[0] is None
    assert 2 in seen
    assert attachments.items[0].document is not None
    await attachments.close()


async def test_more_files_than_a_question_takes_are_left_out_in_words(attachments: Attachments, tmp_path: Path) -> None:
    for number in range(4):
        attachments.add(write(tmp_path / f"{number}.txt"))
    await attachments.settled()
    assert len(attachments.documents) == 3
    assert attachments.problems == ("3.txt was left out: a question takes at most 3 files.",)


async def test_removing_a_file_ends_its_reading(attachments: Attachments, tmp_path: Path) -> None:
    number = attachments.add(write(tmp_path / "slow.pdf", SLOW))
    attachments.add(write(tmp_path / "b.txt"))
    attachments.remove(number)
    await attachments.settled()
    assert [document.name for document in attachments.documents] == ["b.txt"]


async def test_closing_leaves_no_process_behind(tmp_path: Path) -> None:
    began = asyncio.Event()
    attachments = Attachments(changed=lambda: began.set() if attachments.items[0].progress else None)
    attachments.add(write(tmp_path / "slow.pdf", SLOW))
    await began.wait()
    assert "llamachat.documents.reader" in child_commands()
    await attachments.close()
    assert "llamachat.documents.reader" not in child_commands()


def child_commands() -> str:
    """The command lines of the processes that this one has started and that still run."""
    tasks = Path(f"/proc/{os.getpid()}/task").iterdir()
    children = [pid for task in tasks for pid in (task / "children").read_text().split()]
    return " ".join((Path("/proc") / pid / "cmdline").read_text() for pid in children)


async def test_a_dropped_file_is_attached_and_words_are_not(attachments: Attachments, tmp_path: Path) -> None:
    file = write(tmp_path / "a b.txt")
    assert await attachments.add_pasted("some words") == ()
    (number,) = await attachments.add_pasted(f"'{file}'")
    await attachments.settled()
    assert [item.id for item in attachments.items] == [number]


async def test_trimming_leaves_the_beginnings_under_their_new_names(attachments: Attachments, tmp_path: Path) -> None:
    attachments.add(write(tmp_path / "a.txt", "line\n" * 1000))
    await attachments.settled()
    assert not attachments.trim(Room(100, "", RULE_OF_THUMB))
    assert attachments.items[0].name == "a.txt"
    assert attachments.trim(Room(1000, "", RULE_OF_THUMB))
    assert attachments.items[0].name.startswith("a.txt (lines 1–")
    assert len(attachments.documents[0].text) < 1000
