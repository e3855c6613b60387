"""Widgets that show how the nodes are: drawn when that changes, and only while they can be seen."""

from __future__ import annotations

from collections.abc import Callable

from textual.widget import Widget

from llamachat.tui.services import Services


class Watching(Widget):
    """A part of the screen that is drawn from the fleet and from the activity of the conversation.

    Inherit from it after the class of Textual, whose styles would be lost otherwise. `services` is set before it is
    mounted; `draw` says what to draw, and must bear that parts of it are gone: the fleet may tell of a change while the
    program leaves.
    """

    services: Services

    def on_mount(self) -> None:
        """Begins to watch."""
        self._endings: list[Callable[[], None]] = [
            self.services.fleet.subscribe(self._look),
            self.services.activity.subscribe(self._look),
        ]
        self.app.screen_change_signal.subscribe(self, lambda _screen: self._look())
        self._look()

    def on_unmount(self) -> None:
        """The fleet may outlive the screen."""
        for end in self._endings:
            end()

    def draw(self) -> None:
        """Shows how things are now."""
        raise NotImplementedError

    @property
    def can_be_seen(self) -> bool:
        """Whether its screen is open, with nothing above it but what lets it shine through. Textual itself goes on
        drawing the screen below an opaque one, and each time sends the whole screen anew."""
        stack = self.app.screen_stack
        if self.screen not in stack:
            return False
        return all(above.styles.background.a < 1 for above in stack[stack.index(self.screen) + 1 :])

    def _look(self) -> None:
        if self.is_running and self.can_be_seen:
            self.draw()
