"""sd_notify: one datagram to the socket that was named, and silence otherwise."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from llamachat_daemon.notify import notify


def test_the_state_arrives_at_the_named_socket(tmp_path: Path):
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.settimeout(5)
        notify("READY=1", {"NOTIFY_SOCKET": address})
        assert listener.recv(100) == b"READY=1"


def test_an_abstract_socket_works_too():
    name = f"llamachat-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name)
        listener.settimeout(5)
        notify("STOPPING=1", {"NOTIFY_SOCKET": "@" + name})
        assert listener.recv(100) == b"STOPPING=1"


@pytest.mark.parametrize("env", [{}, *({"NOTIFY_SOCKET": name} for name in ("", "/no/such/socket", "x"))])
def test_nobody_listening_is_fine(env: dict[str, str]):
    notify("READY=1", env)
