"""The daemon's log: on stderr for whoever runs it, and the last lines in memory for the `logs` frame.

Everything goes through the standard `logging`. A record may carry `source` (`extra={"source": model}`), the model whose
worker wrote the line. Text from workers, peers and clients is made printable before it is kept or shown.
"""

from __future__ import annotations

import json
import logging
import sys
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TextIO

from llamachat.base.text import printable
from llamachat.protocol import LogLine
from llamachat_daemon.config import LogConfig

MAX_LINES: Final = 2_000
"""Lines kept in memory."""

MAX_LINE_CHARACTERS: Final = 2_000
"""A longer line is cut: a worker or a peer decides what it writes."""

MAX_RECORD_LINES: Final = 100
"""Lines of one record, a traceback for instance."""

Listener = Callable[[LogLine], None]


class LogBook(logging.Handler):
    """Keeps the last lines, writes each to `stream`, and tells listeners."""

    def __init__(self, stream: TextIO | None = None, *, as_json: bool = False, max_lines: int = MAX_LINES) -> None:
        super().__init__()
        self._stream = stream or sys.stderr
        self._write = _json_line if as_json else _text_line
        self._lines: deque[LogLine] = deque(maxlen=max_lines)
        self._listeners: set[Listener] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Takes a record in; called by `logging` under the handler's lock."""
        try:
            for line in _lines_of(record):
                self._lines.append(line)
                self._stream.write(self._write(line) + "\n")
                for listener in tuple(self._listeners):
                    listener(line)
            self._stream.flush()
        except Exception:  # noqa: BLE001  a log that fails must not take down what it reports on
            self.handleError(record)

    def last(self, count: int) -> list[LogLine]:
        """The last `count` lines, oldest first."""
        return list(self._lines)[-count:] if count > 0 else []

    def follow(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener` with every line to come, in the thread that logs it; the returned function ends that."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)


def start(config: LogConfig, stream: TextIO | None = None) -> LogBook:
    """Sends all logging of this process into a new log book, which replaces any other handler."""
    book = LogBook(stream, as_json=config.json)
    root = logging.getLogger()
    root.handlers[:] = [book]
    root.setLevel(config.level.upper())
    # Below warning the library logs every header and frame: tokens and conversations.
    logging.getLogger("websockets").setLevel(logging.WARNING)
    logging.captureWarnings(True)
    return book


def _lines_of(record: logging.LogRecord) -> list[LogLine]:
    text = record.getMessage()
    if record.exc_info:
        text += "\n" + logging.Formatter().formatException(record.exc_info)
    source = str(getattr(record, "source", "daemon"))
    level = record.levelname.lower()
    lines = [line for line in printable(text).split("\n") if line.strip()]
    return [LogLine(record.created, level, source, line[:MAX_LINE_CHARACTERS]) for line in lines[:MAX_RECORD_LINES]]


def _text_line(line: LogLine) -> str:
    at = datetime.fromtimestamp(line.time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"{at} {line.level} {line.source}: {line.text}"


def _json_line(line: LogLine) -> str:
    return json.dumps({"time": line.time, "level": line.level, "source": line.source, "text": line.text})
