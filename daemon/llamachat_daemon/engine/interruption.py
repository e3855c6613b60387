"""Lets a cancel reach a running decode: the reading thread asks, the decoding thread says what may be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable


class Interruption:
    """Shared by the two threads. `stop_decoding(True)` ends a running decode, `stop_decoding(False)` lets it be."""

    def __init__(self, stop_decoding: Callable[[bool], None]) -> None:
        self._stop_decoding = stop_decoding
        self._lock = threading.Lock()
        self._interruptible: frozenset[int] = frozenset()
        self._cancelled: set[int] = set()

    def cancel(self, key: int) -> None:
        """The front has cancelled this attempt; a decode that may be interrupted for it ends now."""
        with self._lock:
            self._cancelled.add(key)
            if key in self._interruptible:
                self._stop_decoding(True)

    def handled(self, key: int) -> None:
        """The decoding thread has dealt with the cancel."""
        with self._lock:
            self._cancelled.discard(key)

    def begin(self, interruptible: Iterable[int]) -> None:
        """A decode begins, which a cancel of one of these attempts may end early."""
        with self._lock:
            self._interruptible = frozenset(interruptible)
            self._stop_decoding(not self._cancelled.isdisjoint(self._interruptible))

    def end(self) -> None:
        """The decode is over."""
        with self._lock:
            self._interruptible = frozenset()
            self._stop_decoding(False)
