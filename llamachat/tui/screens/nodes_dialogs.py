"""The two questions of the nodes tab: where a new node is, and whether one is really to go."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Collection
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from llamachat.base.text import one_line
from llamachat.config.context import addresses
from llamachat.config.rules import MAX_NAME_CHARACTERS, full_url, name_of
from llamachat.config.schema import NodeSettings
from llamachat.fleet import NodeAddress, NodeSnapshot

LookAt = Callable[[NodeAddress], Awaitable[NodeSnapshot]]
"""Connects once, to see how the node there is."""

_ADDRESS_WANTED: Final = "An address looks like ws://HOST:13000/chat; HOST alone is enough."


class AddNodeScreen(ModalScreen[NodeSettings | None]):
    """Asks for a node and tries to connect to it. A node that does not answer can be added all the same, with Enter
    once more: it may only be switched off.

    Args:
        look_at: tries to connect.
        taken: names that are in use.
        url: to begin with.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "Cancel")]

    DEFAULT_CSS = """
    AddNodeScreen { align: center middle; }
    AddNodeScreen Vertical {
        width: 64; max-width: 96%; height: auto; max-height: 96%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    AddNodeScreen Label { padding: 0 0 0 1; }
    AddNodeScreen Input { border: round $secondary; background: $surface; }
    AddNodeScreen Input:focus { border: heavy $primary; }
    AddNodeScreen Input.-invalid { border: heavy $error; }
    AddNodeScreen #said { height: auto; min-height: 2; padding: 0 1; }
    """

    def __init__(self, look_at: LookAt, taken: Collection[str], url: str = "") -> None:
        super().__init__()
        self._look_at = look_at
        self._taken = taken
        self._url = url
        self._unanswered: NodeSettings | None = None  # was tried, and did not answer

    def compose(self) -> ComposeResult:
        """Three fields, and what came of the test."""
        with Vertical() as panel:
            panel.border_title = "Add a node"
            panel.border_subtitle = "Enter: test and add · Esc: cancel"
            yield Label("Address")
            yield Input(self._url, placeholder="ws://10.0.0.5:13000/chat", id="url")
            yield Label("Name (its host, if left empty)")
            yield Input(max_length=MAX_NAME_CHARACTERS, id="name")
            yield Label("Token (if the daemon wants one; kept in your settings file)")
            yield Input(password=True, id="token")
            yield Static("", id="said", markup=False)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Tests the node, and ends with it if it answers or was tried before."""
        event.stop()
        node = self._read()
        if node is None:
            return
        if node == self._unanswered:
            self.dismiss(node)
            return
        self._say(f"Connecting to {node.url} …")
        self.run_worker(self._test(node), exclusive=True)

    def _read(self) -> NodeSettings | None:
        """What is written in the fields; None when it is wrong, which is then said."""
        url_field, name_field = self.query_one("#url", Input), self.query_one("#name", Input)
        url_field.remove_class("-invalid")
        name_field.remove_class("-invalid")
        try:
            url = full_url(url_field.value)
        except ValueError:
            self._refuse(url_field, _ADDRESS_WANTED)
            return None
        name = one_line(name_field.value, MAX_NAME_CHARACTERS).strip() or name_of(url)
        if name in self._taken:
            self._refuse(name_field, f"There is a node called {name} already. Give this one another name.")
            return None
        return NodeSettings(url=url, name=name, token=self.query_one("#token", Input).value.strip() or None)

    async def _test(self, node: NodeSettings) -> None:
        (address,) = addresses((node,), os.environ)
        snapshot = await self._look_at(address)
        if snapshot.connected:
            self.dismiss(node)
            return
        self._unanswered = node
        reason = one_line(snapshot.reason) or "It did not answer in time."
        self._say(f"✖ {reason}\nEnter again adds it all the same.")

    def _refuse(self, field: Input, sentence: str) -> None:
        field.add_class("-invalid")
        field.focus()
        self._say(f"✖ {sentence}")

    def _say(self, sentence: str) -> None:
        self.query_one("#said", Static).update(Content(sentence))


class RemoveNodeScreen(ModalScreen[bool]):
    """Asks whether a node is to be taken out."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("y,x,enter", "dismiss(True)", "Remove"),
        ("n,escape", "dismiss(False)", "Keep"),
    ]

    DEFAULT_CSS = """
    RemoveNodeScreen { align: center middle; }
    RemoveNodeScreen Static {
        width: 60; max-width: 96%; height: auto; border: round $warning; background: $surface; padding: 1 2;
    }
    """

    def __init__(self, node: str) -> None:
        super().__init__()
        self._node = node

    def compose(self) -> ComposeResult:
        """The question."""
        question = Static(
            Content(
                f"Remove {one_line(self._node, MAX_NAME_CHARACTERS)}? Answers that it is giving go on at another node; "
                "nothing is deleted on its machine."
            )
        )
        question.border_subtitle = "y: remove · n: keep"
        yield question
