"""Connections that are not open yet: how many one address may have, and who came with which token."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Any

from websockets.asyncio.server import ServerConnection

from llamachat_daemon.serving.access import ANYONE
from llamachat_daemon.serving.tokens import Token

_log = logging.getLogger(__name__)


class Handshakes:
    """Unfinished handshakes per address."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._open: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Counts one more, unless the address has too many already."""
        if self._open[address] >= self._limit:
            return False
        self._open[address] += 1
        return True

    def leave(self, address: str) -> None:
        """One has been finished or has ended."""
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]


class GuardedConnection(ServerConnection):
    """A connection that counts among its address's handshakes until it is open, and remembers who came with what."""

    def __init__(self, *args: Any, handshakes: Handshakes, **options: Any) -> None:
        super().__init__(*args, **options)
        self.principal = ANYONE
        self.token: Token | None = None
        self._handshakes = handshakes
        self._counted: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        address = str((transport.get_extra_info("peername") or ("",))[0])
        if self._handshakes.enter(address):
            self._counted = address
        else:
            _log.warning("too many unfinished handshakes from %s: one more was cut", address)
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.handshake_finished()
        super().connection_lost(exc)

    def came_with(self, token: Token | None) -> None:
        """Whose connection it is; None is anyone's, where no token is needed."""
        self.token = token
        self.principal = ANYONE if token is None else token.principal

    def handshake_finished(self) -> None:
        """It no longer counts as unfinished."""
        if self._counted is not None:
            self._handshakes.leave(self._counted)
            self._counted = None
