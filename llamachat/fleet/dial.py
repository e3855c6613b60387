"""Opens one WebSocket to a node, and says in a sentence why it could not."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import re
import ssl
import subprocess
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    InvalidHandshake,
    InvalidMessage,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
    NegotiationError,
)
from websockets.typing import Subprotocol

import llamachat
from llamachat.base.text import one_line
from llamachat.fleet.address import NodeAddress
from llamachat.fleet.limits import FleetLimits
from llamachat.protocol import MAX_FRAME_BYTES, Codec

logger = logging.getLogger("llamachat.fleet.websockets")

# Answers to the handshake that may be different a moment later: timeout, too many requests.
_PASSING_STATUS = (408, 429)


class Refused(Exception):
    """The node will not let this client in until something changes; the text is a sentence."""


class Unreachable(Exception):
    """The node could not be reached now; the text is a sentence. `gone`: its machine says that nobody listens."""

    def __init__(self, sentence: str, *, gone: bool = False) -> None:
        super().__init__(sentence)
        self.gone = gone


async def dial(address: NodeAddress, limits: FleetLimits) -> ClientConnection:
    """A connection past its handshake.

    Raises:
        Refused, Unreachable: with the reason.
    """
    headers = {}
    token = await _token(address)
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        # An SSL context is only allowed, and only needed, for wss.
        secure: dict[str, Any] = {"ssl": _trust(address)} if address.url.startswith("wss:") else {}
        return await connect(
            address.url,
            subprotocols=[Subprotocol(Codec.MSGPACK.value)],
            compression=None,
            additional_headers=headers,
            user_agent_header=f"llamachat/{llamachat.__version__}",
            proxy=None if _is_local(address) else True,
            open_timeout=limits.open_timeout_s,
            ping_interval=None,  # the link pings by its own clock, which stands still while this process does
            close_timeout=limits.close_timeout_s,
            max_size=MAX_FRAME_BYTES,
            logger=logger,
            **secure,
        )
    except ssl.SSLCertVerificationError as error:  # a ValueError and an OSError as well
        raise Refused(
            f"The certificate of {address.place} is not trusted ({one_line(error.verify_message)}). "
            "Set ca_file for this node to the authority that signed it."
        ) from error
    except (InvalidURI, InvalidProxy, ValueError) as error:
        raise Refused(f"Its address cannot be used: {one_line(str(error))}.") from error
    except InvalidStatus as error:
        raise _status_problem(error.response.status_code, address) from error
    except NegotiationError as error:
        raise Refused(f"{address.place} does not speak the protocol of llamachat.") from error
    except InvalidMessage as error:
        raise Unreachable(f"{address.place} closed the connection before it answered.") from error
    except InvalidHandshake as error:
        raise Unreachable(f"{address.place} did not answer as a llamachat daemon: {one_line(str(error))}.") from error
    except TimeoutError as error:
        raise Unreachable(f"{address.place} did not answer within {limits.open_timeout_s:g} s.") from error
    except OSError as error:
        if _nobody_listens(error):
            raise Unreachable(f"Nothing listens at {address.place}. Is the daemon running?", gone=True) from error
        raise Unreachable(f"{address.place} cannot be reached: {one_line(error.strerror or str(error))}.") from error


async def _token(address: NodeAddress) -> str | None:
    """The token, without the line end that files and commands leave behind."""
    if address.token is None:
        return None
    try:
        token = await asyncio.to_thread(address.token)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise Refused(f"Its token cannot be read: {one_line(str(error))}.") from error
    token = (token or "").strip()
    if token and not (token.isascii() and token.isprintable()):
        raise Refused("Its token holds characters that no token has. Check where it comes from.")
    return token or None


def _trust(address: NodeAddress) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=address.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Refused(f"Its ca_file {address.ca_file} cannot be used: {one_line(str(error))}.") from error


def _status_problem(status: int, address: NodeAddress) -> Refused | Unreachable:
    match status:
        case 401:
            return Refused(f"{address.place} does not accept the token. Set the one that `token add` printed there.")
        case 403:
            return Refused(f"{address.place} forbids this connection. Use an IP address or localhost, or add tokens.")
        case 404:
            return Refused(f"There is no chat at this path of {address.place}. The address usually ends in /chat.")
        case _ if 400 <= status < 500 and status not in _PASSING_STATUS:
            return Refused(f"{address.place} answered with HTTP status {status}. Is it a llamachat daemon?")
        case _:
            return Unreachable(f"{address.place} answered with HTTP status {status}.")


def _is_local(address: NodeAddress) -> bool:
    """Whether the node is on this machine, where no proxy from the environment belongs in between."""
    host = urlsplit(address.url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _nobody_listens(error: OSError) -> bool:
    if isinstance(error, ConnectionRefusedError):
        return True
    # A name with several addresses fails with one error that only lists the others in its text.
    numbers = re.findall(r"\[Errno (\d+)\]", str(error))
    return bool(numbers) and all(int(number) == errno.ECONNREFUSED for number in numbers)
