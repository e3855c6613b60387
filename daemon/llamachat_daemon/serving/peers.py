"""Other daemons, asked for their own line of `/api/nodes` every few seconds, so that one page can show all.

What a peer says is a stranger's data: it is small, checked, made printable, and only its first entry (itself) counts.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Sequence
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec

from llamachat.base.text import one_line
from llamachat_daemon.config import PeerConfig

POLL_SECONDS: Final = 5.0
TIMEOUT_SECONDS: Final = 4.0
MAX_ANSWER_BYTES: Final = 256 * 1024
MAX_TOKEN_BYTES: Final = 4096
_MAX_MODELS: Final = 64

_log = logging.getLogger(__name__)

Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
Amount = Annotated[float, msgspec.Meta(ge=0)]
Label = Annotated[str, msgspec.Meta(max_length=256)]


class NodeEntry(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One line of `/api/nodes`. `load` and `memory` are percent; `latency_ms` is the median time to first token of the
    last minute (0 when nothing was asked in it); `queue` is how many wait; `models` are ids."""

    id: Label
    name: Label
    url: Label
    status: Literal["healthy", "warning", "offline"]
    load: Percent = 0.0
    memory: Percent = 0.0
    requests_per_second: Amount = 0.0
    latency_ms: Amount | None = 0.0
    queue: Annotated[int, msgspec.Meta(ge=0)] = 0
    models: list[Label] = []


class NodeList(msgspec.Struct, frozen=True):
    """The whole answer."""

    nodes: list[NodeEntry]


class PeerFailure(Exception):
    """A peer could not be asked; the text says why."""


class Peers:
    """Polls all peers, each on its own, until its task is cancelled."""

    def __init__(self, peers: Sequence[PeerConfig], *, interval: float = POLL_SECONDS) -> None:
        self._interval = interval
        self._seen = {peer: _never_seen(peer) for peer in peers}

    def entries(self) -> list[NodeEntry]:
        """Every peer as last seen, in the operator's order."""
        return list(self._seen.values())

    async def run(self) -> None:
        """Polls for ever."""
        async with asyncio.TaskGroup() as group:
            for peer in self._seen:
                group.create_task(self._poll(peer), name=f"peer {peer.url}")

    async def _poll(self, peer: PeerConfig) -> None:
        trouble = ""
        while True:
            try:
                self._seen[peer] = await ask(peer)
                if trouble:
                    _log.info("peer %s answers again", peer.url)
                trouble = ""
            except PeerFailure as failure:
                self._seen[peer] = msgspec.structs.replace(self._seen[peer], status="offline")
                if trouble != str(failure):  # the same trouble is told once
                    _log.warning("peer %s: %s", peer.url, failure)
                trouble = str(failure)
            await asyncio.sleep(self._interval)


async def ask(peer: PeerConfig) -> NodeEntry:
    """The peer's own entry.

    Raises:
        PeerFailure: it does not answer, or not with what a daemon answers.
    """
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            status, body = await _get(peer)
    except TimeoutError:
        raise PeerFailure(f"no answer within {TIMEOUT_SECONDS:g} s") from None
    except (OSError, ssl.SSLError, UnicodeError) as error:
        raise PeerFailure(one_line(f"not reached: {error}")) from error
    if status in (401, 403):
        raise PeerFailure(f"it refuses ({status}); give its token with token_file in [[peers]]")
    if status != 200:
        raise PeerFailure(f"it answers with status {status}")
    return parse_answer(peer, body)


def parse_answer(peer: PeerConfig, body: bytes) -> NodeEntry:
    """The first entry of the answer, under the address by which it was asked.

    Raises:
        PeerFailure: the answer is not a list of nodes.
    """
    try:
        entry = msgspec.json.decode(body, type=NodeList).nodes[0]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PeerFailure(one_line(f"its answer is not a list of nodes: {error}")) from error
    except IndexError:
        raise PeerFailure("its list of nodes is empty") from None
    return msgspec.structs.replace(
        entry,
        id=one_line(entry.id),
        name=one_line(entry.name),
        url=peer.url,
        models=[one_line(model) for model in entry.models[:_MAX_MODELS]],
    )


async def _get(peer: PeerConfig) -> tuple[int, bytes]:
    """Status and body. HTTP/1.0, so that a proxy in between sends the body whole and closes."""
    parts = urlsplit(peer.url)
    secure = parts.scheme == "wss"
    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    path = parts.path.removesuffix("/").removesuffix("/chat") + "/api/nodes"
    lines = [f"GET {path} HTTP/1.0", f"Host: {parts.netloc}", "Accept: application/json", "Connection: close"]
    if peer.token_file is not None:
        lines.append(f"Authorization: Bearer {_read_token(peer)}")
    reader, writer = await asyncio.open_connection(host, port, ssl=secure or None, limit=MAX_ANSWER_BYTES)
    try:
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("ascii"))
        await writer.drain()
        answer = bytearray()
        while chunk := await reader.read(65_536):
            answer += chunk
            if len(answer) > MAX_ANSWER_BYTES:
                raise PeerFailure(f"its answer is larger than {MAX_ANSWER_BYTES} bytes")
    finally:
        writer.close()
    head, _, body = bytes(answer).partition(b"\r\n\r\n")
    words = head.split(maxsplit=2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        raise PeerFailure("it does not speak HTTP")
    return int(words[1][:3]), body


def _read_token(peer: PeerConfig) -> str:
    """The token in the peer's file, read anew each time so that it can be changed."""
    assert peer.token_file is not None
    try:
        with peer.token_file.open(encoding="ascii") as file:
            token = file.read(MAX_TOKEN_BYTES).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PeerFailure(f"its token file {peer.token_file} cannot be read") from error
    if not token or not token.isprintable() or " " in token:
        raise PeerFailure(f"its token file {peer.token_file} does not hold one token")
    return token


def _never_seen(peer: PeerConfig) -> NodeEntry:
    return NodeEntry(id="", name=one_line(urlsplit(peer.url).netloc), url=peer.url, status="offline")
