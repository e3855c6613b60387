"""Every action that a key can start, in one table: the bindings, the help and the keymap are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textual.binding import Binding, BindingType


@dataclass(frozen=True, slots=True)
class Action:
    """A named action. `action` is what Textual runs, with `{key}` for the key that was pressed; keys with `priority` work
    while the composer has the focus."""

    id: str
    keys: str
    action: str
    label: str
    help: str
    where: str
    priority: bool = False
    shown: bool = False


ACTIONS: Final = (
    Action("composer.send", "enter,ctrl+enter,ctrl+\\r", "send", "Send", "Send the message.", "composer"),
    Action("composer.newline", "ctrl+j,shift+enter", "newline", "New line", "Begin a new line.", "composer"),
    Action("composer.recall", "up", "recall", "Last message", "Take the last message back (nothing typed).", "composer"),
    Action("composer.editor", "ctrl+e", "editor", "Editor", "Write the message in $EDITOR.", "composer"),
    Action("chat.stop", "escape", "stop", "Stop", "Stop the answer; what has come is kept.", "chat", True, True),
    Action("chat.new", "ctrl+n", "new_chat", "New chat", "Begin a new conversation.", "chat", True, True),
    Action("chat.history", "f5", "toggle_history", "History", "Show or hide earlier conversations.", "chat", True, True),
    Action("chat.previous", "alt+up", "focus_message(-1)", "Message above", "Go to the message above.", "chat", True),
    Action("chat.next", "alt+down", "focus_message(1)", "Message below", "Go to the message below.", "chat", True),
    Action("chat.page_up", "pageup", "scroll_transcript(-1)", "Page up", "Scroll the conversation up.", "chat", True),
    Action("chat.page_down", "pagedown", "scroll_transcript(1)", "Page down", "Scroll the conversation down.", "chat", True),
    Action("chat.retry", "ctrl+r", "retry", "Ask again", "Ask the last question again after a failure.", "chat", True),
    Action("nodes.reconnect", "ctrl+l", "reconnect", "Reconnect", "Try every lost node now.", "chat", True),
    Action("message.copy", "c", "copy_message", "Copy", "Copy the whole message.", "message"),
    Action("message.code", "1,2,3,4,5,6,7,8,9", "copy_code({key})", "Copy code", "Copy the code block with that number.", "message"),
    Action("app.help", "f1", "help", "Keys", "Show the keys of where you are.", "app", True, True),
    Action("app.palette", "ctrl+p", "command_palette", "Commands", "Every action by name.", "app", True, True),
    Action("app.quit", "ctrl+q", "quit", "Quit", "Quit; answers go on at their nodes.", "app", True, True),
)  # fmt: skip


def bindings(where: str) -> list[BindingType]:
    """Textual's bindings for one part of the screen. Each has an id, so that a keymap can replace its keys."""
    found: list[BindingType] = []
    for action in ACTIONS:
        if action.where != where:
            continue
        if "{key}" in action.action:
            found += [_binding(action, f"{action.id}.{key}", key) for key in action.keys.split(",")]
        else:
            found.append(_binding(action, action.id, action.keys))
    return found


def _binding(action: Action, binding_id: str, keys: str) -> Binding:
    return Binding(
        keys,
        action.action.format(key=keys),
        action.label,
        id=binding_id,
        show=action.shown,
        priority=action.priority,
        tooltip=action.help,
    )


def key_names(keys: str) -> str:
    """`ctrl+j,shift+enter` as people write it: `Ctrl+J  Shift+Enter`. Escape sequences among the names are left out."""
    names = [key for key in keys.split(",") if "\\" not in key]
    if len(names) > 3:
        return f"{names[0]} … {names[-1]}"
    return "  ".join("+".join(part.capitalize() for part in name.split("+")) for name in names)
