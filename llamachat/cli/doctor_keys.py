"""`llamachat doctor --keys`: shows what arrives for each key, since terminals, tmux and SSH each change some."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import termios
import tty
from collections.abc import Callable, Iterator
from typing import Final

INTRODUCTION: Final = """\
Press keys to see what arrives here; q or Ctrl+C ends it. In the chat, Enter sends and Ctrl+J makes a new line.
Ctrl+Enter sends and Shift+Enter makes a new line as well, if they are shown as such below."""

# As Textual asks for it: the keyboard protocol with keys told apart (1), all of them reported (8), and their text (16).
_BEGIN: Final = b"\x1b[>25u"
_FINISH: Final = b"\x1b[<u"
_MOST_BYTES: Final = 4096

_KEY: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1bO.|\x1b[^\x1b]|.", re.DOTALL)
_SEQUENCE: Final = re.compile(r"\x1b(?:\[|O)(?P<numbers>[\d;:]*)(?P<end>[A-Za-z~])")

_LETTERS: Final = {
    "A": "Up",
    "B": "Down",
    "C": "Right",
    "D": "Left",
    "H": "Home",
    "F": "End",
    "Z": "Shift+Tab",
    "P": "F1",
    "Q": "F2",
    "R": "F3",
    "S": "F4",
    "M": "Enter (of the number pad)",
}
_NUMBERS: Final = {
    1: "Home",
    2: "Insert",
    3: "Delete",
    4: "End",
    5: "PageUp",
    6: "PageDown",
    7: "Home",
    8: "End",
    **{number: f"F{place}" for place, number in enumerate((11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24), 1)},
}
_CODES: Final = {8: "Backspace", 9: "Tab", 13: "Enter", 27: "Escape", 32: "Space", 127: "Backspace"}
_ENDING: Final = ("q", "Q", "Ctrl+C")
_MODIFIERS: Final = ((1, "Shift"), (2, "Alt"), (4, "Ctrl"), (8, "Super"))


def keys_of(text: str) -> Iterator[str]:
    """What was read at once, key by key."""
    return (match[0] for match in _KEY.finditer(text))


def describe(key: str) -> str:
    """A key as people call it, and its bytes; the bytes alone of one that is not known."""
    name = _name(key)
    raw = " ".join(_byte(byte) for byte in key.encode(errors="surrogateescape"))
    return f"{name}: {raw}" if name else f"not known: {raw}"


def try_keys(terminal: int, say: Callable[[str], None]) -> None:
    """Says what arrives at a terminal until q or Ctrl+C does, or nothing can be read any more.

    Raises:
        OSError: it is no terminal.
    """
    try:
        before = termios.tcgetattr(terminal)
    except termios.error as error:
        raise OSError(*error.args) from error
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    try:
        tty.setraw(terminal)
        os.write(terminal, _BEGIN)
        while data := os.read(terminal, _MOST_BYTES):
            for key in keys_of(decoder.decode(data)):
                say(describe(key))
                if _name(key) in _ENDING:
                    return
    finally:
        with contextlib.suppress(OSError, termios.error):
            os.write(terminal, _FINISH)
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def _byte(byte: int) -> str:
    return "ESC" if byte == 0x1B else chr(byte) if 0x20 < byte < 0x7F else f"{byte:02x}"


def _name(key: str) -> str | None:
    if match := _SEQUENCE.fullmatch(key):
        return _name_of_sequence(match["numbers"], match["end"])
    if len(key) == 2 and key.startswith("\x1b"):
        inner = _name(key[1])
        return None if inner is None else f"Alt+{inner}"
    if len(key) != 1:
        return None
    code = ord(key)
    if code in _CODES:
        return _CODES[code]
    if code < 0x20:
        return f"Ctrl+{chr(code + 0x40)}"
    return key if key.isprintable() else None


def _name_of_sequence(numbers: str, end: str) -> str | None:
    parts = [int(part.partition(":")[0] or 1) for part in numbers.split(";")]
    modifiers = parts[1] if len(parts) > 1 else 1
    if end == "~" and parts[0] == 27 and len(parts) == 3:  # xterm's and tmux's way for keys without one of their own
        base = _name_of_code(parts[2])
    elif end == "u":
        base = _name_of_code(parts[0])
    elif end == "~":
        base = _NUMBERS.get(parts[0])
    else:
        base = _LETTERS.get(end)
    if base is None:
        return None
    held = [name for bit, name in _MODIFIERS if (modifiers - 1) & bit]
    return "+".join([*held, base])


def _name_of_code(code: int) -> str | None:
    if code in _CODES:
        return _CODES[code]
    character = chr(code) if code < 0x110000 else ""
    return character.upper() if character.isprintable() and character else None
