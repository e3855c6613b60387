"""What can be done with a message, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from llamachat.base.text import one_line
from llamachat.fleet import NodeSnapshot
from llamachat.protocol import Role
from llamachat.tui.actions import actions, key_names
from llamachat.tui.choices import Choice
from llamachat.tui.keymap import OwnKeys, keys_of

Wish = Literal[
    "menu", "copy", "edit", "again", "again_with", "go_on", "before", "after", "quote", "raw", "save", "delete",
]  # fmt: skip

COPY_CODE: Final = "code:"
"""Before the number of a code block: the choice that copies it."""


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What the menu depends on. `branch`: its place among its siblings, from 1, and how many there are; `finish_reason`
    and `text` of an answer; `is_last`: nothing follows it; `is_running`: an answer is being given in this chat."""

    role: Role
    text: str
    code_blocks: int = 0
    branch: tuple[int, int] | None = None
    finish_reason: str = ""
    is_last: bool = False
    is_running: bool = False


def can_go_on(facts: MessageFacts) -> bool:
    """Whether an answer can be gone on with: it ended before the model had said that it was done, nothing follows."""
    return facts.role == "assistant" and facts.is_last and bool(facts.text) and facts.finish_reason != "stop"


def menu(facts: MessageFacts, own: OwnKeys) -> tuple[Choice, ...]:
    """What can be done with this message now, each with its key; `own` are the person's own keys."""
    wishes: list[Wish | str] = ["copy"]
    wishes += [f"{COPY_CODE}{number}" for number in range(1, min(facts.code_blocks, 9) + 1)]
    wishes += ["save"] if facts.code_blocks else []
    if not facts.is_running:
        wishes += ["edit"] if facts.role == "user" else []
        wishes += ["again", "again_with"]
        wishes += ["go_on"] if can_go_on(facts) else []
    place, count = facts.branch or (1, 1)
    if not facts.is_running:
        wishes += ["before"] if place > 1 else []
        wishes += ["after"] if place < count else []
    wishes += ["quote"]
    wishes += ["raw"] if facts.role == "assistant" else []
    wishes += [] if facts.is_running and facts.is_last else ["delete"]
    return tuple(_choice(wish, facts, own) for wish in wishes)


def _choice(wish: str, facts: MessageFacts, own: OwnKeys) -> Choice:
    if wish.startswith(COPY_CODE):
        number = wish.removeprefix(COPY_CODE)
        return Choice(wish, f"Copy code block {number}", number)
    action = next(action for action in actions("message") if action.action == f"message('{wish}')")
    place, count = facts.branch or (1, 1)
    detail = {"before": f"‹ {place - 1}/{count}", "after": f"{place + 1}/{count} ›"}.get(wish, "")
    keys = keys_of(action, own)
    return Choice(wish, action.label, key_names(keys[0]) if keys else "", detail)


def answerers(nodes: Sequence[NodeSnapshot]) -> tuple[Choice, ...]:
    """By whom an answer can be given once more: any node, each node, each model. Ids are `any`, `node:…`, `model:…`."""
    found = [Choice("any", "Here, as it comes", detail="the router chooses")]
    usable = [node for node in nodes if node.usable]
    found += [Choice(f"node:{node.name}", f"On {one_line(node.name, 40)}", detail=_default(node)) for node in usable]
    for model in dict.fromkeys(model.id for node in usable for model in node.models):
        where = [one_line(node.name, 24) for node in usable if node.model(model) is not None]
        found.append(Choice(f"model:{model}", f"With {one_line(model, 40)}", detail=f"on {', '.join(where)}"))
    return tuple(found)


def _default(node: NodeSnapshot) -> str:
    return one_line(node.default_model or "", 40)


def extension(language: str) -> str:
    """The usual ending of a file with code in that language, as fences name it; `txt` for unknown ones."""
    name = language.lower()
    return _EXTENSIONS.get(name, name if 0 < len(name) <= 4 and name.isalnum() else "txt")


_EXTENSIONS: Final = {
    "python": "py", "python3": "py", "javascript": "js", "typescript": "ts", "bash": "sh", "shell": "sh",
    "console": "sh", "zsh": "sh", "rust": "rs", "ruby": "rb", "markdown": "md", "c++": "cpp", "csharp": "cs",
    "c#": "cs", "kotlin": "kt", "haskell": "hs", "perl": "pl", "text": "txt", "plaintext": "txt", "golang": "go",
    "powershell": "ps1", "latex": "tex", "scala": "scala", "swift": "swift", "julia": "jl", "elixir": "ex",
    "erlang": "erl",
}  # fmt: skip
