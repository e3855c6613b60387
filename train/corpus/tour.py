"""The tour: one long answer that has every kind of block, the same bytes each time."""

from __future__ import annotations

from typing import Final

from .grammar import Intent, split

TOUR: Final = """\
# A tour of llamachat

llamachat is a chat program for the terminal. It talks to language models on your own machines, called nodes. I am the built-in guide, a tiny model: I can show you around, but I can be wrong.

## 1. The screen

There are three tabs: Chat, Nodes and Settings. In the chat you see the history on the left, the messages in the middle, and the live panel on the right. On a narrow screen F5 and F6 toggle the side panels.

## 2. The keys

| key | does |
| --- | --- |
| Enter | send |
| Ctrl+J | new line |
| Esc | stop the answer |
| F1 | keys of this screen |
| Ctrl+P | every action by name |
| Ctrl+O | jump to a panel |
| Ctrl+Q | quit |

Move to a message with alt+up and press Enter for its menu: copy, edit, regenerate, branch and more.

## 3. Nodes

Go to the Nodes tab and press `a` to add a node. The order of the cards is their priority. If a node is lost in the middle of an answer, another node continues it, and a line in the message says so. With no node at all, your messages wait in the outbox.

## 4. Your own model

Install the daemon on a machine with enough memory and give it a GGUF file:

```sh
pip install 'llamachat[daemon]'
llamachat-daemon serve --model model.gguf
```

Other machines need a token: `llamachat-daemon token add NAME`.

## 5. Good to know

- `@` and a file name attach a file.
- The search box in the history finds old chats.
- `llamachat chats export` saves a chat as Markdown or JSON.
- `llamachat ask` gives one answer in the shell.
- `llamachat --plain` is for screen readers and simple terminals.
- `llamachat doctor` checks your terminal and your nodes.

## 6. Next steps

1. Send me a question, for example: how do I copy code?
2. Add a node and choose its model.
3. Open Settings and pick a theme.

That was the tour. Have fun!
"""

INTENT: Final = Intent(
    "tour",
    TOUR,
    (TOUR,),
    {
        "topics": split("""[the|a] [(short|guided|full|complete|long|quick|whole|big|little|grand|small)] (tour|walkthrough|walk through); the tour [of llamachat|of this program|through llamachat]; a tour [of llamachat|of the app|of this program|of everything]; [the] (guided tour|sightseeing tour|demo tour|introduction tour);
            an introduction to everything; everything at once"""),
        "actions": split("""(take|see|start|get|have|do|begin|make|read|go on|join) (the|a|a short|a full|the full|your|a guided|the whole|the big|a quick|a little) tour [of llamachat|of this program|of the app|now|through llamachat]; (walk|lead|guide|take) me (through|around) [llamachat|the program|it|this program|the app|everything]; show me around [here|in llamachat|a bit|please|the program|the place]; give me (the|a|a short|your|a full|a quick|the full|the whole|the grand) tour [of llamachat|of this program|of the app|now];
            show me (everything|the tour|it all|the whole program|all of it|a tour|the ropes|all there is|what there is)"""),
        "says": (),
        "asks": split("""tour; tour please; the tour; the tour please; a tour please; tour pls; show me around; take me around; walk me through; walk me through it; can (you|i) (give me|show me|get|have|see) (a|the) (tour|full tour|guided tour|short tour); give me the tour; could you show me around; would you show me around; i want (the|a) tour; i would like (a|the) tour; start the tour; begin the tour; go on a tour;
            is there a tour; let's do the tour; let us take the tour; i want to see everything; i take the tour; yes the tour; ok give me the tour; do the tour; the whole tour; tour of llamachat; what about a tour; how about the tour; one tour please; the tour now; tour!; please give me the tour; please show me around; can you walk me through llamachat; i'd like the tour; next, the tour; show tour; run the tour; let me see the tour"""),
    },
    portable=False,
)
