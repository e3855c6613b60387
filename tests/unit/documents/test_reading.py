"""Files of every sort, read for real: a document or a sentence comes of each."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from llamachat.base.text import one_line
from llamachat.documents.document import Document, DocumentError, Progress
from llamachat.documents.limits import DocumentLimits
from llamachat.documents.reading import page_list, read_content, read_document
from tests.unit.documents.building import assembled, locked, pdf

LIMITS = DocumentLimits()
THREE_PAGES = pdf("Grüße\nfrom (page) one", None, "The end")


async def refusal(path: Path, limits: DocumentLimits = LIMITS) -> str:
    """The sentence that a file ends in."""
    with pytest.raises(DocumentError) as caught:
        await read_document(path, limits)
    return str(caught.value)


async def refusal_of(name: str, content: bytes, limits: DocumentLimits = LIMITS) -> str:
    with pytest.raises(DocumentError) as caught:
        await read_content(name, content, limits)
    return str(caught.value)


# ── PDF ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_pdf_becomes_its_text_page_by_page(tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(THREE_PAGES)
    seen: list[Progress] = []
    document = await read_document(file, LIMITS, seen.append)
    assert document.text == (
        "[page 1 of 3]\nGrüße\nfrom (page) one\n\n[page 2 of 3: no text]\n\n[page 3 of 3]\nThe end\n"
    )
    assert (document.name, document.kind, document.pages, document.is_whole) == ("report.pdf", "pdf", 3, True)
    assert document.content == THREE_PAGES
    assert [document.text[start : start + 10] for start in document.page_starts] == [
        "[page 1 of",
        "[page 2 of",
        "[page 3 of",
    ]
    assert document.notes == ("report.pdf: no text on page 2; scanned, or pictures only.",)
    assert [progress.done for progress in seen] == [0, 1, 2, 3]
    assert {progress.total for progress in seen} == {3}


async def test_a_pdf_is_known_by_its_contents() -> None:
    assert (await read_content("notes.txt", THREE_PAGES)).kind == "pdf"


async def test_a_scanned_pdf_is_said_to_have_no_text() -> None:
    assert "has no text: its 2 pages are probably scanned" in await refusal_of("scan.pdf", pdf(None, None))
    assert "its only page is probably scanned" in await refusal_of("scan.pdf", pdf(None))


async def test_an_encrypted_pdf_is_refused_unless_anyone_may_read_it() -> None:
    assert "is encrypted" in await refusal_of("a.pdf", locked(THREE_PAGES, "secret"))
    assert "The end" in (await read_content("a.pdf", locked(THREE_PAGES, ""))).text


DAMAGED = {
    "cut": THREE_PAGES[:200],
    "noise": b"%PDF-1.7\n" + random.Random(1).randbytes(5000),
    "only its mark": b"%PDF-",
    "a loop of objects": assembled([b"<< /Type /Catalog /Pages 1 0 R >>"]),
    "pages inside themselves": assembled(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"]
    ),
    "deep nesting": assembled([b"[" * 5000]),
}


@pytest.mark.parametrize("how", DAMAGED)
async def test_a_damaged_pdf_ends_in_a_sentence(how: str) -> None:
    assert (await refusal_of("a.pdf", DAMAGED[how])).startswith("a.pdf ")


async def test_pages_that_cannot_be_read_leave_the_others() -> None:
    broken = THREE_PAGES.replace(b"(The end)", b"(The e\\")
    document = await read_content("a.pdf", broken)
    assert "from (page) one" in document.text


async def test_a_pdf_of_much_text_ends_at_the_limit_and_says_where() -> None:
    document = await read_content("a.pdf", pdf(*["x" * 400] * 9), DocumentLimits(text_bytes=1000))
    assert not document.is_whole
    assert len(document.page_starts) == 3
    assert document.notes[-1].endswith("to page 3 of 9.")
    assert document.text.count("x") == 1000


async def test_a_pdf_that_takes_too_long_is_given_up() -> None:
    slow = pdf(
        "short",
        b"BT /F1 12 Tf 50 750 Td " + b"(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) Tj " * 400_000 + b"ET",
        deflate=True,
    )
    assert len(slow) < 100_000
    sentence = await refusal_of("bomb.pdf", slow, DocumentLimits(seconds=1))
    assert sentence.startswith("Reading bomb.pdf took more than 1 s")
    assert "max_seconds under [attachments]" in sentence


async def test_a_pdf_that_takes_too_much_memory_is_given_up() -> None:
    big = pdf(b" " * 70_000_000 + b"BT (a) Tj ET", deflate=True)
    sentence = await refusal_of("bomb.pdf", big, DocumentLimits(memory_bytes=120_000_000))
    assert "took more than 120 MB of memory" in sentence


async def test_cancelling_ends_the_reading_process(tmp_path: Path) -> None:
    file = tmp_path / "slow.pdf"
    file.write_bytes(pdf("short", b"BT " + b"(aaaaaaaaaaaaaaaa) Tj " * 1_000_000 + b"ET", deflate=True))
    begun = asyncio.Event()

    def follow(progress: Progress) -> None:
        begun.set()

    others = _children()  # of other tests in this process
    reading = asyncio.create_task(read_document(file, LIMITS, follow))
    await begun.wait()
    children = _children() - others
    assert children
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert not children & _children()


def _children() -> set[str]:
    """The processes that this one has started and that still run."""
    here = Path(f"/proc/{os.getpid()}/task")
    return {pid for task in here.iterdir() for pid in (task / "children").read_text().split()}


async def test_modules_in_the_working_directory_are_not_taken_for_the_programs_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pypdf.py", "msgspec.py", "logging.py"):
        (tmp_path / name).write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    assert (await read_content("a.pdf", THREE_PAGES)).pages == 3


async def test_a_library_that_is_missing_is_not_blamed_on_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pypdf.py", "charset_normalizer.py"):
        (tmp_path / name).write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert "a library for that is missing here" in await refusal_of("a.pdf", THREE_PAGES)
    assert "a library for that is missing here" in await refusal_of("a.txt", b"caf\xe9")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300), st.integers(0, len(THREE_PAGES)), st.integers(0, 300))
@example(b"", 0, 0)
def test_any_bytes_as_a_pdf_give_a_document_or_a_sentence(noise: bytes, place: int, over: int) -> None:
    damaged = b"%PDF-1.4\n" + THREE_PAGES[:place] + noise + THREE_PAGES[place + over :]
    _document_or_sentence("a.pdf", damaged)


# ── text ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400))
def test_any_bytes_as_a_text_file_give_a_document_or_a_sentence(data: bytes) -> None:
    _document_or_sentence("a.txt", data)


def _document_or_sentence(name: str, content: bytes) -> None:
    try:
        document = asyncio.run(read_content(name, content, DocumentLimits(text_bytes=1000)))
    except DocumentError as error:
        assert str(error).startswith((f"{name} ", f"Reading {name} "))
        assert str(error).endswith(".")
        assert one_line(str(error), 1000) == str(error)
    else:
        assert document.text.strip()
        assert len(document.text.encode()) <= 1000 + 200


async def test_a_text_file_is_its_text(tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    file.write_bytes("\ufeff# Tïtle\r\nline".encode())
    document = await read_document(file)
    assert document == Document("notes.md", "markdown", file.read_bytes(), "# Tïtle\nline", encoding="utf-8-sig")


async def test_an_old_encoding_is_read_and_noted() -> None:
    document = await read_content("a.txt", "Grüße aus Köln, schöne Grüße und viel Vergnügen".encode("latin-1"))
    assert document.text.startswith("Grüße")
    assert "cp1252, which is a guess" in document.notes[0]


async def test_a_text_over_the_limit_ends_at_a_whole_character_and_says_so() -> None:
    document = await read_content("a.txt", ("ä" * 1000).encode(), DocumentLimits(text_bytes=1001))
    assert (document.text, document.is_whole) == ("ä" * 500, False)
    assert "only its first 1.0 kB" in document.notes[0]


# ── what is no ordinary file ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    assert await refusal(tmp_path / "none.txt") == f"There is no file {tmp_path}/none.txt."
    (tmp_path / "link").symlink_to("nowhere")
    assert "a link that leads nowhere" in await refusal(tmp_path / "link")


async def test_directories_pipes_sockets_and_devices_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(tmp_path / "sock"))
        assert "is a directory" in await refusal(tmp_path)
        assert "is a pipe" in await refusal(tmp_path / "fifo")
        assert "is a socket" in await refusal(tmp_path / "sock")
        assert "is a device" in await refusal(Path("/dev/zero"))


async def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("text")
    (tmp_path / "link.md").symlink_to("real.txt")
    document = await read_document(tmp_path / "link.md")
    assert (document.name, document.text) == ("link.md", "text")
    (tmp_path / "loop").symlink_to("loop")
    assert "cannot be read" in await refusal(tmp_path / "loop")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
async def test_a_file_that_may_not_be_read_is_said_so(tmp_path: Path) -> None:
    file = tmp_path / "secret.txt"
    file.write_text("x")
    file.chmod(0)
    assert "you may not read it" in await refusal(file)


async def test_empty_files_and_blank_ones_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert await refusal(tmp_path / "empty") == "empty is empty."
    assert "no text in it" in await refusal_of("blank.txt", b" \n\t")


async def test_a_file_over_the_limit_is_refused_with_both_sizes(tmp_path: Path) -> None:
    file = tmp_path / "big.bin"
    with file.open("wb") as sparse:
        sparse.truncate(5_000_000_000)
    assert "big.bin has 5.0 GB; files of at most 20 MB are read" in await refusal(file)
    assert "max_file_bytes" in await refusal(file)


async def test_pictures_and_binary_data_are_refused_with_what_to_do() -> None:
    assert "is a picture; models here read text only" in await refusal_of("a.txt", b"\x89PNG\r\n\x1a\n")
    assert "holds binary data" in await refusal_of("a.txt", b"a\x00\x00b\x01")


async def test_a_name_cannot_command_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "a\x1b[2J\nb.txt"
    file.write_text("x")
    assert (await read_document(file)).name == "a\ufffd[2J b.txt"
    assert "\x1b" not in await refusal(tmp_path / "none\x1b]0;x")


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([3], "page 3"),
        ([1, 2], "pages 1–2"),
        ([1, 4, 5, 6], "pages 1, 4–6"),
        (range(1, 40, 2), "pages 1, 3, 5, 7, 9, 11, 13, 15, and others"),
    ],
)
def test_pages_are_listed_in_stretches(numbers: list[int], words: str) -> None:
    assert page_list(numbers) == words
