"""Finding out about the terminal: the environment, the terminal's description, a question to it, tmux's options."""

from __future__ import annotations

import contextlib
import curses
import os
import re
import select
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Mapping
from typing import Final

from llamachat.cli.doctor_terminal import TerminalFacts

ANSWER_TIMEOUT_S: Final = 1.0
"""How long a terminal may take to answer; over a slow line, nothing more is learnt."""
TMUX_TIMEOUT_S: Final = 2.0

# The flags of the keyboard protocol, then what the terminal is: every terminal answers the second, so that the answer
# to it shows that none to the first will come.
_QUESTION: Final = b"\x1b[?u\x1b[c"
_KEYBOARD: Final = re.compile(rb"\x1b\[\?\d+u")
_ATTRIBUTES: Final = re.compile(rb"\x1b\[\?[\d;]*c")
_MOST_BYTES: Final = 4096

_TMUX_OPTIONS: Final = {
    "set-clipboard": ("-s", "-v"),
    "allow-passthrough": ("-w", "-A", "-v"),
    "extended-keys": ("-s", "-v"),
}


def look(env: Mapping[str, str]) -> TerminalFacts:
    """The facts about the terminal on standard input and output."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return TerminalFacts(env=env, is_terminal=False)
    columns, lines = _size()
    return TerminalFacts(
        env=env,
        columns=columns,
        lines=lines,
        encoding=sys.stdout.encoding,
        colors=_colors(env),
        distinct_keys=None if env.get("TERM", "dumb") == "dumb" else ask_keyboard(sys.stdin.fileno()),
        tmux=_tmux() if env.get("TMUX") else {},
    )


def ask_keyboard(terminal: int, timeout_s: float = ANSWER_TIMEOUT_S) -> bool | None:
    """Whether the terminal speaks the keyboard protocol; None when it answers nothing.

    What was typed meanwhile is lost, and nothing of the answer is left to be read.
    """
    try:
        before = termios.tcgetattr(terminal)
    except termios.error:
        return None
    answer = b""
    try:
        tty.setcbreak(terminal, termios.TCSANOW)
        os.write(terminal, _QUESTION)
        deadline = time.monotonic() + timeout_s
        while not _ATTRIBUTES.search(answer) and len(answer) < _MOST_BYTES:
            ready, _, _ = select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                break
            answer += os.read(terminal, _MOST_BYTES)
    except OSError:
        return None
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
    if _KEYBOARD.search(answer):
        return True
    return False if _ATTRIBUTES.search(answer) else None


def _size() -> tuple[int, int]:
    try:
        size = os.get_terminal_size(sys.stdout.fileno())
    except OSError:
        return 0, 0
    return size.columns, size.lines


def _colors(env: Mapping[str, str]) -> int | None:
    try:
        curses.setupterm(env.get("TERM", "dumb"), sys.stdout.fileno())
        return curses.tigetnum("colors")
    except curses.error:
        return None


def _tmux() -> dict[str, str]:
    """The options that could be asked for; older ones lack some."""
    found = {}
    for name, flags in _TMUX_OPTIONS.items():
        try:
            done = subprocess.run(
                ["tmux", "show-options", *flags, name],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=TMUX_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return {}
        if done.returncode == 0 and done.stdout.strip():
            found[name] = done.stdout.strip()
    return found
