"""Where a node is and how to be let in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class NodeAddress:
    """One node of the fleet.

    Args:
        name: what the user calls it; unique in a fleet.
        url: `ws://` or `wss://`, with the path.
        token: called before each try to connect, in a thread, so it may read a file or run a command. It may raise
            OSError, ValueError or `subprocess.SubprocessError`; the text is shown, so it must not hold the secret.
        ca_file: PEM file with the only authorities that may sign the node's certificate; None: those of the system.
    """

    name: str
    url: str
    token: Callable[[], str | None] | None = field(default=None, repr=False, compare=False)
    ca_file: Path | None = None

    @property
    def place(self) -> str:
        """Host and port alone, for sentences: a URL might carry credentials."""
        parts = urlsplit(self.url)
        return parts.netloc.rpartition("@")[2] or "its address"
