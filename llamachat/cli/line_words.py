"""The words of the line mode: commands typed, what changed in the fleet, text cut where a voice would pause. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from llamachat.base.text import one_line, sentence
from llamachat.cli.rendering import PrintableStream, count, progress
from llamachat.fleet.events import Loading, Prefilling, Queued, Routed, TurnEvent
from llamachat.fleet.snapshot import NodeSnapshot

HELP: Final = """\
Type a question and press Enter. Commands:
1. /help: this list
2. /new: begin a new chat
3. /chats: list the chats, newest first
4. /open N: go on with chat N of that list
5. /nodes: how the nodes are
6. /stop: stop the answer that is coming (Ctrl+C does too)
7. /attach FILE: put a file into your next question; /attach alone says what is attached
8. /trim: keep of the attached files what fits
9. /detach: forget the attached files
10. /waiting: list the questions that wait; what you type while an answer comes waits for its end
11. /edit N TEXT: change waiting question N
12. /move N M: make waiting question N number M
13. /drop N: take waiting question N out
14. /send N: send waiting question N first
15. /settings: what holds for this chat, and the prompts of your library
16. /system PROMPT: the system prompt of this chat, by its name in your library or in your words; none; default
17. /set NAME VALUE: another setting of this chat, like /set temperature 0.2 or /set model default
18. /quit: end (Ctrl+D does too)
The number of a command does as well as its name: /4 2 is /open 2. A question that begins with / is typed with //."""

OUTBOX_NAMES: Final = ("waiting", "edit", "move", "drop", "send")
"""Commands about what waits; they are obeyed while an answer comes, too."""

SETTING_NAMES: Final = ("settings", "system", "set")
"""Commands about what holds for the chat."""

NAMES: Final = (
    "help",
    "new",
    "chats",
    "open",
    "nodes",
    "stop",
    "attach",
    "trim",
    "detach",
    *OUTBOX_NAMES,
    *SETTING_NAMES,
    "quit",
)


@dataclass(frozen=True, slots=True)
class Said:
    """A question."""

    text: str


@dataclass(frozen=True, slots=True)
class Ordered:
    """A command; `name` is one of `NAMES` unless there is no such command."""

    name: str
    argument: str


def parse(line: str) -> Said | Ordered | None:
    """What a line means; None when it is blank."""
    line = line.strip()
    if line.startswith("//"):
        return Said(line[1:])
    if not line.startswith("/"):
        return Said(line) if line else None
    name, _, argument = line[1:].partition(" ")
    if name.isdecimal() and 1 <= int(name) <= len(NAMES):
        name = NAMES[int(name) - 1]
    return Ordered(name.lower(), argument.strip())


_PAUSE: Final = re.compile(r".*(?:\n|[.!?:;…](?=\s)|[。！？])", re.DOTALL)


class Phrases:
    """Text that arrives in pieces, made safe and let go at the ends of lines and sentences: a screen reader that reads
    out single words as they come is hard to follow."""

    def __init__(self) -> None:
        self._stream = PrintableStream()
        self._held = ""

    def feed(self, text: str) -> str:
        """What can be said now."""
        self._held += self._stream.feed(text)
        match = _PAUSE.match(self._held)
        if match is None:
            return ""
        self._held = self._held[match.end() :]
        return match[0]

    def end(self) -> str:
        """What was still held."""
        held, self._held = self._held + self._stream.end(), ""
        return held


def waiting(event: TurnEvent) -> str | None:
    """What the person waits for, said once for each phase: percentages that count up are for screens."""
    match event:
        case Loading():
            return f"{one_line(event.node, 64)} · loading the model"
        case Prefilling():
            return f"{one_line(event.node, 64)} · reading a prompt of {count(event.total)} tokens"
        case Queued(node=None):
            why = f": {one_line(event.reason)}" if event.reason else ""
            return f"waiting for a node{why}"
        case Queued():
            return f"{one_line(event.node or '', 64)} · queued {event.position} of {event.depth}"
        case Routed():
            return None
        case _:
            return progress(event)


def changes(before: tuple[NodeSnapshot, ...], after: tuple[NodeSnapshot, ...]) -> list[str]:
    """A sentence for each node whose state is another one. Busy or not is no news: it takes work all the same."""
    known = {node.name: "online" if node.usable else node.state for node in before}
    return [describe(node) for node in after if known.get(node.name) != ("online" if node.usable else node.state)]


def describe(node: NodeSnapshot) -> str:
    """How a node is, in a sentence."""
    reason = f": {one_line(node.reason)}" if node.reason else ""
    return sentence(f"{one_line(node.name, 64)} is {node.state}{reason}")
