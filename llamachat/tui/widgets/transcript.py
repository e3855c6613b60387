"""The conversation as it scrolls: follows the end while the reader is there, and otherwise stays with the reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from llamachat.tui.removing import removed
from llamachat.tui.widgets.message_view import MessageView


class _Scroll(VerticalScroll, can_focus=False):
    """The scrolling part; tells the transcript when it has moved."""

    @dataclass
    class Moved(Message):
        """The view or its contents moved."""

    def validate_scroll_y(self, value: float) -> float:
        """A short conversation that is followed stands at the bottom, for which Textual lays it out at an offset below
        zero; taking that back would have everything laid out and drawn a second time for each new line."""
        return value if self.is_followed and value < 0 else super().validate_scroll_y(value)

    @property
    def is_followed(self) -> bool:
        """Whether its end stays in view."""
        return self.is_anchored and not self._anchor_released

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.post_message(self.Moved())


class Transcript(Widget):
    """All messages of the open chat."""

    DEFAULT_CSS = """
    Transcript { height: 1fr; layers: below above; }
    Transcript _Scroll { height: 1fr; layer: below; scrollbar-size-vertical: 1; padding: 1 0 0 0; }
    Transcript #messages { height: auto; }
    Transcript #new-lines {
        layer: above; dock: bottom; width: 100%; height: 1; text-align: right; padding: 0 2;
        background: $panel; color: $text; display: none;
    }
    Transcript #empty { width: 100%; height: auto; padding: 1 2; color: $text-muted; }
    """

    @dataclass
    class OlderWanted(Message):
        """The reader is at the top and there may be more above."""

    @dataclass
    class NewerWanted(Message):
        """The reader is at the bottom of what is shown, and there is more below."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines_seen = 0
        self._may_have_older = False
        self._may_have_newer = False

    def compose(self) -> ComposeResult:
        """The messages, and over them the line that says what is new."""
        with _Scroll():
            yield Vertical(id="messages")
        yield Static("", id="new-lines", markup=False)

    def on_mount(self) -> None:
        """Follows the end from the start."""
        self._scroll.anchor()

    @property
    def _scroll(self) -> _Scroll:
        return self.query_one(_Scroll)

    @property
    def messages(self) -> list[MessageView]:
        """The message widgets, oldest first."""
        return list(self.query(MessageView))

    async def show(
        self,
        views: Sequence[Widget],
        *,
        may_have_older: bool = False,
        may_have_newer: bool = False,
    ) -> None:
        """Replaces everything, and goes to the end."""
        self._may_have_older = may_have_older
        self._may_have_newer = False
        container = self.query_one("#messages")
        if container in (self.screen.focused.ancestors if self.screen.focused is not None else ()):
            # It would go on to the history by itself, where a key that is pressed meanwhile does something else.
            self.screen.set_focus(None)
        async with self.batch():
            await removed(container.remove_children())
            await container.mount_all(views)
        self.follow()
        # Set last: what moves on the way here is not the reader.
        self.call_after_refresh(setattr, self, "_may_have_newer", may_have_newer)
        self.call_after_refresh(self._nothing_is_new)
        self.call_after_refresh(self._fill)

    async def add(self, *views: Widget) -> None:
        """Adds at the end."""
        container = self.query_one("#messages")
        await removed(container.query("#empty").remove())
        await container.mount_all(views)

    async def add_older(self, views: Sequence[Widget], *, may_have_older: bool) -> None:
        """Adds at the top; what the reader sees stays in place."""
        self._may_have_older = may_have_older
        if not views:
            return
        container = self.query_one("#messages")
        before = self._scroll.virtual_size.height
        await container.mount_all(views, before=0)

        def keep_place() -> None:
            grown = self._scroll.virtual_size.height - before
            if grown <= 0 and container.is_attached:  # not laid out yet
                self.call_after_refresh(keep_place)
            elif self._scroll.is_followed:
                self._fill()
            else:
                self._lines_seen += grown
                self._scroll.scroll_to(y=self._scroll.scroll_y + grown, animate=False, immediate=True)

        self.call_after_refresh(keep_place)

    def _fill(self) -> None:
        """Asks for more where there is room for it: nobody can scroll up to the top of what has room."""
        is_laid_out = any(view.size.height for view in self.messages[-1:])
        if self._may_have_older and is_laid_out and self._scroll.max_scroll_y <= 0:
            self._may_have_older = False
            self.post_message(self.OlderWanted())

    async def add_newer(self, views: Sequence[Widget], *, may_have_newer: bool) -> None:
        """Adds at the bottom; what the reader sees stays in place."""
        self._scroll.release_anchor()
        await self.query_one("#messages").mount_all(views)
        self._may_have_newer = may_have_newer
        self.call_after_refresh(self._nothing_is_new)

    def _nothing_is_new(self) -> None:
        """What was there before, and is only shown now, is not counted."""
        if self.query(_Scroll):
            self._lines_seen = self._scroll.virtual_size.height
            self._show_new_lines()

    def follow(self) -> None:
        """Goes to the end and follows it."""
        self._scroll.anchor()
        self._show_new_lines()

    def page(self, direction: int) -> None:
        """A page up (-1) or down (1)."""
        scroll = self._scroll
        if direction < 0:
            scroll.release_anchor()
            scroll.scroll_page_up(animate=False)
        else:
            scroll.scroll_page_down(animate=False)

    def show_line(self, view: MessageView, line: int) -> None:
        """Scrolls so that a line of a message can be seen, with some of what is before it."""
        scroll = self._scroll

        def place() -> None:
            if scroll.max_scroll_y <= 0:  # all of it can be seen
                return
            scroll.release_anchor()
            top = view.virtual_region.y + self.query_one("#messages").virtual_region.y + line
            scroll.scroll_to(y=max(0, top - scroll.size.height // 3), animate=False, immediate=True)

        self.call_after_refresh(place)

    @property
    def is_at_end(self) -> bool:
        """Whether the last line is in view. (A short conversation stands at the bottom: its offset is negative.)"""
        end = self._scroll.max_scroll_y
        return end <= 0 or self._scroll.scroll_y >= end - 1

    def content_changed(self) -> None:
        """Says that a message grew."""
        self.call_after_refresh(self._show_new_lines)

    def on__scroll_moved(self, event: _Scroll.Moved) -> None:
        """Takes the mark away at the end, and asks for more at the top."""
        event.stop()
        if not self.query(_Scroll):
            return  # the program leaves
        self._show_new_lines()
        if self._may_have_older and self._scroll.scroll_y <= 0 < self._scroll.max_scroll_y:
            self._may_have_older = False
            self.post_message(self.OlderWanted())
        if self._may_have_newer and self.is_at_end:
            self._may_have_newer = False
            self.post_message(self.NewerWanted())

    def on_click(self) -> None:
        """A click on the mark goes to the end."""
        if self.query_one("#new-lines").has_pseudo_class("hover"):
            self.follow()

    def _show_new_lines(self) -> None:
        if not self.query(_Scroll) or not self.query("#new-lines"):
            return  # the program leaves
        lines = self._scroll.virtual_size.height
        if self.is_at_end:
            self._lines_seen = lines
        new = lines - self._lines_seen
        mark = self.query_one("#new-lines", Static)
        mark.display = not self.is_at_end and new > 0
        if mark.display:
            mark.update(Content(f"↓ {new} new line{'s' if new != 1 else ''}"), layout=False)
