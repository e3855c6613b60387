"""What a value in the settings may be: each rule reads a TOML value, refuses a wrong one, and says what it allows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from llamachat.base.sizes import parse_size
from llamachat.base.text import printable
from llamachat.protocol.limits import DEFAULT_PORT
from llamachat.protocol.params import Range

MAX_NAME_CHARACTERS: Final = 64
MAX_TEXT_CHARACTERS: Final = 100_000
MAX_KEYS: Final = 16
"""Keys for one action."""
NOT_NAMES: Final = ("none", "default")
"""Words that no prompt can be called by: they choose none, and that of the settings file."""
_THEME_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_KEY: Final = re.compile(r"[^\s,]{1,64}")
_COLOR: Final = re.compile(r"#(?:[0-9a-fA-F]{3}){1,2}")


class Rule(Protocol):
    """One kind of value. `str(rule)` is the end of the sentence "allowed: …"."""

    def read(self, value: object) -> Any:
        """The value as the program uses it.

        Raises:
            ValueError: it is not allowed.
        """


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""

    def read(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value

    def __str__(self) -> str:
        return "true or false"


@dataclass(frozen=True, slots=True)
class Number:
    """A number inside `bounds`; whole numbers alone with `whole`."""

    bounds: Range
    whole: bool = False

    def read(self, value: object) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int if self.whole else (int, float)):
            raise ValueError
        # A huge integer cannot become a float; compared as it is, it is simply out of bounds.
        if abs(value) > 2**63 or not self.bounds.holds(value):
            raise ValueError
        return value if self.whole else float(value)

    def __str__(self) -> str:
        return f"a {'whole ' if self.whole else ''}number, {self.bounds}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words."""

    options: tuple[str, ...]

    def read(self, value: object) -> str:
        if not isinstance(value, str) or value not in self.options:
            raise ValueError
        return value

    def __str__(self) -> str:
        return ", ".join(f'"{option}"' for option in self.options)


@dataclass(frozen=True, slots=True)
class Text:
    """Text of at most `limit` characters; `one_line` allows no line ends and no control characters."""

    limit: int = MAX_TEXT_CHARACTERS
    one_line: bool = False
    empty: bool = True

    def read(self, value: object) -> str:
        if not isinstance(value, str) or len(value) > self.limit or (not value.strip() and not self.empty):
            raise ValueError
        if self.one_line and ("\n" in value or printable(value) != value):
            raise ValueError
        return value

    def __str__(self) -> str:
        kind = "one line of text" if self.one_line else "text"
        return f"{kind}, {'at most' if self.empty else '1 to'} {self.limit} characters"


@dataclass(frozen=True, slots=True)
class Texts:
    """A list of at most `count` texts of 1 to `limit` characters, read as a tuple."""

    count: int
    limit: int

    def read(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or len(value) > self.count:
            raise ValueError
        if not all(isinstance(text, str) and 1 <= len(text) <= self.limit for text in value):
            raise ValueError
        return tuple(value)

    def __str__(self) -> str:
        return f"a list of at most {self.count} texts of 1 to {self.limit} characters"


@dataclass(frozen=True, slots=True)
class PromptName:
    """What a person calls a prompt: not a word that has a meaning where prompts are chosen."""

    def read(self, value: object) -> str:
        name: str = Text(MAX_NAME_CHARACTERS, one_line=True, empty=False).read(value)
        if name != name.strip() or name.casefold() in NOT_NAMES:
            raise ValueError
        return name

    def __str__(self) -> str:
        words = " and ".join(f'"{word}"' for word in NOT_NAMES)
        return f"a name on one line, 1 to {MAX_NAME_CHARACTERS} characters, other than {words}"


@dataclass(frozen=True, slots=True)
class ThemeName:
    """The name of a theme: one of `built_in`, or of a file that the person made, which the reader of the settings looks
    for."""

    built_in: tuple[str, ...]

    def read(self, value: object) -> str:
        if not isinstance(value, str) or not _THEME_NAME.fullmatch(value):
            raise ValueError
        return value

    def __str__(self) -> str:
        return f"{OneOf(self.built_in)}, or NAME where there is a themes/NAME.toml"


@dataclass(frozen=True, slots=True)
class Color:
    """A colour as on web pages."""

    def read(self, value: object) -> str:
        if not isinstance(value, str) or not _COLOR.fullmatch(value):
            raise ValueError
        return value

    def __str__(self) -> str:
        return 'a colour, "#RRGGBB" or "#RGB"'


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one action, read as a tuple: text with commas between them, or a list; none at all is allowed."""

    def read(self, value: object) -> tuple[str, ...]:
        if isinstance(value, str):
            value = value.split(",") if value.strip() else []
        if not isinstance(value, list | tuple) or len(value) > MAX_KEYS or not all(isinstance(k, str) for k in value):
            raise ValueError
        keys = tuple(dict.fromkeys(key.strip() for key in value))
        if not all(_KEY.fullmatch(key) and printable(key) == key for key in keys):
            raise ValueError
        return keys

    def __str__(self) -> str:
        return 'keys with commas between them, like "ctrl+s,f9"; "" for none'


@dataclass(frozen=True, slots=True)
class FilePath:
    """A path; `~` is the home directory."""

    def read(self, value: object) -> Path:
        if isinstance(value, Path):
            return value
        if not isinstance(value, str) or not value or "\0" in value:
            raise ValueError
        try:
            return Path(value).expanduser()
        except RuntimeError as error:
            raise ValueError from error

    def __str__(self) -> str:
        return "the path of a file, from the settings file's directory on when it is relative"


@dataclass(frozen=True, slots=True)
class Size:
    """A number of bytes, as a whole number or as text with a unit."""

    low: int
    high: int

    def read(self, value: object) -> int:
        if isinstance(value, str):
            value = parse_size(value)
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise ValueError
        return value

    def __str__(self) -> str:
        return f'bytes, or text like "1MB" or "512KiB", {self.low} to {self.high} bytes'


@dataclass(frozen=True, slots=True)
class NodeUrl:
    """The address of a daemon, in its full form."""

    def read(self, value: object) -> str:
        if not isinstance(value, str):
            raise ValueError
        return full_url(value)

    def __str__(self) -> str:
        return "ws://HOST:PORT/chat or wss://HOST/chat, without user, password or query"


_SCHEMES: Final = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}


def full_url(text: str) -> str:
    """The WebSocket URL of a daemon from what a person writes: `host`, `host:port`, or a URL of scheme ws, wss, http
    or https. A host alone means port 13000; an empty path means `/chat`.

    Raises:
        ValueError: it cannot be the address of a daemon, or it carries credentials or a query.
    """
    text = text.strip()
    bare = "://" not in text
    parts = urlsplit(f"ws://{text}" if bare else text)
    scheme = _SCHEMES.get(parts.scheme)
    port = parts.port  # raises ValueError when it is not one
    wrong = scheme is None or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment or port == 0
    if wrong or printable(text) != text or any(character.isspace() for character in text):
        raise ValueError(text)
    assert parts.hostname is not None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if port is None and bare:
        port = DEFAULT_PORT
    path = parts.path if parts.path not in ("", "/") else "/chat"
    return f"{scheme}://{host}{'' if port is None else f':{port}'}{path}"


def name_of(url: str) -> str:
    """A short name for a node that was given none: its host, with the port unless it is the usual one."""
    parts = urlsplit(url)
    host = parts.hostname or url
    return (host if parts.port in (None, DEFAULT_PORT) else f"{host}:{parts.port}")[:MAX_NAME_CHARACTERS]
