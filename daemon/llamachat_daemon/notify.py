"""Tells systemd how the daemon is, where it asked to be told (sd_notify(3))."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress


def notify(state: str, env: Mapping[str, str] = os.environ) -> None:
    """Sends `state`, like `READY=1`, to the socket that `NOTIFY_SOCKET` names; does nothing without one.

    A supervisor that does not listen is no reason to fail: what cannot be sent is dropped.
    """
    address = env.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.sendto(state.encode(), address)
