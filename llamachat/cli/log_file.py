"""The client's log: a file, as the terminal belongs to the conversation."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from llamachat.base.files import PRIVATE_FILE, make_private_directory

MAX_LOG_BYTES: Final = 1_000_000
KEPT_LOGS: Final = 1
NAME: Final = "llamachat.log"


class _LogFile(RotatingFileHandler):
    """Makes the file and its directory when there is something to write, and keeps quiet where it cannot."""

    def _open(self) -> TextIOWrapper:
        path = Path(self.baseFilename)
        make_private_directory(path.parent)
        path.touch(mode=PRIVATE_FILE)
        return super()._open()

    def handleError(self, record: logging.LogRecord) -> None:
        """A full disk must not write tracebacks into a conversation."""


@contextmanager
def kept(state_dir: Path) -> Iterator[None]:
    """Sends the warnings and errors of the whole program to `llamachat.log` in `state_dir`."""
    handler = _LogFile(state_dir / NAME, maxBytes=MAX_LOG_BYTES, backupCount=KEPT_LOGS, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
