"""OSC 52: the sequence that asks a terminal to put text on its clipboard. No terminal ever says whether it did."""

from __future__ import annotations

import base64
from typing import Final

MAX_COPY_BYTES: Final = 100_000
"""Terminals drop longer sequences without a word: xterm's own limit, the smallest in common use."""


def terminal_copy(text: str, *, inside_tmux: bool) -> str:
    """The sequence that copies `text`.

    Inside tmux it is sent twice: plain, which tmux takes with `set-clipboard on`, and wrapped, which it passes on with
    `allow-passthrough on`.
    """
    plain = f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"
    if not inside_tmux:
        return plain
    wrapped = plain.replace("\x1b", "\x1b\x1b")
    return f"{plain}\x1bPtmux;{wrapped}\x1b\\"


def fits(text: str) -> bool:
    """Whether a terminal can be expected to take it."""
    return len(text.encode()) <= MAX_COPY_BYTES
