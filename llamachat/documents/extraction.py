"""The reading process from outside: starts it, follows what it says, and ends it when it is slow or nobody waits."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator
from typing import Literal

import msgspec

from llamachat.documents.frames import DECODER, Done, Frame, Refused, most_bytes
from llamachat.documents.limits import DocumentLimits


async def frames(kind: Literal["pdf", "guess"], content: bytes, limits: DocumentLimits) -> AsyncGenerator[Frame, None]:
    """What a process of its own reads out of `content`; the last frame is a `Done` or a `Refused`.

    The process has ended when this has, also when it is closed early or its task is cancelled.

    Raises:
        TimeoutError: it was not done in time.
        OSError: no process could be started.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # nothing in the directory where llamachat was started is taken for a module
        "-m",
        "llamachat.documents.reader",
        kind,
        str(limits.text_bytes),
        str(limits.memory_bytes),
        str(limits.seconds),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,  # Ctrl+C in the terminal is for the program that waits for it
        limit=most_bytes(limits.text_bytes),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    deadline = asyncio.get_running_loop().time() + limits.seconds
    giving = asyncio.create_task(_give(process.stdin, content))
    try:
        ended = False
        while not ended:
            async with asyncio.timeout_at(deadline):
                frame = await _next(process.stdout)
            ended = isinstance(frame, Done | Refused)
            yield frame
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        giving.cancel()
        await asyncio.gather(giving, process.wait(), return_exceptions=True)


async def _next(stream: asyncio.StreamReader) -> Frame:
    try:
        line = await stream.readline()
    except ValueError:  # longer than any that it may write
        return Refused("damaged")
    if not line.endswith(b"\n"):
        return Refused("damaged")  # the process itself broke on it, for one by a stack that overflowed
    try:
        frame: Frame = DECODER.decode(line)
    except msgspec.DecodeError:
        return Refused("damaged")
    return frame


async def _give(stream: asyncio.StreamWriter, content: bytes) -> None:
    # A process that ended early says why on its standard output.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stream.write(content)
        await stream.drain()
        stream.close()
        await stream.wait_closed()
