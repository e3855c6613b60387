"""What stands where nodes or messages would be while no node is configured: three ways to begin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from llamachat.tui.actions import bindings
from llamachat.tui.keymap import OwnKeys, first_key

Wish = Literal["add", "find", "demo"]

_GREETING: Final = "No node is configured yet. You can begin here:\n"
_WAYS: Final[dict[Wish, tuple[str, str]]] = {
    "add": ("Add a node", "by its address: ws://10.0.0.5:13000/chat"),
    "find": ("Find nodes on this computer", "where a daemon listens by default"),
    "demo": ("Start the demo", "two nodes here, with a tiny built-in model"),
}


class FirstChoice(Static, can_focus=True):
    """One way to begin, with the key that takes it."""

    DEFAULT_CSS = """
    FirstChoice { width: 1fr; height: auto; padding: 0 1; color: $text; }
    FirstChoice:hover { background: $panel; }
    FirstChoice:focus { text-style: reverse; }
    """

    def __init__(self, wish: Wish) -> None:
        super().__init__("", markup=False)
        self.wish = wish
        self.tooltip = f"{_WAYS[wish][0]}: {_WAYS[wish][1]}."

    def show(self, key: str) -> None:
        """Shows the key that leads there."""
        label, about = _WAYS[self.wish]
        self.update(Content.assemble((f"{key}  {label}", "bold"), f"\n{' ' * (len(key) + 2)}{about}"))

    def on_click(self, event: Click) -> None:
        """A click takes it."""
        event.stop()
        self.focus()
        self.post_message(FirstRun.Wanted(self.wish))


class FirstRun(Vertical):
    """Keys, Enter and clicks in, wishes out.

    Args:
        own: gives the keys that the person has changed.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("first")

    DEFAULT_CSS = """
    FirstRun { width: 100%; height: auto; padding: 1 2; }
    FirstRun .line { width: 1fr; height: auto; color: $text; padding: 0 1; }
    FirstRun .keys { color: $text-muted; }
    FirstRun .said { display: none; text-style: bold; padding: 1 1 0 1; }
    FirstRun .-problem { color: $text-error; }
    """

    @dataclass
    class Wanted(Message):
        """The person wants to begin like that."""

        wish: Wish

    def __init__(self, own: Callable[[], OwnKeys], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._own = own
        self._said = Static("", classes="line said", markup=False)

    def compose(self) -> ComposeResult:
        """A sentence, the ways, how to take one, and what came of it."""
        yield Static(_GREETING, classes="line", markup=False)
        for wish in _WAYS:
            yield FirstChoice(wish)
        keys = Static("", classes="line keys", markup=False)
        keys.tooltip = "How to take one of the ways to begin."
        yield keys
        yield self._said

    def on_mount(self) -> None:
        """Names the keys."""
        self.show_keys()

    def show_keys(self) -> None:
        """Names the keys that hold now."""
        own = self._own()
        for way in self.query(FirstChoice):
            way.show(first_key(f"first.{way.wish}", own))
        above, below, choose = (first_key(f"first.{name}", own) for name in ("above", "below", "choose"))
        for line in self.query(".keys").results(Static):
            line.update(f"\nPress its letter, or {above} {below} and {choose}, or click.")

    def focus_first(self) -> None:
        """Goes to the first way."""
        for way in self.query(FirstChoice):
            way.focus()
            return

    def tell(self, sentence: str, *, is_problem: bool = False) -> None:
        """Says how it goes, or why it does not."""
        self._said.set_class(is_problem, "-problem")
        self._said.update(Content(f"✖ {sentence}" if is_problem else sentence))
        self._said.display = bool(sentence)
        self.call_after_refresh(self._said.scroll_visible, animate=False)

    def action_want(self, wish: Wish) -> None:
        """Takes a way by its key."""
        self.post_message(self.Wanted(wish))

    def action_choose(self) -> None:
        """Takes the way that has the focus."""
        for way in self.query(FirstChoice):
            if way.has_focus:
                self.action_want(way.wish)

    def action_move(self, step: int) -> None:
        """Goes to the way above or below; below the last one is what follows the panel."""
        ways = list(self.query(FirstChoice))
        place = next((at for at, way in enumerate(ways) if way.has_focus), 0) + step
        if place < len(ways):
            ways[max(0, place)].focus()
        else:
            self.screen.focus_next()
