"""What the chat screen shows in the live panel; nothing is summed up or drawn while it is hidden."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from textual.screen import Screen
from textual.timer import Timer

from llamachat.fleet.events import TurnEvent
from llamachat.store import Store, UsageTotals
from llamachat.tui.answers import LiveAnswer
from llamachat.tui.live import KEPT_EVENTS, Happening, Progress, begun, changes, happening, observe, standing
from llamachat.tui.live_words import panel
from llamachat.tui.services import Services
from llamachat.tui.widgets.live_panel import LivePanel

LIVE_INTERVAL_S: Final = 0.5
"""How often numbers that run are drawn again."""


class LiveDesk:
    """Takes events in and shows what they say about the open chat's answer, or about the last one of any chat."""

    def __init__(self, screen: Screen[None], services: Services) -> None:
        self._screen = screen
        self._services = services
        self._progress: dict[str, Progress] = {}  # of the last answer in each chat since the start
        self._last = ""  # the chat whose answer came on last
        self._happenings: list[Happening] = []
        self._nodes = services.fleet.snapshots()
        self._totals: tuple[tuple[str, UsageTotals], ...] = ()
        self._summed_for: tuple[str | None, int] | None = None  # the chat, and the count of answers that ended
        self._ended = 0
        self._chat_id: str | None = None
        self._timer: Timer | None = None
        self._panel: LivePanel | None = None

    def start(self) -> None:
        """Begins, once the screen is there."""
        self._timer = self._screen.set_interval(LIVE_INTERVAL_S, self.draw, pause=True)
        self.draw()

    def happened(self, answer: LiveAnswer, event: TurnEvent | None) -> None:
        """Takes in an event of an answer; `None` for its beginning."""
        now = self._services.clock()
        chat_id = answer.chat_id
        before = self._progress.get(chat_id)
        progress = begun(now) if event is None or before is None else before
        self._progress[chat_id] = progress if event is None else observe(progress, event, now)
        self._last = chat_id
        if event is not None and (line := happening(event, now)) is not None:
            self._add(line)
        if answer.ended is not None:
            self._ended += 1
            self.draw()
        self._run_timer()

    def fleet_changed(self) -> None:
        """Takes down which nodes went and came."""
        now = self._services.fleet.snapshots()
        lines = changes(self._nodes, now, self._services.clock())
        self._nodes = standing(self._nodes, now)
        for line in lines:
            self._add(line)
        if lines:
            self.draw()

    def show_chat(self, chat_id: str | None) -> None:
        """Another conversation is open."""
        self._chat_id = chat_id
        self.draw()

    def draw(self) -> None:
        """Shows how things are now, if anybody can see it."""
        found = self._visible()
        self._run_timer()
        if found is None:
            return
        wanted = (self._chat_id, self._ended)
        if wanted != self._summed_for:
            self._summed_for = wanted
            self._screen.run_worker(self._sum_up(), group="totals", exclusive=True)
        progress = self._progress.get(self._chat_id or "") or self._progress.get(self._last)
        services = self._services
        found.show(
            panel(progress, self._totals, self._happenings, now=services.clock(), width=found.room, zone=services.zone)
        )

    async def _sum_up(self) -> None:
        chat_id = self._chat_id
        now = datetime.fromtimestamp(self._services.clock(), self._services.zone)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()

        def work(store: Store) -> tuple[tuple[str, UsageTotals], ...]:
            of_chat = () if chat_id is None else (("this chat", store.usage_totals(chat_id=chat_id)),)
            return (*of_chat, ("today", store.usage_totals(since=midnight)))

        self._totals = await self._services.store.read(work)
        self.draw()

    def _add(self, line: Happening) -> None:
        self._happenings = [*self._happenings, line][-KEPT_EVENTS:]

    def _visible(self) -> LivePanel | None:
        """The panel, if it can be seen."""
        if not self._screen.is_current:
            return None
        if (
            self._panel is None or not self._panel.is_attached
        ):  # looking for it at every token would cost the most of all
            self._panel = next(iter(self._screen.query(LivePanel)), None)
        panel = self._panel
        return panel if panel is not None and panel.display and panel.room > 0 else None

    def _run_timer(self) -> None:
        if self._timer is None:
            return
        is_running = any(progress.phase != "ended" for progress in self._progress.values())
        if is_running and self._visible() is not None:
            self._timer.resume()
        else:
            self._timer.pause()
