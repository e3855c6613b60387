"""The banner over the conversation, counting down while something about the nodes will change by itself."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from llamachat.tui.services import Services
from llamachat.tui.status import banner


class Banner(Static):
    """Hidden while there is nothing to say."""

    DEFAULT_CSS = """
    Banner { height: auto; background: $error; color: auto; text-style: bold; padding: 0 1; display: none; }
    Banner.-wait { background: $warning; }
    """

    def __init__(self, services: Services, *, id: str) -> None:
        super().__init__("", id=id, markup=False)
        self._services = services
        self._countdown: Timer | None = None
        self.tooltip = "What is wrong with the nodes, and when that ends or is tried again by itself."

    def count(self, each_second: Callable[[], None]) -> None:
        """Has `each_second` called while the banner says something that may change with the time."""
        self._countdown = self.set_interval(1.0, each_second, pause=True)

    def show_fleet(self) -> None:
        """Says what is wrong with the nodes, if anything is."""
        services = self._services
        fleet, now = services.fleet, services.clock()
        notice = banner(fleet.snapshots(), fleet.rate_limited(), now, services.settings.keys)
        text = notice.text if notice is not None else ""
        if str(self.content) != text:
            self.update(Content(text))
        self.set_class(notice is not None and not notice.lost, "-wait")
        self.display = notice is not None
        if self._countdown is not None:
            if notice is not None:
                self._countdown.resume()
            else:
                self._countdown.pause()
