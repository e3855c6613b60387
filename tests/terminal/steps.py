"""What somebody does at the program, one function for each step: keys, then what the screen has to come to."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final

from llamachat.tui.actions import PLACES, actions
from llamachat.tui.settings_fields import groups
from tests.terminal.tmux import flat
from tests.terminal.visit import SETTINGS, SLOW_NODE_BYTES_PER_S, Visit
from train.corpus.tour import TOUR

Step = Callable[[Visit], Awaitable[None]]

CODE_QUESTION: Final = "What does the config file look like?"
CODE: Final = (
    '[[nodes]]\nname = "llama-01"\nurl = "ws://10.0.0.5:13000/chat"\n\n[chat]\nmodel = "auto"\npolicy = "fastest"'
)
CODE_ANSWER: Final = "A small config.toml with one node"
CODE_END: Final = 'policy = "fastest"'
NODE_QUESTION: Final = "How do I add a node?"
NODE_ANSWER: Final = "Go to the Nodes tab and press"
TOUR_BEGIN: Final = "A tour of llamachat"
TOUR_END: Final = "That was the tour. Have fun!"
DRAFT: Final = "half a thought"
COVERED_BELOW: Final = 80
"""With fewer columns, the history is shut at the start, and covers the chat when it is opened."""


async def first_run(visit: Visit) -> None:
    """Says how to begin without a node; a node that is added there, and one on the Nodes tab, are there at once."""
    await visit.start()
    tmux = visit.tmux
    await tmux.until_shown("No node is configured yet", "Add a node", "Find nodes", "Start the demo")
    for number, node in enumerate(visit.nodes.values(), start=1):
        tmux.press("a")
        await tmux.until_shown("Add a node", "Address")
        tmux.type(node.proxy.url)
        tmux.press("Tab")
        tmux.type(node.name)
        tmux.press("Enter")
        await tmux.until_shown(f"{number} of {number} node", f"{node.name} was added")
        tmux.press("F3")
        await tmux.until_shown("[Nodes]", node.name)
    tmux.press("F2")
    await tmux.until_shown("[Chat]", "Ask something", "Type your message")


async def ask(visit: Visit) -> None:
    """An answer comes, with its code in a frame that says how to copy it."""
    visit.tmux.type(CODE_QUESTION)
    visit.tmux.press("Enter")
    await visit.tmux.until_shown("toml", "1 copy", CODE_END)


async def copy_code(visit: Visit) -> None:
    """The code block's number on the focused answer copies it, exactly."""
    visit.tmux.press("M-Up", "1")
    await visit.tmux.until_shown("Sent code block 1")
    await visit.tmux.until(lambda _: visit.tmux.clipboard().strip() == CODE, f"a clipboard with {CODE!r}")


async def edit_and_resend(visit: Visit) -> None:
    """The question changed makes a branch, and the answer to it is shown."""
    tmux = visit.tmux
    tmux.press("M-Up", "e")
    await tmux.until_shown("Ask this instead", CODE_QUESTION)
    tmux.press("C-u")
    tmux.type(NODE_QUESTION)
    tmux.press("Enter")
    await tmux.until_gone("Ask this instead")
    await tmux.until_shown("2/2", NODE_QUESTION, NODE_ANSWER)


async def switch_branch(visit: Visit) -> None:
    """← and → on the question show the one branch and the other."""
    tmux = visit.tmux
    tmux.press("M-Up", "M-Up", "Left")
    await tmux.until(
        lambda screen: "1/2" in screen and CODE_ANSWER in flat(screen) and NODE_ANSWER not in flat(screen),
        "the first branch alone",
    )
    tmux.press("Right")
    await tmux.until(
        lambda screen: "2/2" in screen and NODE_ANSWER in flat(screen) and CODE_ANSWER not in flat(screen),
        "the second branch alone",
    )


