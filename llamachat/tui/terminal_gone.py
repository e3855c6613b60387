"""The end that comes from outside: a signal, or a terminal that is no longer there.

When a window is closed or a connection breaks, reading from the terminal gives nothing at once, for ever, and writing
to it fails. Textual's threads are not made for that: the one that reads would spin, and the one that writes would die
and leave the program waiting for it.
"""

from __future__ import annotations

import select
import signal
from contextlib import suppress
from typing import IO, Any, Final

from textual.driver import Driver

from llamachat.base.signals import EXIT_SIGNAL

LOOK_INTERVAL_S: Final = 1.0
"""How often the terminal is looked at. Mostly a signal tells sooner, but whoever started the program may have switched
that off."""

HUNG_UP: Final = EXIT_SIGNAL + signal.SIGHUP


def is_gone(driver: Any) -> bool:
    """Whether the terminal of this driver hung up; False where it has none."""
    number = getattr(driver, "fileno", None)
    if not isinstance(number, int):
        return False
    poll = select.poll()
    poll.register(number, 0)
    return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))


def surviving(driver: type[Driver]) -> type[Driver]:
    """A driver that goes on, into the void, when its terminal is gone."""
    base: Any = driver

    class Surviving(base):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self._file: Any = Forgiving(self._file)

    return Surviving


class Forgiving:
    """A file; what it does not take any more is dropped."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, text: str) -> None:
        """Writes it, if that can be done."""
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        """Hands on what was written, if that can be done."""
        with suppress(OSError):
            self._file.flush()
