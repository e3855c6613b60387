"""Renders a model's chat template in a process of its own, which cannot take more than a bounded time or memory.

A template comes with the model file: it is a program by a stranger. Jinja's sandbox keeps it from the file system and
from Python's internals, but not from looping or from filling the memory; only a process that can be killed does.
"""

from __future__ import annotations

import select
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import IO, Final

import msgspec

from llamachat.protocol import PromptMessage
from llamachat_daemon.engine.render_child import HEADER, Answer, Request

CPU_SECONDS: Final = 2
"""Processor time for one rendering; a usual one takes a thousandth of a second."""

WALL_SECONDS: Final = 30.0
"""Time for one rendering and the start of the process, however busy the machine is."""

MEMORY_BYTES: Final = 1 << 30
"""Address space of the process."""


class TemplateFailed(Exception):
    """The template cannot be rendered; the text says why."""


class Renderer:
    """A child process that renders. It is started when needed, and started again after it had to be killed."""

    def __init__(
        self, *, cpu_seconds: int = CPU_SECONDS, wall_seconds: float = WALL_SECONDS, memory_bytes: int = MEMORY_BYTES
    ) -> None:
        self._limits = (cpu_seconds, memory_bytes)
        self._wall_seconds = wall_seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Starts the child now, so that the first rendering need not wait for it."""
        with self._lock:
            self._running()

    def render(
        self, template: str, messages: Sequence[PromptMessage], *, beginning: str, end: str, generation_prompt: bool
    ) -> str:
        """The text of the conversation. `beginning` and `end` are the texts of the model's bos and eos tokens.

        Raises:
            TemplateFailed: the template is wrong, refuses the messages, or passed a limit.
        """
        request = Request(template, list(messages), beginning, end, generation_prompt)
        body = msgspec.msgpack.encode(request)
        with self._lock:
            child = self._running()
            try:
                answer = self._exchange(child, HEADER.pack(len(body)) + body)
            except (OSError, EOFError) as error:
                self._kill()
                raise TemplateFailed(
                    f"it passed its limits ({self._limits[0]} s of processor time, {self._limits[1]} bytes of memory)"
                ) from error
        if answer.error is not None:
            raise TemplateFailed(answer.error)
        return answer.text

    def close(self) -> None:
        """Ends the child."""
        with self._lock:
            self._kill()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._kill()
            self._child = subprocess.Popen(
                [sys.executable, "-m", "llamachat_daemon.engine.render_child", *map(str, self._limits)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
            )
        return self._child

    def _kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            for stream in (self._child.stdin, self._child.stdout):
                if stream is not None:
                    stream.close()
            self._child = None

    def _exchange(self, child: subprocess.Popen[bytes], request: bytes) -> Answer:
        assert child.stdin is not None
        assert child.stdout is not None
        deadline = time.monotonic() + self._wall_seconds
        view = memoryview(request)
        while view:  # the child takes a request whole before it answers
            view = view[child.stdin.write(view) :]
        (length,) = HEADER.unpack(_read(child.stdout, HEADER.size, deadline))
        return msgspec.msgpack.decode(_read(child.stdout, length, deadline), type=Answer)


def _read(stream: IO[bytes], count: int, deadline: float) -> bytes:
    """Exactly `count` bytes; `EOFError` at the end of the stream, `TimeoutError` (an OSError) at the deadline."""
    data = bytearray()
    while len(data) < count:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([stream], [], [], left)[0]:
            raise TimeoutError("no answer in time")
        part = stream.read(count - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)
