from __future__ import annotations

import asyncio
import io
import os

import pytest

from llamachat.cli.output import Output
from llamachat.cli.status_line import StatusLine


async def test_what_is_written_arrives_whole_and_in_order() -> None:
    reader, writer = os.pipe()
    output = Output(writer)
    read = asyncio.create_task(asyncio.to_thread(_read_all, reader))
    for number in range(200):
        await output.write(f"{number}é\n" * 100)
    os.close(writer)
    assert await read == "".join(f"{number}é\n" * 100 for number in range(200))


def _read_all(descriptor: int) -> str:
    with open(descriptor, "rb") as file:
        return file.read().decode()


async def test_a_reader_that_left_is_an_error_for_the_writer() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        await Output(writer).write("x")
    os.close(writer)


async def test_a_reader_that_does_not_read_blocks_neither_the_loop_nor_cancelling() -> None:
    reader, writer = os.pipe()
    task = asyncio.create_task(Output(writer).write("x" * 1_000_000))
    await asyncio.to_thread(os.read, reader, 1)  # the write has begun, and cannot end
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    os.close(reader)  # lets the thread go


async def test_characters_that_the_encoding_lacks_do_not_stop_the_answer() -> None:
    reader, writer = os.pipe()
    await Output(writer, "latin-1").write("é✓")
    assert os.read(reader, 10) == b"\xe9?"
    os.close(writer)
    os.close(reader)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_status_line_is_rewritten_in_place_and_taken_away() -> None:
    screen = Terminal()
    line = StatusLine(screen, {"TERM": "xterm"})
    line.show("one")
    line.show("one")
    line.show("two\x1b[31m")
    line.say("stays")
    assert screen.getvalue() == "\rone\x1b[K\rtwo\ufffd[31m\x1b[K\r\x1b[Kstays\n"


def test_a_dumb_terminal_gets_a_line_for_each_change() -> None:
    screen = Terminal()
    line = StatusLine(screen, {"TERM": "dumb"})
    for text in ("one", "one", "two"):
        line.show(text)
    line.clear()
    assert screen.getvalue() == "one\ntwo\n"


def test_a_stream_that_is_no_terminal_gets_nothing() -> None:
    stream = io.StringIO()
    line = StatusLine(stream, {"TERM": "xterm"})
    line.show("one")
    line.say("two")
    assert stream.getvalue() == ""
