"""What a terminal can do for llamachat: colours, keys, clipboard, size. Pure: facts in, findings out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from llamachat.cli.doctor_findings import Finding, Level

MIN_COLUMNS: Final = 60
MIN_LINES: Final = 20
"""The smallest screen that everything fits on."""

_TMUX_FILE: Final = "in ~/.tmux.conf, then `tmux source-file ~/.tmux.conf`"


@dataclass(frozen=True, slots=True)
class TerminalFacts:
    """What was found out.

    Attributes:
        env: the environment.
        is_terminal: standard input and output are one.
        columns, lines: its size; 0 when it does not say.
        encoding: of standard output.
        colors: how many the terminal's description promises; None when there is none for this TERM.
        distinct_keys: whether it speaks the keyboard protocol that tells Shift+Enter and Ctrl+Enter from Enter; None
            when it did not answer at all.
        tmux: its options by name, as far as they could be asked for; empty outside tmux.
    """

    env: Mapping[str, str] = field(default_factory=dict)
    is_terminal: bool = True
    columns: int = 80
    lines: int = 24
    encoding: str = "utf-8"
    colors: int | None = 256
    distinct_keys: bool | None = None
    tmux: Mapping[str, str] = field(default_factory=dict)

    @property
    def inside_tmux(self) -> bool:
        """Whether tmux stands between the program and the terminal."""
        return bool(self.env.get("TMUX"))

    @property
    def inside_screen(self) -> bool:
        """Whether GNU screen does."""
        return bool(self.env.get("STY")) and not self.inside_tmux


def check_terminal(facts: TerminalFacts) -> list[Finding]:
    """Everything there is to say about a terminal."""
    if not facts.is_terminal:
        text = "this is none, so there is nothing to look at; run `llamachat doctor` in the one that you chat in"
        return [_finding("kind", "note", text)]
    return [*_kind(facts), *_size(facts), *_characters(facts), *_colours(facts), *_keys(facts), *_clipboard(facts)]


def _finding(name: str, level: Level, text: str, change: str | None = None) -> Finding:
    return Finding("terminal", name, level, text, change)


def _kind(facts: TerminalFacts) -> Iterator[Finding]:
    term = facts.env.get("TERM", "")
    if term in ("", "dumb"):
        what = "TERM is not set" if not term else "TERM is dumb"
        text = f"{what}: no screen can be drawn, and llamachat goes line by line"
        yield _finding("kind", "problem", text, "export TERM=xterm-256color   (if the terminal can do more)")
        return
    around = " inside tmux" if facts.inside_tmux else " inside GNU screen" if facts.inside_screen else ""
    far = " over SSH" if facts.env.get("SSH_CONNECTION") else ""
    if facts.colors is None:
        text = f"{term}{around}{far}: this machine has no description of it, so programs guess what it can do"
        yield _finding("kind", "note", text, "export TERM=xterm-256color   (or install ncurses-term)")
    else:
        yield _finding("kind", "ok", f"{term}{around}{far}")


def _size(facts: TerminalFacts) -> Iterator[Finding]:
    if not facts.columns or not facts.lines:
        yield _finding("size", "note", "the terminal does not say how large it is", "stty cols 80 rows 24")
        return
    size = f"{facts.columns} columns, {facts.lines} lines"
    if facts.columns < MIN_COLUMNS or facts.lines < MIN_LINES:
        text = f"{size}; the screen needs {MIN_COLUMNS} by {MIN_LINES}"
        yield _finding("size", "note", text, "make the window larger, or use `llamachat --plain`")
    else:
        yield _finding("size", "ok", size)


def _characters(facts: TerminalFacts) -> Iterator[Finding]:
    encoding = facts.encoding.lower().replace("-", "").replace("_", "")
    if encoding == "utf8":
        yield _finding("characters", "ok", "UTF-8")
    else:
        text = f"the locale asks for {facts.encoding}; what it lacks is shown as question marks"
        yield _finding("characters", "problem", text, "export LC_ALL=C.UTF-8")


def _colours(facts: TerminalFacts) -> Iterator[Finding]:
    if facts.env.get("NO_COLOR"):
        yield _finding("colours", "ok", "none, as NO_COLOR asks for")
    elif facts.env.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        yield _finding("colours", "ok", "all of them (COLORTERM says so)")
    elif facts.colors is not None and facts.colors < 256:
        text = f"TERM promises {facts.colors}; themes will look coarse"
        change = f'set -g default-terminal "tmux-256color"   ({_TMUX_FILE})' if facts.inside_tmux else None
        yield _finding("colours", "note", text, change or "export TERM=xterm-256color, or the theme ansi under [look]")
    else:
        yield _finding("colours", "ok", "256; COLORTERM=truecolor would say that the terminal has all of them")


def _keys(facts: TerminalFacts) -> Iterator[Finding]:
    if facts.distinct_keys:
        yield _finding("keys", "ok", "Shift+Enter and Ctrl+Enter are told from Enter")
        return
    look_like = "Shift+Enter and Ctrl+Enter look like Enter here; Ctrl+J makes a new line everywhere"
    if facts.inside_tmux and facts.tmux.get("extended-keys") == "always":
        yield _finding("keys", "ok", "tmux passes Shift+Enter and Ctrl+Enter on, where the terminal tells them apart")
    elif facts.inside_tmux:
        # With `on`, tmux waits for the program to ask in a way that Textual does not.
        yield _finding("keys", "note", look_like, "set -s extended-keys always   (in ~/.tmux.conf, for new windows)")
    elif facts.distinct_keys is None:
        text = "the terminal did not say which keys it can tell apart; Ctrl+J makes a new line in every one"
        yield _finding("keys", "ok", text)
    else:
        yield _finding("keys", "ok", look_like)


def _clipboard(facts: TerminalFacts) -> Iterator[Finding]:
    if facts.inside_screen:
        text = "GNU screen passes nothing on to the clipboard; a copied message can be saved to a file instead"
        yield _finding("clipboard", "note", text, "use tmux in place of screen")
        return
    if not facts.inside_tmux:
        text = "sent to the terminal (OSC 52); whether it takes it, no terminal says: copy something and paste it"
        yield _finding("clipboard", "ok", text)
        return
    if not facts.tmux:
        text = "tmux could not be asked; it passes copied text on with `set-clipboard on`"
        yield _finding("clipboard", "note", text, f"set -g set-clipboard on   ({_TMUX_FILE})")
    elif facts.tmux.get("set-clipboard") == "on" or facts.tmux.get("allow-passthrough") in ("on", "all"):
        yield _finding("clipboard", "ok", "tmux passes it on to the terminal")
    else:
        text = "tmux keeps copied text to itself"
        yield _finding("clipboard", "note", text, f"set -g set-clipboard on   ({_TMUX_FILE})")
