"""The token of a node, from where the settings say. A token is never part of a repr, a message or a log."""

from __future__ import annotations

import stat
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from llamachat.config.schema import NodeSettings

TOKEN_VARIABLE: Final = "LLAMACHAT_TOKEN"
MAX_TOKEN_CHARACTERS: Final = 4096


class TokenError(ValueError):
    """A token that cannot be had; the text is a sentence that says why and holds nothing of the token."""


class TokenSource:
    """Gives one node's token when called.

    A file is read anew each time, so that a changed token is seen on the next connection. A command runs once: it may
    ask the person for a passphrase, and a node that is reconnected to must not ask again.
    """

    def __init__(self, name: str, read: Callable[[], str], *, once: bool = False) -> None:
        self._name = name
        self._read = read
        self._once = once
        self._kept: str | None = None

    def __call__(self) -> str:
        """The token. May take as long as the node's `token_timeout`.

        Raises:
            TokenError: it cannot be had.
        """
        if self._kept is not None:
            return self._kept
        token = self._read().strip()
        if not token or len(token) > MAX_TOKEN_CHARACTERS or not token.isascii() or not token.isprintable():
            raise TokenError(f"The token of {self._name} is empty or not one line of plain characters.")
        if self._once:
            self._kept = token
        return token

    def __repr__(self) -> str:
        return f"TokenSource({self._name!r})"


def token_source(node: NodeSettings, env: Mapping[str, str]) -> TokenSource | None:
    """Where the token of `node` comes from: its own setting, else `LLAMACHAT_TOKEN`, else None."""
    if node.token is not None:
        token = node.token
        return TokenSource(node.name, lambda: token)
    if node.token_file is not None:
        file = node.token_file
        return TokenSource(node.name, lambda: _first_line_of_file(file))
    if node.token_command is not None:
        command, timeout = node.token_command, node.token_timeout
        return TokenSource(node.name, lambda: _first_line_of_command(node.name, command, timeout), once=True)
    if env.get(TOKEN_VARIABLE):
        of_environment = env[TOKEN_VARIABLE]
        return TokenSource(node.name, lambda: of_environment)
    return None


def _first_line_of_file(file: Path) -> str:
    try:
        with file.open(encoding="utf-8", errors="replace") as opened:
            return opened.readline(MAX_TOKEN_CHARACTERS + 2)
    except OSError as error:
        raise TokenError(f"The token file {file} cannot be read: {error.strerror}.") from error


def _first_line_of_command(name: str, command: str, timeout: float) -> str:
    try:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            # What a password tool says about a failure belongs to the person at the terminal, but a full-screen
            # program owns that terminal: the exit status has to do.
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise TokenError(f"The token_command of {name} cannot be run: {error.strerror}.") from error
    with process:
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            # Whatever the shell started may hold the pipe open: end the shell and read no more.
            process.kill()
            raise TokenError(f"The token_command of {name} did not end within {timeout:g} s.") from None
    if process.returncode != 0:
        raise TokenError(f"The token_command of {name} ended with status {process.returncode}.")
    return output.partition("\n")[0]


def readable_by_others(file: Path) -> bool:
    """Whether `file` can be read by more people than its owner; False when it cannot be looked at."""
    try:
        return bool(file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:
        return False


def warnings(config_file: Path, nodes: tuple[NodeSettings, ...]) -> list[str]:
    """A sentence for every file with a token in it that others than its owner can read."""
    files = [config_file] if any(node.token is not None for node in nodes) else []
    files += [node.token_file for node in nodes if node.token_file is not None]
    return [
        f"{file} holds a token and others can read it; run: chmod 600 {file}"
        for file in dict.fromkeys(files)
        if readable_by_others(file)
    ]
