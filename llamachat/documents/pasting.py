"""Paths in pasted text: what a terminal pastes when a file is dropped on it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from llamachat.documents.limits import DEFAULT_LIMITS, DocumentLimits

_URL: Final = "file:"
_HOSTS: Final = ("", "localhost")


def dropped_paths(text: str, limits: DocumentLimits = DEFAULT_LIMITS) -> tuple[Path, ...]:
    """The files that `text` names, if it is nothing but paths of files that exist; else none. Asks the disk.

    Terminals paste a dropped file in quotes, with backslashes, as a `file://` URL, or bare, several of them on lines or
    side by side. Only whole paths count (from `/` or `~`): words that happen to be a file's name are words.
    """
    text = text.strip()
    if not text or len(text) > limits.pasted_characters or not _may_begin(text):
        return ()
    for paths in _readings(text):
        if 0 < len(paths) <= limits.pasted_paths and all(map(_is_file, paths)):
            return paths
    return ()


def path_of(text: str) -> Path | None:
    """The path that somebody typed or pasted for one file, relative ones included; None when there is none in it.

    Does not ask the disk, except for which of two readings exists: a bare path may hold quotes and backslashes itself.
    """
    text = text.strip()
    if not text:
        return None
    bare = _expanded(text)
    if bare is not None and _exists(bare):
        return bare
    words = _words(text)
    if words is None or len(words) != 1:
        return bare
    return _path(words[0]) or _expanded(words[0])


def _readings(text: str) -> list[tuple[Path, ...]]:
    """What the text may mean, the most literal first."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    readings: list[tuple[Path | None, ...]] = [tuple(map(_path, lines))]
    words = [_words(line) for line in lines]
    readings.append(tuple(_path(word) for line in words for word in line or [""]))
    return [tuple(path for path in reading if path is not None) for reading in readings if None not in reading]


def _words(text: str) -> list[str] | None:
    """The words of a shell; None when a quote is not closed."""
    try:
        return shlex.split(text)
    except ValueError:
        return None


def _may_begin(text: str) -> bool:
    return bool(re.match(r"""["']?(?:/|~|file:/)""", text, re.IGNORECASE))


def _path(word: str) -> Path | None:
    """The path in one word; None when it is no whole path of this computer."""
    if word[: len(_URL)].lower() == _URL:
        try:
            parts = urlsplit(word)
        except ValueError:
            return None
        return Path(unquote(parts.path)) if parts.netloc in _HOSTS and parts.path.startswith("/") else None
    return _expanded(word) if word.startswith(("/", "~")) else None


def _expanded(text: str) -> Path | None:
    try:
        return Path(text).expanduser()
    except (RuntimeError, ValueError):  # the home of somebody who has none here; no name can have a NUL in it
        return None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