async def write_in_editor(visit: Visit) -> None:
    """$EDITOR has the terminal, then the screen is as it was, with what was written there."""
    tmux = visit.tmux
    tmux.press("Escape")
    # What follows Esc at once would be taken for Alt with it.
    await tmux.until(lambda screen: "┃ Type your message" in screen, "the focus where one writes")
    tmux.type("begun")
    await tmux.until_shown("begun")
    tmux.press("C-e")
    await tmux.until_shown("[Chat]", NODE_ANSWER, "begun in an editor", "Node: box-")
    tmux.press("C-u")
    await tmux.until_shown("Type your message")


async def attach_pdf(visit: Visit) -> None:
    """A PDF is read, shown with its size in tokens, and goes with the question."""
    tmux = visit.tmux
    tmux.press("C-f")
    await tmux.until_shown("Attach a file")
    tmux.type("~/min")
    tmux.press("Tab")
    await tmux.until_shown("~/minutes.pdf")
    tmux.press("Enter")
    await tmux.until_shown("minutes.pdf", "tokens")
    tmux.type("What did they paint?")
    tmux.press("Enter")
    await tmux.until(
        lambda screen: "Type your message" in screen and "What did they paint?" in screen and "minutes.pdf" in screen,
        "the question with the file's name in the conversation",
    )
    await tmux.until(lambda screen: len(re.findall(r"✦ guide", screen)) >= 1, "an answer")


async def search(visit: Visit) -> None:
    """A word that only the other branch has is found, and Enter leads there."""
    tmux = visit.tmux
    tmux.press("F9")
    await tmux.until_shown("Search all conversations")
    tmux.type("toml fastest")
    await tmux.until_shown("1 found")
    tmux.press("Enter")
    await tmux.until(
        lambda screen: "Search all" not in screen and CODE_ANSWER in flat(screen), "the answer that was found"
    )


async def reorder_nodes(visit: Visit) -> None:
    """Shift+→ puts a node behind the next one, on the screen and in the settings file, whose comments stay."""
    tmux = visit.tmux
    tmux.press("F3")
    await tmux.until(lambda screen: _order(screen) == ["box-1", "box-2"], "box-1 before box-2")
    tmux.press("S-Right")
    await tmux.until(lambda screen: _order(screen) == ["box-2", "box-1"], "box-2 before box-1")
    await tmux.until(lambda _: _order(visit.config_file.read_text()) == ["box-2", "box-1"], "the new order in the file")
    assert SETTINGS.splitlines()[0] in visit.config_file.read_text(), "the comment is gone"


async def kill_node(visit: Visit) -> None:
    """Another node goes on where the killed one stopped; not a character is missing or doubled."""
    tmux = visit.tmux
    tmux.press("F2")
    await tmux.until_shown("[Chat]")
    tmux.press("C-n")
    await tmux.until_gone("minutes.pdf", "1 copy")
    visit.slow_nodes(SLOW_NODE_BYTES_PER_S)
    tmux.type("Give me the tour")
    tmux.press("Enter")
    screen = await tmux.until_shown("⌂ box-", TOUR_BEGIN, "There are three tabs")
    name = re.findall(r"⌂ (box-\d)", screen)[-1]
    visit.nodes[name].kill()
    visit.slow_nodes(None)
    await tmux.until_shown(TOUR_END, "continued")
    tmux.press("M-Up", "c")
    await tmux.until(lambda _: tmux.clipboard().strip() == TOUR.strip(), "a clipboard with the whole tour")
    await visit.nodes[name].revive()
    tmux.press("C-l")
    await tmux.until_shown("2 of 2 nodes")


async def change_theme(visit: Visit) -> None:
    """Another theme is shown at once, and saved."""
    tmux = visit.tmux
    await _open_settings(visit, "look")
    await tmux.until_shown("[llamachat]", "high-contrast")
    tmux.press("Enter", "Right", "Right")
    await tmux.until_shown("[high-contrast]", "not saved")
    tmux.press("C-s")
    await tmux.until_shown("All is saved")
    await tmux.until(lambda _: 'theme = "high-contrast"' in visit.config_file.read_text(), "the theme in the file")
    assert SETTINGS.splitlines()[0] in visit.config_file.read_text(), "the comment is gone"


