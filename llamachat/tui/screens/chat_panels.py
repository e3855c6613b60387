"""Where the panels around the conversation stand: one of them beside it at a time, or over it in a narrow terminal."""

from __future__ import annotations

from typing import Final

from textual.screen import Screen

from llamachat.tui.widgets.composer import Composer
from llamachat.tui.widgets.history_list import HistoryList
from llamachat.tui.widgets.live_panel import LivePanel
from llamachat.tui.widgets.outbox_panel import OutboxPanel

NARROW: Final = 80
"""Below this many columns a panel covers the conversation instead of standing beside it."""

WIDE: Final = 120
"""From so many columns on, both have room."""


class Panels:
    """Opens and closes the history, the live panel and the list of what waits.

    From 120 columns on both side panels have room; below, the live panel takes the place of the history; below 80
    columns either of them covers the conversation.
    """

    def __init__(self, screen: Screen[None]) -> None:
        self._screen = screen

    def begin(self, panels: str, width: int) -> None:
        """Opens those that the settings name, as one of `PANELS`, in a terminal of so many columns."""
        if panels in ("live", "none"):
            self._screen.query_one(HistoryList).add_class("closed")
        live = self._screen.query_one(LivePanel)
        if panels in ("history", "none"):
            live.add_class("closed")
        elif panels == "live" and NARROW <= width < WIDE:
            live.add_class("opened")
            self._screen.add_class("-live")

    def toggle_history(self) -> None:
        """Shows or hides the history."""
        history = self._screen.query_one(HistoryList)
        is_narrow = self._screen.has_class("-narrow")
        if self._close_live() and not is_narrow:
            history.remove_class("closed")
        else:
            history.toggle_class("opened" if is_narrow else "closed")
        if history.display:
            history.focus_list()
        else:
            self._write()

    def toggle_live(self) -> None:
        """Shows or hides the live panel."""
        live = self._screen.query_one(LivePanel)
        if self._screen.has_class("-wide"):
            live.toggle_class("closed")
        elif not self._close_live():
            self._screen.query_one(HistoryList).remove_class("opened")
            live.add_class("opened")
            self._screen.add_class("-live")
        self._write()

    def toggle_outbox(self) -> None:
        """Opens the list of what waits, or closes it."""
        outbox = self._screen.query_one(OutboxPanel)
        if outbox.is_open:
            outbox.close()
            self._write()
        else:
            outbox.open()

    def close_one(self) -> bool:
        """Closes a panel that stands in the way; whether there was one."""
        history, outbox = self._screen.query_one(HistoryList), self._screen.query_one(OutboxPanel)
        if history.has_class("opened"):
            history.remove_class("opened")
        elif outbox.is_open:
            outbox.close()
        elif not (self._screen.has_class("-narrow") and self._close_live()):
            return False
        self._write()
        return True

    def uncover(self) -> None:
        """Makes the conversation visible, where a panel covers it."""
        self._screen.query_one(HistoryList).remove_class("opened")

    def _close_live(self) -> bool:
        live = self._screen.query_one(LivePanel)
        if self._screen.has_class("-wide") or not live.has_class("opened"):
            return False
        live.remove_class("opened")
        self._screen.remove_class("-live")
        return True

    def _write(self) -> None:
        self._screen.query_one(Composer).focus()
