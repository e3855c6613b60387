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
    Action("composer.send", "enter,ctrl+enter", "send", "Send", "Send the message.", "composer"),
    Action("composer.newline", "ctrl+j,shift+enter", "newline", "New line", "Begin a new line.", "composer"),
    Action("composer.recall", "up", "recall", "Last message", "Take the last message back (nothing typed).", "composer"),
    Action("composer.editor", "ctrl+e", "editor", "Editor", "Write the message in $EDITOR.", "composer"),
    Action("chat.stop", "escape", "stop", "Stop", "Stop the answer; what has come is kept.", "chat", True, True),
    Action("chat.new", "ctrl+n", "new_chat", "New chat", "Begin a new conversation.", "chat", True, True),
    Action("chat.history", "f5", "toggle_history", "History", "Show or hide earlier conversations.", "chat", True, True),
    Action("chat.live", "f6", "toggle_live", "Live panel", "Show or hide how answers come about.", "chat", True),
    Action("chat.previous", "alt+up", "focus_message(-1)", "Message above", "Go to the message above.", "chat", True),
    Action("chat.next", "alt+down", "focus_message(1)", "Message below", "Go to the message below.", "chat", True),
    Action("chat.page_up", "pageup", "scroll_transcript(-1)", "Page up", "Scroll the conversation up.", "chat", True),
    Action("chat.page_down", "pagedown", "scroll_transcript(1)", "Page down", "Scroll the conversation down.", "chat", True),
    Action("chat.retry", "ctrl+r", "retry", "Ask again", "Ask the last question again after a failure.", "chat", True),
    Action("nodes.reconnect", "ctrl+l", "reconnect", "Reconnect", "Try every lost node now.", "chat", True),
    Action("chat.outbox", "f7", "outbox", "Waiting questions", "Open or close the list of questions that wait to be sent.", "chat", True),
    Action("chat.model", "ctrl+t", "model", "Model", "Choose the model of this conversation, among those of all nodes.", "chat", True),
    Action("chat.settings", "ctrl+s", "chat_settings", "This conversation", "Model, system prompt and sampling of this conversation alone.", "chat", True),
    Action("chat.find", "f8", "find", "Find", "Look for words in this conversation.", "chat", True),
    Action("chat.search", "f9", "search", "Search all", "Look for words in all conversations.", "chat", True),
    Action("chat.attach", "ctrl+f", "attach", "Attach a file", "Put a file into the question; dropping it on the terminal does too.", "chat", True),
    Action("chat.trim", "ctrl+g", "trim", "Trim the files", "Keep of the attached files what fits into the question.", "chat", True),
    Action("attachment.remove", "x,delete", "remove", "Take out", "Take the file out of the question; reading it ends.", "attachment"),
    Action("attachment.above", "up", "move(-1)", "File above", "Go to the file above.", "attachment"),
    Action("attachment.below", "down", "move(1)", "File below", "Go to the file below, or back to the text.", "attachment"),
    Action("history.search", "/", "screen.search", "Search all", "Look for words in all conversations.", "history"),
    Action("history.rename", "r", "history('rename')", "Rename", "Give the conversation another title.", "history"),
    Action("history.pin", "p", "history('pin')", "Pin", "Keep the conversation at the top, or let it go.", "history"),
    Action("history.move", "m", "history('move')", "Move", "Put the conversation into a folder, or out of it.", "history"),
    Action("history.archive", "a", "history('archive')", "Archive", "Put the conversation away, or take it back.", "history"),
    Action("history.delete", "d,delete", "history('delete')", "Delete", "Delete the conversation; it can be brought back.", "history"),
    Action("message.find", "/", "screen.find", "Find", "Look for words in this conversation.", "message"),
    Action("message.find_next", "n", "screen.find_next(1)", "Next place", "Go to the next message that has the words.", "message"),
    Action("message.find_before", "N", "screen.find_next(-1)", "Place before", "Go to the message before that has the words.", "message"),
    Action("chat.undo", "u,ctrl+z", "undo", "Undo", "Bring back what was deleted or dropped last.", "chat"),
    Action("outbox.edit", "e", "outbox('edit')", "Edit", "Change the question; it keeps its place (Enter too).", "outbox"),
    Action("outbox.up", "shift+up,K", "outbox('up')", "Earlier", "Move the question up.", "outbox"),
    Action("outbox.down", "shift+down,J", "outbox('down')", "Later", "Move the question down.", "outbox"),
    Action("outbox.send", "s", "outbox('send')", "Send now", "Send the question before all others.", "outbox"),
    Action("outbox.drop", "d,delete", "outbox('drop')", "Drop", "Take the question out; it can be brought back.", "outbox"),
    Action("message.menu", "enter", "message('menu')", "Menu", "Show all that can be done with the message.", "message"),
    Action("message.copy", "c", "message('copy')", "Copy", "Copy the whole message.", "message"),
    Action("message.code", "1,2,3,4,5,6,7,8,9", "copy_code({key})", "Copy code", "Copy the code block with that number.", "message"),
    Action("message.save", "s", "message('save')", "Save code to a file", "Save a code block; the name of the file is asked for.", "message"),
    Action("message.edit", "e", "message('edit')", "Edit and ask again", "Change your question and ask it as another branch.", "message"),
    Action("message.again", "r", "message('again')", "Answer again", "Have the question answered once more, as another branch.", "message"),
    Action("message.again_with", "R", "message('again_with')", "Answer again by …", "Choose the node or the model that answers once more.", "message"),
    Action("message.go_on", "g", "message('go_on')", "Go on", "Go on with an answer that ended early.", "message"),
    Action("message.before", "left", "message('before')", "Branch before", "Show the branch before this one.", "message"),
    Action("message.after", "right", "message('after')", "Branch after", "Show the branch after this one.", "message"),
    Action("message.quote", "q", "message('quote')", "Quote", "Put the message into what you write, as a quotation.", "message"),
    Action("message.raw", "w", "message('raw')", "Raw text", "Show the answer as the model wrote it, or laid out again.", "message"),
    Action("message.delete", "d,delete", "message('delete')", "Delete", "Delete the message; it can be brought back.", "message"),
    Action("first.add", "a", "want('add')", "Add a node", "Add the first node by its address, after a test.", "first"),
    Action("first.find", "f", "want('find')", "Find nodes", "Look for a node on this computer.", "first"),
    Action("first.demo", "d", "want('demo')", "Start the demo", "Start nodes with a tiny built-in model on this computer, until you leave.", "first"),
    Action("first.choose", "enter", "choose", "Begin like that", "Take the way that is marked.", "first"),
    Action("first.above", "up", "move(-1)", "Way above", "Go to the way above.", "first"),
    Action("first.below", "down", "move(1)", "Way below", "Go to the way below.", "first"),
    Action("node.open", "enter", "open", "Open", "See more of this node: charts, models, log, settings.", "nodes", False, True),
    Action("node.left", "left", "move(-1,0)", "Left", "Go to the node before.", "nodes"),
    Action("node.right", "right", "move(1,0)", "Right", "Go to the next node.", "nodes"),
    Action("node.up", "up", "move(0,-1)", "Up", "Go to the node above.", "nodes"),
    Action("node.down", "down", "move(0,1)", "Down", "Go to the node below.", "nodes"),
    Action("node.add", "a", "add", "Add", "Add a node by its address, after a test.", "nodes", False, True),
    Action("node.find", "f", "find", "Find", "Look for a node on this computer.", "nodes", False, True),
    Action("node.reconnect", "r", "reconnect", "Reconnect", "Connect to this node again now.", "nodes", False, True),
    Action("node.drain", "d", "drain", "Drain", "Take no new work there, or take it again (admin).", "nodes", False, True),
    Action("node.remove", "x,delete", "remove", "Remove", "Take this node out of the list.", "nodes", False, True),
    Action("node.earlier", "shift+left,shift+up", "reorder(-1)", "Earlier", "Ask this node before the one in front of it.", "nodes", False, True),
    Action("node.later", "shift+right,shift+down", "reorder(1)", "Later", "Ask this node after the one behind it.", "nodes", False, True),
    Action("node.undo", "u", "undo", "Undo", "Bring back the node that was removed last.", "nodes"),
    Action("settings.save", "ctrl+s", "save", "Save", "Save all that was changed, if all of it is right.", "settings", False, True),
    Action("settings.undo", "f8", "undo", "Undo", "Take the last save back, or have again what was thrown away after it.", "settings"),
    Action("settings.discard", "f9", "discard", "Throw changes away", "Show what the file holds again.", "settings", False, True),
    Action("settings.groups", "escape", "groups", "Groups", "Go to the list of groups.", "settings"),
    Action("own.keep", "ctrl+s", "keep", "Keep", "Keep what is filled in for this conversation, if all of it is right.", "own", True),
    Action("own.models", "ctrl+t", "models", "Models", "Choose the model of this conversation.", "own", True),
    Action("own.library", "ctrl+l", "library", "Prompts", "Choose the system prompt out of your library.", "own", True),
    Action("own.leave", "escape", "dismiss", "Leave", "Leave the conversation's settings as they were.", "own"),
    Action("setting.above", "up", "leave(-1)", "Above", "Go to the setting above.", "setting"),
    Action("setting.below", "down", "leave(1)", "Below", "Go to the setting below.", "setting"),
    Action("setting.previous", "left", "choose(-1)", "Word before", "Take the word before, where there are words to choose from.", "setting"),
    Action("setting.next", "right,space,enter", "choose(1)", "Next word", "Take the next word, where there are words to choose from.", "setting"),
    Action("setting.default", "ctrl+r", "reset", "Default", "Have the setting's default hold again.", "setting"),
    Action("prompt.edit", "enter", "prompt('edit')", "Edit", "Change the prompt; it has several lines if you like.", "prompt"),
    Action("prompt.add", "a,plus", "prompt('add')", "Add", "Add a prompt to the library.", "prompt"),
    Action("prompt.rename", "r", "prompt('rename')", "Rename", "Give the prompt another name.", "prompt"),
    Action("prompt.remove", "x,delete", "prompt('remove')", "Remove", "Take the prompt out of the library.", "prompt"),
    Action("prompt.restore", "ctrl+r", "prompt('restore')", "As in the file", "Have the prompt as it stands in the file again.", "prompt"),
    Action("key.give", "enter", "give(False)", "Another key", "Press the key that is to start the action.", "key"),
    Action("key.add", "plus,insert", "give(True)", "Further key", "Press a further key for the action.", "key"),
    Action("key.take", "delete", "take", "No key", "Leave the action without a key.", "key"),
    Action("key.default", "ctrl+r", "reset", "First keys", "Give the action its first keys again.", "key"),
    Action("detail.back", "escape", "back", "Back", "Go back to all nodes; from the search, back to the log.", "node", False, True),
    Action("detail.charts", "1", "pane('charts')", "Charts", "Show the last minutes as charts.", "node", False, True),
    Action("detail.models", "2", "pane('models')", "Models", "Show the models.", "node", False, True),
    Action("detail.log", "3", "pane('log')", "Log", "Show the log as it is written.", "node", False, True),
    Action("detail.settings", "4", "pane('settings')", "Settings", "Show its settings, to change them.", "node", False, True),
    Action("detail.save", "ctrl+s", "save", "Save its settings", "Try the node with its changed settings, and save them.", "node"),
    Action("detail.search", "slash", "search", "Search the log", "Show only the lines with these words.", "node"),
    Action("detail.load", "l", "load", "Load", "Load the chosen model (admin).", "node"),
    Action("detail.unload", "u", "unload", "Unload", "Unload the chosen model (admin).", "node"),
    Action("detail.reconnect", "r", "reconnect", "Reconnect", "Connect to this node again now.", "node"),
    Action("tab.chat", "f2,alt+1", "tab('chat')", "Chat", "Go to the conversation.", "app", True),
    Action("tab.nodes", "f3,alt+2", "tab('nodes')", "Nodes", "Go to the nodes.", "app", True),
    Action("tab.settings", "f4,alt+3", "tab('settings')", "Settings", "Go to the settings.", "app", True),
    Action("app.jump", "ctrl+o", "jump", "Jump", "Show a letter on each panel and tab; it leads there.", "app", True),
    Action("app.help", "f1", "help", "Keys", "Show the keys of where you are.", "app", True, True),
    Action("app.palette", "ctrl+p", "command_palette", "Commands", "Every action by name.", "app", True, True),
    Action("app.quit", "ctrl+q", "quit", "Quit", "Quit; answers go on at their nodes.", "app", True, True),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where actions hold: a screen as a whole or a part of one. `screen` is the tab it belongs to, or the name of a screen
    above one; empty for everywhere. A part acts only while it has the focus. In the `heading`, names of actions in braces
    stand for their keys."""

    where: str
    screen: str
    heading: str
    is_part: bool = False


PLACES: Final = (
    Place("composer", "chat", "Writing", is_part=True),
    Place("chat", "chat", "Conversation"),
    Place("attachment", "chat", "An attached file (Shift+Tab goes there)", is_part=True),
    Place("message", "chat", "A message ({chat.previous} and {chat.next} go there)", is_part=True),
    Place("history", "chat", "The history ({chat.history})", is_part=True),
    Place("outbox", "chat", "The list of waiting questions ({chat.outbox})", is_part=True),
    Place("first", "chat", "The first steps (while no node is configured)", is_part=True),
    Place("own", "own", "The settings of a conversation"),
    Place("nodes", "nodes", "Nodes"),
    Place("node", "node", "This node"),
    Place("settings", "settings", "Settings"),
    Place("setting", "settings", "A setting", is_part=True),
    Place("prompt", "settings", "The library of prompts", is_part=True),
    Place("key", "settings", "The list of keys", is_part=True),
    Place("app", "", "Everywhere"),
)


def places(screen: str) -> list[Place]:
    """The places of this screen and of everywhere, in the order in which they are told."""
    return [place for place in PLACES if place.screen in (screen, "")]


def actions(where: str) -> list[Action]:
    """The actions of one place."""
    return [action for action in ACTIONS if action.where == where]


def bindings(where: str) -> list[BindingType]:
    """Textual's bindings for one part of the screen. Each has an id, so that a keymap can replace its keys."""
    found: list[BindingType] = []
    for action in actions(where):
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
    """`ctrl+j,shift+enter` as people write it: `Ctrl+J  Shift+Enter`."""
    names = keys.split(",")
    if len(names) > 3:
        return f"{names[0]} … {names[-1]}"
    return "  ".join(_key_name(name) for name in names)


_PART_NAMES: Final = {
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "pageup": "PageUp",
    "pagedown": "PageDown",
    "escape": "Esc",
    "slash": "/",
}


def _key_name(name: str) -> str:
    """`ctrl+j` as `Ctrl+J`; a single character as it is typed, since `r` and `R` are two keys."""
    return name if len(name) == 1 else "+".join(_PART_NAMES.get(part, part.capitalize()) for part in name.split("+"))