async def rebind_key(visit: Visit) -> None:
    """An action's new key works, and is the one that the help tells."""
    tmux = visit.tmux
    await _open_settings(visit, "keys")
    await tmux.until_shown("New chat", "Ctrl+N")
    listed = [action.id for place in PLACES for action in actions(place.where)]
    tmux.press("Enter", *["Down"] * listed.index("chat.new"))
    await tmux.until_shown("chat.new")
    tmux.press("Enter")
    await tmux.until_shown("Press")
    tmux.press("C-y")
    await tmux.until_shown("New chat", "Ctrl+Y", "not saved")
    tmux.press("C-s")
    await tmux.until_shown("All is saved")
    tmux.press("F2")
    await tmux.until_shown("[Chat]", TOUR_BEGIN)
    tmux.press("C-y")
    await tmux.until_gone(TOUR_BEGIN)


async def quit_in_the_middle(visit: Visit) -> None:
    """Quitting while an answer comes ends in order and gives the terminal back."""
    tmux = visit.tmux
    visit.slow_nodes(SLOW_NODE_BYTES_PER_S)
    tmux.type("Give me the tour")
    tmux.press("Enter")
    await tmux.until_shown("✦ guide", "llamachat is a chat program")
    tmux.type(DRAFT)
    await tmux.until_shown(DRAFT)
    tmux.press("C-q")
    status = await tmux.until_ended()
    assert status == 0, f"it ended with status {status}"
    assert "llamachat" not in tmux.screen(), "the screen was not given back"


async def come_back(visit: Visit) -> None:
    """Everything is there: history, draft, the answer to its end, the theme, the key, the order of the nodes."""
    tmux = visit.tmux
    visit.slow_nodes(None)
    await visit.start()
    await tmux.until_shown("2 of 2 nodes", "Type your message")
    covers = visit.terminal.columns < COVERED_BELOW
    tmux.press("F5", *([] if covers else ["F5"]))  # where it stands beside the chat, the first one shuts it
    await tmux.until_shown("History", "What does the config")
    tmux.press("Down", "Enter")
    await tmux.until_shown(TOUR_END, DRAFT)
    tmux.press("M-Up", "c")
    await tmux.until(lambda _: tmux.clipboard().strip() == TOUR.strip(), "a clipboard with the whole tour")
    tmux.press("C-y")
    await tmux.until_gone(TOUR_BEGIN, DRAFT)
    tmux.press("F3")
    await tmux.until(lambda screen: _order(screen) == ["box-2", "box-1"], "box-2 before box-1")
    await _open_settings(visit, "look")
    await tmux.until_shown("[high-contrast]")
    tmux.press("C-q")
    status = await tmux.until_ended()
    assert status == 0, f"it ended with status {status}"


STEPS: Final[dict[str, Step]] = {
    "first run": first_run,
    "ask": ask,
    "copy code": copy_code,
    "edit and resend": edit_and_resend,
    "switch branch": switch_branch,
    "write in $EDITOR": write_in_editor,
    "attach a PDF": attach_pdf,
    "search": search,
    "reorder nodes": reorder_nodes,
    "kill a node mid-answer": kill_node,
    "change theme": change_theme,
    "rebind a key": rebind_key,
    "quit": quit_in_the_middle,
    "come back": come_back,
}
"""All steps in their order; each goes on where the one before it left off."""


async def _open_settings(visit: Visit, group: str) -> None:
    """Goes to the list of groups on the Settings tab, and there to one of them."""
    tmux = visit.tmux
    tmux.press("F4")
    await tmux.until_shown("[Settings]", "Attachments")
    keys = [one.key for one in groups()]
    tmux.press("Escape")
    await tmux.settled()  # what follows Esc at once would be taken for Alt with it
    tmux.press("Home", *["Down"] * keys.index(group))


def _order(text: str) -> list[str]:
    """The nodes in the order in which they are first named in the list of nodes, or in the settings file."""
    numbered = re.findall(r'\b\d  ?(?:\S )?(box-\d)|name = "(box-\d)"', text)
    return [shown or written for shown, written in numbered]
