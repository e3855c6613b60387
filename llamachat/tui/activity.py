"""What the conversation is doing, for the parts of the screen that are the same on every tab."""

from __future__ import annotations

from collections.abc import Callable


class Activity:
    """The node that answered in the open conversation last, and how many questions wait to be sent."""

    def __init__(self) -> None:
        self.node: str | None = None
        self.waiting = 0
        self._watchers: list[Callable[[], None]] = []

    def tell(self, node: str | None, waiting: int) -> None:
        """How it is now."""
        if (node, waiting) == (self.node, self.waiting):
            return
        self.node, self.waiting = node, waiting
        for watcher in list(self._watchers):
            watcher()

    def subscribe(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Has `watcher` called on every change; returns what ends that."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)
