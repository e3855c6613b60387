"""The access tokens: made once, printed once, kept as hashes in `tokens.toml`.

A token is 256 random bits, so nobody can try them all, and a plain SHA-256 keeps it as safe as a slow password hash
would: those are for secrets that people choose. Comparing hashes takes the same time for every token.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import logging
import os
import re
import secrets
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from llamachat.base.files import PRIVATE_FILE, make_private_directory, write_atomically
from llamachat.protocol import Principal

TOKEN_PREFIX: Final = "lc_"
"""Lets tools that look for secrets in places where none belong recognise one."""

MAX_TOKEN_CHARACTERS: Final = 512
"""A longer one is not even hashed."""

_HEADER: Final = "# Written by 'llamachat-daemon token'. Only hashes are kept; a token is printed once.\n"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")

_log = logging.getLogger(__name__)


class TokenError(Exception):
    """What was asked cannot be done; the text is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token: whose it is, since when, and its hash (hex)."""

    name: str
    admin: bool
    sha256: str
    created: datetime

    @property
    def principal(self) -> Principal:
        """Who comes with it."""
        return Principal(self.name, self.admin)


def read_tokens(path: Path) -> tuple[Token, ...]:
    """The tokens of the file, none when there is no file.

    Raises:
        TokenError: the file cannot be read or understood.
    """
    try:
        values = tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise TokenError(
            f"{path} cannot be read: {error}. Mend it, or move it away and add the tokens anew."
        ) from error
    entries = values.get("tokens", [])
    if not isinstance(entries, list):
        raise TokenError(f"{path} holds no list of tokens. Move it away and add the tokens anew.")
    return tuple(_token(path, entry) for entry in entries)


def add_token(path: Path, name: str, *, admin: bool) -> str:
    """Makes a token for `name` and returns it; only its hash is kept.

    Raises:
        TokenError: the name cannot be used, or the file cannot be.
    """
    if not _NAME.fullmatch(name):
        raise TokenError(f"{name!r} cannot be a name. Use up to 64 letters, digits and . _ @ -")
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    with _changing(path):
        known = read_tokens(path)
        if any(other.name == name for other in known):
            raise TokenError(f"{name} has a token already. Revoke it first: llamachat-daemon token revoke {name}")
        _write(path, (*known, Token(name, admin, _hash(token), datetime.now(UTC).replace(microsecond=0))))
    return token


def revoke_token(path: Path, name: str) -> None:
    """Forgets the token of `name`; a running daemon closes its connections.

    Raises:
        TokenError: there is none, or the file cannot be used.
    """
    with _changing(path):
        known = read_tokens(path)
        kept = tuple(token for token in known if token.name != name)
        if kept == known:
            names = ", ".join(token.name for token in known) or "none"
            raise TokenError(f"There is no token for {name}. Known: {names}.")
        _write(path, kept)


class TokenBook:
    """The tokens as a running daemon sees them, read again whenever the file has changed.

    Once it has held a token it goes on asking for one, even when the last is revoked: an open door would be the
    opposite of what the operator meant. A file that cannot be read opens nothing either.
    """

    def __init__(self, path: Path, *, auth: bool = True) -> None:
        """Raises `TokenError` when the file cannot be read. With `auth` off, no token is ever needed."""
        self._path = path
        self._auth = auth
        self._seen = _stamp(path)
        self._tokens = read_tokens(path) if auth else ()
        self._needed = bool(self._tokens)
        self._readable = True

    @property
    def auth(self) -> bool:
        """Whether tokens count at all."""
        return self._auth

    @property
    def needed(self) -> bool:
        """Whether a token must be shown."""
        return self._needed

    @property
    def readable(self) -> bool:
        """Whether the file could be read when it last changed; while not, no token is known."""
        return self._readable

    def refresh(self) -> bool:
        """Reads the file again if it has changed; returns whether it had."""
        stamp = _stamp(self._path)
        if not self._auth or stamp == self._seen:
            return False
        self._seen = stamp
        try:
            self._tokens = read_tokens(self._path)
            self._readable = True
        except TokenError as error:
            self._tokens = ()
            self._needed = True
            self._readable = False
            _log.error("no token is accepted: %s", error)
        self._needed = self._needed or bool(self._tokens)
        return True

    def find(self, token: str) -> Token | None:
        """The entry of this token."""
        if len(token) > MAX_TOKEN_CHARACTERS:
            return None
        digest = _hash(token)
        found = None
        for entry in self._tokens:  # never ends early, so that the time says nothing about which one it is
            if hmac.compare_digest(entry.sha256, digest):
                found = entry
        return found

    def still_valid(self, entry: Token | None) -> bool:
        """Whether whoever came with `entry` (None: without a token) may stay connected."""
        if not self._readable:
            return True
        return entry in self._tokens if entry is not None else not self._needed


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _token(path: Path, entry: Any) -> Token:
    match entry:
        case {"name": str(name), "admin": bool(admin), "sha256": str(digest), "created": datetime() as created}:
            if _NAME.fullmatch(name) and _SHA256.fullmatch(digest):
                return Token(name, admin, digest, created)
    raise TokenError(f"{path} holds an entry that is not a token. Move it away and add the tokens anew.")


def _write(path: Path, tokens: tuple[Token, ...]) -> None:
    lines = [_HEADER]
    for token in tokens:  # names and hashes hold nothing that TOML would want escaped
        admin = "true" if token.admin else "false"
        lines.append(
            f'\n[[tokens]]\nname = "{token.name}"\nadmin = {admin}\n'
            f'sha256 = "{token.sha256}"\ncreated = {token.created.isoformat()}\n'
        )
    try:
        write_atomically(path, "".join(lines))
    except OSError as error:
        raise TokenError(f"{path} cannot be written: {error.strerror}.") from error


@contextmanager
def _changing(path: Path) -> Iterator[None]:
    """Lets one process at a time read, change and write the file, so that no revocation is lost to another change."""
    try:
        make_private_directory(path.parent)
        lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    except OSError as error:
        raise TokenError(f"{path.parent} cannot be written: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
