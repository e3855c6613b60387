"""What the GET routes answer. Only what the archive keeps is waited for; every other figure is at hand in the front."""

from __future__ import annotations

import re
from collections.abc import Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Protocol

import msgspec

from llamachat.protocol import BackendStatus, ErrorCode, NodeInfo, Principal, ProtocolError
from llamachat_daemon.serving import metrics
from llamachat_daemon.serving.archive.archive import Archive
from llamachat_daemon.serving.peers import NodeEntry, Peers
from llamachat_daemon.serving.telemetry import Telemetry

JSON: Final = "application/json"
WARN_MEMORY: Final = 0.95
"""Share of the machine's memory from which a node is shown with a warning: it is about to swap or to lose a process."""

WARN_QUEUE: Final = 0.8
"""Share of the queue's limit from which a node is shown with a warning: it is about to refuse."""

_REFUSED: Final = {
    ErrorCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorCode.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}
_NETLOC: Final = re.compile(r"[A-Za-z0-9.:\[\]_-]{1,255}")


class Node(Protocol):
    """What the routes need of the node."""

    @property
    def identity(self) -> NodeInfo:
        """Who the node is."""

    @property
    def archive(self) -> Archive | None:
        """The archive, where the operator switched it on."""

    def status(self, principal_name: str) -> BackendStatus:
        """How it is."""

    def not_ready(self) -> str | None:
        """Why a request sent now would not be served; None when it would."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, and a body with its type."""

    status: HTTPStatus
    body: bytes
    content_type: str = JSON


class Routes:
    """The routes of one daemon. `address` is host and port as bound, for requests that name no better one."""

    def __init__(self, node: Node, telemetry: Telemetry, peers: Peers, address: str) -> None:
        self._node = node
        self._telemetry = telemetry
        self._peers = peers
        self._address = address

    async def answer(self, path: str, principal: Principal, host: str | None) -> Answer:
        """The answer to GET `path` (without its query); `host` is the request's `Host`."""
        match path:
            case "/healthz":
                return json_answer({"status": "ok"})
            case "/readyz":
                return self._ready()
            case "/api/nodes":
                return json_answer({"nodes": [self._own_entry(principal, host), *self._peers.entries()]})
            case "/chats":
                if self._node.archive is None:
                    return json_answer({"chats": [], "cursor": None})
                return await self._archived(self._node.archive.listed(principal.name))
            case "/metrics":
                status = self._node.status(principal.name)
                text = metrics.render(self._node.identity, status, self._telemetry.time_to_first_token())
                return Answer(HTTPStatus.OK, text, metrics.CONTENT_TYPE)
        if path.startswith("/chat/"):
            if self._node.archive is None:
                return sentence(HTTPStatus.NOT_FOUND, "No such chat is kept here.")
            return await self._archived(self._node.archive.whole(principal.name, path.removeprefix("/chat/")))
        return sentence(
            HTTPStatus.NOT_FOUND,
            "Nothing is here. Known: /chat (WebSocket), /api/nodes, /chats, /chat/{id}, /healthz, /readyz, /metrics.",
        )

    async def _archived(self, work: Coroutine[Any, Any, bytes]) -> Answer:
        """What the archive gives, or why not."""
        try:
            return Answer(HTTPStatus.OK, await work)
        except ProtocolError as error:
            return sentence(_REFUSED.get(error.code, HTTPStatus.SERVICE_UNAVAILABLE), error.message)

    def _ready(self) -> Answer:
        reason = self._node.not_ready()
        if reason is None:
            return json_answer({"ready": True})
        return json_answer({"ready": False, "reason": reason}, HTTPStatus.SERVICE_UNAVAILABLE)

    def _own_entry(self, principal: Principal, host: str | None) -> NodeEntry:
        status = self._node.status(principal.name)
        identity = self._node.identity
        address = host if host is not None and _NETLOC.fullmatch(host) else self._address
        return own_entry(identity, status, f"ws://{address}/chat")


def own_entry(identity: NodeInfo, status: BackendStatus, url: str) -> NodeEntry:
    """A node's own line of `/api/nodes`. It is never offline: it answers."""
    memory = status.memory.used / status.memory.total if status.memory.total else 0.0
    full = status.queue.depth >= WARN_QUEUE * status.queue.limit
    troubled = status.state in ("loading", "draining", "degraded")
    return NodeEntry(
        id=identity.id,
        name=identity.name,
        url=url,
        status="warning" if troubled or full or memory >= WARN_MEMORY else "healthy",
        load=_percent(status.load),
        memory=_percent(memory),
        requests_per_second=round(status.requests_per_second, 3),
        latency_ms=round(status.latency_ms or 0.0, 1),
        queue=status.queue.depth,
        models=[model.id for model in status.models if model.state != "failed"],
    )


def json_answer(value: object, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    """`value` as JSON."""
    return Answer(status, msgspec.json.encode(value))


def sentence(status: HTTPStatus, text: str) -> Answer:
    """A refusal in words, as JSON."""
    return json_answer({"error": text}, status)


def _percent(share: float) -> float:
    return round(min(max(share, 0.0), 1.0) * 100, 1)
