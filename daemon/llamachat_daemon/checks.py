"""Checks of single settings: a plain value becomes a typed one, or `Wrong` says what is allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from llamachat.base.sizes import parse_size
from llamachat.protocol.params import Range

_T = TypeVar("_T")
_Word = TypeVar("_Word", bound=str)
Check = Callable[[Any], _T]

_PERCENT: Final = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*%\s*")
_MODEL_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,127}")
_HOST: Final = re.compile(r"[A-Za-z0-9._-]{1,253}|(?=[^:]*:[^:]*:)(\[)?[0-9A-Fa-f:.]{2,45}(?(1)\])")
_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#\s@]+", re.IGNORECASE)


class Wrong(Exception):
    """The value cannot be used; the text says what is allowed."""


def whole(low: int, high: int) -> Check[int]:
    """A whole number from `low` to `high`."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Wrong(f"a whole number from {low} to {high}")
        return value

    return check


def number(low: float, high: float) -> Check[float]:
    """A finite number from `low` to `high`."""
    bounds = Range(low, high)

    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not bounds.holds(value):
            raise Wrong(f"a number from {bounds}")
        return float(value)

    return check


def yes_or_no(value: Any) -> bool:
    """A truth value."""
    if not isinstance(value, bool):
        raise Wrong("true or false")
    return value


def text(limit: int, *, empty: bool = False) -> Check[str]:
    """A printable text of at most `limit` characters."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or len(value) > limit or not value.isprintable() or not (value.strip() or empty):
            raise Wrong(f"{'' if empty else 'a non-empty '}text of at most {limit} printable characters")
        return value.strip()

    return check


def one_of(allowed: Sequence[_Word]) -> Check[_Word]:
    """One of a few words."""

    def check(value: Any) -> _Word:
        if not isinstance(value, str) or value not in allowed:
            raise Wrong(", ".join(json.dumps(word) for word in allowed))
        return allowed[allowed.index(value)]

    return check


def size(low: int) -> Check[int]:
    """Bytes, as a number or like `"256MB"`; at least `low`."""

    def check(value: Any) -> int:
        found = parse_size(value) if isinstance(value, str) else value
        if isinstance(found, bool) or not isinstance(found, int) or found < low:
            raise Wrong(f'a size of at least {low} bytes, like "256MB" or "1.5GiB"')
        return found

    return check


def share_or_size(value: Any) -> str:
    """`"80%"` or a size."""
    if isinstance(value, str):
        percent = _PERCENT.fullmatch(value)
        if (percent and 0 < float(percent.group(1)) <= 100) or (percent is None and parse_size(value)):
            return value.strip()
    raise Wrong('a share like "80%" or a size like "12GB"')


def model_id(value: Any) -> str:
    """The name under which clients ask for a model."""
    if not isinstance(value, str) or not _MODEL_ID.fullmatch(value):
        raise Wrong("letters, digits and . _ : + - (at most 128, the first a letter or digit)")
    return value


def host(value: Any) -> str:
    """An address or a name to listen on; an IPv6 address may come in the brackets that it has in a URL."""
    if not isinstance(value, str) or not _HOST.fullmatch(value):
        raise Wrong('an address or a name, like "127.0.0.1", "::1" or "localhost", without a port')
    return value.strip("[]")


def peer_url(value: Any) -> str:
    """The WebSocket address of another daemon."""
    allowed = 'an address like "ws://10.0.0.5:13000/chat", without a user name, a query or a token in it'
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        raise Wrong(allowed)
    try:
        parts = urlsplit(value)
        known = parts.scheme in ("ws", "wss") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        raise Wrong(allowed) from None
    if not known or parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise Wrong(allowed)
    return value


def origin(value: Any) -> str:
    """A browser origin as its `Origin` header says it, or `null`."""
    if value != "null" and (not isinstance(value, str) or not _ORIGIN.fullmatch(value)):
        raise Wrong('an origin like "https://chat.example.org" (no path), or "null" for pages opened from files')
    return str(value).lower()


def list_of(check: Check[_T]) -> Check[tuple[_T, ...]]:
    """A list of what `check` accepts."""

    def check_list(value: Any) -> tuple[_T, ...]:
        if not isinstance(value, list | tuple):
            raise Wrong("a list")
        items: list[_T] = []
        for item in value:
            try:
                items.append(check(item))
            except Wrong as wrong:
                raise Wrong(f"a list, each item {wrong}") from None
        return tuple(items)

    return check_list
