"""Who may ask for what: decisions about a request's headers, as functions of values.

Three situations, by what the operator set up:

- Tokens are configured: a token decides. `Host` says nothing then, and a browser's page is let in only by name.
- No tokens, bound to loopback: whoever is on this machine may ask. A web page from elsewhere must not, so `Host` has to
  be an address or `localhost` (against DNS rebinding) and `Origin` a local one.
- No tokens on another bind, by `--no-auth`: whoever reaches the port may ask, as the operator wanted, except a web page
  that a browser inside the network was lured to. `Origin` is checked as on loopback. `Host` may also be a name that
  the operator vouched for, the daemon's own host name, that of `--host`, or that of an allowed origin, because such a
  machine is ordinarily reached by name, and an attacker's name is none of these.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import urlsplit

from llamachat.protocol import Codec, Principal

_T = TypeVar("_T")

ANYONE: Final = Principal("local", admin=True)
"""Whom a daemon without tokens takes everybody for."""

OPEN_ROUTES: Final = ("/healthz", "/readyz")
"""Answered without a token: they tell nothing but that the daemon lives."""

BEARER_SUBPROTOCOL: Final = "bearer."

_LOCAL_ORIGIN: Final = re.compile(r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?")
_BEARER: Final = re.compile(r"bearer +([A-Za-z0-9._~+/=-]+) *", re.IGNORECASE)
_HOST: Final = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::[0-9]{0,5})?")


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator set up. `needs_token` is whether tokens are configured; `bind` is the address listened on."""

    needs_token: bool
    bind: str
    allow_origins: tuple[str, ...] = ()
    host_names: tuple[str, ...] = ()
    """Names of this machine, for `--no-auth` on another bind than loopback."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a request says; a header that may come more than once is a sequence."""

    method: str
    path: str
    hosts: Sequence[str] = ()
    origins: Sequence[str] = ()
    authorization: Sequence[str] = ()
    subprotocols: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not answered: a status, and a sentence that says what to do."""

    status: HTTPStatus
    sentence: str


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens on `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def refuse_bind(host: str, *, has_tokens: bool, auth: bool) -> str | None:
    """Why the daemon must not start listening on `host`, with the two ways out; None when it may."""
    if has_tokens or not auth or is_loopback(host):
        return None
    return (
        f"Without tokens, everybody who can reach {host} could use this daemon. Make one with "
        f"'llamachat-daemon token add NAME', or start with --no-auth if that is what you want."
    )


def check_place(policy: Policy, facts: Facts) -> Refusal | None:
    """Whether `Host` and `Origin` may ask at all; comes before everything else, preflight requests included."""
    if not policy.needs_token and not _host_is_fine(policy, facts.hosts):
        named = "" if is_loopback(policy.bind) else ", or start the daemon with --allow-origin http://NAME:PORT"
        return Refusal(
            HTTPStatus.FORBIDDEN,
            f"This daemon has no tokens and answers only to its address. Use the IP address or localhost{named}.",
        )
    if facts.origins and allowed_origin(policy, facts.origins) is None:
        return Refusal(
            HTTPStatus.FORBIDDEN,
            "Pages from this origin may not use this daemon. Start it with --allow-origin ORIGIN to let them.",
        )
    return None


def allowed_origin(policy: Policy, origins: Sequence[str]) -> str | None:
    """The origin to name in `Access-Control-Allow-Origin`; None without one, or with one that is not allowed."""
    if len(origins) != 1:
        return None
    origin = origins[0].strip()
    allowed = origin.lower() in policy.allow_origins
    local = not policy.needs_token and _LOCAL_ORIGIN.fullmatch(origin.lower()) is not None
    return origin if allowed or local else None


def check_token(policy: Policy, facts: Facts, find: Callable[[str], _T | None]) -> _T | Refusal | None:
    """What `find` gives for the offered token, in a time that says nothing about it; None where none is needed."""
    if not policy.needs_token:
        return None
    token = offered_token(facts)
    found = find(token) if token is not None else None
    if found is not None:
        return found
    problem = "This daemon needs a token" if token is None else "This token is not known here, or was revoked"
    return Refusal(
        HTTPStatus.UNAUTHORIZED,
        f"{problem}. Send 'Authorization: Bearer TOKEN'; its operator makes one with 'llamachat-daemon token add'.",
    )


def offered_token(facts: Facts) -> str | None:
    """The token in `Authorization`, else in a `bearer.` subprotocol; None where it is missing or ambiguous."""
    if facts.authorization:
        match = _BEARER.fullmatch(facts.authorization[0]) if len(facts.authorization) == 1 else None
        return match.group(1) if match else None
    bearers = [name for name in facts.subprotocols if name.startswith(BEARER_SUBPROTOCOL)]
    if len(bearers) != 1:
        return None
    encoded = bearers[0].removeprefix(BEARER_SUBPROTOCOL)
    try:
        padded = encoded + "=" * (-len(encoded) % 4)
        return base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def choose_codec(subprotocols: Sequence[str]) -> tuple[Codec, str | None]:
    """The codec of a connection, and the subprotocol to select: the client's first known one, else JSON and none."""
    for name in subprotocols:
        if name in tuple(Codec):
            return Codec(name), name
    return Codec.JSON, None


def _host_is_fine(policy: Policy, hosts: Sequence[str]) -> bool:
    match = _HOST.fullmatch(hosts[0].strip()) if len(hosts) == 1 else None
    if match is None:
        return False
    name = match.group(1).lower()
    if name == "localhost" or _is_address(name):
        return True
    if is_loopback(policy.bind) or not name:
        return False
    vouched = {policy.bind.lower(), *(own.lower() for own in policy.host_names)}
    vouched.update((urlsplit(origin).hostname or "").lower() for origin in policy.allow_origins)
    return name in vouched


def _is_address(name: str) -> bool:
    bracketed = name.startswith("[")
    try:
        return ipaddress.ip_address(name[1:-1] if bracketed else name).version == (6 if bracketed else 4)
    except ValueError:
        return False
